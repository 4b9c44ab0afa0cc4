"""Voicemail boxes. Source: reference/confd/events.md, "Voicemail, contexts, entities"."""

from ..event import EventData, EventType
from ..shapes import ResourceId, life

voicemail_created, voicemail_edited, voicemail_deleted = life(
    "voicemail", "config.voicemail", ResourceId
)


class VoicemailVacated(EventData):
    """The number that a box had, and the one it has; none when it is deleted."""

    id: int
    number: str
    context: str
    new_number: str | None = None
    new_context: str | None = None


voicemail_vacated = EventType(
    "voicemail_vacated",
    "config.voicemail.vacated",
    VoicemailVacated,
    "A voicemail box left its number: its messages follow it, or go with it.",
    acl=None,
)
