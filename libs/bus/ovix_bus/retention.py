"""How long the tables of the bus keep what was read."""

from datetime import timedelta

import structlog

from .database import Connection

log = structlog.get_logger(__name__)

KEPT = timedelta(minutes=10)
"""A message stays so long at least: an exclusive consumer resumes within it without a gap."""
KEPT_UNREAD = timedelta(days=7)
"""A message that some durable queue has not read stays so long at most."""
CONSUMED_KEPT = timedelta(days=14)
"""Longer than any message can be delivered again."""
AT_ONCE = 5000

_PRUNE_MESSAGES = """
DELETE FROM bus_messages WHERE id IN (
    SELECT id FROM bus_messages
    WHERE created_at < now() - $1::interval
      AND (id <= (SELECT coalesce(min(last_id), 9223372036854775807) FROM bus_queues)
           OR created_at < now() - $2::interval)
    ORDER BY created_at LIMIT $3
)
"""
_PRUNE_CONSUMED = """
DELETE FROM consumed_events WHERE (consumer, event_uuid) IN (
    SELECT consumer, event_uuid FROM consumed_events
    WHERE consumed_at < now() - $1::interval ORDER BY consumed_at LIMIT $2
)
"""
_FORSAKEN = """
SELECT q.name FROM bus_queues q
WHERE EXISTS (
    SELECT FROM bus_messages m WHERE m.id > q.last_id AND m.created_at < now() - $1::interval
)
"""


async def prune(connection: Connection) -> None:
    """Delete a bounded number of rows that nobody needs any more; called once in a while."""
    for queue in await connection.fetch(_FORSAKEN, KEPT_UNREAD):
        log.error("bus_queue_forsaken", queue=queue["name"], kept_days=KEPT_UNREAD.days)
    await connection.execute(_PRUNE_MESSAGES, KEPT, KEPT_UNREAD, AT_ONCE)
    await connection.execute(_PRUNE_CONSUMED, CONSUMED_KEPT, AT_ONCE)
