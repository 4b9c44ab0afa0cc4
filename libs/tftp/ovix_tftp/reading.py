"""A client reads a file (RFC 1350, 2; RFC 7440): the server's side, without sockets and clocks."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from ovix_tftp.options import agree
from ovix_tftp.packets import ErrorCode, Opcode, Options, data, error, oack

_KNOWN = frozenset(Opcode)

LATE_SENDS = 2


class Readable(Protocol):
    """Gives so many bytes of the file, less only at its end; may raise OSError."""

    def read(self, size: int, /) -> bytes: ...


class Outcome(StrEnum):
    """How a transfer ended."""

    SERVED = "served"
    STOPPED = "stopped"
    """The client sent an ERROR."""
    TIMED_OUT = "timed_out"
    BROKEN = "broken"
    """The client sent what has no place in a transfer."""
    UNREADABLE = "unreadable"


class ReadTransfer:
    """One transfer. Every method gives the datagrams to send to the client now.

    Whoever has the socket calls `start`, `received` for each datagram of the client (of nobody
    else), and `timed_out` whenever ``timeout_s`` went by since something was sent, until there is
    an ``outcome``; then it closes the content.

    Only an ACK of what was not acknowledged yet makes it go on. Duplicates are ignored, so that a
    doubled datagram never doubles the traffic (RFC 1123, 4.2.3.1); but when nothing was sent for a
    quarter of the timeout, it is the client's own clock that repeats: what it waits for was lost.

    A client that has acknowledged nothing is given up after ``most_sends``; others get `LATE_SENDS`
    more, after waits that double: some ignore what they have already, and say so by a slow clock.
    """

    __slots__ = (
        "_agreement",
        "_all_read",
        "_begun",
        "_content",
        "_most_sends",
        "_sends",
        "_timeout_s",
        "_window",
        "acknowledged",
        "outcome",
    )

    def __init__(
        self,
        content: Readable,
        options: Options = (),
        *,
        size: int | None = None,
        timeout_s: float = 4.0,
        most_sends: int = 4,
    ) -> None:
        self._agreement = agree(options, size)
        self._content = content
        self._window: list[bytes] = []
        """Sent and not acknowledged, oldest first."""
        self.acknowledged = 0
        """The number of the block that the client has; the window begins after it."""
        self._all_read = self._begun = False
        self._most_sends = most_sends
        self._sends = 1
        self._timeout_s = self._agreement.timeout_s or timeout_s
        self.outcome: Outcome | None = None

    @property
    def timeout_s(self) -> float:
        """How long to wait for the client now."""
        late = self._sends - self._most_sends + 1
        return self._timeout_s * 2**late if self._begun and late > 0 else self._timeout_s

    @property
    def is_silent(self) -> bool:
        """Whether a client that had acknowledged something has let a repetition pass."""
        return self._begun and self._sends > 1

    def start(self) -> Sequence[bytes]:
        """The OACK where options are accepted, else the first blocks."""
        if accepted := self._agreement.accepted:
            # It takes the place of block 0: the client acknowledges that number.
            self.acknowledged = 0xFFFF
            self._window.append(oack(accepted))
            return self._window
        return self._go_on()

    def received(self, datagram: bytes, quiet_s: float = 0.0) -> Sequence[bytes]:
        """The client sent this, so long after something was sent to it."""
        if self.outcome is not None:
            return ()
        if len(datagram) < 4 or datagram[0] != 0 or datagram[1] not in _KNOWN:
            return self._fail(Outcome.BROKEN, ErrorCode.UNDEFINED, "Invalid datagram")
        opcode = datagram[1]
        if opcode == Opcode.ACK:
            return self._acknowledge((datagram[2] << 8) + datagram[3], quiet_s)
        if opcode == Opcode.ERROR:
            self.outcome = Outcome.STOPPED
            return ()
        return self._fail(Outcome.BROKEN, ErrorCode.ILLEGAL_OPERATION, "Illegal TFTP operation")

    def timed_out(self) -> Sequence[bytes]:
        """Nothing that counts came in time: everything is repeated, or the transfer given up."""
        if self.outcome is not None:
            return ()
        if self._sends >= self._most_sends + (LATE_SENDS if self._begun else 0):
            self.outcome = Outcome.TIMED_OUT
            return ()
        self._sends += 1
        return self._window

    def _acknowledge(self, block: int, quiet_s: float) -> Sequence[bytes]:
        count = (block - self.acknowledged) & 0xFFFF
        if not 0 < count <= len(self._window):
            return self._window if count == 0 and quiet_s * 4 >= self._timeout_s else ()
        del self._window[:count]
        self.acknowledged = block
        self._begun, self._sends = True, 1
        return self._go_on()

    def _go_on(self) -> Sequence[bytes]:
        """Fill the window; what an ACK left in it was lost, and goes again (RFC 7440, 4)."""
        block_size = self._agreement.block_size
        while not self._all_read and len(self._window) < self._agreement.window:
            try:
                chunk = self._content.read(block_size)
            except OSError:
                return self._fail(Outcome.UNREADABLE, ErrorCode.UNDEFINED, "File can't be read")
            self._all_read = len(chunk) < block_size
            self._window.append(data(self.acknowledged + len(self._window) + 1, chunk))
        if not self._window:
            self.outcome = Outcome.SERVED
        return self._window

    def _fail(self, outcome: Outcome, code: ErrorCode, text: str) -> Sequence[bytes]:
        self.outcome = outcome
        return (error(code, text),)
