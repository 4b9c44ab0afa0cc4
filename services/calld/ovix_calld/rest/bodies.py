"""Bodies of the calls API."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from ovix_bus.catalogue.calls import CallContact
from ovix_web.bodies import Id
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _without_whitespace(value: object) -> object:
    """``10 02`` is dialled as ``1002`` (reference/calls.md 6)."""
    return re.sub(r"\s+", "", value) if isinstance(value, str) else value


NumberDialled = Annotated[
    str,
    BeforeValidator(_without_whitespace),
    Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_*#+.\-]+$"),
]
Variables = Annotated[dict[str, Annotated[str, Field(max_length=512)]], Field(max_length=60)]


class Source(BaseModel):
    """Whose phone rings first."""

    user: Annotated[str, Field(min_length=1, max_length=64, description="uuid or id of the user")]
    line_id: Id | None = None


class Destination(BaseModel):
    """Where the call goes once the phone was lifted."""

    context: Annotated[str, Field(min_length=1, max_length=79, pattern=r"^[A-Za-z0-9_.\-]+$")]
    extension: NumberDialled
    priority: Id = 1


class CallCreate(BaseModel):
    """A call to make for a user."""

    source: Source
    destination: Destination
    variables: Variables = Field(default_factory=dict)


class UserCallCreate(BaseModel):
    """A call of the token's user."""

    extension: NumberDialled
    line_id: Id | None = None
    variables: Variables = Field(default_factory=dict)


class CallRead(BaseModel):
    """A call as one of its parties sees it (reference/calls.md 6.1)."""

    model_config = ConfigDict(extra="allow")

    call_id: str
    conversation_id: str
    user_uuid: UUID | None
    peer_user_uuid: UUID | None
    status: str
    direction: str
    is_caller: bool
    caller_id_name: str
    caller_id_number: str
    peer_caller_id_name: str
    peer_caller_id_number: str
    contact: CallContact | None = None
    dialed_extension: str
    creation_time: datetime
    answer_time: datetime | None
    hangup_time: datetime | None
    on_hold: bool
    muted: bool
    parked: bool
    record_state: str
    is_video: bool
    bridges: list[str]
    talking_to: dict[str, UUID | None]
    line_id: int | None
    sip_call_id: str | None


class CallList(BaseModel):
    items: list[CallRead]
