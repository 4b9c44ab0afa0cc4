"""The phones' TFTP server: sockets and clock around `ovix_tftp` (reference/provd/http-tftp.md, 2).

Its sockets are on the event loop itself, which Twisted's reactor runs on too: Twisted's datagram
ports take three times as long in Python for each block.
"""

import asyncio
import io
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import prometheus_client
import structlog
from ovix_tftp.packets import (
    MOST_REQUEST_BYTES,
    ErrorCode,
    MalformedRequest,
    Opcode,
    error,
    parse_request,
)
from ovix_tftp.reading import Outcome, ReadTransfer
from ovix_web import is_away

from ..plugins import FileBelow, TftpContent, TftpRefusal, TftpRequest
from .files import NoFile, OpenFile, open_named
from .tftp_transfer import Address, Transfer

log = structlog.stdlib.get_logger(__name__)
UNAVAILABLE = TftpRefusal(0, b"service unavailable")

Answer: TypeAlias = FileBelow | TftpContent | TftpRefusal
Answering: TypeAlias = Callable[[TftpRequest], Awaitable[Answer]]
_Key: TypeAlias = tuple[str, int, bytes]
"""Who asks for what: IP, port, name."""

_REQUESTS_AT_ONCE = 64
_IP_PKTINFO = 8
"""Linux's number of the option; Python 3.11 has no name for it."""


@dataclass(frozen=True, slots=True)
class TftpLimits:
    """How much the server does at once, and how long it waits."""

    most_transfers: int = 1000
    """Requests being answered and files being sent; each holds two file descriptors."""
    most_per_address: int = 500
    """The same from one IP address, which a whole site may share."""
    timeout_s: float = 4.0
    """From a datagram to its repetition, unless the phone asks for another time."""
    most_sends: int = 4
    answer_timeout_s: float = 20.0
    longest_transfer_s: float = 3600.0


class TftpServer:
    """Serves what a callback answers; until one is attached, phones are told to come again.

    Requests beyond the limits are ignored, as are repetitions of one that is under way: phones
    repeat what is not answered.
    """

    def __init__(
        self,
        host: str = "0.0.0.0",
        port: int = 69,
        limits: TftpLimits | None = None,
        registry: prometheus_client.CollectorRegistry | None = None,
    ) -> None:
        self.host, self.port = host, port
        self.limits = limits or TftpLimits()
        self.outcomes: Counter[str] = Counter()
        """Requests since the start by what became of them."""
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._answering: Answering | None = None
        self._listening: socket.socket | None = None
        self._under_way: dict[_Key, Transfer | None] = {}
        """None: its answer is being made."""
        self._per_address: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._clock: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._counter = prometheus_client.Counter(
            "ovix_provd_tftp_requests_total",
            "Requests of phones by what became of them.",
            ("outcome",),
            registry=registry,
        )
        prometheus_client.Gauge(
            "ovix_provd_tftp_running", "Requests and transfers under way.", registry=registry
        ).set_function(lambda: len(self._under_way))

    async def start(self) -> None:
        """Listen; port 0 takes a free one, which ``port`` then tells. Raises OSError."""
        listening = socket.socket(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            # Hundreds of phones ask within a moment when their power comes back.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
            if self._family == socket.AF_INET:
                listening.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
            listening.bind((self.host, self.port))
        except OSError:
            listening.close()
            raise
        self.port = listening.getsockname()[1]
        self._listening = listening
        asyncio.get_running_loop().add_reader(listening, self._readable, listening)

    def attach(self, answering: Answering) -> None:
        """From now on phones get what this answers; what it raises is told as an error 0."""
        self._answering = answering

    async def close(self, grace_s: float = 2.0) -> None:
        """Take no more requests; transfers that don't end within the grace are cut."""
        if self._listening is None:
            return
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.close()
        self._listening = None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), grace_s)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transfer in tuple(self._under_way.values()):
            if transfer is not None:
                transfer.end("cut")
        if self._clock is not None:
            self._clock.cancel()

    # ---- requests --------------------------------------------------------------------------------

    def _readable(self, listening: socket.socket) -> None:
        for _ in range(_REQUESTS_AT_ONCE):
            try:
                datagram, ancillary, _, peer = listening.recvmsg(MOST_REQUEST_BYTES + 1, 64)
            except OSError:  # nothing more, or an ICMP error about what was sent earlier
                return
            local = self.host
            for level, kind, value in ancillary:
                if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
                    # Phones and their firewalls expect the answer from where they asked.
                    local = socket.inet_ntoa(value[4:8])
            self._requested(datagram, peer, local)

    def _requested(self, datagram: bytes, peer: Address, local: str) -> None:
        try:
            parsed = parse_request(datagram)
        except MalformedRequest:
            self._count("malformed")
            return
        if parsed.opcode is Opcode.WRITE:
            self._refuse(peer, local, TftpRefusal(0, b"WRQ not supported"))
            return
        if parsed.mode != b"octet":
            self._refuse(peer, local, TftpRefusal(0, b"mode not supported"))
            return
        if self._answering is None:
            self._refuse(peer, local, UNAVAILABLE)
            return
        ip = peer[0].removeprefix("::ffff:")
        request = TftpRequest(ip, peer[1], parsed.filename, parsed.mode, parsed.options)
        key = (ip, peer[1], parsed.filename)
        if key in self._under_way:
            earlier = self._under_way[key]
            if earlier is None or not earlier.machine.is_silent:
                self._count("repeated")
                return
            earlier.end("restarted")  # the phone was switched off and on, say
        if (
            len(self._under_way) >= self.limits.most_transfers
            or self._per_address[ip] >= self.limits.most_per_address
        ):
            self._count("overloaded")
            return
        self._per_address[ip] += 1
        self._under_way[key] = None
        self._idle.clear()
        task = asyncio.create_task(self._answer(key, request, peer, local, self._answering))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(
        self, key: _Key, request: TftpRequest, peer: Address, local: str, answering: Answering
    ) -> None:
        try:
            answer = await self._answered(request, answering)
            opened = _opened(answer)
            if isinstance(opened, TftpRefusal):
                self._refuse(peer, local, opened)
            else:
                self._serve(key, request, opened, peer, local)
        except OSError as fault:  # no descriptors left, say: the phone will ask again
            log.warning("tftp_request_dropped", ip=request.ip, reason=str(fault))
            self._count("overloaded")
        finally:
            if key in self._under_way and self._under_way[key] is None:
                self._forget(key)

    async def _answered(self, request: TftpRequest, answering: Answering) -> Answer:
        try:
            async with asyncio.timeout(self.limits.answer_timeout_s):
                return await answering(request)
        except Exception as error:
            # Whatever it is, the phone is told and others are served.
            if is_away(error) and not isinstance(error, TimeoutError):
                log.warning("phone_waits", ip=request.ip, reason=repr(error))
                return UNAVAILABLE
            log.exception("tftp_request_failed", ip=request.ip, filename=_text(request.filename))
            return TftpRefusal(0, b"Internal processing error")

    def _refuse(self, peer: Address, local: str, refusal: TftpRefusal) -> None:
        self._count("refused")
        with suppress(OSError), self._socket(local) as sending:
            sending.sendto(error(refusal.code, refusal.message), peer)

    def _serve(
        self, key: _Key, request: TftpRequest, opened: OpenFile, peer: Address, local: str
    ) -> None:
        try:
            sending = self._socket(local)
        except OSError:
            opened.content.close()
            raise
        machine = ReadTransfer(
            opened.content,
            request.options,
            size=opened.size,
            timeout_s=self.limits.timeout_s,
            most_sends=self.limits.most_sends,
        )
        transfer = Transfer(
            machine,
            opened.content,
            sending,
            peer,
            longest_s=self.limits.longest_transfer_s,
            ended=partial(self._ended, key),
        )
        self._under_way[key] = transfer
        transfer.start()
        if self._clock is None:
            self._tick()

    def _socket(self, local: str) -> socket.socket:
        created = socket.socket(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            created.bind((local, 0))
        except OSError:
            created.close()
            raise
        return created

    # ---- transfers -------------------------------------------------------------------------------

    def _tick(self) -> None:
        """One clock for all transfers: a timer for each block would cost more than the block."""
        self._clock = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for transfer in tuple(self._under_way.values()):
            if transfer is not None:
                transfer.check(now)
        if self._under_way:
            self._clock = loop.call_later(min(0.25, self.limits.timeout_s / 4), self._tick)

    def _ended(self, key: _Key, outcome: str) -> None:
        self._count(outcome)
        if outcome != Outcome.SERVED:
            log.info("tftp_transfer_failed", ip=key[0], filename=_text(key[2]), outcome=outcome)
        self._forget(key)

    def _forget(self, key: _Key) -> None:
        del self._under_way[key]
        self._per_address[key[0]] -= 1
        if not self._per_address[key[0]]:
            del self._per_address[key[0]]
        if not self._under_way:
            self._idle.set()

    def _count(self, outcome: str) -> None:
        self.outcomes[outcome] += 1
        self._counter.labels(outcome).inc()


def _opened(answer: Answer) -> OpenFile | TftpRefusal:
    """What is sent; raises OSError where the machine is at fault."""
    if isinstance(answer, TftpRefusal):
        return answer
    if isinstance(answer, TftpContent):
        return OpenFile(io.BytesIO(answer.content), len(answer.content), 0.0)
    found = open_named(answer.root, answer.name)
    if isinstance(found, OpenFile):
        return found
    text = b"Invalid filename" if found is NoFile.OUTSIDE else b"File not found"
    return TftpRefusal(ErrorCode.FILE_NOT_FOUND, text)


def _text(name: bytes) -> str:
    return name.decode(errors="backslashreplace")
