"""Indexes of packages (reference/provd/plugins.md, 3): which there are, and their checksums."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import structlog

from ..media import is_too_deep
from .archives import info_of, pack, top_directory
from .package import (
    INDEX_NAME,
    INFO_NAME,
    BadPackage,
    Document,
    is_archive_name,
    is_plugin_id,
    read_info,
    version_order,
)

log = structlog.get_logger(__name__)
LARGEST_INDEX = 16 * 1024 * 1024
LARGEST_ARCHIVE = 64 * 1024 * 1024
_HEX = {"sha1sum": re.compile("[0-9a-f]{40}"), "sha256sum": re.compile("[0-9a-f]{64}")}
_SUFFIX = ".tar.bz2"

Index = dict[str, Document]
"""Entries by plugin id: filename, dsize, sha1sum, and what plugin-info tells."""


@dataclass(frozen=True)
class Checksums:
    """What an archive's bytes must add up to; at least one of them is told."""

    sha1sum: str | None
    sha256sum: str | None

    def hold(self, path: Path) -> bool:
        """Whether the file is what was announced."""
        told = {"sha1": self.sha1sum, "sha256": self.sha256sum}
        sums = {name: hashlib.new(name) for name, value in told.items() if value}
        with path.open("rb") as file:
            while part := file.read(1024 * 1024):
                for each in sums.values():
                    each.update(part)
        return bool(sums) and all(each.hexdigest() == told[name] for name, each in sums.items())


@dataclass(frozen=True)
class Archive:
    """An archive that an index announces."""

    plugin_id: str
    version: str
    filename: str
    size: int | None
    checksums: Checksums
    base: str
    """What the file name follows: an ``http:``, ``https:`` or ``file:`` URL, ending in ``/``."""


def read_index(content: bytes) -> Index:
    """The entries of an index; those that can't be used are left out. Raises `BadPackage`."""
    try:
        index = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadPackage(f"the index of plugins is corrupted: {error}") from error
    if not isinstance(index, dict) or is_too_deep(index):
        raise BadPackage("the index of plugins is corrupted: no object")
    usable = {name: entry for name, entry in index.items() if _is_usable(name, entry)}
    if len(usable) < len(index):
        log.warning("index_entries_left_out", plugins=sorted(index.keys() - usable.keys())[:20])
    return usable


def _is_usable(name: str, entry: Any) -> bool:
    if not is_plugin_id(name) or not isinstance(entry, dict):
        return False
    size = entry.get("dsize")
    return (
        is_archive_name(entry.get("filename"))
        and isinstance(entry.get("version"), str)
        and (size is None or (isinstance(size, int) and size >= 0))
        and any(_sum(entry, name) for name in _HEX)
    )


def _sum(entry: Mapping[str, Any], name: str) -> str | None:
    value = entry.get(name)
    found = isinstance(value, str) and _HEX[name].fullmatch(value.lower())
    return str(value).lower() if found else None


def archive_of(index: Index, plugin_id: str, base: str) -> Archive:
    """What to fetch of a plugin that is in the index."""
    entry = index[plugin_id]
    sums = Checksums(_sum(entry, "sha1sum"), _sum(entry, "sha256sum"))
    size = entry.get("dsize")
    return Archive(plugin_id, entry["version"], entry["filename"], size, sums, base)


def shown(entry: Document) -> Document:
    """What clients are told of an entry."""
    return {key: value for key, value in entry.items() if key != "filename"}


def index_of_archives(folder: Path) -> Index:
    """The index of a folder that has none: its archives, the greatest version of each plugin."""
    if not folder.is_dir():
        raise BadPackage(f"the folder {folder} is not there")
    index: Index = {}
    for archive in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            plugin_id = top_directory(archive)
            info = info_of(archive, plugin_id)
        except BadPackage as error:
            log.warning("archive_left_out", archive=archive.name, reason=str(error))
            continue
        known = index.get(plugin_id)
        if known is None or version_order(known["version"]) < version_order(info["version"]):
            index[plugin_id] = _entry(archive, info)
    return index


def build(sources: Path, target: Path) -> Index:
    """Pack the plugins whose sources lie in a folder, and write their index beside them."""
    index: Index = {}
    for directory in sorted(each for each in sources.iterdir() if (each / INFO_NAME).is_file()):
        info = read_info((directory / INFO_NAME).read_bytes())
        archive = target / f"{directory.name}-{info['version']}{_SUFFIX}"
        # The same source gives the same bytes, so that replicas may do this at the same time.
        being_written = target / f".{archive.name}.{uuid4().hex}"
        pack(directory, directory.name, being_written)
        being_written.replace(archive)
        index[directory.name] = _entry(archive, info)
    (target / INDEX_NAME).write_bytes(orjson.dumps(index, option=orjson.OPT_SORT_KEYS))
    return index


def _entry(archive: Path, info: Document) -> Document:
    content = archive.read_bytes()
    return {
        **info,
        "filename": archive.name,
        "dsize": len(content),
        "sha1sum": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "sha256sum": hashlib.sha256(content).hexdigest(),
    }
