"""The phones' HTTP server (8667): Twisted's protocol, the pipeline behind it, files streamed.

Source: reference/provd/http-tftp.md, 1. An answer's memory is a few blocks, whatever the file.
"""

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import structlog
from ovix_web.addresses import is_in, parsed
from ovix_web.settings import Network
from twisted.internet.protocol import connectionDone
from twisted.web import http

from ..plugins import FileBelow, HttpAnswer, HttpRequest
from .http_exchange import Exchange
from .http_files import (
    NO_METHOD,
    NOWHERE,
    Answer,
    Conditions,
    Header,
    file_answer,
    opened,
)
from .pipeline import Pipeline, Route
from .security import printable

log = structlog.get_logger(__name__)
SEND_BUFFER = 256 * 1024
READ_BUFFER = 4 * 1024
_OF_THE_CONNECTION = frozenset(
    {b"connection", b"content-length", b"date", b"keep-alive", b"server", b"transfer-encoding"}
)


_parsed = lru_cache(16_384)(parsed)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take of the server."""

    request_line: int = 8192
    headers: int = 100
    head_bytes: int = 16384
    body_bytes: int = 64 * 1024
    connections: int = 4096
    idle_s: float = 30.0
    """For a whole request since the last answer, so that dripping it is of no use."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """How many proxies stand before the server, and where they are."""

    count: int = 0
    networks: tuple[Network, ...] = ()
    """Whose word is taken; none: whoever connects is one of them."""

    def client(self, peer: str, forwarded: Sequence[bytes]) -> str:
        """The phone's address: as many places from the right as there are proxies."""
        address = _parsed(peer)
        if address is None:
            return peer
        if self.count and (not self.networks or is_in(address, self.networks)):
            hops = b",".join(forwarded).split(b",") if forwarded else []
            if len(hops) >= self.count:
                told = _parsed(hops[-self.count].decode("latin-1"))
                if told is not None:
                    return str(told)
        return str(address)


class _Channel(http.HTTPChannel):
    """A connection: its limits are the server's."""

    factory: "PhonesHttp"

    def connectionMade(self) -> None:
        limits = self.factory.limits
        self.MAX_LENGTH, self.maxHeaders = limits.request_line, limits.headers
        self.totalHeadersSize = limits.head_bytes
        transport: Any = getattr(self.transport, "transport", self.transport)  # below TLS
        transport.bufferSize = READ_BUFFER  # requests are small, and connections many
        # Left to itself the kernel takes megabytes for each slow download.
        transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.factory.opened(self)
        super().connectionMade()  # type: ignore[no-untyped-call] # Twisted

    def resetTimeout(self) -> None:
        """What arrives does not prolong anything."""

    def connectionLost(self, reason: Any = connectionDone) -> None:
        self.factory.closed(self)
        super().connectionLost(reason)  # type: ignore[no-untyped-call] # Twisted


class PhonesHttp(http.HTTPFactory):
    """Makes connections; past the most there may be, others wait until one ends."""

    def __init__(
        self,
        pipeline: Pipeline,
        reactor: Any,
        *,
        limits: Limits,
        proxies: Proxies,
        access_log: bool,
    ) -> None:
        super().__init__(timeout=limits.idle_s, reactor=reactor)
        self.pipeline, self.limits, self.proxies = pipeline, limits, proxies
        self.most_body_bytes = limits.body_bytes
        self._access_log = access_log
        self._open: set[_Channel] = set()
        self._ports: list[Any] = []
        self._date = (0, b"")

    def buildProtocol(self, addr: Any) -> Any:
        channel: Any = _Channel()
        channel.factory = self
        channel.requestFactory = partial(_exchange, self)
        channel.timeOut = self.timeOut
        channel.callLater = self.reactor.callLater
        return channel

    def listens_on(self, port: Any) -> None:
        """A port to stop accepting on while there are too many connections."""
        self._ports.append(port)

    def opened(self, channel: "_Channel") -> None:
        """One connection more."""
        self._open.add(channel)
        if len(self._open) == self.limits.connections:
            for port in self._ports:
                port.stopReading()

    def closed(self, channel: "_Channel") -> None:
        """One connection less."""
        self._open.discard(channel)
        if len(self._open) == self.limits.connections - 1:
            for port in self._ports:
                if port.connected:
                    port.startReading()

    async def close(self) -> None:
        """Cut the connections that are left."""
        for channel in list(self._open):
            transport: Any = channel.transport
            transport.abortConnection()
        await asyncio.sleep(0)  # their ends are told in the loop's next round

    def client(self, peer: str, forwarded: Sequence[bytes]) -> str:
        """The phone's address."""
        return self.proxies.client(peer, forwarded)

    async def answer(self, request: HttpRequest, vouched: str = "") -> tuple[Route | None, Answer]:
        """What a request gets, and where it was routed."""
        route = await self.pipeline.route(request, vouched)
        found = None if route is None else await self.pipeline.http(request, route)
        if route is None or found is None:
            return route, NOWHERE
        if isinstance(found, HttpAnswer):
            headers = tuple(each for each in found.headers if _is_passed_on(each))
            return route, Answer(found.status, headers, found.body)
        return route, await self._file(request, route, found)

    async def _file(self, request: HttpRequest, route: Route, found: FileBelow) -> Answer:
        if request.method not in (b"GET", b"HEAD"):
            return NO_METHOD
        file = opened(found)
        if isinstance(file, Answer):
            return file
        answer = file_answer(file, found.name, _conditions(request))
        try:
            await self.pipeline.note_fetched(route, found.name.partition(b"?")[0])
        except BaseException:
            file.content.close()
            raise
        return answer

    def served(
        self, exchange: Exchange, ip: str, route: Route | None, answer: Answer, seconds: float
    ) -> None:
        """Write the line of an answered request; its query may hold anything, and is left out."""
        if self._access_log:
            log.info(
                "phone_request",
                method=printable(exchange.method),
                path=printable(exchange.path),
                status=answer.status,
                ip=ip,
                device=route and route.device.id,
                plugin=route and route.plugin_id,
                ms=round(seconds * 1000, 1),
            )

    def date(self) -> bytes:
        """The time, as answers tell it."""
        now = int(time.time())
        if self._date[0] != now:
            self._date = (now, http.datetimeToString(now))
        return self._date[1]

    def log(self, request: Any) -> None:
        """Nothing: `served` has."""

    def startFactory(self) -> None:
        """Nothing: Twisted would start its own log."""

    def stopFactory(self) -> None:
        """Nothing to stop."""


def _exchange(factory: PhonesHttp, channel: Any, queued: Any = None) -> Exchange:
    exchange = Exchange(channel)
    exchange.server = factory
    return exchange


def _conditions(request: HttpRequest) -> Conditions:
    given: Mapping[bytes, bytes] = {name.lower(): value for name, value in request.headers}
    return Conditions.of(given)


def _is_passed_on(header: Header) -> bool:
    """Whether a plugin's header may be sent: none that is the connection's, or breaks its line."""
    name, value = header
    return name.lower() not in _OF_THE_CONNECTION and not any(
        each in name + value for each in (b"\r", b"\n", b"\0")
    )


__all__ = ["Limits", "PhonesHttp", "Proxies"]
