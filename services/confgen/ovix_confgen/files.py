"""Files replaced whole or not at all, and only when their text is another one."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

WRITE_BYTES = 256 * 1024
"""Text gathered before it goes to the disk."""


@dataclass(frozen=True)
class Candidate:
    """A new text of a file, written beside it."""

    target: Path
    draft: Path
    size: int
    sha256: str
    differs: bool

    def accept(self) -> None:
        """Put it in the file's place; after a power cut the file is the old or the new one."""
        self.draft.replace(self.target)
        descriptor = os.open(self.target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def discard(self) -> None:
        """Leave the file as it is."""
        self.draft.unlink(missing_ok=True)


async def draft(target: Path, pieces: AsyncIterator[str]) -> Candidate:
    """Write the pieces beside ``target`` and compare them with it; memory stays bounded."""
    # Not *.conf: Asterisk includes directories by that pattern.
    beside = target.with_name(f".{target.name}.new")
    try:
        return await _drafted(target, beside, pieces)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


async def _drafted(target: Path, beside: Path, pieces: AsyncIterator[str]) -> Candidate:
    digest = hashlib.sha256()
    size = 0
    with beside.open("wb") as file:
        waiting: list[bytes] = []
        waiting_bytes = 0
        async for piece in pieces:
            data = piece.encode()
            waiting.append(data)
            waiting_bytes += len(data)
            if waiting_bytes >= WRITE_BYTES:
                joined = b"".join(waiting)
                digest.update(joined)
                await asyncio.to_thread(file.write, joined)
                size += waiting_bytes
                waiting, waiting_bytes = [], 0
        joined = b"".join(waiting)
        digest.update(joined)
        file.write(joined)
        size += waiting_bytes
        sha256 = digest.hexdigest()
        differs = await asyncio.to_thread(sha256_of, target) != sha256
        if differs:
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
    return Candidate(target, beside, size, sha256, differs)


def sha256_of(path: Path) -> str | None:
    """The hash of a file's content; nothing when there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def save(path: Path, text: str) -> None:
    """Write a small file at once, durably."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def remove_others(directory: Path, names: Iterable[str]) -> list[Path]:
    """Delete the ``*.conf`` that an earlier release left in a directory of ours."""
    kept = set(names)
    gone = [path for path in directory.glob("*.conf") if path.name not in kept]
    for path in gone:
        path.unlink()
    return gone
