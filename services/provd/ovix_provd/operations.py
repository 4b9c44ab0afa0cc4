"""Operations in progress: numbered, polled by clients, forgotten when they ended long ago."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import structlog

log = structlog.get_logger(__name__)
MOST_KEPT = 10_000


class State(StrEnum):
    """Moves one way only: waiting, progress, then success or fail."""

    WAITING = "waiting"
    PROGRESS = "progress"
    SUCCESS = "success"
    FAIL = "fail"


@dataclass
class Operation:
    """One piece of work; no reason is told of a failure, it is in the log."""

    label: str | None = None
    state: State = State.WAITING
    current: int | None = None
    end: int = 0
    parts: list["Operation"] = field(default_factory=list)
    ended_at: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False, compare=False)

    def part(self, label: str | None = None, end: int = 0) -> "Operation":
        """Add a part that is being done; ``end`` is how much there is to do, if that is known."""
        added = Operation(label, State.PROGRESS, None, end)
        self.parts.append(added)
        return added

    def end_parts(self, state: State) -> None:
        """Have all parts that still go on end so."""
        for part in self.parts:
            part.end_parts(state)
            if part.state in (State.WAITING, State.PROGRESS):
                part.state = state

    def __str__(self) -> str:
        """The status text (reference/provd/rest-api.md, 6)."""
        told = f"{self.label}|{self.state}" if self.label else str(self.state)
        if self.current is not None:
            told += f";{self.current}" + (f"/{self.end}" if self.end else "")
        return told + "".join(f"({part})" for part in self.parts)


class Operations:
    """The operations of one collection, numbered from 1."""

    def __init__(self, lifetime_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime_s, self._clock = lifetime_s, clock
        self._known: dict[int, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last = 0

    def start(self, work: Coroutine[Any, Any, None], operation: Operation | None = None) -> int:
        """Run the work in the background; its operation fails when it raises."""
        self._forget_old()
        running = operation or Operation()
        self._last += 1
        self._known[self._last] = running
        task = asyncio.create_task(self._run(self._last, running, work), name="operation")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return self._last

    def get(self, number: int) -> Operation | None:
        """An operation that was not forgotten yet."""
        return self._known.get(number)

    def forget(self, number: int) -> bool:
        """Forget an operation; the work itself goes on."""
        return self._known.pop(number, None) is not None

    async def close(self) -> None:
        """Stop all work."""
        await asyncio.sleep(0)  # work that never began could not give back what it was given
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(
        self, number: int, operation: Operation, work: Coroutine[Any, Any, None]
    ) -> None:
        operation.state = State.PROGRESS
        try:
            await work
        except Exception as error:
            # Whatever it is, a client that polls must see the end.
            operation.state = State.FAIL
            operation.end_parts(State.FAIL)
            log.warning("operation_failed", number=number, reason=str(error) or repr(error))
        else:
            operation.state = State.SUCCESS
            operation.end_parts(State.SUCCESS)
        finally:
            operation.ended_at = self._clock()
            operation.ended.set()

    def _forget_old(self) -> None:
        oldest = self._clock() - self._lifetime_s
        for number, known in list(self._known.items()):
            if known.ended_at is not None and known.ended_at < oldest:
                del self._known[number]
        while len(self._known) >= MOST_KEPT:
            del self._known[next(iter(self._known))]


class OperationCollections:
    """The operations of each path that they are asked for below."""

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._by_path: dict[str, Operations] = {}

    def __getitem__(self, path: str) -> Operations:
        if path not in self._by_path:
            self._by_path[path] = Operations(self._lifetime_s)
        return self._by_path[path]

    async def close(self) -> None:
        """Stop all work."""
        for each in self._by_path.values():
            await each.close()
