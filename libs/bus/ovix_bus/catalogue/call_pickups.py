"""Call pickups. Source: reference/confd/events.md."""

from uuid import UUID

from ..event import EventData, EventType
from ..shapes import ResourceId, life


class CallPickupUsers(EventData):
    """A call pickup and all its users of one side."""

    call_pickup_id: int
    user_uuids: list[UUID]


class CallPickupGroups(EventData):
    """A call pickup and all its groups of one side."""

    call_pickup_id: int
    group_ids: list[int]


call_pickup_created, call_pickup_edited, call_pickup_deleted = life(
    "call_pickup", "config.callpickup", ResourceId
)
call_pickup_interceptor_users_associated = EventType(
    name="call_pickup_interceptor_users_associated",
    routing_key="config.callpickups.interceptors.users.updated",
    data=CallPickupUsers,
    summary="The users who may pick calls up were replaced.",
)
call_pickup_target_users_associated = EventType(
    name="call_pickup_target_users_associated",
    routing_key="config.callpickups.targets.users.updated",
    data=CallPickupUsers,
    summary="The users whose calls may be picked up were replaced.",
)
call_pickup_interceptor_groups_associated = EventType(
    name="call_pickup_interceptor_groups_associated",
    routing_key="config.callpickups.interceptors.groups.updated",
    data=CallPickupGroups,
    summary="The groups whose users may pick calls up were replaced.",
)
call_pickup_target_groups_associated = EventType(
    name="call_pickup_target_groups_associated",
    routing_key="config.callpickups.targets.groups.updated",
    data=CallPickupGroups,
    summary="The groups whose users' calls may be picked up were replaced.",
)
