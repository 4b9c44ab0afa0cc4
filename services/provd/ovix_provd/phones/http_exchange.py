"""One request of a phone over HTTP, and its answer: files go out block by block."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Protocol

import structlog
from ovix_web import is_away
from twisted.internet.interfaces import IPushProducer
from twisted.web import http
from zope.interface import implementer

from ..plugins import HttpRequest
from .certificates import mac_of
from .http_files import AWAY, FAILED, Answer, Header, page
from .pipeline import Route
from .security import printable

log = structlog.get_logger(__name__)
BLOCK = 64 * 1024
STALLED_AFTER_S = 120.0
"""A client that takes nothing of a file for so long is gone."""
TOO_LARGE = page(413, "Content Too Large", "The body is too large.")


class Answering(Protocol):
    """What an exchange needs of the server."""

    most_body_bytes: int

    def client(self, peer: str, forwarded: Sequence[bytes]) -> str:
        """The phone's address."""

    async def answer(self, request: HttpRequest, vouched: str) -> tuple[Route | None, Answer]:
        """What a request gets, and where it was routed."""

    def served(
        self, exchange: "Exchange", ip: str, route: Route | None, answer: Answer, seconds: float
    ) -> None:
        """Told of each answer."""

    def date(self) -> bytes:
        """The time, as answers tell it."""


class Exchange(http.Request):
    """One request and its answer."""

    server: Answering
    _task: "asyncio.Task[None] | None" = None
    _sending: "_Sending | None" = None
    _too_large = False

    def gotLength(self, length: int | None) -> None:
        super().gotLength(0)  # type: ignore[no-untyped-call] # Twisted
        if (length or 0) > self.server.most_body_bytes:
            self._refuse_body()

    def handleContentChunk(self, data: bytes) -> None:
        content: Any = self.content
        if self._too_large:
            return
        if content.tell() + len(data) > self.server.most_body_bytes:
            self._refuse_body()
        else:
            content.write(data)

    def _refuse_body(self) -> None:
        """Say so at once, and read no more."""
        self._too_large = True
        length = (b"Content-Length", b"%d" % len(TOO_LARGE.body))
        head = _head(413, [*TOO_LARGE.headers, length, (b"Connection", b"close")])
        self.channel.writeSequence([head, TOO_LARGE.body])
        self.channel.loseConnection()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self._too_large:
            return
        self.method, self.uri, self.clientproto = command, path, version
        self.path = path.partition(b"?")[0]
        self._task = asyncio.create_task(self._answer(), name="phone's request")

    def connectionLost(self, reason: Any) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._sending is not None:
            self._sending.stopProducing()
        super().connectionLost(reason)  # type: ignore[no-untyped-call] # Twisted

    async def _answer(self) -> None:
        started = time.perf_counter()
        route: Route | None = None
        answer = FAILED
        ip = ""
        try:
            ip = self.server.client(
                self.client.host, self.requestHeaders.getRawHeaders(b"x-forwarded-for") or []
            )
            route, answer = await self.server.answer(self._asked(ip), self._vouched())
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # The edge of the server: whatever it was, the phone hears that it failed.
            if is_away(error):
                answer = AWAY
                log.warning("phone_waits", ip=ip, path=printable(self.path), reason=repr(error))
            else:
                log.exception("phone_request_failed", ip=ip, path=printable(self.path))
        self.server.served(self, ip, route, answer, time.perf_counter() - started)
        self._send(answer)

    def _asked(self, ip: str) -> HttpRequest:
        content: Any = self.content
        headers = tuple(
            (name, value)
            for name, values in self.requestHeaders.getAllRawHeaders()
            for value in values
        )
        return HttpRequest(ip, self.method, self.uri, headers, content.getvalue())

    def _vouched(self) -> str:
        certificate = getattr(self.transport, "getPeerCertificate", None)
        return mac_of(certificate()) if certificate is not None else ""

    def _send(self, answer: Answer) -> None:
        if self._disconnected:
            if answer.file is not None:
                answer.file.content.close()
            return
        length = answer.length if answer.file is not None else len(answer.body)
        headers = [(b"Date", self.server.date()), *answer.headers]
        if answer.status != http.NOT_MODIFIED:
            headers.append((b"Content-Length", b"%d" % length))
        if self.responseHeaders.hasHeader(b"connection"):
            headers.append((b"Connection", b"close"))
        head = _head(answer.status, headers)
        self.startedWriting = 1
        self.code, self.sentLength = answer.status, length
        if self.method == b"HEAD" or not length:
            if answer.file is not None:
                answer.file.content.close()
            self.channel.write(head)
            self.finish()
        elif answer.file is None:
            self.channel.writeSequence([head, answer.body])
            self.finish()
        else:
            self._send_file(head, answer)

    def _send_file(self, head: bytes, answer: Answer) -> None:
        assert answer.file is not None
        content = answer.file.content
        if answer.start:
            content.seek(answer.start)
        if answer.length <= BLOCK:
            with content:
                body = content.read(answer.length)
            if len(body) < answer.length:  # cut meanwhile: the length is told already
                self.channel.write(head)
                self.channel.loseConnection()
                return
            self.channel.writeSequence([head, body])
            self.finish()
            return
        self.channel.write(head)
        self._sending = _Sending(self, content, answer.length)
        self._sending.start()


def _head(status: int, headers: list[Header]) -> bytes:
    lines = [b"HTTP/1.1 %d %s" % (status, http.RESPONSES.get(status, b"Unknown"))]
    lines += [b"%s: %s" % header for header in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


@implementer(IPushProducer)
class _Sending:
    """The rest of a file, block by block for as long as the client takes them.

    Its turns are the loop's own: Twisted's way for this shares one clock among all who ever sent.
    """

    def __init__(self, exchange: Exchange, content: Any, left: int) -> None:
        self._exchange, self._content, self._left = exchange, content, left
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.Handle | None = None
        """The next block, or the end of one who takes none."""

    def start(self) -> None:
        """Begin, once the head is written."""
        self._exchange.registerProducer(self, True)
        if self._next is None:  # else the head alone is more than the client takes
            self.resumeProducing()

    def resumeProducing(self) -> None:
        self._wait_for(self._loop.call_soon(self._send))

    def pauseProducing(self) -> None:
        self._wait_for(self._loop.call_later(STALLED_AFTER_S, self._stalled))

    def stopProducing(self) -> None:
        self._wait_for(None)
        self._content.close()

    def _send(self) -> None:
        exchange = self._exchange
        block = self._content.read(min(BLOCK, self._left))
        self._left -= len(block)
        self.resumeProducing()
        if block:
            exchange.channel.write(block)  # pauses where that is enough for the moment
        if self._left and block:
            return
        self.stopProducing()
        exchange.unregisterProducer()
        if self._left:  # the file was cut meanwhile
            exchange.channel.loseConnection()
        else:
            exchange.finish()

    def _wait_for(self, following: asyncio.Handle | None) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = following

    def _stalled(self) -> None:
        transport = self._exchange.transport
        if transport is not None:
            transport.abortConnection()
