"""The FastAGI server: limits, time, hang-ups and closing, with a peer that a test plays."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import ClassVar

import pytest
from ovix_asterisk.agi import AgiUnknownCommand
from ovix_asterisk.fastagi import Agi, AgiDisconnected, FastAgiServer

WITHIN_S = 60.0
"""Nothing takes so long; a machine that is busy with other tests may."""

REQUEST = b"agi_network: yes\nagi_network_script: test\nagi_arg_1: one\n\n"
Serve = Callable[..., Awaitable[FastAgiServer]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[FastAgiServer] = []

    async def start(
        handler: Callable[[Agi], Awaitable[None]],
        *,
        most_connections: int = 1000,
        request_timeout_s: float = WITHIN_S,
        session_timeout_s: float = WITHIN_S,
    ) -> FastAgiServer:
        server = FastAgiServer(
            handler,
            port=0,
            most_connections=most_connections,
            request_timeout_s=request_timeout_s,
            session_timeout_s=session_timeout_s,
        )
        await server.start()
        servers.append(server)
        return server

    yield start
    while Peer.opened:
        Peer.opened.pop().leave()
    for server in servers:
        await server.close(0.1)


class Peer:
    """Asterisk, by hand."""

    opened: ClassVar[list["Peer"]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def ask(cls, server: FastAgiServer, request: bytes = REQUEST) -> "Peer":
        peer = cls(*await asyncio.open_connection("127.0.0.1", server.port))
        cls.opened.append(peer)
        peer.say(request)
        return peer

    def say(self, data: bytes) -> None:
        self._writer.write(data)

    async def line(self) -> str:
        return (await asyncio.wait_for(self._reader.readline(), WITHIN_S)).decode().rstrip("\n")

    async def is_closed(self) -> bool:
        try:
            return await asyncio.wait_for(self._reader.read(), WITHIN_S) == b""
        except ConnectionResetError:
            return True

    def leave(self) -> None:
        self._writer.transport.abort()


async def test_a_handler_reads_and_sets_in_one_command_each(serve: Serve) -> None:
    found: dict[str, str] = {}

    async def handler(agi: Agi) -> None:
        assert agi.request.arguments == ("one",)
        found.update(await agi.get_full_variable(["A", "B"]))
        await agi.msets([("C", "1"), ("D", "2")])

    peer = await Peer.ask(await serve(handler))
    assert await peer.line() == 'GET FULL VARIABLE "${A}\x1f${B}"'
    peer.say(b"200 result=1 (x\x1fy)\n")
    assert await peer.line() == 'EXEC MSet "C=\\"1\\",D=\\"2\\""'
    peer.say(b"200 result=0\n")
    assert await peer.is_closed()
    assert found == {"A": "x", "B": "y"}


async def test_a_value_with_the_separator_is_read_alone(serve: Serve) -> None:
    found: dict[str, str] = {}

    async def handler(agi: Agi) -> None:
        found.update(await agi.get_full_variable(["A", "B"]))

    peer = await Peer.ask(await serve(handler))
    await peer.line()
    peer.say(b"200 result=1 (x\x1fX\x1fy)\n")
    assert await peer.line() == 'GET FULL VARIABLE "${A}"'
    peer.say(b"200 result=1 (x\x1fX)\n")
    assert await peer.line() == 'GET FULL VARIABLE "${B}"'
    peer.say(b"200 result=0\n")
    assert await peer.is_closed()
    assert found == {"A": "x\x1fX", "B": ""}


async def test_a_refused_command_raises_and_a_hangup_line_is_no_answer(serve: Serve) -> None:
    seen: list[str] = []

    async def handler(agi: Agi) -> None:
        try:
            await agi.send("NONSENSE")
        except AgiUnknownCommand as error:
            seen.append(error.command)
        await agi.verbose("still here")

    peer = await Peer.ask(await serve(handler))
    await peer.line()
    peer.say(b"HANGUP\n510 Invalid or unknown command\n")
    assert await peer.line() == 'VERBOSE "still here" 1'
    peer.say(b"200 result=1\n")
    assert await peer.is_closed()
    assert seen == ["NONSENSE"]


async def test_a_handler_learns_that_asterisk_left(serve: Serve) -> None:
    left = asyncio.Event()

    async def handler(agi: Agi) -> None:
        try:
            await agi.answer()
        except AgiDisconnected:
            left.set()
            raise

    server = await serve(handler)
    peer = await Peer.ask(server)
    await peer.line()
    peer.leave()
    await asyncio.wait_for(left.wait(), WITHIN_S)
    await asyncio.sleep(0)
    assert not server.connections
    assert server.failed == 0


async def test_a_handler_that_fails_closes_its_connection_only(serve: Serve) -> None:
    async def handler(agi: Agi) -> None:
        raise ZeroDivisionError

    server = await serve(handler)
    assert await (await Peer.ask(server)).is_closed()
    assert await (await Peer.ask(server)).is_closed()
    assert (server.accepted, server.failed) == (2, 2)


async def test_a_peer_that_sends_no_request_is_closed_in_time(serve: Serve) -> None:
    async def handler(agi: Agi) -> None:
        raise AssertionError("there was no request")

    server = await serve(handler, request_timeout_s=0.05)
    assert await (await Peer.ask(server, b"agi_network: yes\n")).is_closed()
    assert server.timed_out == 1


async def test_a_conversation_has_a_time_limit_that_a_handler_may_extend(serve: Serve) -> None:
    cancelled = asyncio.Event()

    async def handler(agi: Agi) -> None:
        agi.allow(0.15)
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    server = await serve(handler, session_timeout_s=0.01)
    begun = asyncio.get_running_loop().time()
    assert await (await Peer.ask(server)).is_closed()
    assert asyncio.get_running_loop().time() - begun > 0.1
    assert cancelled.is_set()


async def test_connections_beyond_the_limit_are_closed_at_once(serve: Serve) -> None:
    async def handler(agi: Agi) -> None:
        await agi.answer()

    server = await serve(handler, most_connections=1)
    first = await Peer.ask(server)
    await first.line()
    assert await (await Peer.ask(server)).is_closed()
    first.say(b"200 result=0\n")
    assert await first.is_closed()
    assert server.refused == 1
    third = await Peer.ask(server)
    assert await third.line() == "ANSWER"


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00" * 50, b"\n\n"])
async def test_a_peer_that_talks_something_else_is_closed(serve: Serve, data: bytes) -> None:
    async def handler(agi: Agi) -> None:
        raise AssertionError("this is not AGI")

    server = await serve(handler)
    assert await (await Peer.ask(server, data)).is_closed()
    assert server.failed == 1


async def test_an_answer_nobody_asked_for_ends_the_conversation(serve: Serve) -> None:
    async def handler(agi: Agi) -> None:
        await asyncio.sleep(10)

    server = await serve(handler)
    assert await (await Peer.ask(server, REQUEST + b"200 result=1\n")).is_closed()


async def test_closing_lets_running_handlers_end(serve: Serve) -> None:
    done = asyncio.Event()

    async def handler(agi: Agi) -> None:
        await agi.answer()
        done.set()

    server = await serve(handler)
    peer = await Peer.ask(server)
    await peer.line()
    closing = asyncio.create_task(server.close(WITHIN_S))
    await asyncio.sleep(0.01)
    peer.say(b"200 result=0\n")
    await closing
    assert done.is_set()


async def test_closing_cuts_short_what_does_not_end(serve: Serve) -> None:
    async def handler(agi: Agi) -> None:
        await asyncio.sleep(3600)

    server = await serve(handler)
    peer = await Peer.ask(server)
    await asyncio.sleep(0.05)
    await asyncio.wait_for(server.close(0.05), WITHIN_S)
    assert await peer.is_closed()
