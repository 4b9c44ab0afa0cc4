"""A FastAGI server: one handler coroutine per connection, with limits on time and connections."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias, cast

import structlog

from ovix_asterisk.agi import (
    AgiAnswer,
    AgiError,
    AgiMachine,
    AgiProtocolError,
    AgiRequest,
    Limits,
    check,
    command,
    quoted,
    read_values,
    reads,
    sets,
)

log = structlog.stdlib.get_logger(__name__)


class AgiDisconnected(AgiError):
    """Asterisk closed the connection: the call is over, or Asterisk is."""


class Agi:
    """The conversation a handler has with Asterisk: one command at a time."""

    __slots__ = ("_connection", "request")

    def __init__(self, request: AgiRequest, connection: "_Connection") -> None:
        self.request = request
        self._connection = connection

    async def send(self, line: str) -> AgiAnswer:
        """Send a command as it is and give its answer; raises for any code but 200."""
        return check(line, await self._connection.ask(line))

    async def get_variable(self, name: str) -> str | None:
        """A variable's or function's value, up to 1,023 bytes; None when unset."""
        return (await self.send(command("GET VARIABLE", name))).data

    async def get_full_variable(self, names: Sequence[str]) -> dict[str, str]:
        """Many variables and functions in one command; unset ones are empty."""
        found: dict[str, str] = {}
        for part, line in reads(tuple(names)):
            values = read_values(part, await self.send(line))
            if values is None:  # a caller put the separator into a name: ask for each alone
                values = [await self._full(name) for name in part]
            found.update(zip(part, values, strict=True))
        return found

    async def _full(self, name: str) -> str:
        """One value whole: GET VARIABLE would cut it at 1,023 bytes."""
        ((_, line),) = reads((name,))
        return (await self.send(line)).data or ""

    async def set_variable(self, name: str, value: str) -> None:
        """Set one variable; ``_`` and ``__`` before the name make it inherited."""
        await self.send(command("SET VARIABLE", name, value))

    async def msets(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Set many variables and functions in as few commands as possible, values exact."""
        for line in sets(pairs):
            await self.send(line)

    async def exec(self, application: str, arguments: str = "") -> str:
        """Run a dialplan application; its result, ``-2`` when there is no such one."""
        line = f"EXEC {application} {quoted(arguments)}"
        return (await self.send(line)).result

    async def verbose(self, message: str, level: int = 1) -> None:
        """Write to Asterisk's console and log."""
        await self.send(f"VERBOSE {quoted(message[:500])} {level}")

    async def set_callerid(self, callerid: str) -> None:
        """``"Name" <number>``, or a number alone."""
        await self.send(command("SET CALLERID", callerid))

    async def answer(self) -> None:
        """Take the call."""
        await self.send("ANSWER")

    async def hangup(self) -> None:
        """End the call; the conversation goes on."""
        await self.send("HANGUP")

    async def stream_file(self, name: str, escape_digits: str = "") -> str:
        """Play a sound; the digit that ended it, or nothing."""
        code = (await self.send(command("STREAM FILE", name, escape_digits))).result
        return chr(int(code)) if code.isdigit() and code != "0" else ""

    async def get_data(self, name: str, timeout_ms: int, most: int) -> str:
        """Play a sound and read digits, ended by ``#``, their number or the time."""
        return (await self.send(f"GET DATA {quoted(name)} {timeout_ms} {most}")).result

    async def say_number(self, number: int, gender: str = "") -> None:
        """Say a number in the channel's language."""
        await self.send(f'SAY NUMBER {number} "" {quoted(gender)}'.rstrip())

    def tell(self, line: str) -> None:
        """Write a line that has no answer, for a probe that is not Asterisk."""
        self._connection.write(line)

    def allow(self, seconds: float) -> None:
        """Give this conversation that much time from now: media commands last."""
        self._connection.limit(seconds)


Handler: TypeAlias = Callable[[Agi], Awaitable[None]]


class FastAgiServer:
    """Accepts Asterisk's connections and runs ``handler`` for each.

    A handler that raises is logged and its connection closed: what the dialplan should then do
    is for the handler to arrange. More than ``most_connections`` are closed at once, which
    Asterisk reports as AGISTATUS=FAILURE, and goes on.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        host: str = "127.0.0.1",
        port: int = 4573,
        most_connections: int = 1000,
        request_timeout_s: float = 5.0,
        session_timeout_s: float = 30.0,
        limits: Limits | None = None,
        reuse_port: bool = False,
    ) -> None:
        self.host, self.port = host, port
        self.handler = handler
        self.most_connections = most_connections
        self.request_timeout_s, self.session_timeout_s = request_timeout_s, session_timeout_s
        self.limits = limits or Limits()
        self.accepted = self.refused = self.failed = self.timed_out = 0
        """Connections since the start, for metrics."""
        self.connections: set[_Connection] = set()
        self._reuse_port = reuse_port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; port 0 takes a free one, which ``port`` then tells."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self),
            self.host,
            self.port,
            backlog=1024,
            reuse_port=self._reuse_port or None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self, grace_s: float = 5.0) -> None:
        """Accept no more, let running handlers end within the grace, then cut them short."""
        if self._server is None:
            return
        self._server.close()
        tasks = [each.task for each in self.connections if each.task is not None]
        for each in tuple(self.connections):
            if each.task is None:
                each.abort("the server is closing")
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None


class _Connection(asyncio.Protocol):
    """One connection: a Protocol and a future, without the buffers and locks of streams."""

    __slots__ = (
        "_answer",
        "_deadline",
        "_loop",
        "_lost",
        "_machine",
        "_server",
        "_transport",
        "task",
    )

    def __init__(self, server: FastAgiServer) -> None:
        self._server = server
        self._machine = AgiMachine(server.limits)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[AgiAnswer] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._lost: str | None = None
        self.task: asyncio.Task[None] | None = None

    async def ask(self, line: str) -> AgiAnswer:
        """One round trip."""
        if self._answer is not None:
            raise AgiError("a command is waiting for its answer already")
        if self._transport is None or self._lost is not None:
            raise AgiDisconnected(self._lost or "not connected")
        self._answer = self._loop.create_future()
        self.write(line)
        try:
            return await self._answer
        finally:
            self._answer = None

    def write(self, line: str) -> None:
        """A line on its way out; nothing when the connection is gone."""
        if self._transport is not None and self._lost is None:
            self._transport.write(line.encode() + b"\n")

    def limit(self, seconds: float) -> None:
        """End the conversation after that time."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, self._time_is_up)

    def abort(self, reason: str) -> None:
        """Give the connection up."""
        self._lost = self._lost or reason
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports act like asyncio's and are no subclass of them.
        self._transport = cast(asyncio.Transport, transport)
        server = self._server
        if len(server.connections) >= server.most_connections:
            server.refused += 1
            self.abort("too many connections")
            return
        server.accepted += 1
        server.connections.add(self)
        self.limit(server.request_timeout_s)

    def data_received(self, data: bytes) -> None:
        if self._lost is not None:
            return
        try:
            for effect in self._machine.receive(data):
                if isinstance(effect, AgiRequest):
                    self._begin(effect)
                elif self._answer is not None and not self._answer.done():
                    self._answer.set_result(effect)
                else:
                    raise AgiProtocolError(f"an answer to nothing: {effect.text[:60]!r}")
        except AgiProtocolError as error:
            log.warning("agi_protocol_error", reason=str(error))
            self._server.failed += 1
            self.abort(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = self._lost or (str(exc) if exc else "Asterisk closed the connection")
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(AgiDisconnected(self._lost))
        if self.task is None:
            self._forget()

    def _begin(self, request: AgiRequest) -> None:
        self.limit(self._server.session_timeout_s)
        self.task = self._loop.create_task(self._run(request))
        self.task.add_done_callback(self._ended)

    async def _run(self, request: AgiRequest) -> None:
        await self._server.handler(Agi(request, self))

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._forget()
        if self._transport is not None:
            self._transport.close()
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, AgiDisconnected):
            log.info("agi_caller_left", reason=str(error))
        elif error is not None:
            self._server.failed += 1
            log.error("agi_handler_failed", exc_info=error)

    def _time_is_up(self) -> None:
        self._server.timed_out += 1
        log.warning("agi_timed_out", handled=self.task is not None)
        self.abort("the time for this conversation is over")
        if self.task is not None:
            self.task.cancel()

    def _forget(self) -> None:
        self._server.connections.discard(self)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
