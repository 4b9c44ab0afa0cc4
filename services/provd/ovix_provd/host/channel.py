"""Calls in both directions over one connection, many in flight at once.

Used by the service and by its plugin host. Four messages, each a list:
``[CALL, number, method, limit in seconds, arguments]``, ``[ANSWER, number, value]``,
``[FAILURE, number, kind, reason]`` and ``[NOTICE, method, arguments]``, which nobody answers.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import IntEnum, StrEnum
from inspect import isawaitable
from typing import Any, TypeAlias, cast

from .frames import FrameError, FrameReader, frame

LONGEST_REASON = 1000
TOGETHER_WITHIN_S = 0.001
MOST_WAITING = 4096
"""Calls of the peer that wait for an answer of ours at once; who asks for more is cut off."""


class Failure(StrEnum):
    """What kind of failure a call met."""

    ERROR = "error"
    KEY = "key"
    VALUE = "value"
    TIMEOUT = "timeout"


class CallFailed(Exception):
    """The peer could not do what was asked."""

    def __init__(self, kind: Failure, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class ChannelClosed(Exception):
    """The connection is gone, and with it the answer."""


class _Message(IntEnum):
    CALL = 0
    ANSWER = 1
    FAILURE = 2
    NOTICE = 3


Handler: TypeAlias = Callable[[int, str, float, Sequence[Any]], Any | Awaitable[Any]]
"""Does a call of the peer: number, method, limit and arguments; may raise `CallFailed`."""
NoticeHandler: TypeAlias = Callable[[str, Sequence[Any]], None]


class Channel(asyncio.Protocol):
    """One end. What comes is judged: a message without a meaning ends the connection."""

    def __init__(
        self, on_call: Handler, on_notice: NoticeHandler, on_lost: Callable[[], None]
    ) -> None:
        self._on_call, self._on_notice, self._on_lost = on_call, on_notice, on_lost
        self._transport: asyncio.WriteTransport | None = None
        self._reader = FrameReader()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._doing: set[asyncio.Task[None]] = set()
        self._last = 0
        self._unsent: list[bytes] = []
        self._unsent_since = 0.0

    def next_number(self) -> int:
        """The number that the next call is going to have."""
        return self._last + 1

    async def call(self, method: str, *arguments: Any, limit_s: float = 0.0) -> Any:
        """Ask the peer; raises `CallFailed`, `ChannelClosed`, and `FrameError` before sending."""
        if self._transport is None:
            raise ChannelClosed("not connected")
        self._last += 1
        number = self._last
        message = frame([_Message.CALL, number, method, limit_s, list(arguments)])
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._send(message)
            return await answer
        finally:
            self._waiting.pop(number, None)

    def notice(self, method: str, *arguments: Any) -> None:
        """Tell the peer something, if it is still there."""
        if self._transport is not None:
            self._send(frame([_Message.NOTICE, method, list(arguments)]))

    def close(self) -> None:
        """Hang up; what waits for an answer gets `ChannelClosed`."""
        if self._transport is not None:
            self._transport.abort()

    # ---- asyncio.Protocol ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self._take(message)
        except (FrameError, ValueError, TypeError):
            # The peer runs strangers' code, which may have got hold of its end.
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ChannelClosed("the connection was lost"))
        for task in self._doing:
            task.cancel()
        self._on_lost()

    # ---- messages --------------------------------------------------------------------------------

    def _take(self, message: Any) -> None:
        kind, *rest = message
        if kind == _Message.CALL:
            number, method, limit_s, arguments = rest
            self._do(int(number), str(method), float(limit_s), list(arguments))
        elif kind == _Message.ANSWER:
            number, value = rest
            if (answer := self._waiting.get(number)) is not None and not answer.done():
                answer.set_result(value)
        elif kind == _Message.FAILURE:
            number, failure, reason = rest
            error = CallFailed(Failure(failure), str(reason)[:LONGEST_REASON])
            if (answer := self._waiting.get(number)) is not None and not answer.done():
                answer.set_exception(error)
        elif kind == _Message.NOTICE:
            method, arguments = rest
            self._on_notice(str(method), list(arguments))
        else:
            raise FrameError(f"no such kind of message: {kind!r}")

    def _do(self, number: int, method: str, limit_s: float, arguments: list[Any]) -> None:
        try:
            result = self._on_call(number, method, limit_s, arguments)
        except CallFailed as error:
            self._fail(number, error)
            return
        if not isawaitable(result):
            self._answer(number, result)
            return
        if len(self._doing) >= MOST_WAITING:
            result.close()  # type: ignore[attr-defined]  # handlers hand out coroutines
            raise FrameError("too many calls at once")
        task = asyncio.ensure_future(self._answer_later(number, result))
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _answer_later(self, number: int, result: Awaitable[Any]) -> None:
        try:
            value = await result
        except CallFailed as error:
            self._fail(number, error)
        else:
            self._answer(number, value)

    def _answer(self, number: int, value: Any) -> None:
        try:
            message = frame([_Message.ANSWER, number, value])
        except FrameError as error:
            self._fail(number, CallFailed(Failure.ERROR, str(error)))
            return
        self._send(message)

    def _fail(self, number: int, error: CallFailed) -> None:
        reason = str(error)[:LONGEST_REASON]
        self._send(frame([_Message.FAILURE, number, error.kind, reason]))

    def _send(self, message: bytes) -> None:
        """Write it together with what else is said in this turn of the loop, or in so many s.

        Phones come in crowds: a write, and a peer that wakes up, for each of their requests would
        cost more than the requests. But what is said already must not wait for a plugin.
        """
        self._unsent.append(message)
        if len(self._unsent) == 1:
            self._unsent_since = time.monotonic()
            asyncio.get_running_loop().call_soon(self._flush)
        elif time.monotonic() - self._unsent_since > TOGETHER_WITHIN_S:
            self._flush()

    def _flush(self) -> None:
        together, self._unsent = b"".join(self._unsent), []
        if together and self._transport is not None:
            self._transport.write(together)
