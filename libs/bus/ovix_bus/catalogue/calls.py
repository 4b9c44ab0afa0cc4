"""Live calls. Sources: reference/events.md, 2, 3, 5, 6 and 9; reference/calls.md, 4.1 and 6.1.

Every event of a call is for its user: ``events.calls.{user_uuid}``. XiVO sent the call of a channel
without user to everybody; here it needs ``events.#`` (reference/events.md, 9).
"""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from ..event import EventData, EventType

CALL_ACL = "events.calls.{user_uuid}"


class CallContact(EventData):
    """Whom the number at the other end belongs to, as the directories know them."""

    display: str
    source: str = Field(description="The directory.")
    source_entry_id: str | None = Field(
        default=None, description="By which the directory finds the contact again."
    )
    url: str | None = Field(
        default=None, description="The contact's page, as the directory's contact_url tells it."
    )
    fields: dict[str, str] = Field(
        default_factory=dict, description="What it knows; nothing that is empty."
    )


class Call(EventData):
    """A call as one of its parties sees it: one channel, called a leg."""

    call_id: str = Field(description="The leg: the channel's unique id.")
    conversation_id: str = Field(description="The conversation: the same for all its legs.")
    user_uuid: UUID | None = Field(description="Whose leg it is.")
    status: str = Field(description="Down, Ring, Ringing, Up, Busy …, as Asterisk names states.")
    direction: str = Field(default="internal", description="internal, inbound or outbound.")
    creation_time: datetime
    answer_time: datetime | None = None
    hangup_time: datetime | None = None
    caller_id_name: str
    caller_id_number: str
    peer_caller_id_name: str
    peer_caller_id_number: str
    peer_user_uuid: UUID | None = Field(default=None, description="The user at the other end.")
    contact: CallContact | None = Field(
        default=None,
        description=(
            "Who calls, where it is nobody of the company: told by a call_updated while it rings."
        ),
    )
    is_caller: bool
    dialed_extension: str | None = None
    line_id: int | None = None
    sip_call_id: str | None = Field(default=None, description="The phone's own SIP Call-ID.")
    on_hold: bool = False
    muted: bool = False
    parked: bool = False
    is_video: bool = False
    record_state: str = "inactive"
    bridges: list[str] = Field(default_factory=list)
    talking_to: dict[str, UUID | None] = Field(
        default_factory=dict, description="Leg and user of everyone it is bridged with."
    )
    seq: int = Field(
        default=0, description="Grows with every event of the leg: drop what comes late."
    )


class EndedCall(Call):
    """A call that is over."""

    reason_code: int = Field(description="ITU-T Q.850 cause: 16 normal, 17 busy, 19 no answer …")


class CallLeg(EventData):
    """A leg by its ids."""

    call_id: str
    user_uuid: UUID | None
    seq: int = 0


class MissedCall(EventData):
    """A call that its user did not take."""

    user_uuid: UUID
    caller_user_uuid: UUID | None
    caller_id_name: str
    caller_id_number: str
    dialed_extension: str | None
    conversation_id: str
    reason: str = Field(description="Why: busy, no-answer, refused …")


call_created = EventType(
    name="call_created",
    routing_key="calls.call.created",
    data=Call,
    acl=CALL_ACL,
    summary="A leg began: the user dials, or his phone is about to ring.",
)
call_updated = EventType(
    name="call_updated",
    routing_key="calls.call.updated",
    data=Call,
    acl=CALL_ACL,
    summary="A leg changed. Ringing of the called user is the first with status Ringing.",
)
call_answered = EventType(
    name="call_answered",
    routing_key="calls.call.answered",
    data=Call,
    acl=CALL_ACL,
    summary="A leg was answered.",
)
call_ended = EventType(
    name="call_ended",
    routing_key="calls.call.ended",
    data=EndedCall,
    acl=CALL_ACL,
    summary="A leg is over.",
)
call_held = EventType(
    name="call_held",
    routing_key="calls.hold.created",
    data=CallLeg,
    acl=CALL_ACL,
    summary="The user put his party on hold.",
)
call_resumed = EventType(
    name="call_resumed",
    routing_key="calls.hold.deleted",
    data=CallLeg,
    acl=CALL_ACL,
    summary="The user took his party back from hold.",
)
user_missed_call = EventType(
    name="user_missed_call",
    routing_key="calls.missed",
    data=MissedCall,
    acl=CALL_ACL,
    summary="A user missed a call.",
)
