"""The spool file: read from where the database says, rotate it when it has grown.

A position belongs to an inode, not to a name: after a rename (ours or logrotate's) the rest of the
old file is read first, then the new one from its beginning. Asterisk opens the file for each
record, so a renamed file gets no more than the record that was being written.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

READ_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Position:
    """How far which file was read."""

    inode: int
    offset: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of the spool from a position."""

    path: Path
    start: Position
    data: bytes
    is_last_of_old_file: bool
    """The file has another name by now, and ends with these bytes."""


class Spool:
    """The spool of one Asterisk."""

    def __init__(self, path: Path, rotation_bytes: int) -> None:
        self.path = path
        self._rotation_bytes = rotation_bytes

    def prepare(self) -> None:
        """Asterisk does not make the directory it writes to."""
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def read(self, position: Position | None) -> Piece | None:
        """What follows the position; None when there is no file yet."""
        old = None if position is None else self._renamed(position.inode)
        if position is not None and old is not None:
            return _read(old, position, is_old=True)
        try:
            inode = self.path.stat().st_ino
        except FileNotFoundError:
            return None
        if position is None or position.inode != inode:
            position = Position(inode, 0)
        return _read(self.path, position, is_old=False)

    def rotate(self, position: Position) -> bool:
        """Put a big file that was read to its end aside; Asterisk begins a new one."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return False
        whole = status.st_ino == position.inode and status.st_size == position.offset
        if not whole or status.st_size < self._rotation_bytes:
            return False
        self.path.rename(self.path.with_name(f"{self.path.name}.{status.st_ino}"))
        return True

    def remove(self, path: Path) -> None:
        """Delete a file we rotated ourselves; those of others are theirs to keep."""
        if path.name == f"{self.path.name}.{path.stat().st_ino}":
            path.unlink()

    def _renamed(self, inode: int) -> Path | None:
        """The file of that inode under another name."""
        for candidate in self._siblings():
            if candidate != self.path and candidate.stat().st_ino == inode:
                return candidate
        return None

    def _siblings(self) -> Sequence[Path]:
        if not self.path.parent.is_dir():
            return ()
        return sorted(self.path.parent.glob(f"{self.path.name}*"))


def _read(path: Path, position: Position, *, is_old: bool) -> Piece:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < position.offset:  # it was truncated: what follows is new
            position = Position(position.inode, 0)
        file.seek(position.offset)
        data = file.read(READ_BYTES)
    return Piece(
        path=path,
        start=position,
        data=data,
        is_last_of_old_file=is_old and position.offset + len(data) >= size,
    )
