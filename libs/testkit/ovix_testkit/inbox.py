"""What tests of the bus need: messages, a handler that keeps them, and patience."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ovix_bus import Message

TIMEOUT_S = 60.0
"""Nothing takes so long; a machine that is busy with other tests may."""


async def eventually(
    condition: Callable[[], bool], what: str = "the condition", timeout_s: float = TIMEOUT_S
) -> None:
    """Wait until the condition holds; `TimeoutError` names what did not happen."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"not within {timeout_s} s: {what}")
        await asyncio.sleep(0.005)


@dataclass
class Inbox:
    """A handler that keeps what it gets; ``failures`` many times it raises first."""

    failures: int = 0
    only: str | None = None
    names: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    attempts: int = 0

    async def __call__(self, message: Message) -> None:
        if self.only in (None, message.name):
            self.attempts += 1
            if self.failures > 0:
                self.failures -= 1
                raise RuntimeError("not now")
        self.names.append(message.name)
        self.messages.append(message)

    async def has(self, *names: str) -> None:
        """Wait for as many messages, and compare their names in order."""
        await eventually(lambda: len(self.names) >= len(names), "all messages arrive")
        assert self.names == list(names)

    async def comes_to(self, name: str) -> None:
        """Wait for a message of this name."""
        await eventually(lambda: name in self.names, f"{name} arrives")


def a_message(name: str = "thing_created", routing_key: str = "config.thing.created") -> Message:
    """A message with an envelope like the relay's."""
    event_uuid = uuid4()
    body: dict[str, Any] = {"name": name, "data": {"id": 1}, "event_uuid": str(event_uuid)}
    return Message(event_uuid, name, routing_key, body)
