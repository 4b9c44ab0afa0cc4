"""Accounts that users linked in auth: the tokens by which their own contacts are read.

dird asks ``GET /users/{user_uuid}/external/{type}`` (reference/dird.md, C), which answers an access
token that is fresh.
"""

import asyncio
from uuid import UUID

import asyncpg
import httpx
import orjson
from ovix_web.own_token import OwnToken

from .backend import SourceFailed, ViewerRefused

ACCESS = tuple(f"auth.users.*.external.{service}.read" for service in ("google", "microsoft"))
TIMEOUT_S = 10.0
"""For one question; auth may have to ask the provider for a new token."""
ANSWER_MAX = 64 * 1024
_NOT_LINKED = frozenset({"unknown-external-auth", "unknown-user", "unknown-external-auth-type"})


class LinkedAccounts:
    """Asks auth. ``url``: ``http://host:9497``."""

    def __init__(
        self, url: str, token: OwnToken, http: httpx.AsyncClient, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._url, self._own, self._http = url.rstrip("/"), token, http
        self._timeout_s = timeout_s

    async def access_token(self, user_uuid: str, service: str) -> str | None:
        """What reaches the user's account; None: none is linked. Raises `SourceFailed`."""
        try:
            named = UUID(user_uuid)
        except ValueError:
            return None  # a program's token
        try:
            async with asyncio.timeout(self._timeout_s):
                status, told = await self._asked(named, service)
                if status == 401:  # our token was swept away
                    status, told = await self._asked(named, service)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise SourceFailed(f"auth can't be asked: {type(error).__name__}") from error
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise SourceFailed(f"auth can't be asked: {type(error).__name__}") from error
        if status == 404 and told.get("error_id") in _NOT_LINKED:
            return None
        token = told.get("access_token")
        if 400 <= status < 500 and status not in (401, 403):
            raise ViewerRefused(f"auth gives no token of the user's account: it answers {status}")
        if status != 200 or not isinstance(token, str):
            raise SourceFailed(f"auth gives no token of the user's account: it answers {status}")
        if not token.isascii() or not token.isprintable():
            raise SourceFailed("auth gives no token of the user's account")
        return token

    async def _asked(self, user_uuid: UUID, service: str) -> tuple[int, dict[str, object]]:
        own = await self._own.get()
        body = bytearray()
        async with self._http.stream(
            "GET",
            f"{self._url}/0.1/users/{user_uuid}/external/{service}",
            headers={"X-Auth-Token": own, "Accept-Encoding": "identity"},
            timeout=self._timeout_s,
            follow_redirects=False,
        ) as answer:
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > ANSWER_MAX:
                    raise SourceFailed(f"auth answers more than {ANSWER_MAX} bytes")
        if answer.status_code == 401:
            self._own.refused(own)
        try:
            told = orjson.loads(body)
        except orjson.JSONDecodeError:
            told = None
        return answer.status_code, told if isinstance(told, dict) else {}
