"""Archives of packages: strangers' tar files, unpacked so that nothing lands elsewhere.

``<id>-<version>.tar.bz2`` holds files and directories below one directory ``<id>``, and nothing
else: no links, no devices, no path that leaves it (reference/provd/plugins.md, 1 and 4).
"""

import bz2
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .package import INFO_NAME, BadPackage, Document, is_plugin_id, read_info

VAR = ("cache", "installed", "templates", "tftpboot")
_KINDS = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE)
_NOT_PACKED = ("tests", "__pycache__")
_DEEPEST, _LONGEST, _LONGEST_PART = 32, 1000, 255
_MOST_AT_ONCE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What an archive may unpack to."""

    members: int = 10_000
    unpacked_bytes: int = 256 * 1024 * 1024
    ratio: int = 200
    """Unpacked to packed; what is below 16 MB may be any ratio."""

    def unpacked(self, packed_bytes: int) -> int:
        """How many bytes an archive of that size may unpack to."""
        return min(self.unpacked_bytes, max(self.ratio * packed_bytes, 16 * 1024 * 1024))


class _Bounded:
    """A bzip2 file that gives no more than it may, in no greater parts than it may."""

    def __init__(self, file: bz2.BZ2File, most: int) -> None:
        self._file, self._most = file, most

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE:  # the name of a member in an extended header, say
            raise BadPackage("a header of the archive is too large")
        self._check(self._file.tell() + size)
        return self._file.read(size)

    def seek(self, position: int) -> int:
        self._check(position)
        return self._file.seek(position)

    def tell(self) -> int:
        return self._file.tell()

    def _check(self, position: int) -> None:
        if position > self._most + tarfile.RECORDSIZE:
            raise BadPackage("the archive unpacks to more than it may")


def top_directory(archive: Path, limits: Limits = Limits()) -> str:
    """The id of the plugin that an archive holds."""
    for _, path in _members(archive, limits):
        if is_plugin_id(path.parts[0]):
            return path.parts[0]
        break
    raise BadPackage("the archive holds no plugin")


def info_of(archive: Path, plugin_id: str, limits: Limits = Limits()) -> Document:
    """The ``plugin-info`` in an archive, without unpacking it."""
    wanted = PurePosixPath(plugin_id, INFO_NAME)
    for content, path in _members(archive, limits):
        if path == wanted and content is not None:
            return read_info(content.read(_MOST_AT_ONCE))
    raise BadPackage(f"no {INFO_NAME} in the archive")


def unpack(archive: Path, plugin_id: str, target: Path, limits: Limits = Limits()) -> Document:
    """Unpack a plugin into a directory that is made; its ``plugin-info``.

    Raises `BadPackage`, and then leaves no trace.
    """
    target.mkdir()
    try:
        for content, path in _members(archive, limits):
            if path.parts[0] != plugin_id:
                raise BadPackage(f"the archive holds something beside {plugin_id}")
            _write(content, target.joinpath(*path.parts[1:]))
        info = target / INFO_NAME
        if not info.is_file():
            raise BadPackage(f"no {INFO_NAME} in the archive")
        return read_info(info.read_bytes())
    except BaseException:
        shutil.rmtree(target)
        raise


def _write(content: Iterable[bytes] | None, path: Path) -> None:
    """Links are never made, so that every parent is what it seems."""
    try:
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for part in content:
                file.write(part)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise BadPackage("the archive holds one name twice") from error


class _Content:
    """What a member holds, in parts."""

    def __init__(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        file = tar.extractfile(member)
        assert file is not None
        self._file, self._left = file, member.size

    def read(self, size: int) -> bytes:
        part = self._file.read(size)
        self._left -= len(part)
        return part

    def __iter__(self) -> Iterator[bytes]:
        while part := self.read(64 * 1024):
            yield part
        if self._left:
            raise BadPackage("the archive is cut")


def _members(archive: Path, limits: Limits) -> Iterator[tuple[_Content | None, PurePosixPath]]:
    """Files with their content and directories without; all checked."""
    packed = archive.stat().st_size
    try:
        with bz2.open(archive) as file:
            # What tarfile reads of a file: `_Bounded` has it all.
            bounded: Any = _Bounded(file, limits.unpacked(packed))
            with tarfile.open(fileobj=bounded, mode="r:") as tar:
                for number, member in enumerate(tar):
                    if number >= limits.members:
                        raise BadPackage(f"the archive holds more than {limits.members} members")
                    path = _path(member)
                    if path.parts:
                        yield _Content(tar, member) if member.isreg() else None, path
    except (tarfile.TarError, EOFError, OSError, ValueError, RecursionError) as error:
        # tarfile calls itself for each of the extended headers that follow one another.
        if isinstance(error, OSError) and error.errno is not None:
            raise  # a full disk is no fault of the archive
        raise BadPackage(f"no tar.bz2 archive: {error}") from error


def _path(member: tarfile.TarInfo) -> PurePosixPath:
    name = member.name
    if member.type not in _KINDS or member.issparse() or member.size < 0:
        raise BadPackage(f"neither file nor directory in the archive: {name[:200]!r}")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if (
        name.startswith("/")
        or ".." in parts
        or not name.isprintable()
        or "\\" in name
        or len(parts) > _DEEPEST
        or len(name) > _LONGEST
        or any(len(part.encode()) > _LONGEST_PART for part in parts)
    ):
        raise BadPackage(f"a path in the archive leads astray: {name[:200]!r}")
    if len(parts) == 1 and member.isreg():
        raise BadPackage(f"a file beside the plugin in the archive: {name[:200]!r}")
    return PurePosixPath(*parts)


def pack(directory: Path, plugin_id: str, archive: Path) -> None:
    """Write the archive of a plugin's source; the same source gives the same bytes."""
    with (
        bz2.open(archive, "wb") as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        _add(tar, PurePosixPath(plugin_id), None)
        for path in _packed(directory):
            name = PurePosixPath(plugin_id, *path.relative_to(directory).parts)
            _add(tar, name, path if path.is_file() else None)
        for part in VAR:
            if not (directory / "var" / part).is_dir():
                _add(tar, PurePosixPath(plugin_id, "var", part), None)


def _packed(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.name in _NOT_PACKED or path.is_symlink():
            continue
        yield path
        if path.is_dir():
            yield from _packed(path)


def _add(tar: tarfile.TarFile, name: PurePosixPath, source: Path | None) -> None:
    member = tarfile.TarInfo(str(name))
    if source is None:
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(member)
        return
    member.size = source.stat().st_size
    with source.open("rb") as file:
        tar.addfile(member, file)
