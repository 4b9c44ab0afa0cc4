"""A page of memory in which the plugin host notes what it is doing.

A process that hangs can't be asked what hangs, and one that died can't either. So the host writes
down which call runs since when, and of which plugin, where the service can read it afterwards.
"""

import mmap
import os
import struct
import time
from dataclasses import dataclass

_SIZE = mmap.PAGESIZE
_RUNNING = struct.Struct("=QdQ")
_ALIVE = struct.Struct("=d")
_ALIVE_AT = 64


@dataclass(frozen=True, slots=True)
class Running:
    """A stretch of a plugin's code: of which call, since when (monotonic), of which plugin."""

    call: int
    since: float
    plugin: int
    """The number that the service gave it; 0: none."""


class StatusPage:
    """Shared by the two processes; the clock is the machine's, so both read the same."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._page = mmap.mmap(descriptor, _SIZE)

    @classmethod
    def new(cls) -> "StatusPage":
        """For the service, which hands the descriptor on."""
        descriptor = os.memfd_create("ovix-plugin-host")
        os.ftruncate(descriptor, _SIZE)
        return cls(descriptor)

    def begin(self, call: int, plugin: int) -> None:
        """Code of a plugin runs from now on."""
        _RUNNING.pack_into(self._page, 0, call, time.monotonic(), plugin)

    def end(self) -> None:
        """It returned; the host looks after its messages."""
        _RUNNING.pack_into(self._page, 0, 0, 0.0, 0)
        self.tick()

    def tick(self) -> None:
        """The host looks after its messages."""
        _ALIVE.pack_into(self._page, _ALIVE_AT, time.monotonic())

    def running(self) -> Running | None:
        """What runs now, or ran when the host died."""
        call, since, plugin = _RUNNING.unpack_from(self._page, 0)
        return Running(call, since, plugin) if call else None

    def alive_at(self) -> float:
        """When the host last looked after its messages."""
        alive: float = _ALIVE.unpack_from(self._page, _ALIVE_AT)[0]
        return alive

    def close(self) -> None:
        """Give the page back."""
        self._page.close()
        os.close(self.descriptor)
