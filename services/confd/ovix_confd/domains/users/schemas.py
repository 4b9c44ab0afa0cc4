"""Bodies of users."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ...destinations import Destination
from ...kit import Id, Link, NullMeansDefault, Schema, Strict, Text, partial_of, text
from ...relations import ExtensionRelation, NamedRelation, UserRelation

Flag = Annotated[Strict, NullMeansDefault()]
MOST_LABELS = 100
_NOT_GIVEN: Any = None
"""A flag that is neither on nor off by default: others decide."""
_LOGIN = r"a-zA-Z0-9\-._~!$&'()*+,;=%"


class LabelOfUserUpdate(Schema):
    """A label, by its id."""

    id: Id


class UserCreate(Schema):
    """A user to create."""

    firstname: Annotated[str, text(128)]
    lastname: Annotated[str, text(128)] | None = None
    email: Annotated[str, text(254)] | None = None
    timezone: Annotated[str, text(128)] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}_[A-Z]{2}$")] | None = None
    description: Text | None = None
    caller_id: Annotated[
        str,
        Field(pattern=r'^"[^\x00\r\n]*"( <\+?[0-9]+>)?$', max_length=160),
        NullMeansDefault(),
    ] = ""
    outgoing_caller_id: Annotated[str, text(80)] | None = None
    mobile_phone_number: Annotated[str, Field(pattern=r"^\+?[0-9*#]+$", max_length=80)] | None = (
        None
    )
    username: Annotated[str, Field(pattern=rf"^[{_LOGIN}@]{{2,254}}$")] | None = None
    password: Annotated[str, Field(pattern=rf"^[{_LOGIN}]{{4,64}}$")] | None = Field(
        None, json_schema_extra={"writeOnly": True}
    )
    music_on_hold: Annotated[str, text(128)] | None = None
    preprocess_subroutine: Annotated[str, text(39)] | None = None
    userfield: Annotated[str, text(128)] | None = None
    call_transfer_enabled: Flag = False
    dtmf_hangup_enabled: Flag = False
    call_record_enabled: Flag = _NOT_GIVEN
    call_record_outgoing_external_enabled: Flag = _NOT_GIVEN
    call_record_outgoing_internal_enabled: Flag = _NOT_GIVEN
    call_record_incoming_external_enabled: Flag = _NOT_GIVEN
    call_record_incoming_internal_enabled: Flag = _NOT_GIVEN
    online_call_record_enabled: Flag = False
    supervision_enabled: Flag = True
    mobile_fallback_enabled: Flag = False
    ring_seconds: Annotated[int, Field(ge=0, le=60), NullMeansDefault()] = 30
    simultaneous_calls: Annotated[int, Field(ge=1, le=20), NullMeansDefault()] = 5
    call_permission_password: Annotated[str, Field(pattern=r"^[0-9#*]{1,16}$")] | None = None
    subscription_type: Annotated[int, Field(ge=0, le=10), NullMeansDefault()] = 0
    enabled: Flag = True
    labels: Annotated[list[LabelOfUserUpdate], Field(max_length=MOST_LABELS)] = Field(
        default_factory=list, description="All labels he bears. XiVO's confd knows none."
    )


UserUpdate = partial_of(UserCreate)


class AgentOfUser(Schema):
    """The agent a user is."""

    id: Id
    number: str
    links: list[Link]


class LabelOfUser(Schema):
    """A label, as the users who bear it show it."""

    id: int
    display_name: str
    links: list[Link]


class SipOfLine(Schema):
    """A SIP endpoint, as a user's line shows it."""

    id: int
    username: str
    links: list[Link]


class SccpOfLine(Schema):
    """An SCCP endpoint, as a user's line shows it."""

    id: int
    links: list[Link]


class CustomOfLine(Schema):
    """A custom endpoint, as a user's line shows it."""

    id: int
    interface: str
    links: list[Link]


class LineOfUser(Schema):
    """A line, as its users show it; the main one comes first."""

    id: int
    endpoint_sip: SipOfLine | None
    endpoint_sccp: SccpOfLine | None
    endpoint_custom: CustomOfLine | None
    extensions: list[ExtensionRelation]
    links: list[Link]


class Service(Schema):
    """Whether a service is on."""

    enabled: Strict


class Services(Schema):
    """The services of a user."""

    dnd: Service
    incallfilter: Service


class Forward(Schema):
    """A forward, and the number it leads to."""

    enabled: bool
    destination: str | None


class Forwards(Schema):
    """The three forwards of a user."""

    busy: Forward
    noanswer: Forward
    unconditional: Forward


class Fallbacks(Schema):
    """Where unanswered calls go; PUT replaces them all."""

    noanswer_destination: Destination | None = None
    busy_destination: Destination | None = None
    congestion_destination: Destination | None = None
    fail_destination: Destination | None = None


class UserRead(Schema):
    """A user."""

    id: int
    uuid: str
    firstname: str
    lastname: str | None
    email: str | None
    timezone: str | None
    language: str | None
    description: str | None
    caller_id: str
    outgoing_caller_id: str | None
    mobile_phone_number: str | None
    username: str | None
    password: None = Field(description="Write-only: kept as a hash.")
    music_on_hold: str | None
    preprocess_subroutine: str | None
    userfield: str | None
    call_transfer_enabled: bool
    dtmf_hangup_enabled: bool
    call_record_enabled: bool
    call_record_outgoing_external_enabled: bool
    call_record_outgoing_internal_enabled: bool
    call_record_incoming_external_enabled: bool
    call_record_incoming_internal_enabled: bool
    online_call_record_enabled: bool
    supervision_enabled: bool
    mobile_fallback_enabled: bool
    ring_seconds: int
    simultaneous_calls: int
    call_permission_password: str | None
    subscription_type: int
    enabled: bool
    created_at: str
    links: list[Link]
    agent: AgentOfUser | None
    cti_profile: NamedRelation | None
    fallbacks: Fallbacks
    forwards: Forwards
    groups: list[NamedRelation]
    incalls: list[Any]
    lines: list[LineOfUser]
    schedules: list[NamedRelation]
    services: Services
    switchboards: list[Any]
    voicemail: NamedRelation | None
    call_permissions: list[NamedRelation]
    bsfilter: Literal["no", "boss", "secretary"] = Field(
        description="What he is in call filters; a boss who is a secretary too is told as boss."
    )
    call_pickup_target_users: list[UserRelation]
    queues: list[Any]
    labels: list[LabelOfUser]
