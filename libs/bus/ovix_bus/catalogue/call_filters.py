"""Boss-secretary filters. Source: reference/confd/events.md."""

from uuid import UUID

from pydantic import Field

from ..event import EventData, EventType
from ..shapes import ResourceId, life


class CallFilterUsers(EventData):
    """A filter and all its recipients, or all its surrogates in order."""

    call_filter_id: int
    user_uuids: list[UUID]


class CallFilterSurrogate(EventData):
    """A surrogate of a filter, and whether he takes the recipient's calls now."""

    call_filter_id: int
    member_id: int = Field(description="What is dialled behind the code `bsfilter`.")
    user_uuid: UUID
    active: bool


call_filter_created, call_filter_edited, call_filter_deleted = life(
    "call_filter", "config.callfilter", ResourceId
)
call_filter_fallback_edited = EventType(
    name="call_filter_fallback_edited",
    routing_key="config.callfilters.fallbacks.edited",
    data=ResourceId,
    summary="Where a filter's unanswered calls go was changed.",
)
call_filter_recipient_users_associated = EventType(
    name="call_filter_recipient_users_associated",
    routing_key="config.callfilters.recipients.users.updated",
    data=CallFilterUsers,
    summary="The boss of a filter was replaced.",
)
call_filter_surrogate_users_associated = EventType(
    name="call_filter_surrogate_users_associated",
    routing_key="config.callfilters.surrogates.users.updated",
    data=CallFilterUsers,
    summary="The secretaries of a filter were replaced.",
)
call_filter_surrogate_switched = EventType(
    name="call_filter_surrogate_switched",
    routing_key="config.callfilters.surrogates.updated",
    data=CallFilterSurrogate,
    summary="A secretary was switched on or off by the code of the filter. Not in XiVO.",
)
