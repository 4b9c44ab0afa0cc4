"""Hears that the configuration in the database has changed, whoever changed it."""

import asyncio
from collections.abc import Callable

import asyncpg
import structlog

log = structlog.get_logger(__name__)

CHANNEL = "ovix_directories"
RETRY_S = 0.5
HEARTBEAT_S = 5.0
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Changes:
    """Listens until it is cancelled; every new connection counts as a change."""

    def __init__(self, database_url: str, changed: Callable[[], None]) -> None:
        self._database_url, self._changed = database_url, changed
        self.listening = False

    async def listen(self) -> None:
        """Call ``changed`` for every change; several at once may be told as one."""
        while True:
            try:
                await self._listen_once()
            except _AWAY as error:
                if self.listening:
                    log.warning("directories_listener_lost", cause=str(error))
                self.listening = False
                await asyncio.sleep(RETRY_S)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(
            self._database_url,
            timeout=5,
            server_settings={"application_name": "ovix-dird-changes"},
        )
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._changed())
            self.listening = True
            self._changed()
            while True:
                await connection.execute("SELECT 1", timeout=HEARTBEAT_S)
                await asyncio.sleep(HEARTBEAT_S)
        finally:
            self.listening = False
            connection.terminate()
