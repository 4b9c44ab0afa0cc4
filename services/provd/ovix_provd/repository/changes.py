"""Who changes a plugin: a lock and a row of the database, over one connection (decision 0074).

The lock ends with the connection. Whoever lost it can't write the row any more; whoever finds a
row with a change that nobody holds finishes the change, or takes it back.
"""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from uuid import UUID, uuid4

import asyncpg
from ovix_web.errors import DatabaseUnavailable

from ..store import CONFIG_WRITE_LOCK, PLUGINS_CHANNEL

PLUGIN_LOCK = 0x0F1C9
PACKAGE_LOCK = 0x0F1CA
STATEMENT_WITHIN_S = 30.0


class Kind(StrEnum):
    """What is being done to a plugin."""

    INSTALL = "install"
    UPGRADE = "upgrade"
    UNINSTALL = "uninstall"
    RELOAD = "reload"


@dataclass(frozen=True)
class Installed:
    """A row: the plugin's version, which changes of it there were, and the one going on."""

    plugin_id: str
    version: str | None
    revision: UUID
    change: str | None


class Change:
    """A change of one plugin, which nobody else can change meanwhile.

    All of it raises `DatabaseUnavailable` once the connection, hence the lock, is lost.
    """

    def __init__(self, connection: asyncpg.Connection, plugin_id: str) -> None:
        self._connection = connection
        self.plugin_id = plugin_id

    async def row(self) -> Installed | None:
        """What is known of the plugin."""
        with _available():
            found = await self._connection.fetchrow(
                "SELECT id, version, revision, change FROM provd_plugins WHERE id = $1",
                self.plugin_id,
            )
        return Installed(*found) if found is not None else None

    async def begin(self, kind: Kind) -> None:
        """Note what is about to be done, before the first file is touched."""
        with _available():
            await self._connection.execute(
                "INSERT INTO provd_plugins (id, revision, change) VALUES ($1, $2, $3)"
                " ON CONFLICT (id) DO UPDATE SET change = excluded.change",
                *(self.plugin_id, uuid4(), kind),
            )

    async def demand_held(self) -> None:
        """Raise unless the lock is still held."""
        with _available():
            await self._connection.execute("SELECT 1")

    async def done(self, version: str, revision: UUID) -> None:
        """The plugin is there, in that version; its devices are to be configured anew."""
        with _available():
            async with self._connection.transaction():
                await self._all_devices()
                await self._connection.execute(
                    "INSERT INTO provd_plugins (id, version, revision) VALUES ($1, $2, $3)"
                    " ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
                    " revision = excluded.revision, change = NULL",
                    *(self.plugin_id, version, revision),
                )

    async def gone(self) -> None:
        """The plugin is not there any more; its devices are not configured."""
        with _available():
            async with self._connection.transaction():
                await self._all_devices()
                await self._connection.execute(
                    "DELETE FROM provd_plugins WHERE id = $1", self.plugin_id
                )

    async def taken_back(self) -> None:
        """The plugin is what it was."""
        with _available():
            async with self._connection.transaction():
                await self._connection.execute(
                    "DELETE FROM provd_plugins WHERE id = $1 AND version IS NULL", self.plugin_id
                )
                await self._connection.execute(
                    "UPDATE provd_plugins SET change = NULL WHERE id = $1", self.plugin_id
                )
                await self._tell()

    async def _all_devices(self) -> None:
        """Mark the plugin's devices. Who writes one now may still use what was loaded before."""
        await self._connection.execute("SELECT pg_advisory_xact_lock($1)", CONFIG_WRITE_LOCK)
        await self._connection.execute(
            "INSERT INTO provd_reconfigurations (device_id)"
            " SELECT id FROM devices WHERE plugin = $1 ON CONFLICT DO NOTHING",
            self.plugin_id,
        )
        await self._tell()

    async def _tell(self) -> None:
        await self._connection.execute("SELECT pg_notify($1, '')", PLUGINS_CHANNEL)

    async def __aenter__(self) -> "Change":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others change the plugin."""
        self._connection.terminate()


class Changes:
    """Where changes are begun."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    async def taken(self, plugin_id: str) -> Change | None:
        """The plugin, to change it; None while somebody else does."""
        connection = await self._connect()
        return await _holding(connection, plugin_id, _locked(connection, PLUGIN_LOCK, plugin_id))

    async def package_taken(self, plugin_id: str, package_id: str) -> Change | None:
        """A package of a plugin, to change it; None while somebody changes the one or the other."""
        connection = await self._connect()

        async def locked() -> bool:
            return await _locked(connection, PLUGIN_LOCK, plugin_id, shared=True) and (
                await _locked(connection, PACKAGE_LOCK, f"{plugin_id}/{package_id}")
            )

        return await _holding(connection, plugin_id, locked())

    async def _connect(self) -> asyncpg.Connection:
        with _available():
            return await asyncpg.connect(
                self._database_url,
                timeout=5,
                command_timeout=STATEMENT_WITHIN_S,
                server_settings={"application_name": "ovix-provd-plugins"},
            )


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnavailable(cause=str(error)) from error


async def _holding(
    connection: asyncpg.Connection, plugin_id: str, locked: Awaitable[bool]
) -> Change | None:
    try:
        with _available():
            if await locked:
                return Change(connection, plugin_id)
    except BaseException:
        connection.terminate()
        raise
    connection.terminate()
    return None


async def _locked(
    connection: asyncpg.Connection, of: int, name: str, *, shared: bool = False
) -> bool:
    function = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
    return bool(await connection.fetchval(f"SELECT {function}($1, hashtext($2))", of, name))
