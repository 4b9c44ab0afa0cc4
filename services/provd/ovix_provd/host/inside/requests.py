"""Requests as plugins know them (reference/provd/plugins.md, 8).

Packages for Python 3 get bytes where the wire has bytes; those translated from Python 2, which
never parted the two, get texts.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

from twisted.internet.defer import Deferred
from twisted.web.http import RESPONSES
from twisted.web.http_headers import Headers

from ...plugins import DhcpRequest, HttpRequest, PhoneRequest, TftpRequest
from ...surface.devices.ident import RequestType
from ...surface.servers.tftp.packet import OP_RRQ

MOST_FIELDS = 200
LONGEST_BODY = 8 * 1024 * 1024


def as_text(value: bytes) -> str:
    """What the wire had, readable: UTF-8, else each byte a character."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def as_bytes(value: Any) -> bytes:
    """What a plugin gives as either."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


class AnswerTooLong(Exception):
    """A plugin's own HTTP service wrote more than may be sent."""


class WebRequest:
    """What is used of Twisted's request, without a connection behind it."""

    def __init__(self, request: HttpRequest, *, texts: bool, device: Any = None) -> None:
        self._given: Callable[[bytes], Any] = as_text if texts else bytes
        path, _, query = request.uri.partition(b"?")
        self.prov_dev = device
        self.method = self._given(request.method)
        self.uri = self._given(request.uri)
        self.path = self._given(path)
        self.prepath: list[Any] = []
        # All extractors ask for the same header or two: what they get is made once.
        self._last = {name.lower(): self._given(value) for name, value in request.headers}
        self.args = self._arguments(request, query) if query or request.body else {}
        self.code, self.code_message = 200, b"OK"
        self.finished = False
        self._path, self._request = path, request
        self._written = bytearray()
        self._producing = False

    def _arguments(self, request: HttpRequest, query: bytes) -> dict[Any, list[Any]]:
        found = _fields(query)
        kind = as_bytes(self._last.get(b"content-type", b"")).partition(b";")[0].strip().lower()
        if kind == b"application/x-www-form-urlencoded":
            for name, values in _fields(request.body).items():
                found.setdefault(name, []).extend(values)
        given = self._given
        return {given(name): [given(each) for each in values] for name, values in found.items()}

    # Requests come in crowds, and most are only asked for a header and their path: what follows
    # is made for who asks for it.

    @cached_property
    def postpath(self) -> list[Any]:
        """The parts of the path, decoded."""
        return [self._given(unquote_to_bytes(part)) for part in self._path[1:].split(b"/")]

    @cached_property
    def content(self) -> BytesIO:
        """The body."""
        return BytesIO(self._request.body)

    @cached_property
    def responseHeaders(self) -> Headers:
        """Of the answer."""
        return Headers()

    @cached_property
    def done(self) -> "Deferred[None]":
        """Fires when the answer is complete."""
        return Deferred()

    # ---- what was asked --------------------------------------------------------------------------

    def getHeader(self, key: Any) -> Any:  # Twisted's names, here and below
        """The last header of that name, or None."""
        return self._last.get((key if isinstance(key, bytes) else as_bytes(key)).lower())

    @cached_property
    def requestHeaders(self) -> Headers:
        """All of them."""
        headers = Headers()
        for name, value in self._request.headers:
            headers.addRawHeader(name, value)
        return headers

    def getAllHeaders(self) -> dict[Any, Any]:
        """The last of each name, in lower case."""
        return {self._given(name): value for name, value in self._last.items()}

    def getClientIP(self) -> str:
        """Where the request came from."""
        return self._request.ip

    # ---- what is answered ------------------------------------------------------------------------

    def setHeader(self, name: Any, value: Any) -> None:
        """Of the answer."""
        self.responseHeaders.setRawHeaders(as_bytes(name), [as_bytes(value)])

    def setResponseCode(self, code: int, message: Any = None) -> None:
        """Of the answer."""
        self.code = int(code)
        self.code_message = as_bytes(message or RESPONSES.get(self.code, b""))

    def write(self, data: Any) -> None:
        """A part of the answer's body."""
        self._written += as_bytes(data)
        if len(self._written) > LONGEST_BODY:
            raise AnswerTooLong(f"more than {LONGEST_BODY} bytes")

    def finish(self) -> None:
        """That was the answer."""
        if not self.finished:
            self.finished = True
            self.done.callback(None)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Have it write all that it has, unless it does so by itself."""
        self._producing = True
        while self._producing and not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """It has no more."""
        self._producing = False

    def notifyFinish(self) -> "Deferred[None]":
        """Never fails: nobody knows here whether the phone is still there."""
        return Deferred()

    def redirect(self, url: Any) -> None:
        """Answer that it lies elsewhere."""
        self.setResponseCode(302)
        self.setHeader(b"location", url)

    def setLastModified(self, when: float) -> None:
        """Nothing to compare it with."""

    def setETag(self, etag: bytes) -> None:
        """Nothing to compare it with."""

    def body(self) -> bytes:
        """What was written."""
        return bytes(self._written)


def _fields(encoded: bytes) -> dict[bytes, list[bytes]]:
    try:
        return parse_qs(encoded, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}


def tftp_request(
    request: TftpRequest, *, texts: bool, device: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The dictionary that plugins get; ``opcode`` is bytes for all."""
    given: Callable[[bytes], Any] = as_text if texts else bytes
    return {
        "address": (request.ip, request.port),
        "packet": {
            "opcode": OP_RRQ,
            "filename": given(request.filename),
            "mode": given(request.mode),
            "options": {given(name): given(value) for name, value in request.options},
        },
        "prov_dev": device,
    }


def kind_of(request: PhoneRequest) -> RequestType:
    """By what it came."""
    match request:
        case HttpRequest():
            return RequestType.HTTP
        case TftpRequest():
            return RequestType.TFTP
        case DhcpRequest():
            return RequestType.DHCP


def for_plugins(request: PhoneRequest, *, texts: bool) -> Any:
    """What extractors of that kind of package are given."""
    match request:
        case HttpRequest():
            return WebRequest(request, texts=texts)
        case TftpRequest():
            return tftp_request(request, texts=texts)
        case DhcpRequest():
            return {"ip": request.ip, "mac": request.mac, "options": dict(request.options)}
