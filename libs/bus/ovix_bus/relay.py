"""The relay: takes events out of the outbox, in order, and publishes each at least once.

Every service runs one; an advisory lock elects the one that works. Ids of the outbox are drawn
before the commit, so an event with a lower id may appear after a higher one was published: between
unrelated changes no order is promised. Two changes of one resource are in order because the second
waits for the first one's row lock before it draws its id.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

import orjson
import structlog

from . import metrics
from .backoff import Backoff, set_within
from .database import (
    DATABASE_ERRORS,
    Connection,
    close_connection,
    lock_key,
    open_connection,
)
from .message import Bus, BusUnavailable, Message, MessageRefused
from .retention import prune

log = structlog.get_logger(__name__)

ENVELOPE_VERSION = 1
BATCH = 300
POLL_S = 1.0
"""The outbox is looked at this often, should a notification get lost."""
ELECTION_S = 0.5
"""How often a relay without work asks whether the elected one is gone."""
STOP_S = 5.0
"""How long a stopping relay may go on publishing what is left."""
MEASURE_S = 5.0
PRUNE_S = 60.0

_WAITING = """
SELECT id, event_uuid, name, routing_key, body, created_at FROM outbox
WHERE refused IS NULL ORDER BY id LIMIT $1
"""
_DEPTH = """
SELECT count(*) FILTER (WHERE refused IS NULL) AS waiting,
       count(*) FILTER (WHERE refused IS NOT NULL) AS refused,
       coalesce(extract(epoch FROM
           now() - min(created_at) FILTER (WHERE refused IS NULL)), 0)::float8 AS oldest_s
FROM outbox
"""


class Relay:
    """Publishes the outbox of one database on a bus."""

    def __init__(self, database_url: str, bus: Bus) -> None:
        self._url, self._bus = database_url, bus
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._origin_uuid = ""
        self._measure_at = self._prune_at = 0.0
        self.elected = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled; then publish what is left, if the bus takes it within seconds."""
        worker = asyncio.create_task(self._serve(), name="bus relay")
        try:
            # A cancelled statement would lose the connection, and with it the last batch.
            await asyncio.shield(worker)
        except asyncio.CancelledError:
            self._stopping.set()
            self._wake.set()
            _, late = await asyncio.wait({worker}, timeout=STOP_S)
            for task in late:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await worker
            raise

    async def _serve(self) -> None:
        backoff = Backoff(longest_s=1.0)
        while not self._stopping.is_set():
            try:
                await self._turn(backoff)
            except DATABASE_ERRORS as error:
                log.warning("relay_database_away", error=str(error))
            except Exception:
                # Without a relay no event leaves: whatever it was, a new connection may cure it.
                log.exception("relay_crashed")
            if not self._stopping.is_set():
                await set_within(self._stopping, backoff.next())

    async def _turn(self, backoff: Backoff) -> None:
        """One connection's life: wait to be elected, then relay."""
        # A delete that a power cut forgets only publishes again what was published.
        connection = await open_connection(self._url, "ovix bus relay", durable=False)
        try:
            if await self._election(connection):
                backoff.reset()
                await self._relay(connection)
        finally:
            self._resign()
            await close_connection(connection)

    async def _election(self, connection: Connection) -> bool:
        """Wait for the lock; False when told to stop before.

        Asking again is better than waiting in the server: a waiting statement would hold its
        snapshot, and vacuum could clean nothing that dies meanwhile.
        """
        while not self._stopping.is_set():
            if await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock_key("bus relay")):
                self.elected.set()
                metrics.RELAY_ELECTED.set(1)
                log.info("relay_elected")
                return True
            await set_within(self._stopping, ELECTION_S)
        return False

    def _resign(self) -> None:
        self.elected.clear()
        for gauge in (
            metrics.RELAY_ELECTED,
            metrics.OUTBOX_DEPTH,
            metrics.OUTBOX_AGE,
            metrics.OUTBOX_REFUSED,
        ):
            gauge.set(0)

    async def _relay(self, connection: Connection) -> None:
        self._origin_uuid = str(await connection.fetchval("SELECT uuid FROM installation"))
        await connection.add_listener("ovix_outbox", self._notified)
        connection.add_termination_listener(self._notified)
        backoff = Backoff(longest_s=5.0)
        while True:
            last_chance = self._stopping.is_set()
            self._wake.clear()
            await self._look_after(connection)
            try:
                while await self._batch(connection):
                    backoff.reset()
            except BusUnavailable as error:
                metrics.PUBLISH_FAILURES.inc()
                log.warning("relay_bus_away", error=str(error), attempts=backoff.attempts + 1)
                if last_chance:
                    return
                await set_within(self._stopping, backoff.next())
            else:
                if last_chance:
                    return
                await set_within(self._wake, POLL_S)

    async def _batch(self, connection: Connection) -> bool:
        """Publish the oldest rows; whether there may be more of them."""
        rows = await connection.fetch(_WAITING, BATCH)
        if not rows:
            return False
        try:
            await self._bus.publish([self._message(row) for row in rows])
        except MessageRefused as refusal:
            await self._set_aside(connection, refusal.event_uuid, refusal.reason)
            return True
        await connection.execute(
            "DELETE FROM outbox WHERE id = ANY($1::bigint[])", [row["id"] for row in rows]
        )
        metrics.PUBLISHED.inc(len(rows))
        return len(rows) == BATCH

    def _message(self, row: Any) -> Message:
        body = orjson.loads(row["body"])
        if not isinstance(body, dict):
            raise MessageRefused(row["event_uuid"], "its body is not an object")
        body.update(
            origin_uuid=self._origin_uuid,
            event_uuid=str(row["event_uuid"]),
            timestamp=row["created_at"].isoformat(),
            version=ENVELOPE_VERSION,
        )
        return Message(row["event_uuid"], row["name"], row["routing_key"], body)

    async def _set_aside(self, connection: Connection, event_uuid: UUID, reason: str) -> None:
        await connection.execute(
            "UPDATE outbox SET refused = $2 WHERE event_uuid = $1", event_uuid, reason
        )
        metrics.REFUSED.inc()
        log.error("relay_event_refused", event_uuid=str(event_uuid), reason=reason)

    async def _look_after(self, connection: Connection) -> None:
        now = time.monotonic()
        if now >= self._measure_at:
            self._measure_at = now + MEASURE_S
            found = await connection.fetchrow(_DEPTH)
            assert found is not None
            metrics.OUTBOX_DEPTH.set(found["waiting"])
            metrics.OUTBOX_REFUSED.set(found["refused"])
            metrics.OUTBOX_AGE.set(found["oldest_s"])
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_S
            await prune(connection)

    def _notified(self, *_: Any) -> None:
        self._wake.set()
