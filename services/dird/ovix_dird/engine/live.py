"""The configuration that is in force: read anew when it changes, here or anywhere."""

import asyncio
import random
from pathlib import Path

import structlog
from ovix_web import Sessions, is_away
from ovix_web.errors import DatabaseUnavailable

from ..backend import FileWatcher
from .configuration import Configuration
from .ldap_servers import with_servers
from .sources import Sources
from .stored import stored_configuration
from .yaml_files import FOLDERS, UnreadableFile, YamlFiles, laid_over, read_files

log = structlog.get_logger(__name__)
RETRY_S, RETRY_MAX_S = 1.0, 30.0
"""Until the next try while the database is away; after a fault tries get rarer."""


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
        self._crashes = 0
        """In a row, that nobody foresaw."""

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
                pause_s = min(RETRY_S * 2 ** min(self._crashes, 16), RETRY_MAX_S)
                # Replicas that fail together do not all try again at the same moment.
                await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311

    async def _refresh(self) -> None:
        async with self._reading:
            if not self._stale.is_set():
                return  # another one has read it meanwhile
            self._stale.clear()
            try:
                value = await self._read()
                self._sources.apply(value.sources)
            except Exception as error:
                # Whatever it is, the last configuration holds, and the next one is still wanted.
                self._stale.set()
                self._not_read(error)
                return
            except asyncio.CancelledError:
                self._stale.set()  # whoever asked has given up, and the change is still wanted
                raise
            if self._crashes:
                log.info("configuration_read_again")
            self._value = value
            self._read_once, self._away, self._crashes = True, False, 0

    def _not_read(self, error: Exception) -> None:
        """Told when it begins, not at each try."""
        if not is_away(error):
            if not self._crashes:
                log.error("configuration_not_read", exc_info=error)
            self._crashes += 1
        elif not self._away:
            log.warning("configuration_not_read", cause=str(error))
        self._away = True  # requests don't wait for it, `follow` does

    async def _read(self) -> Configuration:
        return with_servers(laid_over(await stored_configuration(self._sessions), self._files))
