"""One life of the plugin host, seen from the service: started, watched, ended."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from .channel import Channel, Handler, NoticeHandler
from .inside import MEMORY_VARIABLE, OUT_OF_MEMORY, THREADS_STUCK
from .limits import HostLimits
from .output import Output
from .status import Running, StatusPage

log = structlog.get_logger(__name__)
_INHERITED = ("PATH", "LANG", "LANGUAGE", "TZ", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_LOOKED_AFTER_EVERY_S = 0.1
_WEIGHED_EVERY_S = 1.0
_TRACED_WITHIN_S = 0.2
_STARVED_TIMES = 10
"""So many times its limit may a plugin take that waits for a processor."""
_EXITS = {OUT_OF_MEMORY: "out of memory", THREADS_STUCK: "threads of plugins don't end"}


@dataclass(frozen=True, slots=True)
class Death:
    """Why a host ended, and whose code ran then, as far as is known."""

    reason: str
    running: Running | None = None
    timed_out: bool = False


class HostProcess:
    """``ended`` holds how, as soon as it has; calls in flight then fail with `ChannelClosed`."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        page: StatusPage,
        limits: HostLimits,
        output: Output,
    ) -> None:
        self._process, self._page, self._limits = process, page, limits
        self._output = output
        self._stretches: dict[int, float] = {}
        self._verdict: Death | None = None
        self._closing = False
        self._seen: tuple[float, Running | None] | None = None
        self._used_s = 0.0
        """Processor time of the process when what it does now was seen first."""
        self.channel: Channel
        self.ended: asyncio.Future[Death] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(
        cls, limits: HostLimits, cache_dir: Path, on_call: Handler, on_notice: NoticeHandler
    ) -> "HostProcess":
        """A host that is about to answer; raises OSError where none can be started."""
        ours, theirs = socket.socketpair()
        # A pipe of our own: asyncio's would keep `wait` waiting for whoever inherited it.
        reading, writing = os.pipe()
        page = StatusPage.new()
        page.tick()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "ovix_provd.host"),
                *(str(theirs.fileno()), str(page.descriptor), str(os.getpid()), str(cache_dir)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                pass_fds=(theirs.fileno(), page.descriptor),
                env=_environment(limits),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            os.close(reading)
            page.close()
            raise
        finally:
            theirs.close()
            os.close(writing)
        ours.setblocking(False)
        try:
            return await cls._connected(process, page, limits, ours, reading, on_call, on_notice)
        except BaseException:
            process.kill()
            raise

    @classmethod
    async def _connected(
        cls,
        process: asyncio.subprocess.Process,
        page: StatusPage,
        limits: HostLimits,
        ours: socket.socket,
        reading: int,
        on_call: Handler,
        on_notice: NoticeHandler,
    ) -> "HostProcess":
        host = cls(process, page, limits, Output(process.pid))
        host.channel = Channel(on_call, on_notice, host._hung_up)
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: host.channel, sock=ours)
        await host._output.connect(reading)
        host._tasks = [
            asyncio.create_task(host._output.log(), name="host-output"),
            asyncio.create_task(host._watch(), name="host-watch"),
            asyncio.create_task(host._wait(), name="host-wait"),
        ]
        return host

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def call(self, method: str, *arguments: Any, begun: Callable[[int], None]) -> Any:
        """Ask it, within the limits of that method; ``begun`` is told the number of the call."""
        limit = self._limits.of(method)
        number = self.channel.next_number()
        begun(number)
        self._stretches[number] = limit.stretch_s
        try:
            return await self.channel.call(method, *arguments, limit_s=limit.call_s)
        finally:
            self._stretches.pop(number, None)

    def kill(self, death: Death) -> None:
        """End it for that reason; before, it says on its standard error where it is."""
        if self._verdict is not None or self._process.returncode is not None:
            return
        self._verdict = death
        log.warning(
            "plugin_host_killed", pid=self.pid, reason=death.reason,
        )  # fmt: skip
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGUSR1)
        asyncio.get_running_loop().call_later(_TRACED_WITHIN_S, self._kill)

    async def close(self) -> None:
        """Hang up, upon which it ends; return once it has."""
        self._closing = True
        self.channel.close()
        asyncio.get_running_loop().call_later(1.0, self._kill)
        await self.ended
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---- watching --------------------------------------------------------------------------------

    async def _watch(self) -> None:
        weighed = 0.0
        while True:
            await asyncio.sleep(_LOOKED_AFTER_EVERY_S)
            now = time.monotonic()
            death = self._overdue(now)
            if death is None and now - weighed >= _WEIGHED_EVERY_S:
                weighed = now
                death = self._overweight()
            if death is not None:
                self.kill(death)
                return

    def _overdue(self, now: float) -> Death | None:
        running, alive_at = self._page.running(), self._page.alive_at()
        # Twice the same: the machine may have stood still, or the page been read while written.
        before, self._seen = self._seen, (alive_at, running)
        if before != self._seen:
            self._used_s = at_work(self.pid)[1]
            return None
        if running is None:
            if not self._is_beyond(self._limits.silent_s, now - alive_at):
                return None
            return Death("it does not answer", timed_out=True)
        limit = self._stretches.get(running.call, self._limits.silent_s)
        if not self._is_beyond(limit, now - running.since):
            return None
        return Death(f"longer than {limit:g} s", running, timed_out=True)

    def _is_beyond(self, limit_s: float, took_s: float) -> bool:
        """Whether it had its time: on a busy machine the processor may be somebody else's."""
        if took_s <= limit_s:
            return False
        runs, used_s = at_work(self.pid)
        starved = runs and used_s - self._used_s < limit_s / 2
        return not starved or took_s > limit_s * _STARVED_TIMES

    def _overweight(self) -> Death | None:
        resident = resident_bytes(self.pid)
        if resident <= self._limits.memory_bytes:
            return None
        return Death(f"{resident >> 20} MB of memory", self._page.running())

    # ---- ending ----------------------------------------------------------------------------------

    def _hung_up(self) -> None:
        # Without its connection it is of no use, whoever cut it.
        if not self._closing:
            asyncio.get_running_loop().call_later(_TRACED_WITHIN_S, self._kill)

    def _kill(self) -> None:
        if self._process.returncode is None:
            self._kill_group()

    def _kill_group(self) -> None:
        # What plugins started goes with it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def _wait(self) -> None:
        code = await self._process.wait()
        self._kill_group()
        # Killed from outside, by an operator or for want of memory: nobody is known to be guilty.
        running = None if code == -signal.SIGKILL else self._page.running()
        self._tasks[1].cancel()
        self.channel.close()
        self._page.close()
        self.ended.set_result(self._verdict or Death(_told(code), running))
        await asyncio.sleep(_TRACED_WITHIN_S)
        self._output.close()


def resident_bytes(pid: int) -> int:
    """How much memory a process has; 0 where nobody tells."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_bytes().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def at_work(pid: int) -> tuple[bool, float]:
    """Whether a process runs, or would if a processor were free, and its processor time in s."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False, 0.0
    return fields[0] == "R", (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _told(code: int) -> str:
    if code in _EXITS:
        return _EXITS[code]
    if code >= 0:
        return f"it exited with {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _environment(limits: HostLimits) -> dict[str, str]:
    """Without what the service is told: passwords are none of the plugins' business."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("LC_")}
    return kept | {
        MEMORY_VARIABLE: str(limits.memory_bytes * 3 // 2),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        # A pool of memory for each thread would cost more than it brings.
        "MALLOC_ARENA_MAX": "2",
    }
