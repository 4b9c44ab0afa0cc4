"""The bus over RabbitMQ: the topic exchange ``xivo``, confirmed publishing, durable queues.

Reconnecting is done here and not by aio-pika's "robust" classes: a batch whose confirms did not
come must fail in the relay's hands, and a consumer must know when it may have missed something.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractExchange,
    AbstractIncomingMessage,
    AbstractQueue,
    TimeoutType,
)
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, ChannelPreconditionFailed

from . import metrics
from .consumer import Closing, Consumer
from .message import BusUnavailable, Handler, Message, MessageRefused, Queue
from .topic import matches
from .wire import Unreadable, from_wire, to_wire

log = structlog.get_logger(__name__)

EXCHANGE = "xivo"
DEAD_LETTER_EXCHANGE = "ovix.dead-letters"
HEARTBEAT_S = 10
CONNECT_S = 5.0
CONFIRM_S = 15.0
PREFETCH = 100

AMQP_ERRORS = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError)
"""What aio-pika raises when the broker is away, going or refusing."""


class AmqpBus:
    """The bus of the broker at ``url``."""

    def __init__(self, url: str) -> None:
        # Each lost connection is logged here once; aiormq adds a traceback per attempt.
        logging.getLogger("aiormq").setLevel(logging.CRITICAL)
        self._url = url
        self._publishing = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._consumers: list[Consumer] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish in order, then wait for all confirms."""
        wire = [(to_wire(message), message.routing_key) for message in messages]
        async with self._publishing:
            try:
                exchange = await self._publisher()
                # Tasks write in the order they are made; the confirms come back together.
                answers = await asyncio.gather(
                    *(
                        exchange.publish(body, key, mandatory=False, timeout=CONFIRM_S)
                        for body, key in wire
                    ),
                    return_exceptions=True,
                )
                for answer in answers:
                    if isinstance(answer, BaseException):
                        raise answer
            except ChannelPreconditionFailed as error:
                await self._drop_publisher()
                if len(messages) == 1:
                    raise MessageRefused(messages[0].event_uuid, str(error)) from error
            except AMQP_ERRORS as error:
                await self._drop_publisher()
                raise BusUnavailable(f"{type(error).__name__}: {error}") from error
            else:
                return
        # The broker closed the channel because of one message of the batch: find which.
        for message in messages:
            await self.publish([message])

    async def subscribe(
        self,
        queue: Queue,
        handler: Handler,
        on_lost: Callable[[], None] | None = None,
    ) -> Consumer:
        """Start a consumer; see `Bus.subscribe`."""
        reader = _Reader(self._url, queue)
        consumer = Consumer(queue, handler, on_lost, reader.attach, gap_on_loss=True)
        self._consumers.append(consumer)
        await consumer.start()
        return consumer

    async def close(self) -> None:
        """Close every subscription and the publishing connection."""
        await asyncio.gather(*(consumer.close() for consumer in self._consumers))
        self._consumers.clear()
        async with self._publishing:
            await self._drop_publisher()

    async def _publisher(self) -> AbstractExchange:
        if self._exchange is None or self._connection is None or self._connection.is_closed:
            await self._drop_publisher()
            self._connection = await _open(self._url, "ovix bus publisher")
            channel = await self._connection.channel(publisher_confirms=True)
            self._exchange = await _declare_exchange(channel)
        return self._exchange

    async def _drop_publisher(self) -> None:
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            await _close(connection)


class _Reader:
    """Reads one queue of the broker."""

    def __init__(self, url: str, queue: Queue) -> None:
        self._url, self._queue = url, queue
        self._label = queue.name or "exclusive"
        # A message that comes again after a reconnect keeps the attempts it has had.
        self._attempts: dict[object, int] = {}

    async def attach(self, consumer: Consumer) -> None:
        """Read until the connection breaks or the consumer is closed."""
        try:
            connection = await _open(self._url, f"ovix bus queue {self._label}")
        except AMQP_ERRORS as error:
            raise BusUnavailable(f"{type(error).__name__}: {error}") from error
        try:
            await self._follow(connection, consumer)
        except AMQP_ERRORS as error:
            raise BusUnavailable(f"{type(error).__name__}: {error}") from error
        finally:
            await _close(connection)

    async def _follow(self, connection: AbstractConnection, consumer: Consumer) -> None:
        # What has arrived, in order; None once the broker sends no more.
        incoming: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()

        def no_more(*_: Any) -> None:
            incoming.put_nowait(None)

        channel = await connection.channel(publisher_confirms=True)
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await self._declare(channel)
        connection.close_callbacks.add(no_more)
        channel.close_callbacks.add(no_more)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(no_more)
        await queue.consume(incoming.put)
        consumer.bound()
        while not consumer.closing.is_set():
            received = await incoming.get()
            if received is None:
                raise BusUnavailable("the broker closed the connection or deleted the queue")
            await self._take(received, channel, consumer)
        raise Closing

    async def _declare(self, channel: AbstractChannel) -> AbstractQueue:
        exchange = await _declare_exchange(channel)
        name = self._queue.name
        if name is None:
            queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        else:
            dead_exchange = await channel.declare_exchange(
                DEAD_LETTER_EXCHANGE, aio_pika.ExchangeType.DIRECT, durable=True
            )
            dead = await channel.declare_queue(f"{name}.dead", durable=True)
            await dead.bind(dead_exchange, name)
            queue = await channel.declare_queue(
                name,
                durable=True,
                arguments={
                    # One reader at a time, so that several replicas keep the order.
                    "x-single-active-consumer": True,
                    "x-dead-letter-exchange": DEAD_LETTER_EXCHANGE,
                    "x-dead-letter-routing-key": name,
                },
            )
        for binding in self._queue.bindings:
            await queue.bind(exchange, binding)
        return queue

    async def _take(
        self, received: AbstractIncomingMessage, channel: AbstractChannel, consumer: Consumer
    ) -> None:
        try:
            message = from_wire(received)
        except Unreadable as error:
            log.error("bus_message_unreadable", queue=self._label, error=str(error))
            metrics.DEAD_LETTERS.labels(self._label).inc()
            await received.reject(requeue=False)
            return
        if not matches(self._queue.bindings, message.routing_key):
            # Bound by an earlier version of this consumer.
            await received.ack()
            return
        await consumer.process(
            _Delivery(
                received,
                channel,
                self._queue.name,
                message,
                self._attempts.pop(message.event_uuid, 0),
                self._attempts,
            )
        )


@dataclass
class _Delivery:
    """A message of the broker that waits for its answer."""

    received: AbstractIncomingMessage
    channel: AbstractChannel
    queue: str | None
    message: Message
    attempts: int
    remembered: dict[object, int]

    async def done(self) -> None:
        self.remembered.pop(self.message.event_uuid, None)
        await self.received.ack()

    async def failed(self, attempts: int, pause_s: float) -> None:
        self.remembered[self.message.event_uuid] = attempts

    async def given_up(self, error: str) -> None:
        """Publish the dead letter with its reason, then ack: the broker's own way has no reason."""
        self.remembered.pop(self.message.event_uuid, None)
        if self.queue is not None:
            exchange = await self.channel.get_exchange(DEAD_LETTER_EXCHANGE, ensure=False)
            letter = to_wire(self.message)
            letter.headers["x-error"] = error
            letter.headers["x-routing-key"] = self.message.routing_key
            await exchange.publish(letter, self.queue, timeout=CONFIRM_S)
        await self.received.ack()


class _Connection(aio_pika.Connection):
    """Is closed where it could not be opened; aio_pika leaves that to the garbage collector."""

    async def connect(self, timeout: TimeoutType = None) -> None:
        try:
            await super().connect(timeout)
        except BaseException:
            await self.close()
            raise


async def _open(url: str, name: str) -> AbstractConnection:
    return await aio_pika.connect(
        url,
        connection_class=_Connection,
        timeout=CONNECT_S,
        heartbeat=HEARTBEAT_S,
        client_properties={"connection_name": name},
    )


async def _close(connection: AbstractConnection) -> None:
    try:
        async with asyncio.timeout(2):
            await connection.close()
    except AMQP_ERRORS as error:
        log.debug("bus_close_failed", error=str(error))


async def _declare_exchange(channel: AbstractChannel) -> AbstractExchange:
    return await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
