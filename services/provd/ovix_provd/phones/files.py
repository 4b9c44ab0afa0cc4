"""Opening what a phone names below a plugin's tftpboot, and nothing else.

A name is walked one component at a time from an open directory, and no component follows a link by
itself: what is checked is what is opened, whoever renames meanwhile. Links that stay below the root
are followed by the same walk; others lead outside, as do ``..`` above the root.
Source: reference/provd/http-tftp.md, 1 (path traversal) and 2 (file name).
"""

import errno
import os
import posixpath
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

MOST_LINKS = 16
MOST_NAME_BYTES = 1024
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW
# Without O_NONBLOCK the opening of a FIFO would wait for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_ABSENT = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EACCES,
    errno.EPERM,
    errno.ENAMETOOLONG,
    errno.ENXIO,
}


class NoFile(StrEnum):
    """Why there is nothing to serve under a name."""

    MISSING = "missing"
    """There is none, it can't be read, or it is neither a file nor a directory."""
    DIRECTORY = "directory"
    OUTSIDE = "outside"
    """It is no name of something below the root, or a link leads out of it."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A regular file, open for reading from its start; whoever asked for it closes it."""

    content: BinaryIO
    size: int
    modified_at: float
    """Seconds since the epoch."""

    def __enter__(self) -> "OpenFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.content.close()


def open_named(root: Path, name: bytes) -> OpenFile | NoFile:
    """Open the file of that name as TFTP knows names: components parted by ``/``.

    Leading slashes are dropped and the rest is normalised, as XiVO's phones rely on; a backslash
    is a character like others. Raises OSError where the machine, not the name, is at fault.
    """
    if len(name) > MOST_NAME_BYTES:
        return NoFile.MISSING
    normalised = posixpath.normpath(name.lstrip(b"/"))
    return open_below(root, () if normalised == b"." else normalised.split(b"/"))


def open_below(root: Path, components: Sequence[bytes]) -> OpenFile | NoFile:
    """Open the file that these directories and name lead to, from the root downwards.

    For HTTP: each segment of the path, decoded *after* the path was split. A component that is
    empty, ``.`` or ``..``, or holds a slash or NUL is no name, so the answer is ``OUTSIDE``.
    Raises OSError where the machine, not the name, is at fault (no more file descriptors, say).
    """
    if any(each in (b"", b".", b"..") or b"/" in each or b"\0" in each for each in components):
        return NoFile.OUTSIDE
    try:
        directories = [os.open(root, os.O_PATH | os.O_DIRECTORY)]
    except OSError as error:
        return _reason(error)
    try:
        return _walk(root, directories, list(reversed(components)))
    except OSError as error:
        return _reason(error)
    finally:
        for each in directories:
            os.close(each)


def _walk(root: Path, directories: list[int], ahead: list[bytes]) -> OpenFile | NoFile:
    """Go on from the last of the open directories; the next component is the last one ahead."""
    links = 0
    while ahead:
        name = ahead.pop()
        if name == b"..":  # only a link's target holds it here
            if len(directories) == 1:
                return NoFile.OUTSIDE
            os.close(directories.pop())
            continue
        try:
            if ahead:
                directories.append(os.open(name, _DIRECTORY, dir_fd=directories[-1]))
                continue
            return _opened(os.open(name, _FILE, dir_fd=directories[-1]))
        except OSError as error:
            # A link answers ELOOP, or ENOTDIR where a directory was asked for.
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
            target = _target(name, directories[-1])
        links += 1
        if target is None or links > MOST_LINKS:
            return NoFile.MISSING
        if target.startswith(b"/"):
            below = os.fsencode(root) + b"/"
            if not target.startswith(below):
                return NoFile.OUTSIDE
            target = target[len(below) :]
            while len(directories) > 1:
                os.close(directories.pop())
        ahead += [each for each in reversed(target.split(b"/")) if each not in (b"", b".")]
    return NoFile.DIRECTORY


def _target(name: bytes, directory: int) -> bytes | None:
    """Where the link leads; None: it is none."""
    try:
        return os.readlink(name, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return None
        raise


def _opened(descriptor: int) -> OpenFile | NoFile:
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode):
            content = os.fdopen(descriptor, "rb")
            return OpenFile(content, found.st_size, found.st_mtime)
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return NoFile.DIRECTORY if stat.S_ISDIR(found.st_mode) else NoFile.MISSING


def _reason(error: OSError) -> NoFile:
    if error.errno in _ABSENT:
        return NoFile.MISSING
    raise error
