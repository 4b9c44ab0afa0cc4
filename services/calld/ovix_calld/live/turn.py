"""Whose turn it is to follow Asterisk: one calld at a time, by a lock in the database.

The lock belongs to a connection of its own, so it is free as soon as its holder dies, and ten
seconds after the holder's machine is gone. When
PostgreSQL restarts the holder asks for it again before it writes anything: if another calld was
quicker, the other one knows the calls from ``live_calls``, and ours are forgotten.
"""

import asyncio
from contextlib import suppress

import structlog
from ovix_bus.database import DATABASE_ERRORS, Connection, lock_key, open_connection

log = structlog.get_logger(__name__)

ASK_S = 0.5
LOCK = lock_key("calld follower")


class TurnLost(Exception):
    """Another calld follows Asterisk now."""


class Turn:
    """The right to follow; kept from `wait` to `give_up`."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: Connection | None = None

    async def wait(self) -> None:
        """Return when it is ours."""
        told = False
        while True:
            try:
                if await self._taken():
                    return
            except DATABASE_ERRORS as error:
                log.warning("turn_waits", cause=str(error))
            else:
                if not told:
                    log.info("another_calld_follows")
                    told = True
            await asyncio.sleep(ASK_S)

    async def confirm(self) -> None:
        """Before writing: still ours, or taken again, or `TurnLost`; database errors pass."""
        if self._connection is None or self._connection.is_closed():
            self._connection = None
            if not await self._taken():
                raise TurnLost

    async def give_up(self) -> None:
        """Let another one follow."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*DATABASE_ERRORS):
                await connection.close(timeout=1)

    async def _taken(self) -> bool:
        if self._connection is None or self._connection.is_closed():
            self._connection = await open_connection(self._url, "ovix-calld-turn")
        taken = await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
        if not taken:
            await self.give_up()
        return bool(taken)
