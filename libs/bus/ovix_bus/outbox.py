"""The way onto the bus: events written as outbox rows in the transaction of their change."""

from typing import Any
from uuid import UUID

import orjson
from ovix_schema import ConsumedEvent
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .event import Event

# One statement whatever the number of events; the ids follow the order of the arguments.
_INSERT = text(
    "INSERT INTO outbox (name, routing_key, body) "
    "SELECT name, routing_key, CAST(body AS jsonb) "
    "FROM unnest(CAST(:names AS text[]), CAST(:routing_keys AS text[]), CAST(:bodies AS text[])) "
    "WITH ORDINALITY AS event (name, routing_key, body, position) ORDER BY position"
)


async def emit(session: AsyncSession, *events: Event) -> None:
    """Announce the events when, and only when, the session's transaction commits.

    The order between transactions is that of their outbox ids. Whoever needs strict order per
    resource locks the resource's row (by changing it, say) before it calls this.
    """
    if not events:
        return
    rows = [outbox_row(event) for event in events]
    await session.execute(
        _INSERT,
        {
            "names": [name for name, _, _ in rows],
            "routing_keys": [routing_key for _, routing_key, _ in rows],
            "bodies": [body for _, _, body in rows],
        },
    )


def outbox_row(event: Event) -> tuple[str, str, str]:
    """``(name, routing_key, body)`` of the event's row in ``outbox``; ``body`` is JSON text.

    The relay adds what only it knows: origin, event uuid, timestamp.
    """
    body: dict[str, Any] = {"name": event.name, "data": event.data}
    if event.required_acl is not None:
        body["required_acl"] = event.required_acl
    return event.name, event.routing_key, orjson.dumps(body).decode()


async def first_time(session: AsyncSession, consumer: str, event_uuid: UUID) -> bool:
    """Whether this consumer meets the event for the first time; remembers it on commit.

    A second delivery that runs at the same time waits here for the first one's transaction.
    """
    done = insert(ConsumedEvent).values(consumer=consumer, event_uuid=event_uuid)
    inserted = await session.execute(
        done.on_conflict_do_nothing().returning(ConsumedEvent.event_uuid)
    )
    return inserted.first() is not None


async def waiting_events(session: AsyncSession) -> int:
    """How many events still wait for the relay."""
    return await session.scalar(select(func.count()).select_from(text("outbox"))) or 0
