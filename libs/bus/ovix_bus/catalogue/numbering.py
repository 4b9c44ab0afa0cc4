"""Entities and contexts.

Source: reference/confd/events.md, "Voicemail, contexts, entities"; ``contexts_associated`` comes
from the later release.
"""

from ..event import EventData, EventType
from ..shapes import ResourceId, life


class ContextInclusions(EventData):
    """A context and all those it includes, in order."""

    context_id: int
    context_ids: list[int]


context_created, context_edited, context_deleted = life("context", "config.contexts", ResourceId)
contexts_associated = EventType(
    name="contexts_associated",
    routing_key="config.contexts.contexts.updated",
    data=ContextInclusions,
    summary="The contexts that a context includes were replaced.",
)
entity_created, entity_edited, entity_deleted = life("entity", "config.entity", ResourceId)
