"""An Asterisk run from a private directory: start, command line, restart, stop, kill."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from ovix_engines.asterisk_installation import Installation, find

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
"""Asterisk itself gives its channels 15 s to hang up (``SHUTDOWN_NORMAL``)."""
CLI_TIMEOUT_S = 30.0
LONGEST_SOCKET_PATH = 100
"""Bytes: a Unix socket's path has 108 at most, its end and Asterisk's file name included."""
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal a child gets when its starter dies."""
PRIVATE_SOUNDS = ("custom", "recordings", "priv-callerintros")
"""Sound directories Asterisk and its users write to."""


class AsteriskError(RuntimeError):
    """Asterisk did not start, stop or answer; the message ends with its last log lines."""


class Asterisk:
    """One Asterisk whose every writable directory lies in ``directory``.

    ``configuration`` holds ``pjsip.conf``, ``extensions.conf``… and is only read. ``options`` are
    the ``[options]`` of ``asterisk.conf``, which is written here as it names the directories.
    With ``outlives_starter`` the calls go on when the process that started it is killed, and the
    next ``start`` takes over the Asterisk that still runs; otherwise it dies with its starter.
    """

    def __init__(
        self,
        directory: Path,
        configuration: Path,
        *,
        installation: Installation | None = None,
        options: Mapping[str, str] | None = None,
        outlives_starter: bool = False,
    ) -> None:
        self.directory = directory.absolute()
        self.configuration = configuration.absolute()
        self.installation = installation or find()
        self.log = self.directory / "asterisk.log"
        self.spool = self.directory / "spool"
        self._options = dict(options or {})
        self._outlives_starter = outlives_starter
        self._conf = self.directory / "asterisk.conf"
        self._run = self.directory / "run"
        self._short_run: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._pid: int | None = None

    async def __aenter__(self) -> "Asterisk":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int | None:
        """Process id while it was started and not stopped."""
        return self._pid

    async def start(self) -> None:
        """Start, and return once every module is loaded ("fully booted")."""
        if self._pid is not None:
            raise AsteriskError(f"Asterisk in {self.directory} is running already.")
        if self._adopt():
            await self._wait_until_booted()
            return
        self._lay_out()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command("-f", "-n"),  # in the foreground, without colours
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=self._environment(),
                # Its own session: a Ctrl-C meant for the starter must not cut the calls.
                start_new_session=True,
                preexec_fn=None if self._outlives_starter else _die_with(os.getpid()),
            )
        self._pid = self._process.pid
        try:
            await self._wait_until_booted()
        except BaseException:
            await self.kill()
            raise

    async def cli(self, command: str) -> str:
        """What ``asterisk -rx COMMAND`` prints; also for ``core show channels`` and the like."""
        code, output = await self._remote(command)
        # Asterisk answers status 0 to a command it does not know.
        if code != 0 or output.startswith("No such command"):
            raise AsteriskError(f"'{command}': {output.strip()}\n{self._log_tail()}")
        return output

    async def stop(self) -> None:
        """Hang up every call, run the modules' clean-up and end."""
        await self._end(signal.SIGTERM, STOP_TIMEOUT_S)

    async def kill(self) -> None:
        """SIGKILL Asterisk and the processes it started, as a power cut would."""
        await self._end(signal.SIGKILL, STOP_TIMEOUT_S)

    async def restart(self) -> None:
        """Stop cleanly and start again with the same directories."""
        await self.stop()
        await self.start()

    async def wait(self) -> int | None:
        """Return when Asterisk has ended, with its exit status if it was started here."""
        if self._process is not None:
            return await self._process.wait()
        if self._pid is not None:
            await _ended(self._pid)
        return None

    def _lay_out(self) -> None:
        for name in ("agi-bin", "cache", "db", "keys", "log/cel-custom", "spool", "var"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "var" / "keys").mkdir(exist_ok=True)
        self._lay_out_run_directory()
        data = self._lay_out_data()
        directories = {
            "astetcdir": self.configuration,
            "astmoddir": self.installation.modules,
            "astvarlibdir": self.directory / "var",
            "astdbdir": self.directory / "db",
            # Asterisk looks for the keys in the directory "keys" of this one.
            "astkeydir": self.directory / "var",
            "astdatadir": data,
            "astagidir": self.directory / "agi-bin",
            "astspooldir": self.spool,
            "astrundir": self._run,
            "astlogdir": self.directory / "log",
            "astcachedir": self.directory / "cache",
            "astsbindir": self.directory,
        }
        lines = [
            "[directories]",
            *(f"{name} = {path}" for name, path in directories.items()),
            "",
            "[options]",
            *(f"{name} = {value}" for name, value in sorted(self._options.items())),
            "",
        ]
        self._conf.write_text("\n".join(lines))

    def _lay_out_run_directory(self) -> None:
        wanted = self.directory / "run"
        if len(os.fsencode(wanted / "asterisk.ctl")) <= LONGEST_SOCKET_PATH:
            wanted.mkdir(exist_ok=True)
            self._run = wanted
        elif self._short_run is None:
            # Removed by stop: a link from our own directory would be resolved by the kernel
            # only for the socket's file, not for its length.
            self._short_run = self._run = Path(tempfile.mkdtemp(prefix="ovix-asterisk-"))

    def _lay_out_data(self) -> Path:
        """A data directory of our own: packaged parts as links, what is written as directories."""
        data, packaged = self.directory / "data", self.installation.data
        sounds = data / "sounds"
        sounds.mkdir(parents=True, exist_ok=True)
        for name in PRIVATE_SOUNDS:
            (sounds / name).mkdir(exist_ok=True)
        with contextlib.suppress(OSError):
            (data / "moh").rmdir()  # empty, as no music was installed yet
        for source, target in ((packaged, data), (packaged / "sounds", sounds)):
            for part in source.iterdir() if source.is_dir() else ():
                link = target / part.name
                real = self.installation.resolve(part)
                if link.is_symlink():
                    link.unlink()
                if real.exists() and not link.exists():
                    link.symlink_to(real)
        (data / "moh").mkdir(exist_ok=True)  # a link where music is installed
        return data

    def _command(self, *arguments: str) -> list[str]:
        return [*self.installation.program, "-C", str(self._conf), *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.installation.environment}

    async def _remote(self, command: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *self._command("-rx", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment(),
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), CLI_TIMEOUT_S)
        except TimeoutError:
            raise AsteriskError(f"'{command}' had no answer in {CLI_TIMEOUT_S:g} s.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0, output.decode(errors="replace")

    async def _wait_until_booted(self) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while True:
                    if self._process is not None and self._process.returncode is not None:
                        raise AsteriskError(
                            f"Asterisk ended with status {self._process.returncode} while "
                            f"starting.\n{self._log_tail()}"
                        )
                    if (self._run / "asterisk.ctl").exists():
                        # The status is 0 too when the daemon gives up while we wait.
                        _, answer = await self._remote("core waitfullybooted")
                        if "fully booted" in answer:
                            return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AsteriskError(
                f"Asterisk did not boot in {START_TIMEOUT_S:g} s.\n{self._log_tail()}"
            ) from None

    def _adopt(self) -> bool:
        """Take over an Asterisk of this directory that outlived the process which started it."""
        try:
            run = next(
                Path(value.strip())
                for name, _, value in (
                    line.partition("=") for line in self._conf.read_text().splitlines()
                )
                if name.strip() == "astrundir"
            )
            pid = int((run / "asterisk.pid").read_text())
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, StopIteration):
            return False
        if os.fsencode(self._conf) not in arguments:
            return False
        self._run, self._pid = run, pid
        self._short_run = run if run != self.directory / "run" else None
        return True

    async def _end(self, number: signal.Signals, timeout_s: float) -> None:
        pid = self._pid
        if pid is None:
            return
        try:
            async with asyncio.timeout(timeout_s):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                await self.wait()
        except TimeoutError:
            raise AsteriskError(
                f"Asterisk (process {pid}) does not stop.\n{self._log_tail()}"
            ) from None
        finally:
            # It leads its session: whatever it started (AGI scripts, players) is in its group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        await self.wait()
        self._process = self._pid = None
        for name in ("asterisk.ctl", "asterisk.pid"):
            (self._run / name).unlink(missing_ok=True)
        if self._short_run is not None:
            shutil.rmtree(self._short_run, ignore_errors=True)
            self._short_run = None

    def _log_tail(self) -> str:
        if not self.log.exists():
            return ""
        lines = self.log.read_text(errors="replace").splitlines()[-10:]
        return f"{self.log} ends:\n" + "\n".join(lines)


async def _ended(pid: int) -> None:
    """Wait for a process that is not our child (pidfd_open(2))."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _die_with(starter: int) -> Callable[[], None] | None:
    """What the child runs before Asterisk, so that the kernel ends it with its starter."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def bind() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != starter:  # it died before the line above
            os._exit(1)

    return bind
