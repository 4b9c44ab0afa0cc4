"""Runs programs side by side: merges their output, restarts what dies, stops all of it in order."""

import asyncio
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 30.0
"""A program that lived this long starts again with the shortest pause."""
LONGEST_LINE = 64 * 1024
PR_SET_PDEATHSIG = 1

Report = Callable[[str, str], None]
"""Takes the name of a program and one line of its output (or about it)."""


@dataclass(frozen=True)
class Program:
    """A command that should always run."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM


def next_pause(pause: float, lived: float) -> float:
    """How long to wait before the next start, given the last wait and how long it then lived."""
    if lived >= STEADY_AFTER_S:
        return FIRST_PAUSE_S
    return min(max(pause * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)


@dataclass
class Supervisor:
    """Keeps programs running until ``stop``; each line they print goes to ``report``."""

    report: Report
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _programs: dict[str, Program] = field(default_factory=dict)

    def start(self, program: Program) -> None:
        """Start a program and keep it running."""
        self._programs[program.name] = program
        self._tasks[program.name] = asyncio.create_task(
            self._keep_running(program), name=f"keep {program.name}"
        )

    def process_id(self, name: str) -> int | None:
        """The process of a program, unless it is down at this moment."""
        process = self._processes.get(name)
        return process.pid if process else None

    async def stop(self, grace_s: float = 15.0) -> None:
        """Ask every program to end; kill those that do not within the grace."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        processes = list(reversed(self._processes.items()))
        self._processes.clear()
        await asyncio.gather(
            *(self._end(self._programs[name], process, grace_s) for name, process in processes)
        )

    async def _keep_running(self, program: Program) -> None:
        pause = 0.0
        while True:
            started = time.monotonic()
            status = await self._run_once(program)
            lived = time.monotonic() - started
            pause = next_pause(pause, lived)
            self.report(
                program.name,
                f"{_ending(status)} after {lived:.1f} s; starting again in {pause:g} s",
            )
            await asyncio.sleep(pause)

    async def _run_once(self, program: Program) -> int:
        try:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                env=dict(program.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=LONGEST_LINE,
                # Ctrl-C reaches the whole foreground group: only the supervisor may act on it.
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        except OSError as error:
            self.report(program.name, f"could not be started: {error}")
            return 127
        self._processes[program.name] = process
        reading = asyncio.create_task(self._read(program.name, process))
        status = await process.wait()
        self._processes.pop(program.name, None)
        await reading
        return status

    async def _read(self, name: str, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readuntil(b"\n")
            except asyncio.IncompleteReadError as rest:
                if rest.partial:
                    self.report(name, rest.partial.decode(errors="replace"))
                return
            except asyncio.LimitOverrunError as overrun:
                line = await process.stdout.readexactly(max(overrun.consumed, 1))
            self.report(name, line.decode(errors="replace").rstrip("\r\n"))

    async def _end(
        self, program: Program, process: asyncio.subprocess.Process, grace_s: float
    ) -> None:
        if process.returncode is not None:
            return
        process.send_signal(program.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), grace_s)
        except TimeoutError:
            self.report(program.name, f"did not stop within {grace_s:g} s and was killed")
            process.kill()
            await process.wait()


def _ending(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with exit status {status}"


def _die_with_parent() -> None:
    """In the new process: end it when the supervisor is killed (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:  # it was killed before we asked
        os._exit(1)
