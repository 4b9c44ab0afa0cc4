"""The phones' TFTP server on a free port, over a tftpboot with files in it."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ovix_provd.phones.tftp import Answering, TftpLimits, TftpServer
from ovix_provd.plugins import FileBelow, TftpRequest
from prometheus_client import CollectorRegistry

PATIENT = TftpLimits(timeout_s=1.0)
HASTY = TftpLimits(timeout_s=0.05)


@dataclass
class Boot:
    """Where the files lie; ``asked`` are the requests that reached the callback."""

    root: Path
    asked: list[TftpRequest] = field(default_factory=list)

    async def answer(self, request: TftpRequest) -> FileBelow:
        self.asked.append(request)
        return FileBelow(self.root, request.filename)


@asynccontextmanager
async def serving(
    answering: Answering | None, limits: TftpLimits = PATIENT, host: str = "127.0.0.1"
) -> AsyncIterator[TftpServer]:
    """A server; it has no descriptor left afterwards that it did not have before."""
    before = _descriptors()
    server = TftpServer(host, 0, limits, registry=CollectorRegistry())
    await server.start()
    if answering is not None:
        server.attach(answering)
    try:
        yield server
    finally:
        await server.close(grace_s=0.5)
    await until(lambda: _descriptors() <= before)


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(holds: Callable[[], bool], within_s: float = 30.0) -> None:
    """Wait for it."""
    give_up_at = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up_at, "it never held"
        await asyncio.sleep(0.01)


class Phone:
    """A socket that speaks TFTP datagram by datagram."""

    def __init__(self, server: TftpServer, host: str = "127.0.0.1") -> None:
        self.server = (host, server.port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(("127.0.0.1", 0))

    def __enter__(self) -> "Phone":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    async def ask(self, datagram: bytes) -> tuple[bytes, tuple[str, int]]:
        """Send that to the well-known port; the answer, and who sent it."""
        return await self.say(datagram, self.server)

    async def say(self, datagram: bytes, peer: tuple[str, int]) -> tuple[bytes, tuple[str, int]]:
        self.socket.sendto(datagram, peer)
        return await self.hear()

    async def hear(self, within_s: float = 30.0) -> tuple[bytes, tuple[str, int]]:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.sock_recvfrom(self.socket, 2**16), within_s)

    def heard_nothing(self) -> bool:
        """Whether nothing is waiting here; what the server sends arrives as it sends it."""
        try:
            self.socket.recv(2**16)
        except BlockingIOError:
            return True
        return False
