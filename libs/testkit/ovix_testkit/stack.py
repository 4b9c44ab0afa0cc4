"""A whole Ovix under test: ``ovix up`` in a directory of its own, on free ports."""

import asyncio
import base64
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import httpx
from ovix_engines.ports import free_port

PORTS = {
    "auth": "OVIX_AUTH_PORT",
    "confd": "OVIX_CONFD_PORT",
    "provd": "OVIX_PROVD_PORT",
    "phones_http": "OVIX_PROVD_HTTP_PORT",
    "phones_tftp": "OVIX_PROVD_TFTP_PORT",
    "dird": "OVIX_DIRD_PORT",
    "phones_directory": "OVIX_DIRD_PHONES_PORT",
    "phones_directory_tls": "OVIX_DIRD_PHONES_TLS_PORT",
    "calld": "OVIX_CALLD_PORT",
    "websocket": "OVIX_CALLD_WEBSOCKET_PORT",
    "confgen": "OVIX_CONFGEN_PORT",
    "agid": "OVIX_AGID_PORT",
    "agid_http": "OVIX_AGID_HTTP_PORT",
    "ami": "OVIX_AMI_PORT",
    "sip": "OVIX_SIP_PORT",
    "sip_ws": "OVIX_SIP_WS_PORT",
}
HTTP = {
    "auth": "auth",
    "confd": "confd",
    "provd": "provd",
    "dird": "dird",
    "calld": "calld",
    "confgen": "confgen",
    "agid": "agid_http",
}
READY_WITHIN_S = 90.0
STOPPED_WITHIN_S = 60.0


class StackError(RuntimeError):
    """Ovix did not start or stop; the message ends with the last lines of its log."""


@dataclass
class Stack:
    """``async with Stack(tmp_path) as ovix: …``.

    ``environment`` is given to every service; ``demo`` also creates the small company.
    """

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    demo: bool = False
    asterisk: bool = True
    ports: dict[str, int] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.log = self.directory / "ovix.log"
        self.home = self.directory / "home"
        if not self.ports:
            self.ports = {name: free_port() for name in PORTS}

    async def __aenter__(self) -> "Stack":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start everything; returns once each service says that it is ready."""
        self._process = self._launched()
        try:
            await self._wait_until_ready()
        except BaseException:
            self._kill()
            raise

    def _launched(self) -> "subprocess.Popen[bytes]":
        options = ["--demo" if self.demo else "--no-demo"]
        options += [] if self.asterisk else ["--no-asterisk"]
        ports = {PORTS[name]: str(number) for name, number in self.ports.items()}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                # Whoever runs the tests may have them ignore that the terminal is closed (nohup).
                ["env", "--default-signal=HUP", sys.executable, "-m", "ovix_cli", "up", *options],
                env={**os.environ, "OVIX_HOME": str(self.home), **ports, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """What Ctrl-C does; raises when something stays behind."""
        if self._process is None:
            return
        self._process.send_signal(by)
        try:
            await asyncio.to_thread(self._process.wait, STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._kill()
            raise StackError(f"ovix up did not stop:\n{self.tail()}") from None
        self._process = None

    def url(self, service: str) -> str:
        """``http://host:port`` of a service."""
        return f"http://127.0.0.1:{self.ports[HTTP[service]]}"

    @property
    def websocket_url(self) -> str:
        """Where calld's websocket listens."""
        return f"ws://127.0.0.1:{self.ports['websocket']}/"

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that the first start generated."""
        lines = (self.home / "secrets").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    async def token(
        self,
        login: str = "root",
        password: str | None = None,
        backend: str = "xivo_admin",
        expiration: int = 3600,
    ) -> str:
        """A token; of the first administrator by default."""
        credentials = f"{login}:{password or self.secrets['OVIX_ADMIN_PASSWORD']}"
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.post(
                f"{self.url('auth')}/0.1/token",
                json={"backend": backend, "expiration": expiration},
                headers={
                    "Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"
                },
            )
        answer.raise_for_status()
        return str(answer.json()["data"]["token"])

    def processes(self, service: str) -> list[int]:
        """Process ids of a service, for tests that kill it."""
        module = f"ovix_{service}".encode()
        return [pid for pid, arguments in self._own_processes() if module in arguments]

    def asterisk_processes(self) -> list[int]:
        """Process ids of the Asterisk that serves here."""
        configuration = str(self.home / "asterisk-run" / "asterisk.conf").encode()
        return [
            pid
            for pid, arguments in self._own_processes(marked=False)
            if configuration in arguments and b"-f" in arguments
        ]

    def _own_processes(self, *, marked: bool = True) -> Iterator[tuple[int, list[bytes]]]:
        mark = f"OVIX_HOME={self.home}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                if not marked or mark in (entry / "environ").read_bytes():
                    yield int(entry.name), arguments

    def tail(self, lines: int = 40) -> str:
        """The end of the merged log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def _wait_until_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
        async with httpx.AsyncClient(timeout=2) as client:
            for service in HTTP:
                while not await _is_ready(client, f"{self.url(service)}/health/ready"):
                    if self._process is None or self._process.poll() is not None:
                        raise StackError(f"ovix up ended:\n{self.tail()}")
                    if asyncio.get_running_loop().time() > deadline:
                        raise StackError(f"{service} is not ready:\n{self.tail()}")
                    await asyncio.sleep(0.1)

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False
