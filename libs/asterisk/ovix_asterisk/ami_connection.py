"""One TCP connection to the Asterisk manager: futures for actions, a callback for events."""

import asyncio
from collections.abc import Callable
from typing import cast

from ovix_asterisk.ami import AmiError, AmiMachine, Answer, Answered, Headers, Message


class AmiDisconnected(AmiError):
    """There is no connection, or it broke before the answer came."""


class AmiTimeout(AmiError):
    """The answer did not come in time; whether the action was done is unknown."""


class AmiRefused(AmiError):
    """Asterisk answered with an error."""

    def __init__(self, action: str, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"{action}: {answer.response.get('Message') or 'refused'}")


class AmiConnection(asyncio.Protocol):
    """The shell of an ``AmiMachine``; it lives as long as its socket."""

    def __init__(self, on_event: Callable[[Message], None], prefix: str = "") -> None:
        self._machine = AmiMachine(prefix=prefix)
        self._on_event = on_event
        self._transport: asyncio.Transport | None = None
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._lost = asyncio.Event()
        self._booted = asyncio.Event()
        self._reason = "Asterisk closed the connection"

    @property
    def version(self) -> str:
        """AMI's version by the banner."""
        return self._machine.parser.version or ""

    async def act(self, name: str, headers: Headers, timeout_s: float) -> Answer:
        """Send an action and wait for its whole answer."""
        action_id, data = self._machine.send(name, headers)
        if self._transport is None or self._lost.is_set():
            raise AmiDisconnected(self._reason)
        future = asyncio.get_running_loop().create_future()
        self._answers[action_id] = future
        self._transport.write(data)
        try:
            # Not wait_for: before Python 3.12 it forgets a cancellation that meets the answer.
            async with asyncio.timeout(timeout_s):
                answer: Answer = await future
        except TimeoutError:
            raise AmiTimeout(f"{name}: no answer in {timeout_s:g} s") from None
        finally:
            del self._answers[action_id]
            self._machine.forget(action_id)
        if not answer.succeeded:
            raise AmiRefused(name, answer)
        return answer

    async def until_booted(self, timeout_s: float) -> None:
        """Return when Asterisk has said FullyBooted: at login if it has, else when it has."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._booted.wait()
        except TimeoutError:
            raise AmiTimeout(
                f"no FullyBooted event in {timeout_s:g} s: does the account have read = system?"
            ) from None
        if self._lost.is_set():
            raise AmiDisconnected(self._reason)

    async def until_lost(self) -> None:
        """Raise AmiDisconnected when the connection has ended."""
        await self._lost.wait()
        raise AmiDisconnected(self._reason)

    def close(self) -> None:
        """Give the connection up."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports act like asyncio's and are no subclass of them.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            for effect in self._machine.receive(data):
                if isinstance(effect, Answered):
                    future = self._answers.get(effect.action_id)
                    if future is not None and not future.done():
                        future.set_result(effect.answer)
                else:
                    if effect.message.event == "FullyBooted":
                        self._booted.set()
                    self._on_event(effect.message)
        except AmiError as error:
            self._reason = str(error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._reason = str(exc)
        self._lost.set()
        self._booted.set()
        for future in self._answers.values():
            if not future.done():
                future.set_exception(AmiDisconnected(self._reason))
