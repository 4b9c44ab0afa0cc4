"""Voicemail boxes. Source: reference/confd/events.md, "Voicemail, contexts, entities"."""

from ..shapes import ResourceId, life

voicemail_created, voicemail_edited, voicemail_deleted = life(
    "voicemail", "config.voicemail", ResourceId
)
