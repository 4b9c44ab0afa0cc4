"""The websocket server: sockets and tokens around `Session` and `Fanout`."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import structlog
from ovix_web import Identity, TokenGuard, Unauthorized, Unavailable, authorized, token_of
from sqlalchemy.exc import SQLAlchemyError
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from ovix_calld.settings import CalldSettings

from .fanout import Client, Fanout
from .protocol import CloseCode, ProtocolError, Renew, Reply, Session

log = structlog.get_logger(__name__)

CONNECT_SCOPE = "websocketd"
MAX_FRAME_BYTES = 64 * 1024
CLOSE_TIMEOUT_S = 2.0


class WebsocketServer:
    """Port 9502."""

    def __init__(self, settings: CalldSettings, guard: TokenGuard, fanout: Fanout) -> None:
        self._settings = settings
        self._guard = guard
        self._fanout = fanout
        self._open = 0
        self.port = settings.websocket_port
        """The port it listens on, once it does (0 in the settings: any free one)."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen until the end of the block; open connections are closed with 1011."""
        settings = self._settings
        async with serve(
            self._serve,
            settings.host,
            settings.websocket_port,
            ssl=_tls(settings),
            process_request=self._admit,
            compression=None,  # small frames: a deflate context costs more than it saves
            ping_interval=settings.websocket_ping_s,
            ping_timeout=settings.websocket_ping_s,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_FRAME_BYTES,
            server_header=None,
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield

    def _admit(self, connection: ServerConnection, _request: Request) -> Response | None:
        if self._open >= self._settings.websocket_connections:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        self._open += 1
        try:
            await self._converse(connection)
        except ConnectionClosed:
            log.debug("websocket_closed")
        finally:
            self._open -= 1

    async def _converse(self, connection: ServerConnection) -> None:
        assert connection.request is not None, "the handshake is over"
        query = parse_qs(urlsplit(connection.request.path).query)
        token = next(iter(query.get("token", ())), "") or token_of(connection.request.headers)
        if not token:
            return await connection.close(CloseCode.NO_TOKEN, "no token")
        identity = await self._identity(token)
        if isinstance(identity, CloseCode):
            return await connection.close(identity, "authentication failed")
        try:
            session = Session(_version(query.get("version", ["1"])[0]))
        except ProtocolError as error:
            return await connection.close(CloseCode.PROTOCOL_ERROR, str(error))
        if not self._fanout.active:
            return await connection.close(CloseCode.TRY_AGAIN, "the bus is away")
        await self._follow(connection, token, identity, session)
        return None

    async def _follow(
        self, connection: ServerConnection, token: str, identity: Identity, session: Session
    ) -> None:
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()

        def close(code: CloseCode, reason: str) -> None:
            tasks.add(loop.create_task(connection.close(code, reason)))

        client = Client(token, identity, session, self._offer_to(connection), close)
        client.send(session.hello().text)
        self._fanout.add(client)
        try:
            async for frame in connection:
                await self._take(client, frame)
        except ProtocolError as error:
            client.drop(CloseCode.PROTOCOL_ERROR, str(error))
        finally:
            self._fanout.remove(client)
            if tasks:
                await asyncio.wait(tasks)

    async def _take(self, client: Client, frame: str | bytes) -> None:
        answer = client.session.receive(frame)
        if isinstance(answer, Renew):
            identity = await self._identity(answer.token)
            if isinstance(identity, CloseCode):
                return client.drop(identity, "authentication failed")
            client.token, client.identity = answer.token, identity
            answer = answer.reply
        if isinstance(answer, Reply):
            client.send(answer.text)
        return None

    def _offer_to(self, connection: ServerConnection) -> Callable[[str], bool]:
        """Frames go straight into the socket's buffer: no task and no queue for each client."""
        limit = self._settings.websocket_backlog_bytes

        def offer(frame: str) -> bool:
            if connection.transport.get_write_buffer_size() > limit:
                return False
            broadcast((connection,), frame)
            return True

        return offer

    async def _identity(self, token: str) -> Identity | CloseCode:
        """Who holds the token, or the code to close with."""
        try:
            return await authorized(self._guard, token, CONNECT_SCOPE)
        except Unauthorized:
            return CloseCode.AUTHENTICATION_FAILED
        except (SQLAlchemyError, Unavailable) as error:
            log.warning("websocket_token_unchecked", cause=str(error))
            return CloseCode.AUTHENTICATION_FAILED


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise ProtocolError("unsupported version")
    return int(text)


def _tls(settings: CalldSettings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    return context
