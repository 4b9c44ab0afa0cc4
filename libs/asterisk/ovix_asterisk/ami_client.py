"""An AMI client that stays connected: login, keep-alive, reconnection, actions and events."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType

import structlog

from ovix_asterisk.ami import AmiError, Answer, Headers, HeaderValue, Message
from ovix_asterisk.ami_connection import AmiConnection, AmiDisconnected, AmiRefused, AmiTimeout

__all__ = ["AmiClient", "AmiDisconnected", "AmiRefused", "AmiTimeout"]

FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 5.0
PING_INTERVAL_S = 10.0
CONNECT_TIMEOUT_S = 5.0
ACTION_TIMEOUT_S = 10.0
BOOT_TIMEOUT_S = 120.0
EVENTS_KEPT = 50_000
"""Events an iterator may lag behind before the connection is given up and the state read anew."""

log = structlog.stdlib.get_logger(__name__)

Hook = Callable[[], Awaitable[None]]


class EventStream:
    """An asynchronous iterator over events; leaving its context ends it."""

    def __init__(self, registered: "set[EventStream]") -> None:
        self._registered = registered
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue()

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        message = await self._queue.get()
        if message is None:
            self._queue.put_nowait(None)  # for whoever else reads this stream
            raise StopAsyncIteration
        return message

    def put(self, message: Message) -> None:
        """Add an event; a reader too far behind costs the connection, so its state is read anew."""
        if self._queue.qsize() >= EVENTS_KEPT:
            raise AmiError(f"a reader of events is {EVENTS_KEPT} events behind")
        self._queue.put_nowait(message)

    def close(self) -> None:
        """End: what is waiting can still be read."""
        self._registered.discard(self)
        self._queue.put_nowait(None)


class AmiClient:
    """Connected from ``start`` to ``close``, through restarts of Asterisk.

    ``on_event`` is called for every event, in order, from the reader: it must be quick.
    ``on_connected`` runs after each login, once Asterisk has booted: read the state anew there,
    as events were lost in between; new ones are flowing then. ``on_disconnected`` runs when a
    connection that had got that far ends. A hook that fails costs the connection, and is tried
    again with the next one. The account needs ``read = system``.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        password: str,
        *,
        on_event: Callable[[Message], None] | None = None,
        on_connected: Hook | None = None,
        on_disconnected: Hook | None = None,
        event_mask: str = "on",
        ping_interval_s: float = PING_INTERVAL_S,
        action_timeout_s: float = ACTION_TIMEOUT_S,
    ) -> None:
        self.host, self.port = host, port
        self.connections = 0
        """Logins since the start; more than one means that the connection was lost."""
        self._username, self._password = username, password
        self._on_event = on_event
        self._on_connected, self._on_disconnected = on_connected, on_disconnected
        self._event_mask = event_mask
        self._ping_interval_s = ping_interval_s
        self._action_timeout_s = action_timeout_s
        self._task: asyncio.Task[None] | None = None
        self._connection: AmiConnection | None = None
        self._connected = asyncio.Event()
        self._tried = asyncio.Event()
        self._streams: set[EventStream] = set()

    async def __aenter__(self) -> "AmiClient":
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        """Whether actions can be sent: for health and metrics."""
        return self._connected.is_set()

    def start(self) -> None:
        """Begin connecting in the background."""
        if self._task is None:
            self._task = asyncio.create_task(self._stay_connected(), name="ami")

    async def close(self) -> None:
        """Disconnect for good; waiting actions fail and iterators end."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for stream in tuple(self._streams):
            stream.close()

    async def wait_connected(self, timeout_s: float | None = None) -> None:
        """Return once connected; raises AmiDisconnected after ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._connected.wait()
        except TimeoutError:
            raise AmiDisconnected(f"no Asterisk manager at {self.host}:{self.port}") from None

    async def wait_tried(self) -> None:
        """Return once connected, or once an attempt to connect has failed since ``start``."""
        await self._tried.wait()

    async def send(self, action: str, **headers: HeaderValue) -> Message:
        """Do an action and give its response; AmiRefused if Asterisk answers Error.

        A list repeats its header: ``Variable=["A=1", "B=2"]``; None leaves it out.
        """
        return (await self._act(action, headers)).response

    async def members(self, action: str, **headers: HeaderValue) -> list[Message]:
        """Do an action that answers with a list (CoreShowChannels, QueueStatus…)."""
        return list((await self._act(action, headers)).members)

    async def command(self, text: str) -> list[str]:
        """The lines a CLI command prints (``Output`` keys, Asterisk 14 and later)."""
        return (await self.send("Command", Command=text)).all("Output")

    def events(self) -> "EventStream":
        """Every event from now on, through reconnections, until ``close``."""
        stream = EventStream(self._streams)
        self._streams.add(stream)
        return stream

    async def _act(self, action: str, headers: Headers) -> Answer:
        if self._connection is None or not self.connected:
            raise AmiDisconnected(f"no Asterisk manager at {self.host}:{self.port}")
        return await self._connection.act(action, headers, self._action_timeout_s)

    async def _stay_connected(self) -> None:
        retry_s, said = FIRST_RETRY_S, ""
        while True:
            before = self.connections
            try:
                await self._one_connection()
            except (OSError, AmiError) as error:
                # Once for each reason: while nobody installs an Asterisk, there is no news.
                if self.connections > before or str(error) != said:
                    said = str(error)
                    log.warning("ami_disconnected", host=self.host, port=self.port, reason=said)
            except Exception:  # a hook's fault: say so, and give it a fresh connection
                log.exception("ami_hook_failed", host=self.host, port=self.port)
            self._tried.set()
            retry_s = FIRST_RETRY_S if self.connections > before else retry_s
            # Half of it is random: services that lost the same Asterisk don't return as one.
            await asyncio.sleep(retry_s * random.uniform(0.5, 1))  # noqa: S311 - not a secret
            retry_s = min(retry_s * 2, LONGEST_RETRY_S)

    async def _one_connection(self) -> None:
        connection = await self._open()
        self._connection = connection
        try:
            await connection.act(
                "Login",
                {"Username": self._username, "Secret": self._password, "Events": self._event_mask},
                self._action_timeout_s,
            )
            await connection.until_booted(BOOT_TIMEOUT_S)
            self.connections += 1
            self._connected.set()
            self._tried.set()
            log.info("ami_connected", host=self.host, port=self.port, version=connection.version)
            await self._serve(connection)
        finally:
            had_connected = self.connected
            self._connected.clear()
            self._connection = None
            connection.close()
            if had_connected and self._on_disconnected is not None:
                await self._on_disconnected()

    async def _open(self) -> AmiConnection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, connection = await loop.create_connection(
                    lambda: AmiConnection(self._dispatch, f"{id(self):x}-{self.connections}-"),
                    self.host,
                    self.port,
                )
        except TimeoutError:
            raise AmiDisconnected(f"no connection in {CONNECT_TIMEOUT_S:g} s") from None
        return connection

    async def _serve(self, connection: AmiConnection) -> None:
        """Until the connection ends; always raises why.

        No TaskGroup: before Python 3.13 it forgets a cancellation that meets a failing task.
        """
        tasks = {
            asyncio.create_task(connection.until_lost()),
            asyncio.create_task(self._keep_alive(connection)),
        }
        if self._on_connected is not None:
            tasks.add(asyncio.create_task(_run(self._on_connected)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_alive(self, connection: AmiConnection) -> None:
        """A peer that vanished without a word is noticed by a ping that stays unanswered."""
        while True:
            await asyncio.sleep(self._ping_interval_s)
            await connection.act("Ping", {}, self._action_timeout_s)

    def _dispatch(self, message: Message) -> None:
        if self._on_event is not None:
            self._on_event(message)
        for stream in self._streams:
            stream.put(message)


async def _run(hook: Hook) -> None:
    await hook()
