"""A RabbitMQ node of one's own, out of the Debian package's binaries and a private directory.

It has its own port, node name, cookie and port mapper, so it never meets the machine's broker.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ovix_engines.ports import free_port

from .postgres import EngineError

PACKAGES = Path("/usr/lib/rabbitmq/lib")
"""Where the Debian package keeps its versions; /usr/sbin holds only wrappers that change user."""
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0
AMQP_GREETING = b"AMQP\x00\x00\x09\x01"
"""The protocol header of AMQP 0-9-1, 4.2.2."""

# One scheduler that does not spin while idle: tests share the machine's cores with it.
ERLANG_SCHEDULING = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"

CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users.guest = true
disk_free_limit.absolute = 50MB
log.file.level = warning
"""


def server_script() -> Path | None:
    """The start script of the newest installed RabbitMQ; None when there is none."""
    found = sorted(PACKAGES.glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return found[-1] if found and shutil.which("erl") else None


@dataclass
class PrivateRabbitMq:
    """A node whose data, cookie and log live in ``directory``; ``port`` 0 takes a free one.

    ``start`` after ``stop`` or ``kill`` finds its durable queues and persistent messages again, on
    the same port.
    """

    directory: Path
    port: int = 0
    _node: "subprocess.Popen[bytes] | None" = None
    _mapper: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.directory = self.directory.absolute()
        self.log = self.directory / "console.log"

    @property
    def url(self) -> str:
        """``amqp://`` URL of the node."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def running(self) -> bool:
        """Whether the node's process lives."""
        return self._node is not None and self._node.poll() is None

    def start(self) -> None:
        """Start the node; returns once it greets clients."""
        if self.running:
            return
        script = server_script()
        if script is None:
            raise EngineError("RabbitMQ is not installed: run 'tools/rabbitmq/install' as root.")
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.port == 0:
            self.port = free_port()
        environment = self._environment()
        self._start_mapper(environment)
        with self.log.open("ab") as log:
            self._node = subprocess.Popen(  # noqa: S603 - the package's own script
                [script],
                env=environment,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Clean shutdown: queues and messages are written, connections closed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL the node, as a power cut would."""
        self._end(signal.SIGKILL)

    def _environment(self) -> dict[str, str]:
        # The port mapper's port is drawn once, as the node's name is: both are in its data.
        mapper_file = self.directory / "mapper-port"
        if not mapper_file.exists():
            mapper_file.write_text(str(free_port()))
        cookie = self.directory / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(20).upper())
            cookie.chmod(0o400)
        (self.directory / "rabbitmq.conf").write_text(CONFIGURATION.format(port=self.port))
        (self.directory / "enabled_plugins").write_text("[].\n")
        return {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(self.directory),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": mapper_file.read_text(),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.directory / "data"),
            "RABBITMQ_LOG_BASE": str(self.directory / "log"),
            "RABBITMQ_PID_FILE": str(self.directory / "rabbitmq.pid"),
            "RABBITMQ_NODENAME": "ovix@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{ERLANG_SCHEDULING} -start_epmd false",
        }

    def _start_mapper(self, environment: dict[str, str]) -> None:
        # Erlang would leave a port mapper (epmd) behind as a daemon: ours ends with the node.
        epmd = shutil.which("epmd")
        if epmd is None:
            raise EngineError("Erlang's epmd is not installed: run 'tools/rabbitmq/install'.")
        self._mapper = subprocess.Popen(  # noqa: S603
            [epmd, "-port", environment["ERL_EPMD_PORT"], "-address", "127.0.0.1"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not self.running:
                break
            if self._greets():
                return
            time.sleep(0.1)
        # Not 'kill': whoever else holds the port would be waited for.
        self._signal(signal.SIGKILL)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
        raise EngineError(f"RabbitMQ did not start on port {self.port}; {self.log} ends:\n{tail}")

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                client.sendall(AMQP_GREETING)
                return client.recv(1) == b"\x01"  # a method frame: connection.start
        except OSError:
            return False

    def _end(self, number: signal.Signals) -> None:
        self._signal(number)
        # The start script is gone; the node itself, its child, may need a moment more to die.
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self._listens():
            if time.monotonic() > deadline:
                raise EngineError(f"RabbitMQ on port {self.port} does not stop.")
            time.sleep(0.02)

    def _signal(self, number: signal.Signals) -> None:
        for process in (self._node, self._mapper):
            if process is None:
                continue
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number if process is self._node else signal.SIGKILL)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._node = self._mapper = None

    def _listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0
