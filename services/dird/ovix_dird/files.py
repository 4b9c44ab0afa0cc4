"""Tells of files that change, by looking at them: works on every file system and in containers."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import structlog

log = structlog.get_logger(__name__)

State: TypeAlias = tuple[tuple[str, int, int, int], ...]
"""Name, inode, size and time of change of a file, or of every file of a directory."""


class PollingWatcher:
    """Looks at every watched path once in a while; see `backend.FileWatcher`."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, path: Path, changed: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Have ``changed`` awaited when the path is another than when the watch began."""
        task = asyncio.create_task(self._look(path, changed, state_of(path)), name=f"watch {path}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return lambda: _end(task)

    async def close(self) -> None:
        """End every watch."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, path: Path, changed: Callable[[], Awaitable[None]], known: State) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            state = await asyncio.to_thread(state_of, path)
            if state == known:
                continue
            known = state
            try:
                await changed()
            except Exception:
                # Whoever is told may be any back end; the watch goes on, for the next change.
                log.exception("change_of_file_failed", path=str(path))


def state_of(path: Path) -> State:
    """What tells two contents apart; empty for what can't be read."""
    try:
        paths = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError:
        return ()
    found = []
    for each in paths:
        try:
            about = each.stat()
        except OSError:
            continue  # gone meanwhile
        found.append((each.name, about.st_ino, about.st_size, about.st_mtime_ns))
    return tuple(found)


def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
