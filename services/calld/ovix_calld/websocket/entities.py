"""Which entity an event is about, for clients whose token is bound to one.

An event whose owner can't be told is not shown to them: isolation before completeness.
"""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ovix_bus import Message
from ovix_web import Sessions
from sqlalchemy import text

REMEMBERED_S = 60.0
REMEMBERED = 10_000

_OF_LINE = (
    "SELECT contexts.entity_id FROM lines JOIN contexts ON contexts.name = lines.context "
    "WHERE lines.id = :key"
)
_OF_EXTENSION = (
    "SELECT contexts.entity_id FROM extensions "
    "JOIN contexts ON contexts.name = extensions.context WHERE extensions.id = :key"
)
_OF_VOICEMAIL = (
    "SELECT contexts.entity_id FROM voicemails "
    "JOIN contexts ON contexts.name = voicemails.context WHERE voicemails.id = :key"
)
_OF_USER_UUID = "SELECT entity_id FROM users WHERE uuid = :key"

_OWNERS: Mapping[str, str] = {
    "user_uuid": _OF_USER_UUID,
    "source_user_uuid": _OF_USER_UUID,
    "destination_user_uuid": _OF_USER_UUID,
    "user_id": "SELECT entity_id FROM users WHERE id = :key",
    "line_id": _OF_LINE,
    "extension_id": _OF_EXTENSION,
    "voicemail_id": _OF_VOICEMAIL,
}
"""Member of ``data`` → statement that finds its entity; the first that is there decides."""

_RESOURCES: Mapping[str, str] = {
    "user": "SELECT entity_id FROM users WHERE id = :key",
    "line": _OF_LINE,
    "extension": _OF_EXTENSION,
    "voicemail": _OF_VOICEMAIL,
    "context": "SELECT entity_id FROM contexts WHERE id = :key",
    "sip_endpoint": "SELECT entity_id FROM endpoints_sip WHERE id = :key",
    "custom_endpoint": "SELECT entity_id FROM endpoints_custom WHERE id = :key",
    "call_permission": "SELECT entity_id FROM call_permissions WHERE id = :key",
    "schedule": "SELECT entity_id FROM schedules WHERE id = :key",
}
"""``<resource>_created`` and its like carry the resource's ``id``."""


class Entities:
    """Finds the entity of events; what was found is remembered for a minute."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._known: dict[tuple[str, object], tuple[float, int | None]] = {}

    async def of(self, message: Message) -> frozenset[int]:
        """The entities whose clients may see the event."""
        data = message.data
        found: set[int] = set()
        for member, statement in _OWNERS.items():
            if data.get(member) is not None:
                entity = await self._entity(statement, _key(data[member]))
                found |= set() if entity is None else {entity}
                if not member.startswith("source"):  # a call log has two owners
                    break
        else:
            resource = message.name.rpartition("_")[0]
            if not found and resource in _RESOURCES and data.get("id") is not None:
                entity = await self._entity(_RESOURCES[resource], data["id"])
                found |= set() if entity is None else {entity}
        return frozenset(found)

    async def _entity(self, statement: str, key: object) -> int | None:
        now = time.monotonic()
        known = self._known.get((statement, key))
        if known is not None and now - known[0] < REMEMBERED_S:
            return known[1]
        async with self._sessions.begin() as session:
            entity: int | None = await session.scalar(text(statement), {"key": key})
        if entity is not None:  # a resource may be created after we asked
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[statement, key] = now, entity
        return entity


def _key(value: Any) -> object:
    """A uuid in the driver's type; a number as it is."""
    return UUID(value) if isinstance(value, str) else value
