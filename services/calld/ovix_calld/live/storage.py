"""Live calls in the database: changes, their events and what is still owed, in one transaction."""

from collections.abc import Sequence
from typing import Any

import orjson
from ovix_bus import Event, emit
from ovix_schema import LiveCall
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from .channels import Channel

_KEEP = text(
    "INSERT INTO live_calls (call_id, linkedid, user_uuid, state, updated_at) "
    "SELECT call_id, linkedid, CAST(user_uuid AS uuid), CAST(state AS jsonb), now() "
    "FROM unnest(CAST(:call_ids AS text[]), CAST(:linkedids AS text[]), "
    "CAST(:user_uuids AS text[]), CAST(:states AS text[])) "
    "AS live (call_id, linkedid, user_uuid, state) "
    "ON CONFLICT (call_id) DO UPDATE SET linkedid = excluded.linkedid, "
    "user_uuid = excluded.user_uuid, state = excluded.state, updated_at = excluded.updated_at"
)


async def load_channels(session: AsyncSession) -> list[Channel]:
    """The channels whose end is owed."""
    states = await session.scalars(select(LiveCall.state))
    return [Channel.from_json(state["channel"]) for state in states]


async def record(
    session: AsyncSession,
    kept: Sequence[tuple[Channel, dict[str, Any]]],
    gone: Sequence[str],
    events: Sequence[Event],
) -> None:
    """At most three statements, whatever the number of calls and events."""
    if kept:
        await session.execute(
            _KEEP,
            {
                "call_ids": [channel.call_id for channel, _ in kept],
                "linkedids": [channel.linkedid for channel, _ in kept],
                "user_uuids": [channel.user_uuid for channel, _ in kept],
                "states": [
                    orjson.dumps({"channel": channel.to_json(), "call": call}).decode()
                    for channel, call in kept
                ],
            },
        )
    if gone:
        await session.execute(delete(LiveCall).where(LiveCall.call_id.in_(gone)))
    await emit(session, *events)
