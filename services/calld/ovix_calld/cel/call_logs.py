"""Call logs of finished conversations: read their CEL, write one row, tell it, in one transaction.

Making a log again gives the same row (``conversation_id`` is unique) and no second event.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ovix_bus import Event, emit
from ovix_bus.catalogue import call_logs
from ovix_schema import CallLog
from sqlalchemy import Boolean, literal_column, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ovix_calld.live.channels import Party
from ovix_calld.live.parties import find_owner, find_parties

from .interpretation import CelRow, Conversation, interpret

# Linked ids that share a channel are one conversation (pickup, transfer).
_GROUP = text(
    """
    WITH RECURSIVE conversation (linkedid) AS (
        SELECT CAST(:linkedid AS text)
        UNION
        SELECT other.linkedid
        FROM conversation
        JOIN cel AS own ON own.linkedid = conversation.linkedid
        JOIN cel AS other ON other.uniqueid = own.uniqueid
    )
    SELECT cel.id, cel.eventtype, cel.eventtime, cel.cid_name, cel.cid_num, cel.exten,
           cel.context, cel.channame, cel.appname, cel.uniqueid, cel.linkedid, cel.userfield,
           cel.extra
    FROM cel JOIN conversation USING (linkedid)
    ORDER BY cel.eventtime, cel.id
    """
)

_UNLOGGED = text(
    """
    SELECT linkedid
    FROM cel
    WHERE call_log_id IS NULL AND eventtime > now() - make_interval(days => :days)
    GROUP BY linkedid
    HAVING bool_or(eventtype = 'LINKEDID_END')
        OR (max(eventtime) < now() - interval '10 minutes' AND NOT EXISTS (
            SELECT FROM live_calls WHERE live_calls.linkedid = cel.linkedid
        ))
    ORDER BY max(id)
    """
)
"""Ended, or fallen silent with no channel left: Asterisk died before it wrote the end."""

_GOES_ON = text(
    """
    SELECT EXISTS (SELECT FROM live_calls WHERE linkedid = ANY(CAST(:linkedids AS text[])))
        OR EXISTS (
            SELECT FROM cel
            WHERE linkedid = ANY(CAST(:linkedids AS text[]))
                AND eventtime > now() - interval '10 minutes'
        )
    """
)
"""A part of it may have ended long ago: the consultation before a transfer."""


async def unlogged_conversations(session: AsyncSession, days: int) -> Sequence[str]:
    """Linked ids of the last days that are over and have no call log."""
    return (await session.scalars(_UNLOGGED, {"days": days})).all()


async def log_conversation(
    session: AsyncSession, linkedid: str, *, even_unfinished: bool = False
) -> bool:
    """Make or renew the call log of a conversation; whether there is one now."""
    found = (await session.execute(_GROUP, {"linkedid": linkedid})).mappings().all()
    rows = [CelRow(**row) for row in found]
    ended = {row.linkedid for row in rows if row.eventtype == "LINKEDID_END"}
    unfinished = list({row.linkedid for row in rows} - ended)
    if unfinished and (
        not even_unfinished or await session.scalar(_GOES_ON, {"linkedids": unfinished})
    ):
        return False
    conversation = interpret(rows)
    if conversation is None:
        return False
    interfaces = {conversation.source_endpoint, conversation.destination_endpoint or ""} - {""}
    parties = await find_parties(session, interfaces)
    if conversation.destination_endpoint is None:  # nothing rang: do not disturb, forward, offline
        parties[UNREACHED] = await find_owner(
            session, conversation.destination_exten, conversation.requested_context
        )
    call_log_id, is_new = await _write(session, conversation, parties)
    await session.execute(_LINK, {"call_log_id": call_log_id, "ids": [row.id for row in rows]})
    await session.execute(_FORGET, {"call_log_id": call_log_id, "ids": [row.id for row in rows]})
    if is_new:
        await emit(session, *_events(conversation, call_log_id, parties))
    return True


UNREACHED = ""
"""Stands for the endpoint of a user whose phone did not ring."""

_LINK = text("UPDATE cel SET call_log_id = :call_log_id WHERE id = ANY(CAST(:ids AS bigint[]))")
_FORGET = text(
    "DELETE FROM call_logs WHERE id <> :call_log_id AND conversation_id IN "
    "(SELECT linkedid FROM cel WHERE id = ANY(CAST(:ids AS bigint[])))"
)
"""Logs of parts of the conversation, made before the parts met."""


async def _write(
    session: AsyncSession, conversation: Conversation, parties: Mapping[str, Party]
) -> tuple[int, bool]:
    source, destination = _users(conversation, parties)
    row: dict[str, Any] = {
        "conversation_id": conversation.conversation_id,
        "date": conversation.date,
        "date_answer": conversation.date_answer,
        "date_end": conversation.date_end,
        "source_name": conversation.source_name or None,
        "source_exten": conversation.source_exten or None,
        "source_user_uuid": source,
        "source_line_identity": conversation.source_endpoint.lower(),
        "requested_exten": conversation.requested_exten or None,
        "requested_context": conversation.requested_context or None,
        "destination_name": _destination_name(conversation, parties),
        "destination_exten": conversation.destination_exten or None,
        "destination_user_uuid": destination,
        "destination_line_identity": (conversation.destination_endpoint or "").lower() or None,
        "direction": conversation.direction,
        "answered": conversation.answered,
        "user_field": _user_field(conversation, parties),
    }
    statement = insert(CallLog).values(row)
    renewed = {name: statement.excluded[name] for name in row if name != "conversation_id"}
    result: Any = await session.execute(
        statement.on_conflict_do_update(
            index_elements=[CallLog.conversation_id], set_=renewed
        ).returning(CallLog.id, literal_column("xmax = 0", Boolean))
    )
    call_log_id, is_new = result.one()
    return call_log_id, is_new


def _users(
    conversation: Conversation, parties: Mapping[str, Party]
) -> tuple[str | None, str | None]:
    source = parties.get(conversation.source_endpoint, Party())
    destination = parties.get(conversation.destination_endpoint or UNREACHED, Party())
    return source.user_uuid, destination.user_uuid


def _user_field(conversation: Conversation, parties: Mapping[str, Party]) -> str | None:
    """What agid set on the channel (calls to the outside), else the caller's own."""
    source = parties.get(conversation.source_endpoint, Party())
    return conversation.user_field or source.userfield or None


def _destination_name(conversation: Conversation, parties: Mapping[str, Party]) -> str | None:
    unreached = parties.get(UNREACHED, Party())
    return conversation.destination_name or unreached.name or None


def _events(
    conversation: Conversation, call_log_id: int, parties: Mapping[str, Party]
) -> list[Event]:
    """One for administrators, one for each user who took part."""
    source, destination = _users(conversation, parties)
    data: dict[str, Any] = {
        "id": call_log_id,
        "start": conversation.date,
        "answer": conversation.date_answer,
        "end": conversation.date_end,
        "answered": conversation.answered,
        "duration": conversation.duration_s,
        "call_direction": conversation.direction,
        "conversation_id": conversation.conversation_id,
        "source_name": conversation.source_name or None,
        "source_extension": conversation.source_exten or None,
        "source_user_uuid": source,
        "requested_extension": conversation.requested_exten or None,
        "requested_context": conversation.requested_context or None,
        "destination_name": _destination_name(conversation, parties),
        "destination_extension": conversation.destination_exten or None,
        "destination_user_uuid": destination,
        "tags": [tag for tag in (_user_field(conversation, parties) or "").split(",") if tag],
    }
    users = dict.fromkeys(uuid for uuid in (source, destination) if uuid is not None)
    return [
        call_logs.call_log_created(**data),
        *(call_logs.call_log_user_created(user_uuid=uuid, **data) for uuid in users),
    ]
