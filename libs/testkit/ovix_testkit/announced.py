"""What a database has been told to announce."""

from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

# The relay publishes before it takes out of the outbox: for a moment an event is in both.
_ANNOUNCED = text("""
SELECT name, routing_key, body -> 'data' AS data FROM (
    SELECT DISTINCT ON (event_uuid) *
    FROM (
        SELECT event_uuid, created_at, id, name, routing_key, body FROM outbox
        UNION ALL
        SELECT event_uuid, created_at, id, name, routing_key, body FROM bus_messages
    ) waiting_and_published
    ORDER BY event_uuid
) each_once
ORDER BY coalesce((body->>'timestamp')::timestamptz, created_at), id
""")


class Announced(NamedTuple):
    """One event."""

    name: str
    routing_key: str
    data: dict[str, Any]


async def announced(sessions: async_sessionmaker[AsyncSession]) -> list[Announced]:
    """Each event once, oldest first, whether it was published meanwhile or not."""
    async with sessions() as session:
        return [Announced(*row) for row in await session.execute(_ANNOUNCED)]
