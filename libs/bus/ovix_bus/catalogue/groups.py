"""Agents, and groups with their members. Source: reference/confd/events.md."""

from uuid import UUID

from pydantic import Field

from ..event import EventData, EventType
from ..shapes import ResourceId, life, link


class GroupUsers(EventData):
    """A group and all users who are members."""

    group_id: int
    user_uuids: list[UUID]


class Number(EventData):
    """A number in a context."""

    exten: str
    context: str


class GroupExtensions(EventData):
    """A group and all numbers that are members."""

    group_id: int
    extensions: list[Number]


class GroupExtension(EventData):
    """A group and the number it is called by."""

    group_id: int
    extension_id: int


class GroupSchedule(EventData):
    """A group and a schedule."""

    group_id: int
    schedule_id: int


class GroupCallPermission(EventData):
    """A group and a call permission."""

    group_id: int = Field(description="The group.")
    call_permission_id: int


agent_created, agent_edited, agent_deleted = life("agent", "config.agent", ResourceId)
group_created, group_edited, group_deleted = life("group", "config.groups", ResourceId)
group_fallback_edited = EventType(
    name="group_fallback_edited",
    routing_key="config.groups.fallbacks.edited",
    data=ResourceId,
    summary="Where a group's unanswered calls go was changed.",
)
group_extension_associated, group_extension_dissociated = link(
    "group_extension", "config.groups.extensions", GroupExtension, "A group and an extension"
)
group_schedule_associated, group_schedule_dissociated = link(
    "group_schedule", "config.groups.schedules", GroupSchedule, "A group and a schedule"
)
call_permission_associated, call_permission_dissociated = link(
    "call_permission",
    "config.groups.{group_id}.callpermissions",
    GroupCallPermission,
    "A group and a call permission",
)
users_associated = EventType(
    name="users_associated",
    routing_key="config.groups.members.users.updated",
    data=GroupUsers,
    summary="The users of a group were replaced.",
)
extensions_associated = EventType(
    name="extensions_associated",
    routing_key="config.groups.members.extensions.updated",
    data=GroupExtensions,
    summary="The numbers among the members of a group were replaced.",
)
