"""Where packages come from: the plugins shipped with provd, and the server that was set."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import structlog
from ovix_schema import ProvdParameter
from ovix_web import Sessions
from sqlalchemy import select

from ..errors import CorruptedIndex, NoServer
from ..operations import Operation, State
from .downloads import Proxies, Told, fetch, folder_of
from .files import PluginFiles
from .index import (
    LARGEST_ARCHIVE,
    LARGEST_INDEX,
    Archive,
    Index,
    archive_of,
    build,
    index_of_archives,
    read_index,
    shown,
)
from .package import INDEX_NAME, BadPackage, Document, localized

log = structlog.get_logger(__name__)


class Sources:
    """The indexes and the archives that they announce.

    What a server has goes before what is shipped. ``default_server`` holds until one is set.
    """

    def __init__(
        self,
        files: PluginFiles,
        sessions: Sessions,
        *,
        shipped: Path | None,
        default_server: str | None,
        within_s: float,
    ) -> None:
        self._files, self._sessions = files, sessions
        self._shipped, self._default_server = shipped, default_server
        self._within_s = within_s
        self._built: Index | None = None
        self._building = asyncio.Lock()

    async def parameters(self) -> dict[str, str]:
        """What is set of the configure parameters."""
        async with self._sessions() as session:
            rows = await session.execute(select(ProvdParameter.name, ProvdParameter.value))
            return dict(rows.all())

    async def installable(self) -> dict[str, Document]:
        """What clients are told of the plugins that can be installed, in the locale that is set."""
        index = {**await self._own(), **await self._downloaded()}
        locale = (await self.parameters()).get("locale")
        return {name: shown(localized(entry, locale)) for name, entry in index.items()}

    async def archive(self, plugin_id: str) -> Archive | None:
        """What to fetch of a plugin; None: no index has it."""
        downloaded = await self._downloaded()
        if plugin_id in downloaded and (server := await self._server()):
            return archive_of(downloaded, plugin_id, server)
        own = await self._own()
        return archive_of(own, plugin_id, self._own_base()) if plugin_id in own else None

    async def update(self, operation: Operation) -> Coroutine[Any, Any, None]:
        """The work of getting the server's index, or `NoServer`."""
        if (server := await self._server()) is None:
            raise NoServer
        return self._updated(server, operation)

    async def _updated(self, server: str, operation: Operation) -> None:
        got = self._files.root / f".{INDEX_NAME}.{uuid4().hex}"
        try:
            folder = folder_of(server)
            if folder is not None and not (folder / INDEX_NAME).exists():
                index = await asyncio.to_thread(index_of_archives, folder)
                await asyncio.to_thread(got.write_bytes, orjson.dumps(index))
            else:
                await self._fetch(server + INDEX_NAME, got, LARGEST_INDEX, _told(operation))
            await asyncio.to_thread(got.replace, self._files.index)
        finally:
            await asyncio.to_thread(got.unlink, missing_ok=True)

    async def fetched(self, archive: Archive, operation: Operation) -> Path:
        """The archive in the cache, verified; what is there already is verified as well."""
        kept = self._files.cache / archive.filename
        if await asyncio.to_thread(_is_whole, kept, archive):
            return kept
        download = operation.part("download", archive.size or 0)
        got = self._files.cache / f".{archive.filename}.{uuid4().hex}"
        try:
            url = archive.base + archive.filename
            await self._fetch(url, got, LARGEST_ARCHIVE, _told(download))
            if not await asyncio.to_thread(archive.checksums.hold, got):
                raise BadPackage(f"{archive.filename} is not what its index announces (checksum)")
            await asyncio.to_thread(got.replace, kept)
        finally:
            await asyncio.to_thread(got.unlink, missing_ok=True)
        download.state = State.SUCCESS
        return kept

    async def _fetch(self, url: str, target: Path, most: int, told: Told) -> None:
        given = await self.parameters()
        proxies = Proxies(given.get("http_proxy"), given.get("https_proxy"))
        await fetch(url, target, most=most, within_s=self._within_s, proxies=proxies, told=told)

    async def _server(self) -> str | None:
        return (await self.parameters()).get("plugin_server") or self._default_server

    async def _downloaded(self) -> Index:
        try:
            return read_index(await asyncio.to_thread(self._files.index.read_bytes))
        except FileNotFoundError:
            return {}
        except BadPackage as error:
            raise CorruptedIndex(reason=str(error)) from error

    async def _own(self) -> Index:
        """The index of the plugins that provd is shipped with, packed when first asked for."""
        if self._shipped is None:
            return {}
        async with self._building:
            if self._built is None:
                target = self._files.own_archives
                self._built = await asyncio.to_thread(_built, self._shipped, target)
        return self._built

    def _own_base(self) -> str:
        return self._files.own_archives.as_uri() + "/"


def _built(sources: Path, target: Path) -> Index:
    if not sources.is_dir():
        log.warning("no_shipped_plugins", directory=str(sources))
        return {}
    target.mkdir(parents=True, exist_ok=True)
    return build(sources, target)


def _is_whole(path: Path, archive: Archive) -> bool:
    return path.is_file() and archive.checksums.hold(path)


def _told(operation: Operation) -> Told:
    def told(current: int) -> None:
        operation.current = current

    return told
