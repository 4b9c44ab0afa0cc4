"""The plugins of this installation: installed, upgraded, taken away, and loaded again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog
from ovix_schema import Device, ProvdPlugin
from ovix_web import Sessions
from sqlalchemy import select

from ..errors import Refused
from ..operations import Operation
from ..plugins import PluginError, PluginSet
from ..reconfiguring import Reconfigurations
from .archives import top_directory
from .changes import Change, Changes, Installed, Kind
from .files import PluginFiles, uninterrupted
from .index import Archive
from .package import BadPackage, Document, is_plugin_id
from .sources import Sources

log = structlog.get_logger(__name__)
Work = Coroutine[Any, Any, None]
SCHEMES = ("http", "https", "ftp")


class Repository:
    """What is installed here. ``loaded`` are the revisions that the plugin set runs."""

    def __init__(
        self,
        files: PluginFiles,
        sources: Sources,
        changes: Changes,
        sessions: Sessions,
        plugins: PluginSet,
        loaded: dict[str, UUID],
        reconfigurations: Reconfigurations,
    ) -> None:
        self._files, self.sources, self._changes = files, sources, changes
        self._sessions, self._plugins, self._loaded = sessions, plugins, loaded
        self._reconfigurations = reconfigurations
        self._loading = asyncio.Lock()
        self._told: tuple[dict[str, str], int] | None = None
        self._at_work, self._has_begun = 0, False

    def is_at_work(self) -> bool:
        """Whether a plugin is being installed, upgraded or loaded here; or none ever was."""
        return self._at_work > 0 or not (self._has_begun or self._plugins)

    @property
    def cache(self) -> Path:
        """Where archives may be written."""
        return self._files.cache

    # ---- what clients ask for --------------------------------------------------------------------

    async def installed(self) -> dict[str, Document]:
        """The ``plugin-info`` of what is installed, by id."""
        async with self._sessions() as session:
            known = await session.scalars(
                select(ProvdPlugin.id).where(ProvdPlugin.version.is_not(None))
            )
            ids = set(known)
        infos = await asyncio.to_thread(self._files.infos)
        return {name: info for name, info in infos.items() if name in ids}

    async def install(self, plugin_id: str, operation: Operation) -> Work:
        """Begin to install a plugin that is not there; the work left, or `Refused`."""
        archive = await self._archive(plugin_id)
        change = await self._begun(plugin_id, Kind.INSTALL)
        return self._put_in(change, lambda: self._fetched(archive, operation))

    async def upgrade(self, plugin_id: str, operation: Operation) -> Work:
        """Begin to put what the index has into the place of a plugin that is there."""
        if not is_plugin_id(plugin_id) or plugin_id not in await self.installed():
            raise Refused(f"plugin not installed: {plugin_id[:200]!r}")
        archive = await self._archive(plugin_id)
        change = await self._begun(plugin_id, Kind.UPGRADE)
        return self._put_in(change, lambda: self._fetched(archive, operation))

    async def put_in_archive(self, archive: Path) -> Work:
        """Begin to install what is in an archive of the caller's, in any plugin's place."""
        try:
            plugin_id = await asyncio.to_thread(top_directory, archive)
        except BadPackage as error:
            raise Refused(str(error)) from error
        kind = Kind.UPGRADE if plugin_id in await self.installed() else Kind.INSTALL

        change = await self._begun(plugin_id, kind)

        async def here() -> Path:
            return archive

        async def work() -> None:
            try:
                await self._put_in(change, here)
            finally:
                await asyncio.to_thread(archive.unlink)

        return work()

    async def uninstall(self, plugin_id: str, after_each: Callable[[], None]) -> None:
        """Take a plugin away, with all its files; its devices are not configured then."""
        async with await self._begun(plugin_id, Kind.UNINSTALL) as change:
            await self._taken_away(change)
        await self._reconfigured(plugin_id, after_each)

    async def reload(self, plugin_id: str, after_each: Callable[[], None]) -> None:
        """Load anew what lies in the plugin's directory; `Refused` with the reason otherwise.

        Its devices are configured anew, or are not configured.
        """
        async with await self._begun(plugin_id, Kind.RELOAD) as change:
            failure = await self._loaded_again(change)
        await self._reconfigured(plugin_id, after_each)
        if failure is not None:
            raise Refused(f"plugin not loaded: {failure}"[:2000])

    # ---- what follows from the rows --------------------------------------------------------------

    async def begin(self) -> None:
        """What is done once, before `catch_up`: take in what was put there by hand, and tidy up."""
        await asyncio.to_thread(self._files.prepare)
        infos = await asyncio.to_thread(lambda: self._files.infos(tell=True))
        for plugin_id in infos.keys() - {row.plugin_id for row in await self._rows()}:
            await self._if_at_rest(plugin_id, self._adopt)
        for plugin_id in await asyncio.to_thread(self._files.left_behind):
            await self._if_at_rest(plugin_id, self._tidy)

    async def catch_up(self) -> None:
        """Have here what is installed, whoever installed it, and finish what nobody does."""
        await self._tell_parameters()
        for row in await self._rows():
            if row.change is not None:
                await self._recover(row.plugin_id)
        rows = {row.plugin_id: row for row in await self._rows()}
        for plugin_id in [each for each in self._loaded if each not in rows]:
            await self._forget(plugin_id)
        for row in rows.values():
            if row.change is None and self._loaded.get(row.plugin_id) != row.revision:
                with suppress(PluginError):  # told in the log
                    await self._load(row.plugin_id, row.revision)

    async def _tell_parameters(self) -> None:
        """Have plugins see proxies and NAT as they are set now."""
        given = await self.sources.parameters()
        proxies = {name: given[f"{name}_proxy"] for name in SCHEMES if f"{name}_proxy" in given}
        told = (proxies, int(given.get("NAT", 0)))
        if told != self._told:
            try:
                await self._plugins.set_parameters(*told)
            except PluginError as error:  # told again when the host is there again
                log.warning("parameters_not_told", reason=str(error))
            else:
                self._told = told

    async def _rows(self) -> list[Installed]:
        columns = (ProvdPlugin.id, ProvdPlugin.version, ProvdPlugin.revision, ProvdPlugin.change)
        async with self._sessions() as session:
            rows = await session.execute(select(*columns).order_by(ProvdPlugin.id))
            return [Installed(*row) for row in rows]

    async def _recover(self, plugin_id: str) -> None:
        """Finish or take back a change that its maker left behind."""
        change = await self._changes.taken(plugin_id)
        if change is None:
            return  # its maker is at it
        async with change:
            row = await change.row()
            if row is None or row.change is None:
                return
            log.warning("change_left_behind", plugin=plugin_id, change=row.change)
            if row.change == Kind.UNINSTALL:
                await self._taken_away(change)
            elif row.change == Kind.RELOAD:
                await self._loaded_again(change)
            else:
                await self._taken_back(change, Kind(row.change), self._loaded.get(plugin_id))

    async def _if_at_rest(
        self, plugin_id: str, do: Callable[[Change, Installed | None], Coroutine[Any, Any, None]]
    ) -> None:
        """Do something to a plugin unless somebody changes it, or did and was killed."""
        change = await self._changes.taken(plugin_id)
        if change is not None:
            async with change:
                row = await change.row()
                if row is None or row.change is None:
                    await do(change, row)

    async def _adopt(self, change: Change, row: Installed | None) -> None:
        if row is None:
            try:
                info = await asyncio.to_thread(self._files.info, change.plugin_id)
            except BadPackage:
                return  # another replica has taken it away since it was seen
            log.info("plugin_found", plugin=change.plugin_id)
            await change.done(info["version"], uuid4())

    async def _tidy(self, change: Change, _row: Installed | None) -> None:
        await uninterrupted(self._files.settle, change.plugin_id)

    # ---- parts -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1

    async def _archive(self, plugin_id: str) -> Archive:
        try:
            archive = await self.sources.archive(plugin_id)
        except BadPackage as error:
            raise Refused(str(error)) from error
        if archive is None:
            raise Refused(f"no such plugin to install: {plugin_id[:200]!r}")
        return archive

    async def _begun(self, plugin_id: str, kind: Kind) -> Change:
        """The plugin, with the change noted, or `Refused`."""
        if not is_plugin_id(plugin_id):
            raise Refused(f"plugin not installed: {plugin_id[:200]!r}")
        change = await self._changes.taken(plugin_id)
        if change is None:
            raise Refused(f"an operation on this plugin is in progress: {plugin_id}")
        try:
            row = await change.row()
            if row is not None and row.change is not None:
                # Left behind by a process that was killed just now.
                raise Refused(f"an operation on this plugin is in progress: {plugin_id}")
            there = await asyncio.to_thread(self._files.directory(plugin_id).exists)
            if kind is Kind.INSTALL and there:
                raise Refused(
                    f"plugin already installed: {plugin_id}"
                    if row is not None
                    else f"something else is in the directory {plugin_id}"
                )
            if kind is Kind.RELOAD and there:
                await asyncio.to_thread(self._files.info, plugin_id)
            elif kind is not Kind.INSTALL and row is None:
                raise Refused(f"plugin not installed: {plugin_id}")
            await uninterrupted(self._files.settle, plugin_id)
            await change.begin(kind)
        except BadPackage as error:
            change.close()
            raise Refused(f"plugin not installed: {error}") from error
        except BaseException:
            change.close()
            raise
        return change

    async def _put_in(
        self, change: Change, archive: Callable[[], Coroutine[Any, Any, Path]]
    ) -> None:
        """Install or upgrade; on failure everything is as it was."""
        plugin_id = change.plugin_id
        async with change, self._working():
            row = await change.row()
            assert row is not None
            assert row.change is not None
            before = self._loaded.get(plugin_id)
            try:
                path = await archive()
                await change.demand_held()
                info = await uninterrupted(self._files.put_in, plugin_id, path)
                revision = uuid4()
                await self._load(plugin_id, revision)
                await change.done(info["version"], revision)
            except Exception:
                await self._taken_back(change, Kind(row.change), before)
                raise
            await uninterrupted(self._files.settle, plugin_id)
        log.info("plugin_installed", plugin=plugin_id, version=info["version"])
        await self._reconfigured(plugin_id)

    async def _fetched(self, archive: Archive, operation: Operation) -> Path:
        return await self.sources.fetched(archive, operation)

    async def _taken_back(self, change: Change, kind: Kind, before: UUID | None) -> None:
        """Have the files, the loaded plugin and the row as they were before an install or upgrade.

        An installation comes to nothing at all: it had not begun with anything.
        """
        plugin_id = change.plugin_id
        await change.demand_held()
        await uninterrupted(self._files.put_back, plugin_id)
        if kind is Kind.INSTALL:
            await self._forget(plugin_id)
            await uninterrupted(self._files.take_away, plugin_id)
            await uninterrupted(self._files.settle, plugin_id)
        elif before is not None:
            with suppress(PluginError):
                await self._load(plugin_id, before)
        await change.taken_back()

    async def _taken_away(self, change: Change) -> None:
        plugin_id = change.plugin_id
        await uninterrupted(self._files.take_away, plugin_id)
        await self._forget(plugin_id)
        await change.gone()
        await uninterrupted(self._files.settle, plugin_id)
        log.info("plugin_uninstalled", plugin=plugin_id)

    async def _loaded_again(self, change: Change) -> Exception | None:
        """Load and note it; why it could not be loaded."""
        plugin_id, revision = change.plugin_id, uuid4()
        failure: Exception | None = None
        row = await change.row()
        version = (row.version if row else None) or "0"
        try:
            version = (await asyncio.to_thread(self._files.info, plugin_id))["version"]
            await self._load(plugin_id, revision)
        except (PluginError, BadPackage) as error:
            failure = error
            await self._forget(plugin_id)
            self._loaded[plugin_id] = revision
        await change.done(version, revision)
        return failure

    async def _load(self, plugin_id: str, revision: UUID) -> None:
        """Load it; one that fails is not there then, nor tried again at this revision."""
        async with self._working(), self._loading:
            try:
                await self._plugins.load(plugin_id, self._files.directory(plugin_id))
            except PluginError as error:
                log.error("plugin_not_loaded", plugin=plugin_id, reason=str(error))
                await self._unload(plugin_id)
                self._loaded[plugin_id] = revision
                raise
            self._loaded[plugin_id], self._has_begun = revision, True
            log.info("plugin_loaded", plugin=plugin_id)

    async def _forget(self, plugin_id: str) -> None:
        async with self._loading:
            self._loaded.pop(plugin_id, None)
            await self._unload(plugin_id)

    async def _unload(self, plugin_id: str) -> None:
        if plugin_id in self._plugins:
            try:
                await self._plugins.unload(plugin_id)
            except PluginError as error:
                log.warning("plugin_not_unloaded", plugin=plugin_id, reason=str(error))

    async def _reconfigured(
        self, plugin_id: str, after_each: Callable[[], None] = lambda: None
    ) -> None:
        await self._reconfigurations.finish(Device.plugin == plugin_id, after_each)
