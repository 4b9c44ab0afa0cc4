"""One file on its way to a phone over TFTP: a socket of its own, and the machine that it feeds."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, TypeAlias

from ovix_tftp.packets import ErrorCode, error
from ovix_tftp.reading import Outcome, ReadTransfer

Address: TypeAlias = tuple[Any, ...]
"""As the socket gives it: IP, port and, for IPv6, flow and scope."""

_MOST_ACK_BYTES = 512
_STRANGER = error(ErrorCode.UNKNOWN_TRANSFER, "Unknown TID")


class Transfer:
    """Owns the socket and the content: both are closed when ``ended`` is told the outcome.

    ``longest_s`` bounds a phone that goes on for ever.
    """

    __slots__ = (
        "_content",
        "_deadline",
        "_end_at",
        "_ended",
        "_loop",
        "_peer",
        "_sent_at",
        "_socket",
        "machine",
    )

    def __init__(
        self,
        machine: ReadTransfer,
        content: BinaryIO,
        sending: socket.socket,
        peer: Address,
        *,
        longest_s: float,
        ended: Callable[[str], None],
    ) -> None:
        self.machine = machine
        self._content, self._socket, self._peer, self._ended = content, sending, peer, ended
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._loop.time()
        self._deadline = self._sent_at + machine.timeout_s
        """Moved by progress and by its own passing, by nothing else."""
        self._end_at = self._sent_at + longest_s

    def start(self) -> None:
        """Send what comes first."""
        self._loop.add_reader(self._socket, self._readable)
        self._send(self.machine.start(), self._sent_at)

    def check(self, now: float) -> None:
        """The clock ticks; ``now`` is the loop's time."""
        if now >= self._end_at:
            self.end(Outcome.TIMED_OUT)
        elif now >= self._deadline:
            datagrams = self.machine.timed_out()
            self._deadline = now + self.machine.timeout_s
            self._send(datagrams, now)

    def end(self, outcome: str) -> None:
        """Close everything."""
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._content.close()
        self._ended(outcome)

    def _readable(self) -> None:
        # One datagram: a phone sends the next when it has the answer, and trying costs a call.
        try:
            datagram, sender = self._socket.recvfrom(_MOST_ACK_BYTES)
        except OSError:
            return
        if sender != self._peer:
            with suppress(OSError):
                self._socket.sendto(_STRANGER, sender)
            return
        machine, now = self.machine, self._loop.time()
        before = machine.acknowledged
        datagrams = machine.received(datagram, now - self._sent_at)
        if machine.acknowledged != before:
            self._deadline = now + machine.timeout_s
        self._send(datagrams, now)

    def _send(self, datagrams: Sequence[bytes], now: float) -> None:
        if datagrams:
            self._sent_at = now
            try:
                for each in datagrams:
                    self._socket.sendto(each, self._peer)
            except OSError:  # no room or no way now: the clock repeats it
                pass
        if self.machine.outcome is not None:
            self.end(self.machine.outcome)
