"""A few connections to one LDAP server, opened when they are needed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sansldap import LDAPFilter

from .connection import Answer, Connection
from .failures import ConnectionOver
from .server import Server

CONNECTIONS_MAX = 4
SEARCHES_EACH = 4
"""Searches under way on each connection before another one is opened."""


class Pool:
    """Searches go to the least busy connection; dead ones are replaced."""

    def __init__(
        self, server: Server, dn: str, password: str, *, connect_s: float, answer_s: float
    ) -> None:
        """Each connection is bound as ``dn``; empty: anonymously."""

        async def bound() -> Connection:
            connection = await Connection.open(server, connect_s=connect_s, answer_s=answer_s)
            try:
                await connection.bind(dn, password)
            except BaseException:
                connection.end()
                raise
            return connection

        self._open: Callable[[], Awaitable[Connection]] = bound
        self._connections: list[Connection] = []
        self._opening: asyncio.Task[Connection] | None = None

    async def search(
        self, base: str, condition: LDAPFilter, attributes: Sequence[str], limit: int
    ) -> Answer:
        """One search; a connection that proves dead is replaced once. Raises `LdapFailed`."""
        connection, used_before = await self._connection()
        try:
            return await connection.search(base, condition, attributes, limit=limit)
        except ConnectionOver:
            if not used_before:
                raise
        connection, _ = await self._connection()
        return await connection.search(base, condition, attributes, limit=limit)

    def close(self) -> None:
        """End every connection."""
        if self._opening is not None:
            self._opening.cancel()
        for connection in self._connections:
            connection.end()
        self._connections.clear()

    async def _connection(self) -> tuple[Connection, bool]:
        """A connection, and whether it was there before."""
        self._connections = [each for each in self._connections if not each.over or each.busy]
        usable = [each for each in self._connections if not each.over]
        if usable:
            least = min(usable, key=lambda each: each.busy)
            if least.busy < SEARCHES_EACH or len(usable) >= CONNECTIONS_MAX:
                return least, True
        # One opens at a time, for all that wait; who gives up does not end it for the others.
        if self._opening is None:
            self._opening = asyncio.create_task(self._another())
            self._opening.add_done_callback(self._opened)
        return await asyncio.shield(self._opening), False

    async def _another(self) -> Connection:
        connection = await self._open()
        self._connections.append(connection)
        return connection

    def _opened(self, task: "asyncio.Task[Connection]") -> None:
        self._opening = None
        if not task.cancelled():
            task.exception()  # whoever waited was told; nobody may have
