"""A consumer's life, the same on both transports: attach, handle one by one, retry, come back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import structlog

from . import metrics
from .backoff import Backoff, set_within
from .message import BusUnavailable, Handler, Message, Queue
from .outages import is_outage

log = structlog.get_logger(__name__)

FIRST_ATTACH_S = 5.0
"""How long ``subscribe`` waits for a bus that is away."""
CLOSE_S = 10.0
"""How long ``close`` waits for the message in hand."""
LONGEST_PAUSE_S = 60.0
OUTAGE_PAUSE_S = 2.0
"""Longest pause while what the handler needs is away."""
OUTAGE_S = 600.0
"""An outage longer than this counts as an attempt, so that no message blocks a queue for ever."""


class Delivery(Protocol):
    """One message handed over by a transport, and the ways to answer for it."""

    message: Message
    attempts: int
    """How often the handler has raised on it already."""

    async def done(self) -> None:
        """It is handled: never again."""

    async def failed(self, attempts: int, pause_s: float) -> None:
        """It will be tried again here after the pause; remember the attempts if you can."""

    async def given_up(self, error: str) -> None:
        """It becomes a dead letter."""


class Closing(Exception):
    """The consumer is told to end; what is not answered for stays in the queue."""


class Consumer:
    """Runs ``attach`` again and again until closed.

    ``attach`` is the transport's part: it connects, calls ``bound``, and hands every message to
    ``process``; it raises `BusUnavailable` when the bus goes away and `Closing` when ``closing`` is
    set. ``gap_on_loss``: an exclusive queue misses what is published while the bus is away.
    """

    def __init__(
        self,
        queue: Queue,
        handler: Handler,
        on_lost: Callable[[], None] | None,
        attach: Callable[["Consumer"], Awaitable[None]],
        *,
        gap_on_loss: bool,
    ) -> None:
        self.queue = queue
        self.closing = asyncio.Event()
        self._handler, self._on_lost, self._attach = handler, on_lost, attach
        self._gap_on_loss = gap_on_loss and queue.name is None
        self._label = queue.name or "exclusive"
        self._active = False
        self._in_hand = False
        self._first_bound = asyncio.Event()
        self._backoff = Backoff()
        self._task: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether it is connected and bound right now."""
        return self._active

    async def start(self) -> None:
        """Start; returns once bound, or after `FIRST_ATTACH_S`."""
        self._task = asyncio.create_task(self._run(), name=f"bus consumer {self._label}")
        await set_within(self._first_bound, FIRST_ATTACH_S)

    async def close(self) -> None:
        """Stop after the message in hand."""
        self.closing.set()
        if self._task is None:
            return
        if not self._in_hand:
            self._task.cancel()
        _, late = await asyncio.wait({self._task}, timeout=CLOSE_S)
        for task in late:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def bound(self) -> None:
        """The transport says that nothing published from now on is missed."""
        self._active = True
        self._backoff.reset()
        self._first_bound.set()
        log.info("bus_consumer_bound", queue=self._label, bindings=self.queue.bindings)

    def missed(self) -> None:
        """The transport says that messages may have been missed."""
        if self._on_lost is not None:
            self._on_lost()

    async def process(self, delivery: Delivery) -> None:
        """Handle the message, again after a pause when the handler raises, until it is done."""
        self._in_hand = True
        try:
            attempts = delivery.attempts
            while (error := await self._attempt(delivery.message)) is not None:
                attempts += 1
                if attempts >= self.queue.max_attempts:
                    await self._give_up(delivery, error)
                    return
                await self._pause(delivery, attempts)
            await delivery.done()
            metrics.CONSUMED.labels(self._label).inc()
        finally:
            self._in_hand = False
        if self.closing.is_set():
            raise Closing

    async def _attempt(self, message: Message) -> Exception | None:
        """Hand the message over; again and again while what the handler needs is away."""
        clock = asyncio.get_running_loop().time
        began, backoff = clock(), Backoff(longest_s=OUTAGE_PAUSE_S)
        while True:
            try:
                await self._handler(message)
            except Exception as error:
                # Whatever it is, the answer is the same: later again, then the dead letters.
                self._log_failure(message, error)
                if not is_outage(error) or clock() - began > OUTAGE_S:
                    return error
            else:
                return None
            if await set_within(self.closing, backoff.next()):
                raise Closing

    def _log_failure(self, message: Message, error: Exception) -> None:
        metrics.HANDLER_FAILURES.labels(self._label).inc()
        outage = is_outage(error)
        log.warning(
            "bus_handler_waits" if outage else "bus_handler_failed",
            queue=self._label,
            event_name=message.name,
            event_uuid=str(message.event_uuid),
            error=f"{type(error).__name__}: {error}",
            exc_info=None if outage else error,
        )

    async def _pause(self, delivery: Delivery, attempts: int) -> None:
        backoff = Backoff(
            self.queue.retry_delay_s, LONGEST_PAUSE_S, factor=4, attempts=attempts - 1
        )
        pause_s = backoff.next()
        await delivery.failed(attempts, pause_s)
        if await set_within(self.closing, pause_s):
            raise Closing

    async def _give_up(self, delivery: Delivery, error: Exception) -> None:
        await delivery.given_up(f"{type(error).__name__}: {error}")
        metrics.DEAD_LETTERS.labels(self._label).inc()
        log.error(
            "bus_message_given_up",
            queue=self._label,
            event_name=delivery.message.name,
            event_uuid=str(delivery.message.event_uuid),
            error=str(error),
        )

    async def _run(self) -> None:
        while not self.closing.is_set():
            try:
                await self._attach(self)
            except Closing:
                return
            except BusUnavailable as error:
                if self._active:
                    metrics.CONNECTION_LOSSES.labels(self._label).inc()
                    if self._gap_on_loss:
                        self.missed()
                log.warning("bus_consumer_lost", queue=self._label, error=str(error))
            except Exception:
                # A consumer that is gone for good would stop its service silently.
                log.exception("bus_consumer_crashed", queue=self._label)
                self.missed()
            finally:
                self._active = False
            await set_within(self.closing, self._backoff.next())
