"""Users: their life, services, forwards and fallbacks, and what is linked to them.

Source: reference/confd/events.md, "Users".
"""

from typing import Literal
from uuid import UUID

from pydantic import Field

from ..event import EventData, EventType
from ..shapes import UserResource, life, link


class UserId(EventData):
    """A user by both his ids."""

    id: int
    uuid: UUID


class ServiceState(UserResource):
    """Whether a service of the user is on."""

    enabled: bool


class SelectedDevice(UserResource):
    """What rings of the user's unique account."""

    device: Literal["phone", "webrtc"]


class ForwardState(UserResource):
    """A forward of the user."""

    enabled: bool
    destination: str | None = Field(description="The number dialled; null when none was ever set.")


class UserCallPermission(UserResource):
    """A user and a call permission."""

    call_permission_id: int


class UserEntity(UserResource):
    """A user and an entity."""

    entity_id: int


class UserCtiProfile(EventData):
    """A user's CTI profile."""

    user_id: int
    cti_profile_id: int | None
    enabled: bool


class UserLine(EventData):
    """A user and a line."""

    user_id: int
    line_id: int
    main_user: bool = Field(description="Whether the user is the first one of the line.")
    main_line: bool = Field(description="Whether the line is the first one of the user.")


class UserVoicemail(UserResource):
    """A user and a voicemail."""

    voicemail_id: int


class UserAgent(UserResource):
    """A user and the agent he is."""

    agent_id: int


class UserGroups(UserResource):
    """A user and all groups he is a member of."""

    group_ids: list[int]


class UserSchedule(UserResource):
    """A user and a schedule. XiVO 17 put the integer id in ``user_uuid``; here it is the uuid."""

    schedule_id: int


user_created, user_edited, user_deleted = life("user", "config.user", UserId)
user_fallback_edited = EventType(
    name="user_fallback_edited",
    routing_key="config.users.fallbacks.edited",
    data=UserId,
    summary="Where a user's unanswered calls go was changed.",
)

users_services_dnd_updated = EventType(
    name="users_services_dnd_updated",
    routing_key="config.users.{user_uuid}.services.dnd.updated",
    data=ServiceState,
    summary="Do not disturb was switched, by API or from the phone.",
)
users_services_incallfilter_updated = EventType(
    name="users_services_incallfilter_updated",
    routing_key="config.users.{user_uuid}.services.incallfilter.updated",
    data=ServiceState,
    summary="Filtering of incoming calls was switched, by API or from the phone.",
)

users_selected_device_updated = EventType(
    name="users_selected_device_updated",
    routing_key="config.users.{user_uuid}.selected_device.updated",
    data=SelectedDevice,
    summary="Which device of the user's unique account rings was chosen.",
)

users_forwards_busy_updated = EventType(
    name="users_forwards_busy_updated",
    routing_key="config.users.{user_uuid}.forwards.busy.updated",
    data=ForwardState,
    summary="The forward on busy was changed, by API or from the phone.",
)
users_forwards_noanswer_updated = EventType(
    name="users_forwards_noanswer_updated",
    routing_key="config.users.{user_uuid}.forwards.noanswer.updated",
    data=ForwardState,
    summary="The forward on no answer was changed, by API or from the phone.",
)
users_forwards_unconditional_updated = EventType(
    name="users_forwards_unconditional_updated",
    routing_key="config.users.{user_uuid}.forwards.unconditional.updated",
    data=ForwardState,
    summary="The unconditional forward was changed, by API or from the phone.",
)

call_permission_associated, call_permission_dissociated = link(
    "call_permission",
    "config.users.{user_uuid}.callpermissions",
    UserCallPermission,
    "A user and a call permission",
)
entity_associated = EventType(
    name="entity_associated",
    routing_key="config.users.{user_uuid}.entities.updated",
    data=UserEntity,
    summary="A user was put into an entity.",
)
cti_profile_edited = EventType(
    name="cti_profile_edited",
    routing_key="config.user_cti_profile_association.edited",
    data=UserCtiProfile,
    summary="The CTI profile of a user, or whether he may use it, was changed.",
)
line_associated, line_dissociated = link(
    "line",
    "config.user_line_association",
    UserLine,
    "A user and a line",
    verb="created",
)
voicemail_associated, voicemail_dissociated = link(
    "voicemail",
    "config.users.{user_uuid}.voicemails",
    UserVoicemail,
    "A user and a voicemail",
)
user_voicemail_edited = EventType(
    name="user_voicemail_edited",
    routing_key="config.users.{user_uuid}.voicemails.edited",
    data=UserVoicemail,
    summary="The voicemail of a user was changed.",
)
agent_associated, agent_dissociated = link(
    "agent", "config.users.{user_uuid}.agents", UserAgent, "A user and an agent"
)
groups_associated = EventType(
    name="groups_associated",
    routing_key="config.users.groups.updated",
    data=UserGroups,
    summary="The groups a user is a member of were replaced.",
)
user_schedule_associated, user_schedule_dissociated = link(
    "user_schedule",
    "config.users.schedules",
    UserSchedule,
    "A user and a schedule",
)
