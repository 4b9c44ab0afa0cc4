"""One question to several sources, of which the first that knows an answer gives it."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from ..backend import Contact, SourceFailed
from .configuration import SourceConfig
from .results import FailedSource, Hit


class Race:
    """``enter`` questions, at once or later; ``winner`` waits for the first answer that is one."""

    def __init__(self) -> None:
        self.failed: list[FailedSource] = []
        self._entered: dict[asyncio.Task[Contact | SourceFailed | None], SourceConfig] = {}
        self._waiting: set[asyncio.Task[Contact | SourceFailed | None]] = set()

    def enter(
        self, config: SourceConfig, asked: Coroutine[Any, Any, Contact | SourceFailed | None]
    ) -> None:
        """Have a source asked."""
        task = asyncio.create_task(asked)
        self._entered[task] = config
        self._waiting.add(task)

    async def winner(self, within_s: float | None = None) -> Hit | None:
        """None when all that entered know nothing, or none of them does in time."""
        until = None if within_s is None else time.monotonic() + within_s
        while self._waiting:
            left_s = None if until is None else max(0.0, until - time.monotonic())
            done, self._waiting = await asyncio.wait(
                self._waiting, timeout=left_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                return None
            # Of those that answer in the same turn, the one that entered first.
            for task, config in self._entered.items():
                if task in done:
                    answer = task.result()
                    if isinstance(answer, SourceFailed):
                        self.failed.append(FailedSource(config.named, str(answer)))
                    elif answer is not None:
                        return Hit(answer, config.named)
        return None

    def end(self) -> None:
        """Nobody waits for those that are slower."""
        for task in self._waiting:
            task.cancel()
