"""The bus over PostgreSQL: a table of messages in order, cursors of queues, LISTEN/NOTIFY.

Messages stay for a while after they were read (``retention``), so every consumer, exclusive ones
too, goes on where it was after an outage of the database.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from .backoff import set_within
from .consumer import Closing, Consumer
from .database import (
    DATABASE_ERRORS,
    Connection,
    close_connection,
    lock_key,
    open_connection,
)
from .message import BusUnavailable, Handler, Message, MessageRefused, Queue
from .retention import KEPT
from .topic import MAX_ROUTING_KEY_BYTES, regex_of

READ_AT_ONCE = 200
POLL_S = 1.0
"""A reader looks by itself this often, should a notification get lost."""
TURN_S = 0.5
"""How often a second reader of a durable queue asks for its turn."""

# The lock is taken before any id is drawn, so ids become visible in order, whoever publishes:
# a reader that remembers the last id it saw misses nothing.
_PUBLISH = """
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock($1))
INSERT INTO bus_messages (event_uuid, name, routing_key, body)
SELECT m.event_uuid, m.name, m.routing_key, CAST(m.body AS jsonb)
FROM turn, unnest($2::uuid[], $3::text[], $4::text[], $5::text[])
     WITH ORDINALITY AS m (event_uuid, name, routing_key, body, position)
ORDER BY m.position
ON CONFLICT (event_uuid) DO NOTHING
"""
_REGISTER = """
INSERT INTO bus_queues (name, bindings, last_id)
VALUES ($1, $2, (SELECT coalesce(max(id), 0) FROM bus_messages))
ON CONFLICT (name) DO UPDATE SET bindings = excluded.bindings
"""
_POSITION = """
SELECT last_id, attempts, extract(epoch FROM retry_at - clock_timestamp())::float8 AS pause_s
FROM bus_queues WHERE name = $1
"""
_READ = """
SELECT id, event_uuid, name, routing_key, CASE WHEN '.' || routing_key ~ $2 THEN body END AS body
FROM bus_messages WHERE id > $1 ORDER BY id LIMIT $3
"""
_ADVANCE = "UPDATE bus_queues SET last_id = $2, attempts = 0, retry_at = NULL WHERE name = $1"
_FAILED = """
UPDATE bus_queues SET attempts = $2, retry_at = clock_timestamp() + make_interval(secs => $3)
WHERE name = $1
"""
_GIVE_UP = """
WITH letter AS (
    INSERT INTO bus_dead_letters (queue, event_uuid, name, routing_key, body, error)
    SELECT $1, event_uuid, name, routing_key, body, $3 FROM bus_messages WHERE id = $2
)
UPDATE bus_queues SET last_id = $2, attempts = 0, retry_at = NULL WHERE name = $1
"""
_NEWEST = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM bus_messages_id_seq"


class PostgresBus:
    """The bus in the database of ``url``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._publishing = asyncio.Lock()
        self._publisher: Connection | None = None
        self._consumers: list[Consumer] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        """Insert the messages in one transaction; one published before is left out."""
        for message in messages:
            if len(message.routing_key.encode()) > MAX_ROUTING_KEY_BYTES:
                raise MessageRefused(message.event_uuid, "its routing key is too long")
        async with self._publishing:
            try:
                if self._publisher is None or self._publisher.is_closed():
                    self._publisher = await open_connection(self._url, "ovix bus publisher")
                await self._publisher.execute(
                    _PUBLISH,
                    lock_key("bus publisher"),
                    [message.event_uuid for message in messages],
                    [message.name for message in messages],
                    [message.routing_key for message in messages],
                    [orjson.dumps(message.body).decode() for message in messages],
                )
            except (asyncpg.DataError, ValueError) as error:
                if len(messages) == 1:
                    raise MessageRefused(messages[0].event_uuid, str(error)) from error
            except DATABASE_ERRORS as error:
                raise BusUnavailable(str(error)) from error
            else:
                return
        # Some message of the batch is not for a database: find which.
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
        consumer = Consumer(queue, handler, on_lost, reader.attach, gap_on_loss=False)
        self._consumers.append(consumer)
        await consumer.start()
        return consumer

    async def close(self) -> None:
        """Close every subscription and the publishing connection."""
        await asyncio.gather(*(consumer.close() for consumer in self._consumers))
        self._consumers.clear()
        if self._publisher is not None:
            await close_connection(self._publisher)
            self._publisher = None


class _Reader:
    """Reads one queue; remembers between connections how far an exclusive one has come."""

    def __init__(self, url: str, queue: Queue) -> None:
        self._url, self._queue = url, queue
        self._name = queue.name
        self._pattern = "|".join(regex_of(binding) for binding in queue.bindings)
        self._last_id: int | None = None
        self._last_read = time.monotonic()
        self._wake = asyncio.Event()

    async def attach(self, consumer: Consumer) -> None:
        """Read until the connection breaks or the consumer is closed."""
        try:
            # A cursor that a power cut sets back only repeats messages: it need not wait for disk.
            connection = await open_connection(
                self._url, f"ovix bus queue {self._name or '(exclusive)'}", durable=False
            )
        except DATABASE_ERRORS as error:
            raise BusUnavailable(str(error)) from error
        try:
            await self._follow(connection, consumer)
        except DATABASE_ERRORS as error:
            raise BusUnavailable(str(error)) from error
        finally:
            await close_connection(connection)

    async def _follow(self, connection: Connection, consumer: Consumer) -> None:
        await connection.add_listener("ovix_bus", self._notified)
        connection.add_termination_listener(self._terminated)
        if self._name is None:
            await self._resume(connection, consumer)
            attempts = 0
        else:
            await connection.execute(_REGISTER, self._name, list(self._queue.bindings))
            consumer.bound()
            attempts = await self._take_turn(connection, consumer)
        while not consumer.closing.is_set():
            self._wake.clear()
            rows = await connection.fetch(_READ, self._last_id, self._pattern, READ_AT_ONCE)
            self._last_read = time.monotonic()
            await self._handle(connection, consumer, rows, attempts)
            attempts = 0
            if len(rows) < READ_AT_ONCE:
                await set_within(self._wake, POLL_S)
        raise Closing

    async def _resume(self, connection: Connection, consumer: Consumer) -> None:
        newest = await connection.fetchval(_NEWEST)
        if self._last_id is None:
            self._last_id = newest
        elif newest < self._last_id or time.monotonic() - self._last_read > KEPT.total_seconds():
            # The database was restored, or messages may have been pruned before they were read.
            self._last_id = newest
            consumer.missed()
        consumer.bound()

    async def _take_turn(self, connection: Connection, consumer: Consumer) -> int:
        """Wait until no other process reads this queue; the attempts at its first message."""
        while not await connection.fetchval(
            "SELECT pg_try_advisory_lock($1)", lock_key(f"bus queue {self._name}")
        ):
            if await set_within(consumer.closing, TURN_S):
                raise Closing
        position = await connection.fetchrow(_POSITION, self._name)
        if position is None:
            raise BusUnavailable(f"the queue {self._name} was deleted")
        self._last_id = position["last_id"]
        if (position["pause_s"] or 0) > 0 and await set_within(
            consumer.closing, position["pause_s"]
        ):
            raise Closing
        attempts: int = position["attempts"]
        return attempts

    async def _handle(
        self,
        connection: Connection,
        consumer: Consumer,
        rows: "list[asyncpg.Record]",
        attempts: int,
    ) -> None:
        for row in rows:
            if row["body"] is not None:
                message = Message(
                    event_uuid=row["event_uuid"],
                    name=row["name"],
                    routing_key=row["routing_key"],
                    body=orjson.loads(row["body"]),
                )
                delivery = _Delivery(connection, self._name, row["id"], message, attempts)
                await consumer.process(delivery)
                attempts = 0
            self._last_id = row["id"]
        if rows and rows[-1]["body"] is None and self._name is not None:
            await connection.execute(_ADVANCE, self._name, self._last_id)

    def _notified(self, *_: Any) -> None:
        self._wake.set()

    def _terminated(self, *_: Any) -> None:
        self._wake.set()


@dataclass
class _Delivery:
    """A row of ``bus_messages`` in the hands of a queue; an exclusive queue has no row to move."""

    connection: Connection
    queue: str | None
    id: int
    message: Message
    attempts: int

    async def done(self) -> None:
        if self.queue is not None:
            await self.connection.execute(_ADVANCE, self.queue, self.id)

    async def failed(self, attempts: int, pause_s: float) -> None:
        if self.queue is not None:
            await self.connection.execute(_FAILED, self.queue, attempts, pause_s)

    async def given_up(self, error: str) -> None:
        if self.queue is not None:
            await self.connection.execute(_GIVE_UP, self.queue, self.id, error)
