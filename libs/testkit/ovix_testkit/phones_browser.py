"""A browser as Asterisk sees it until somebody answers: SIP over a web socket (RFC 7118).

It registers, rings, calls with a description that WebRTC asks for, and refuses. It can't talk: the
media of browsers are encrypted with keys that are agreed upon in DTLS.
"""

import asyncio
import secrets
from contextlib import suppress
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from .phones import Address, Phone
from .phones_sip import SipMessage, token

WEBRTC_LINES = (
    "a=ice-ufrag:{ufrag}",
    "a=ice-pwd:{password}",
    "a=candidate:1 1 UDP 2122252543 127.0.0.1 {port} typ host",
    "a=fingerprint:sha-256 {fingerprint}",
    "a=setup:actpass",
    "a=mid:0",
    "a=rtcp-mux",
)


class Browser(Phone):
    """A phone that comes by ``ws://<registrar>/ws``."""

    def __init__(self, registrar: Address, username: str, secret: str, **more: Any) -> None:
        super().__init__(registrar, username, secret, **more)
        self._socket: ClientConnection | None = None
        self._name = f"{token()}.invalid"

    async def __aenter__(self) -> "Browser":
        url = f"ws://{self.domain}/ws"
        subprotocols: Any = ["sip"]
        self._socket = await connect(url, subprotocols=subprotocols, proxy=None)
        self._transport = cast(asyncio.DatagramTransport, _Socket(self._socket))
        self._begin(self._listen(self._socket))
        return self

    @property
    def contact(self) -> str:
        """A browser knows no address of its own (RFC 7118, 5.2)."""
        return f"<sip:{self.username}@{self._name};transport=ws>"

    def via(self) -> str:
        """The Via of a new transaction."""
        return f"SIP/2.0/WS {self._name};branch=z9hG4bK{token()}"

    def send(self, message: SipMessage, address: Address) -> None:
        """Send a message; what it says of media is what a browser says."""
        if message.is_request and message.body:
            message.body = _webrtc(message.body)
        super().send(message, address)

    async def _listen(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in socket:
                data = text.encode() if isinstance(text, str) else text
                self.datagram_received(data, self.registrar)


class _Socket:
    """A web socket that is sent to like a datagram transport."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._tasks: set[asyncio.Task[None]] = set()

    def sendto(self, datagram: bytes, _address: Address) -> None:
        """One message is one frame."""
        self._do(self._socket.send(datagram.decode()))

    def close(self) -> None:
        """Close the page."""
        self._do(self._socket.close())

    def _do(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _webrtc(body: bytes) -> bytes:
    text = body.decode()
    if "UDP/TLS" in text:
        return body
    port = text.partition("m=audio ")[2].partition(" ")[0]
    digest = secrets.token_hex(32).upper()
    lines = "\r\n".join(WEBRTC_LINES).format(
        ufrag=token()[:8],
        password=secrets.token_hex(12),
        port=port,
        fingerprint=":".join(digest[i : i + 2] for i in range(0, len(digest), 2)),
    )
    return f"{text.replace('RTP/AVP', 'UDP/TLS/RTP/SAVPF').rstrip()}\r\n{lines}\r\n".encode()


__all__ = ["Browser"]
