"""The Asterisk of this machine as ``ovix up`` runs it: started, watched, restarted, stopped."""

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from ovix_engines.asterisk import Asterisk, AsteriskError
from ovix_engines.asterisk_installation import AsteriskMissing, Installation, find

from .home import Home
from .supervisor import Report, next_pause

WORTH_READING = re.compile(r"\b(NOTICE|WARNING|ERROR)\b")
"""Asterisk's own log is long; the merged one shows what an operator should see."""
POLL_S = 0.5


def installed(home: Home) -> Installation:
    """The Asterisk that ``make asterisk`` installed, else the machine's own.

    Raises AsteriskMissing, whose text tells how to get one.
    """
    return find(home=home.asterisk)


@dataclass
class Telephony:
    """Keeps one Asterisk running until ``stop``."""

    asterisk: Asterisk
    report: Report
    _keeper: asyncio.Task[None] | None = None
    _reader: asyncio.Task[None] | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self._reader = asyncio.create_task(self._read(self.asterisk.log))
        self._keeper = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Hang up what is going on and end."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        with contextlib.suppress(AsteriskError):
            await self.asterisk.stop()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _keep_running(self) -> None:
        pause = 0.0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.asterisk.start()
            except AsteriskError as error:
                ending = str(error)
            else:
                self.started.set()
                self.report("asterisk", f"Asterisk {self.asterisk.installation.version} is ready")
                ending = f"ended with exit status {await self.asterisk.wait()}"
                # Forgets the dead process and its socket.
                await self.asterisk.stop()
            pause = next_pause(pause, loop.time() - began)
            self.report("asterisk", f"{ending}; starting again in {pause:g} s")
            await asyncio.sleep(pause)

    async def _read(self, log: Path) -> None:
        tail = LogTail(log)
        while True:
            await asyncio.sleep(POLL_S)
            for line in tail.new_lines():
                if WORTH_READING.search(line):
                    self.report("asterisk", line)


class LogTail:
    """Follows a log file from its present end; a shorter file is taken for a new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = path.stat().st_size if path.exists() else 0

    def new_lines(self) -> list[str]:
        """The whole lines that were written since the last call."""
        if not self._path.exists():
            return []
        size = self._path.stat().st_size
        if size < self._position:
            self._position = 0
        if size == self._position:
            return []
        with self._path.open("rb") as file:
            file.seek(self._position)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._position += len(whole) + len(newline)
        return whole.decode(errors="replace").splitlines()


__all__ = ["Asterisk", "AsteriskMissing", "Installation", "Telephony", "installed"]
