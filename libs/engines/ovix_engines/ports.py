"""Ports for servers that are started on a port of their own."""

import contextlib
import os
import socket
from collections import deque
from pathlib import Path
from secrets import randbelow

LOWEST = 20_001  # Asterisk takes those below for sound (rtp.conf: 10000 to 20000)
EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
TRIALS = 1_000
_given: deque[int] = deque(maxlen=200)
"""Open files: what keeps the newest ports given here from being given again, by any process."""


def free_port() -> int:
    """A port on which nobody listens, neither by TCP nor by UDP, and that nobody else was given.

    It lies below those that the kernel gives to outgoing connections (ip(7),
    ``ip_local_port_range``): of them none can take it before its server starts, or while its
    server starts again. Raises ``OSError`` when every trial found a port in use.
    """
    highest = _lowest_ephemeral() - 1
    if highest <= LOWEST:
        raise OSError(f"{EPHEMERAL_RANGE} leaves no port above {LOWEST}")
    for _ in range(TRIALS):
        port = LOWEST + randbelow(highest - LOWEST)
        if _nobody_listens(port) and _reserved(port):
            return port
    raise OSError(f"no port is free between {LOWEST} and {highest}")


def _lowest_ephemeral() -> int:
    try:
        return int(EPHEMERAL_RANGE.read_text().split()[0])
    except FileNotFoundError:  # not a Linux: RFC 6335's first dynamic port
        return 49_152


def _nobody_listens(port: int) -> bool:
    with contextlib.ExitStack() as sockets:
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                sockets.enter_context(socket.socket(socket.AF_INET, kind)).bind(("", port))
        except OSError:
            return False
    return True


def _reserved(port: int) -> bool:
    """Take the port's name, an abstract Unix socket (unix(7)) that goes with this process."""
    if not EPHEMERAL_RANGE.exists():
        return True  # abstract names are Linux's alone
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0ovix-port-{port}")
    except OSError:
        name.close()
        return False
    if len(_given) == _given.maxlen:
        os.close(_given.popleft())
    _given.append(name.detach())  # it ends with the process
    return True
