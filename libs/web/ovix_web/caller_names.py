"""Whose number it is: what dird's reverse lookup says within a call's patience.

A call does not wait for a name. Whoever asks has an answer within the budget; what comes later is
remembered for the next question about that number. Questions about one number that come together
are one, and once dird has failed it is not asked for a while: it costs its name, and no time.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import orjson
import structlog

from . import authorities
from .own_token import OwnToken

log = structlog.get_logger(__name__)

BUDGET_S = 0.3
ANSWER_S = 2.0
"""How long an answer that nobody waits for any more is still taken."""
LATE_MAX = 3
"""Questions in a row without an answer, before dird is left alone. One that can't be reached at all
is left alone at once; one that is slow, and answers others meanwhile, is not."""
LEFT_ALONE_S, LEFT_ALONE_MAX_S = 1.0, 10.0
"""The first time, and after some tries."""
REMEMBERED_S = 60.0
UNKNOWN_S = 2.0
"""How long it is remembered that nobody has a number: while one call makes several phones ring, and
no longer, for somebody may be adding it."""
REMEMBERED_MAX = 10_000
ASKING_MAX = 500
"""Questions under way: more of them would not be answered in time anyway."""
KEPT_OPEN_S = 20.0
"""An idle connection; less than services keep theirs (``keep_alive_s``)."""
PROFILE = "default"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Whom XiVO asks for where no user is called."""
MOST_BYTES = 65_536
ACCESS = "dird.directories.reverse.*.*.read"

_UNREACHABLE = (httpx.ConnectError, httpx.ConnectTimeout)
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What dird said; ``whole``: none of its sources was missing."""

    contact: CallerContact | None
    whole: bool = True


@dataclass(slots=True)
class _Question:
    """One question on its way, for everybody who has it."""

    task: "asyncio.Task[_Answer]"
    answers_before: int
    """How many dird had given when it was asked."""
    late: bool = False


_Key = tuple[str, str]
"""The number, and the user who is called."""


class CallerNames:
    """``await names.of("0123456789")``; never raises for what dird does, or doesn't.

    ``url``: of dird, ``http://host:9489``; an empty one asks nobody. ``budget_s``: what a call may
    wait for its name.
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
        # One pool, whose connections outlive the pauses between calls.
        limits = httpx.Limits(max_keepalive_connections=20, keepalive_expiry=KEPT_OPEN_S)
        self._http = http or httpx.AsyncClient(
            timeout=ANSWER_S,
            limits=limits,
            trust_env=False,
            verify=authorities.trusted() if url.startswith("https:") else False,
        )
        self._remembered: OrderedDict[_Key, tuple[float, CallerContact | None]] = OrderedDict()
        self._asking: dict[_Key, _Question] = {}
        self._answers = 0
        self._late = 0
        self._pauses = 0
        """How often in a row it was left alone; 0: it is asked."""
        self._trying: _Question | None = None
        self._ask_again_at = float("-inf")

    async def close(self) -> None:
        """End what is under way, and close the connections."""
        for question in self._asking.values():
            question.task.cancel()
        await asyncio.gather(*(each.task for each in self._asking.values()), return_exceptions=True)
        await self._http.aclose()

    async def of(self, number: str, user_uuid: str | None = None) -> CallerContact | None:
        """The contact of a number, as the called user would find it; None also without dird."""
        if not self._url:
            return None
        key = (number, user_uuid or NOBODY)
        found = self._remembered.get(key)
        if found is not None and self._clock() < found[0]:
            return found[1]
        question = self._asking.get(key) or self._begin(key)
        if question is None:
            return None
        try:
            async with asyncio.timeout(self._budget_s):
                answer = await asyncio.shield(question.task)
        except TimeoutError:
            self._is_late(question)
            return None
        except (*_FAILED, _BadAnswer):
            return None  # `_ended` was told as well, once for all who ask
        return answer.contact

    def _begin(self, key: _Key) -> _Question | None:
        """Ask, unless dird is left alone."""
        now = self._clock()
        if now < self._ask_again_at or len(self._asking) >= ASKING_MAX:
            return None
        question = _Question(asyncio.create_task(self._ask(*key)), self._answers)
        if self._pauses:
            # One asks whether it is back; the others go on without a name meanwhile.
            self._trying, self._ask_again_at = question, now + LEFT_ALONE_MAX_S
        self._asking[key] = question
        question.task.add_done_callback(lambda _: self._ended(key, question))
        return question

    def _ended(self, key: _Key, question: _Question) -> None:
        self._asking.pop(key, None)
        if question.task.cancelled():
            return
        error = question.task.exception()
        if isinstance(error, TimeoutError):
            self._is_late(question)
            return
        if error is not None:
            self._failed(question, error, dead=isinstance(error, _UNREACHABLE))
            return
        answer = question.task.result()
        if answer.contact is not None or answer.whole:
            self._remember(key, answer.contact)
        if self._pauses:
            log.info("caller_names_back")
        self._answers += 1
        self._late, self._pauses, self._ask_again_at = 0, 0, float("-inf")

    def _remember(self, key: _Key, contact: CallerContact | None) -> None:
        until = self._clock() + (UNKNOWN_S if contact is None else REMEMBERED_S)
        self._remembered[key] = until, contact
        self._remembered.move_to_end(key)
        while len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)

    async def _ask(self, number: str, user_uuid: str) -> _Answer:
        async with asyncio.timeout(ANSWER_S):
            token = await self._token.get()
            url = f"{self._url}/0.1/directories/reverse/{PROFILE}/{user_uuid}"
            async with self._http.stream(
                "GET", url, params={"exten": number}, headers={"X-Auth-Token": token}
            ) as answer:
                if answer.status_code == httpx.codes.NOT_FOUND:
                    return _Answer(None)  # there is no such profile
                if answer.status_code == httpx.codes.UNAUTHORIZED:
                    self._token.refused(token)
                if answer.status_code != httpx.codes.OK:
                    raise _BadAnswer(f"status {answer.status_code}")
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > MOST_BYTES:
                        raise _BadAnswer(f"more than {MOST_BYTES} bytes")
        return _read(bytes(content))

    def _is_late(self, question: _Question) -> None:
        if not question.late and self._answers == question.answers_before:
            question.late = True
            self._failed(question, TimeoutError(f"no answer within {self._budget_s:g} s"))

    def _failed(self, question: _Question, error: BaseException, *, dead: bool = False) -> None:
        if self._pauses and question is not self._trying:
            return  # of those that were under way when the first ones failed
        self._late = LATE_MAX if dead else self._late + 1
        if self._late < LATE_MAX:
            return
        if not self._pauses:
            # Once: what it costs is told, not each time that it costs it.
            cause = str(error) or type(error).__name__
            log.warning("caller_names_unavailable", cause=cause, url=self._url)
        pause_s = min(LEFT_ALONE_S * 2**self._pauses, LEFT_ALONE_MAX_S)
        self._pauses = min(self._pauses + 1, 16)
        self._trying, self._ask_again_at = None, self._clock() + pause_s


def _read(content: bytes) -> _Answer:
    try:
        answer: Any = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _BadAnswer("no JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("fields", {}), dict):
        raise _BadAnswer("not an answer of a reverse lookup")
    whole = not answer.get("failed_sources")
    display = answer.get("display")
    if not isinstance(display, str) or not display.strip():
        return _Answer(None, whole)
    fields = {
        str(name): str(value)
        for name, value in answer.get("fields", {}).items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value)
    }
    entry_id, url = answer.get("source_entry_id"), answer.get("url")
    contact = CallerContact(
        display=display.strip(),
        source=str(answer.get("source") or ""),
        entry_id=None if entry_id is None else str(entry_id),
        url=url if isinstance(url, str) else None,
        fields=fields,
    )
    return _Answer(contact, whole)


__all__ = ["ACCESS", "CallerContact", "CallerNames"]
