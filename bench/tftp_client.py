"""The load of ``tftp.py``: many files read at once, from one process, as cheaply as Python can."""

import select
import socket
import time
from collections.abc import Iterable

BLOCK = 512
_REPEAT_AFTER_S = 2.0
_MOST_SENDS = 5
_ACKS = [b"\0\4" + number.to_bytes(2, "big") for number in range(1000)]


class _Download:
    """One file under way; ``answer`` is what was sent last."""

    __slots__ = ("answer", "block", "content", "last_at", "sends", "socket", "started_at")

    def __init__(self, ip: str, port: int, request: bytes) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind((ip, 0))
        self.content: list[bytes] = []
        self.block, self.answer, self.sends = 0, request, 1
        self.started_at = self.last_at = time.perf_counter()
        self.socket.sendto(request, ("127.0.0.1", port))

    def received(self) -> bool:
        """Take one block; whether it was the last."""
        if self.block == 0:
            datagram, peer = self.socket.recvfrom(BLOCK + 4)
            self.socket.connect(peer)
        else:
            datagram = self.socket.recv(BLOCK + 4)
        if datagram[1] != 3:
            raise RuntimeError(f"the server answered {datagram[:60]!r}")
        if (datagram[2] << 8) + datagram[3] != self.block + 1:
            return False
        self.block += 1
        self.content.append(datagram[4:])
        self.answer = _ACKS[self.block]
        self.socket.send(self.answer)
        self.last_at, self.sends = time.perf_counter(), 1
        return len(datagram) < BLOCK + 4

    def repeat(self, port: int, now: float) -> None:
        """Nothing came for long."""
        self.last_at, self.sends = now, self.sends + 1
        if self.sends > _MOST_SENDS:
            raise RuntimeError(f"the server is silent after block {self.block}")
        if self.block:
            self.socket.send(self.answer)
        else:
            self.socket.sendto(self.answer, ("127.0.0.1", port))


def download(
    port: int, files: Iterable[tuple[str, bytes]], content: bytes | None, at_once: int
) -> list[float]:
    """Read each of these files, whose content may be known; how long each took, in seconds.

    With each name comes the address of the phone that asks, one of this machine's.
    """
    waiting = iter(files)
    running: dict[int, _Download] = {}
    taken: list[float] = []
    with select.epoll() as poll:

        def begin() -> None:
            if (file := next(waiting, None)) is not None:
                ip, name = file
                new = _Download(ip, port, b"\0\1" + name + b"\0octet\0")
                running[new.socket.fileno()] = new
                poll.register(new.socket, select.EPOLLIN)

        for _ in range(at_once):
            begin()
        next_look_at = time.perf_counter() + _REPEAT_AFTER_S
        while running:
            for descriptor, _ in poll.poll(_REPEAT_AFTER_S):
                each = running[descriptor]
                if each.received():
                    taken.append(time.perf_counter() - each.started_at)
                    if content is not None and b"".join(each.content) != content:
                        raise RuntimeError("a file arrived changed")
                    del running[descriptor]
                    each.socket.close()
                    begin()
            if (now := time.perf_counter()) >= next_look_at:
                next_look_at = now + _REPEAT_AFTER_S / 4
                for each in running.values():
                    if now - each.last_at > _REPEAT_AFTER_S:
                        each.repeat(port, now)
    return taken
