"""The configuration that is in force: read anew when it changes, here or anywhere."""

import asyncio
from pathlib import Path

import structlog
from ovix_web import ApiError, Sessions, is_away
from ovix_web.errors import DatabaseUnavailable
from sqlalchemy.exc import SQLAlchemyError

from ..backend import FileWatcher
from .configuration import Configuration
from .sources import Sources
from .stored import stored_configuration
from .yaml_files import FOLDERS, UnreadableFile, YamlFiles, laid_over, read_files

log = structlog.get_logger(__name__)
RETRY_S = 1.0


class LiveConfiguration:
    """Keeps the sources as configured. While the database is away the last configuration holds."""

    def __init__(self, sessions: Sessions, sources: Sources, directory: Path | None = None) -> None:
        self._sessions, self._sources, self._directory = sessions, sources, directory
        self._files = YamlFiles()
        self._value = Configuration()
        self._stale = asyncio.Event()
        self._stale.set()
        self._reading = asyncio.Lock()
        self._read_once = self._away = False

    @property
    def is_current(self) -> bool:
        """Whether no change waits to be read."""
        return not self._stale.is_set()

    def changed(self) -> None:
        """The database or a file has another configuration than is in force."""
        self._stale.set()

    async def read_files(self) -> None:
        """Read the YAML files anew; those before hold while one of them can't be read."""
        if self._directory is None:
            return
        try:
            files = await asyncio.to_thread(read_files, self._directory)
        except UnreadableFile as error:
            log.error("configuration_file_unreadable", cause=str(error))
            return
        if files != self._files:
            self._files = files
            self.changed()

    def watch_files(self, watcher: FileWatcher) -> None:
        """Read the files whenever one of them changes."""
        if self._directory is not None:
            for path in (self._directory, *(self._directory / each for each in FOLDERS)):
                watcher.watch(path, self.read_files)

    async def current(self) -> Configuration:
        """The configuration, with every change that was announced before.

        Raises `DatabaseUnavailable` while it was never read.
        """
        # A change that is being read right now is waited for as well.
        if (self._stale.is_set() or self._reading.locked()) and not self._away:
            await self._refresh()
        if not self._read_once:
            raise DatabaseUnavailable()
        return self._value

    async def follow(self) -> None:
        """Apply changes when they come, not when the next request does; until cancelled."""
        while True:
            await self._stale.wait()
            await self._refresh()
            if self._stale.is_set():
                await asyncio.sleep(RETRY_S)

    async def _refresh(self) -> None:
        async with self._reading:
            if not self._stale.is_set():
                return  # another one has read it meanwhile
            self._stale.clear()
            try:
                self._value = await self._read()
            except (SQLAlchemyError, ApiError, OSError) as error:
                self._stale.set()
                if not is_away(error):
                    log.exception("configuration_not_read")
                elif not self._away:
                    log.warning("configuration_not_read", cause=str(error))
                self._away = True  # requests don't wait for it, `follow` does
                return
            self._read_once, self._away = True, False
            self._sources.apply(self._value.sources)

    async def _read(self) -> Configuration:
        return laid_over(await stored_configuration(self._sessions), self._files)
