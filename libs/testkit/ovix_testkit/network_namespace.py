"""A network of its own, with one cable, for servers that take whole networks."""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

SERVER_END, PHONES_END = "ovix-server", "ovix-phones"
CLONE_NEWNET = 0x40000000
"""sched.h"""

T = TypeVar("T")


class NamespaceRefused(Exception):
    """Only root may make one, and not in every container."""


class Namespace:
    """A network namespace, which lasts as long as a process in it."""

    def __init__(self, pid: int) -> None:
        self.path = Path(f"/proc/{pid}/ns/net")

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs in it."""
        return ["nsenter", f"--net={self.path}", *arguments]

    def run(self, work: Callable[[], T]) -> T:
        """Run Python in it, in a thread of its own: sockets made there belong to the namespace."""
        results: list[T] = []
        errors: list[BaseException] = []

        def inside() -> None:
            try:
                _enter(self.path)
                results.append(work())
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return results[0]


@contextmanager
def a_network(server_address: str) -> Iterator[Namespace]:
    """A network; ``server_address`` (``192.0.2.1/24``) is that of the server's end."""
    # No named namespace of ``ip netns``: that wants to mount, which not every container lets root.
    holder = ["unshare", "--net", "sh", "-c", "echo made; exec cat"]
    with subprocess.Popen(
        holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        if process.stdout.readline() != b"made\n":
            raise NamespaceRefused(process.stderr.read().decode().strip())
        made = Namespace(process.pid)
        _ip(made, "link", "set", "lo", "up")
        _ip(made, "link", "add", SERVER_END, "type", "veth", "peer", "name", PHONES_END)
        _ip(made, "addr", "add", server_address, "dev", SERVER_END)
        for end in (SERVER_END, PHONES_END):
            _ip(made, "link", "set", end, "up")
        yield made
        # Its input ends with the block, and it with that.


def _ip(namespace: Namespace, *arguments: str) -> None:
    try:
        command = namespace.command("ip", *arguments)
        subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise NamespaceRefused(f"ip {' '.join(arguments)}: {error.stderr.strip()}") from error


def _enter(path: Path) -> None:
    """setns(2): of this thread alone."""
    with path.open("rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
