"""Whose number it is: what dird's reverse lookup says within a call's patience.

A call does not wait for a name. Whoever asks has an answer within the budget, and once dird has
failed a few times it is not asked for a while: it costs its name, and no time.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import orjson
import structlog

from .own_token import OwnToken

log = structlog.get_logger(__name__)

BUDGET_S = 0.3
FAILURES = 3
"""In a row, before it is left alone."""
LEFT_ALONE_S = 10.0
PROFILE = "default"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Whom XiVO asks for where no user is called."""
MOST_BYTES = 65_536
ACCESS = "dird.directories.reverse.*.*.read"

_FAILED = (httpx.HTTPError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class _BadAnswer(Exception):
    """dird answered, and not what it answers."""


@dataclass(frozen=True, slots=True)
class CallerContact:
    """Whom a number belongs to."""

    display: str
    source: str
    entry_id: str | None = None
    """By which the source finds them again."""
    url: str | None = None
    """Their page, where the source has a ``contact_url``: for a screen pop."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the directory knows of them, as texts; nothing in it is empty."""


class CallerNames:
    """``await names.of("0123456789")``; never raises for what dird does, or doesn't.

    ``url``: of dird, ``http://host:9489``; an empty one asks nobody.
    """

    def __init__(
        self,
        url: str,
        token: OwnToken,
        *,
        budget_s: float = BUDGET_S,
        http: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._budget_s, self._clock = budget_s, clock
        self._http = http or httpx.AsyncClient(timeout=budget_s, trust_env=False)
        self._failures = 0
        self._ask_again_at = float("-inf")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def of(self, number: str, user_uuid: str | None = None) -> CallerContact | None:
        """The contact of a number, as the called user would find it; None also without dird."""
        if not self._url or self._clock() < self._ask_again_at:
            return None
        if self._failures >= FAILURES:
            # One asks whether it is back; the others go on without a name meanwhile.
            self._ask_again_at = self._clock() + LEFT_ALONE_S
        try:
            async with asyncio.timeout(self._budget_s):
                found = await self._ask(number, user_uuid or NOBODY)
        except (*_FAILED, _BadAnswer) as error:
            self._failed(error)
            return None
        if self._failures >= FAILURES:
            log.info("caller_names_back")
        self._failures, self._ask_again_at = 0, float("-inf")
        return found

    async def _ask(self, number: str, user_uuid: str) -> CallerContact | None:
        token = await self._token.get()
        url = f"{self._url}/0.1/directories/reverse/{PROFILE}/{user_uuid}"
        async with self._http.stream(
            "GET", url, params={"exten": number}, headers={"X-Auth-Token": token}
        ) as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None  # there is no such profile
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self._token.refused(token)
            if answer.status_code != httpx.codes.OK:
                raise _BadAnswer(f"status {answer.status_code}")
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise _BadAnswer(f"more than {MOST_BYTES} bytes")
        return _contact(bytes(content))

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        if self._failures == FAILURES:
            # Once: what it costs is told, not each time that it costs it.
            log.warning(
                "caller_names_unavailable", cause=str(error) or type(error).__name__, url=self._url
            )
        if self._failures >= FAILURES:
            self._ask_again_at = self._clock() + LEFT_ALONE_S


def _contact(content: bytes) -> CallerContact | None:
    try:
        answer: Any = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _BadAnswer("no JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("fields", {}), dict):
        raise _BadAnswer("not an answer of a reverse lookup")
    display = answer.get("display")
    if not isinstance(display, str) or not display.strip():
        return None
    fields = {
        str(name): str(value)
        for name, value in answer.get("fields", {}).items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value)
    }
    entry_id, url = answer.get("source_entry_id"), answer.get("url")
    return CallerContact(
        display=display.strip(),
        source=str(answer.get("source") or ""),
        entry_id=None if entry_id is None else str(entry_id),
        url=url if isinstance(url, str) else None,
        fields=fields,
    )


__all__ = ["ACCESS", "CallerContact", "CallerNames"]
