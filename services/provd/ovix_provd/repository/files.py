"""Plugins on the disk. All of it blocks, and is called from threads.

Beside ``<id>/``, a change has ``.<id>.new/`` until it is complete, and ``.<id>.old/`` until it is
known that it works; no plugin can have such an id.
"""

import asyncio
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import structlog

from . import archives
from .package import INDEX_NAME, INFO_NAME, BadPackage, Document, is_plugin_id, read_info

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


class PluginFiles:
    """The directory ``plugins/`` and the archives in ``cache/``, below the storage directory."""

    def __init__(self, storage: Path) -> None:
        self.root = storage.absolute() / "plugins"
        self.cache = storage.absolute() / "cache"
        self.index = self.root / INDEX_NAME
        self.own_archives = self.cache / "own"

    def prepare(self) -> None:
        """Make the directories."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(parents=True, exist_ok=True)

    def directory(self, plugin_id: str) -> Path:
        """Where a plugin lies."""
        return self.root / plugin_id

    def infos(self, *, tell: bool = False) -> dict[str, Document]:
        """The ``plugin-info`` of each plugin; directories without one are skipped.

        ``tell``: the log is told of them.
        """
        infos = {}
        for directory in sorted(self.root.iterdir()) if self.root.is_dir() else ():
            if directory.name.startswith(".") or not directory.is_dir():
                continue
            try:
                infos[directory.name] = self.info(directory.name)
            except BadPackage as error:
                if tell:
                    log.warning("no_plugin", directory=directory.name, reason=str(error))
        return infos

    def info(self, plugin_id: str) -> Document:
        """What lies there tells of itself, or `BadPackage`."""
        if not is_plugin_id(plugin_id):
            raise BadPackage("its name is no plugin's id")
        try:
            return read_info((self.directory(plugin_id) / INFO_NAME).read_bytes())
        except OSError as error:
            raise BadPackage(f"no {INFO_NAME} to read") from error

    def put_in(self, plugin_id: str, archive: Path) -> Document:
        """Unpack an archive, and put it in the place of the plugin, whose ``var/`` stays.

        What was there is kept until `settle` or `put_back`.
        """
        new, now, old = self._new(plugin_id), self.directory(plugin_id), self._old(plugin_id)
        _remove(new)
        info = archives.unpack(archive, plugin_id, new)
        _carry_over(now / "var", new / "var")
        for name in archives.VAR:
            (new / "var" / name).mkdir(parents=True, exist_ok=True)
        if now.exists():
            _remove(old)
            now.rename(old)
        new.rename(now)
        return info

    def settle(self, plugin_id: str) -> None:
        """Forget what was there before a change."""
        _remove(self._new(plugin_id))
        _remove(self._old(plugin_id))

    def put_back(self, plugin_id: str) -> None:
        """Put what was there before an upgrade back, however far that came."""
        now, old = self.directory(plugin_id), self._old(plugin_id)
        if old.exists():
            _remove(self._new(plugin_id))
            if now.exists():
                now.rename(self._new(plugin_id))  # so that nothing half removed is in its place
            old.rename(now)
        _remove(self._new(plugin_id))

    def take_away(self, plugin_id: str) -> None:
        """Take a plugin out of sight at once; `settle` then removes its files."""
        now, old = self.directory(plugin_id), self._old(plugin_id)
        if now.exists():
            _remove(old)
            now.rename(old)

    def left_behind(self) -> set[str]:
        """Plugins beside which there is something of a change."""
        names = (each.name for each in self.root.glob(".*"))
        ids = (name[1:].rpartition(".") for name in names)
        return {name for name, _, end in ids if end in ("new", "old") and is_plugin_id(name)}

    def _new(self, plugin_id: str) -> Path:
        return self.root / f".{plugin_id}.new"

    def _old(self, plugin_id: str) -> Path:
        return self.root / f".{plugin_id}.old"


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


async def uninterrupted(do: Callable[..., Result], *given: Any) -> Result:
    """Call in a thread. Who is cancelled meanwhile is so at the end: threads can't be stopped."""
    running = asyncio.ensure_future(asyncio.to_thread(do, *given))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _carry_over(source: Path, target: Path) -> None:
    """Have the files of ``var/`` in both places; what the new package ships goes first.

    They are linked, not copied: firmware may take gigabytes.
    """
    if not source.is_dir() or source.is_symlink():
        return
    target.mkdir(exist_ok=True)
    for path in source.iterdir():
        placed = target / path.name
        if path.is_dir() and not path.is_symlink():
            if not placed.exists() or placed.is_dir():
                _carry_over(path, placed)
        elif not placed.exists():
            _link(path, placed)


def _link(source: Path, target: Path) -> None:
    """Nothing where the source is gone: a phone that is configured meanwhile loses its file for a
    moment, and is configured again after an upgrade."""
    with suppress(FileNotFoundError):
        if not _is_linked(source, target):
            shutil.copy2(source, target, follow_symlinks=False)


def _is_linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        return False
    return True
