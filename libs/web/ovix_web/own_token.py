"""A token of a service's own, with which it asks another: no call to auth, nothing to configure.

Services check tokens in one table (docs/decisions/0031). Whoever may write there needs no password
to be believed, and nobody's outage but the database's keeps a service from its token.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from uuid import uuid4

import asyncpg

from .tokens import hash_of

LIFETIME_S = 3600.0
RENEWED_AFTER = 0.8
"""Of its lifetime: what is on its way then is still believed."""
CONNECT_S = 5.0

MINT = """
INSERT INTO tokens (token_hash, auth_id, acl, expires_at)
VALUES ($1, $2, $3, now() + make_interval(secs => $4))
"""


class OwnToken:
    """``await token.get()``; only the hash of what that gives is stored."""

    def __init__(
        self,
        database_url: str,
        auth_id: str,
        acl: Sequence[str],
        *,
        lifetime_s: float = LIFETIME_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = database_url.replace("+asyncpg://", "://", 1)
        self._auth_id, self._acl = auth_id, list(acl)
        self._lifetime_s, self._clock = lifetime_s, clock
        self._token = ""
        self._minted_at = float("-inf")
        self._minting = asyncio.Lock()

    async def get(self) -> str:
        """A token that lives on for a while.

        Raises OSError, TimeoutError or what asyncpg raises while the database is away and the last
        token has run out.
        """
        if self._age_s() >= self._lifetime_s * RENEWED_AFTER:
            async with self._minting:
                if self._age_s() >= self._lifetime_s * RENEWED_AFTER:
                    await self._renew()
        return self._token

    def refused(self, token: str) -> None:
        """Whoever was asked does not know it: the next one is another."""
        if token == self._token:
            self._minted_at = float("-inf")

    def _age_s(self) -> float:
        return self._clock() - self._minted_at

    async def _renew(self) -> None:
        token, minted_at = str(uuid4()), self._clock()
        try:
            connection = await asyncpg.connect(self._url, timeout=CONNECT_S)
            try:
                await connection.execute(
                    MINT, hash_of(token), self._auth_id, self._acl, self._lifetime_s,
                    timeout=CONNECT_S,
                )  # fmt: skip
            finally:
                connection.terminate()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if self._age_s() < self._lifetime_s:
                return  # the one we have is good enough for now
            raise
        self._token, self._minted_at = token, minted_at


__all__ = ["OwnToken"]
