"""Call logs. Sources: reference/events.md, 2.1 and 5; reference/calls.md, 8."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from ..event import EventData, EventType


class CallLog(EventData):
    """One conversation as people understand it, once it is over."""

    id: int
    start: datetime
    answer: datetime | None
    end: datetime | None
    answered: bool
    duration: float | None = Field(description="Seconds talked; null when not answered.")
    call_direction: str
    conversation_id: str
    source_name: str | None
    source_extension: str | None
    source_user_uuid: UUID | None = None
    requested_extension: str | None = None
    requested_context: str | None = None
    destination_name: str | None
    destination_extension: str | None
    destination_user_uuid: UUID | None = None
    tags: list[str] = Field(default_factory=list)


class UserCallLog(CallLog):
    """The same, for one of its users."""

    user_uuid: UUID = Field(exclude=True)


call_log_created = EventType(
    name="call_log_created",
    routing_key="call_log.created",
    data=CallLog,
    summary="A conversation was logged.",
)
call_log_user_created = EventType(
    name="call_log_user_created",
    routing_key="call_log.user.{user_uuid}.created",
    data=UserCallLog,
    summary="A conversation was logged, said to each of its users.",
)
