"""Hears that the configuration in the database has changed, whoever changed it."""

import asyncio
import random
from collections.abc import Callable

import asyncpg
import structlog

log = structlog.get_logger(__name__)

CHANNEL = "ovix_directories"
RETRY_S, RETRY_MAX_S = 0.5, 30.0
HEARTBEAT_S = 5.0
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Changes:
    """Listens until it is cancelled; every new connection counts as a change."""

    def __init__(self, database_url: str, changed: Callable[[], None]) -> None:
        self._database_url, self._changed = database_url, changed
        self.listening = False
        self._crashes = 0
        """In a row, that nobody foresaw."""

    async def listen(self) -> None:
        """Call ``changed`` for every change; several at once may be told as one."""
        while True:
            try:
                await self._listen_once()
            except _AWAY as error:
                if self.listening:
                    log.warning("directories_listener_lost", cause=str(error))
            except Exception:
                # Nobody foresaw it; who stopped to listen would never hear of a change again.
                if not self._crashes:
                    log.exception("directories_listener_lost")
                self._crashes += 1
            self.listening = False
            pause_s = min(RETRY_S * 2 ** min(self._crashes, 16), RETRY_MAX_S)
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311

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
                self._crashes = 0
        finally:
            connection.terminate()
