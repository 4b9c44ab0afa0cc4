"""Strangers' archives, unpacked with nothing outside their directory and within limits.

Only files and directories are taken: a link or a device makes the whole archive refused.
"""

import os
import resource
import shutil
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zlib import error as ZlibError

from .errors import InstallFailed

_AT_ONCE = 256 * 1024
_EXTRACTED_WITHIN_S = 600


@dataclass
class Allowance:
    """How much may still be unpacked in one installation."""

    bytes_left: int = 2 * 1024 * 1024 * 1024
    members_left: int = 20_000

    def member(self) -> None:
        """One more file or directory."""
        self.members_left -= 1
        if self.members_left < 0:
            raise InstallFailed("there are too many files in it")

    def take(self, size: int) -> None:
        """So many more bytes."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise InstallFailed("it is too large when unpacked")


@dataclass(frozen=True)
class _Member:
    name: str
    content: IO[bytes] | None
    """None: a directory."""


def unzip(archive: Path, target: Path, allowance: Allowance) -> None:
    """A ZIP file."""
    try:
        with zipfile.ZipFile(archive) as opened:
            _unpack(_zip_members(opened), target, allowance)
    except (zipfile.BadZipFile, ZlibError, EOFError, RuntimeError, NotImplementedError) as error:
        raise InstallFailed(f"{archive.name}: {error}") from error


def untar(archive: Path, target: Path, allowance: Allowance) -> None:
    """A tar file, plain or compressed."""
    try:
        with tarfile.open(archive, "r:*") as opened:
            _unpack(_tar_members(opened), target, allowance)
    except (tarfile.TarError, ZlibError, EOFError) as error:
        raise InstallFailed(f"{archive.name}: {error}") from error


def flatten(archive: Path, target: Path, allowance: Allowance) -> None:
    """A RAR or 7-Zip file, all its files into one directory; libarchive's program reads it."""
    program = shutil.which("bsdtar")
    if program is None:
        raise InstallFailed("there is no program bsdtar (libarchive-tools) to unpack it")
    unpacked = target / ".unpacked"
    unpacked.mkdir()
    try:
        _run([program, "-x", "-f", str(archive), "-C", str(unpacked)], archive, allowance)
        for path in _files_of_tree(unpacked, allowance):
            path.replace(target / path.name)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _zip_members(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InstallFailed(f"it holds a link or device: {info.filename}")
        if info.filename.endswith("/"):  # is_dir() raises on a name that is empty, up to 3.11
            yield _Member(info.filename, None)
        else:
            with archive.open(info) as content:
                yield _Member(info.filename, content)


def _tar_members(archive: tarfile.TarFile) -> Iterator[_Member]:
    for info in archive:
        if info.isdir():
            yield _Member(info.name, None)
        elif info.isreg():
            yield _Member(info.name, archive.extractfile(info))
        else:
            raise InstallFailed(f"it holds a link or device: {info.name}")


def _unpack(members: Iterable[_Member], target: Path, allowance: Allowance) -> None:
    for member in members:
        allowance.member()
        path = target / _inside(member.name)
        try:
            if member.content is None:
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                while part := member.content.read(_AT_ONCE):
                    allowance.take(len(part))
                    file.write(part)
        except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            raise InstallFailed(f"a file is also a directory: {member.name}") from error


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or len(name) > 1000:
        raise InstallFailed(f"it holds a file that would lie outside: {name[:200]!r}")
    return path


def _run(command: list[str], archive: Path, allowance: Allowance) -> None:
    # What it writes is bounded for each file by the system, and in sum by the check afterwards.
    with subprocess.Popen(  # noqa: S603 (no shell; the names are ours)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as running:
        limit = (allowance.bytes_left, allowance.bytes_left)
        with suppress(ProcessLookupError):
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, limit)
        try:
            _, errors = running.communicate(timeout=_EXTRACTED_WITHIN_S)
        except subprocess.TimeoutExpired as error:
            running.kill()
            raise InstallFailed(f"{archive.name} is not unpacked in time") from error
    if running.returncode:
        told = errors.decode(errors="replace").strip().splitlines()[-1:]
        raise InstallFailed(f"{archive.name}: {(told or ['it can not be unpacked'])[0]}")


def _files_of_tree(root: Path, allowance: Allowance) -> Iterator[Path]:
    for directory, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(directory, name)
            about: Any = path.lstat()
            if not stat.S_ISREG(about.st_mode):
                raise InstallFailed(f"it holds a link or device: {name}")
            allowance.member()
            allowance.take(about.st_size)
            yield path
