"""Hearing of what other replicas install, and of what killed ones left behind."""

import asyncio
from contextlib import suppress

import asyncpg
import structlog
from ovix_web.errors import DatabaseUnavailable
from sqlalchemy.exc import SQLAlchemyError

from ..plugins import PluginError
from ..reconfiguring import Reconfigurations
from ..store import PLUGINS_CHANNEL
from .package import BadPackage
from .repository import Repository

log = structlog.get_logger(__name__)
LOOK_AGAIN_S = 5.0
"""Nobody announces that a process was killed."""
_PASSING = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    DatabaseUnavailable,
    SQLAlchemyError,  # a full pool among them
    PluginError,
    BadPackage,
)


class Following:
    """Keeps a replica like its rows, until cancelled."""

    def __init__(
        self, database_url: str, repository: Repository, reconfigurations: Reconfigurations
    ) -> None:
        self._database_url = database_url
        self._repository, self._reconfigurations = repository, reconfigurations
        self._told = asyncio.Event()

    async def run(self) -> None:
        """Follow; the database may go away and come back."""
        while True:
            try:
                await self._follow()
            except _PASSING as error:
                log.warning("plugins_not_followed", cause=str(error))
                await asyncio.sleep(0.5)
            except Exception:
                # Without it this replica would not hear of any plugin again.
                log.exception("plugins_not_followed")
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _follow(self) -> None:
        connection = await asyncpg.connect(
            self._database_url,
            timeout=5,
            command_timeout=5,
            server_settings={"application_name": "ovix-provd-following"},
        )
        working: asyncio.Task[None] | None = None
        try:
            await connection.add_listener(PLUGINS_CHANNEL, lambda *_: self._told.set())
            await self._repository.begin()
            while True:
                self._told.clear()
                await connection.execute("SELECT 1")
                await self._repository.catch_up()
                if working is None or working.done():
                    if working is not None:
                        working.result()
                    working = asyncio.create_task(self._reconfigurations.work_off())
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN_S):
                        await self._told.wait()
        finally:
            connection.terminate()
            if working is not None:
                working.cancel()
                with suppress(asyncio.CancelledError, *_PASSING):
                    await working
