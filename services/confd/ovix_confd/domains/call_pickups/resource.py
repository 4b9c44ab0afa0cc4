"""The call pickup resource: what is read and stored."""

from typing import Any

from ovix_bus.catalogue import call_pickups
from ovix_schema import CallPickup, CallPickupGroup, CallPickupUser, Group, User
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Example,
    Key,
    ResourceSpec,
    Rows,
    constant,
    json_list,
    json_object,
    link,
    links,
    param_not_found,
    taken,
)
from ...relations import named_relation, user_relation
from .schemas import CallPickupCreate, CallPickupRead, CallPickupUpdate


def _members(role: str) -> Any:
    return json_object(
        groups=json_list(
            named_relation(Group, "/groups"),
            CallPickupGroup.call_pickup_id == CallPickup.id,
            CallPickupGroup.role == constant(role),
            Group.id == CallPickupGroup.group_id,
            order=(Group.name,),
        ),
        users=json_list(
            user_relation(),
            CallPickupUser.call_pickup_id == CallPickup.id,
            CallPickupUser.role == constant(role),
            User.id == CallPickupUser.user_id,
            order=(User.lastname, User.firstname, User.id),
        ),
    )


async def a_call_pickup(session: AsyncSession, entity_id: int) -> object:
    """A call pickup of that entity, for examples."""
    made = CallPickup(name=f"office{entity_id}", entity_id=entity_id)
    session.add(made)
    await session.flush()
    return made.id


CALL_PICKUPS = ResourceSpec(
    name="call_pickup",
    title="CallPickup",
    path="/callpickups",
    model=CallPickup,
    read=CallPickupRead,
    create=CallPickupCreate,
    update=CallPickupUpdate,
    rows=Rows(
        item={
            "id": CallPickup.id,
            "name": CallPickup.name,
            "description": CallPickup.description,
            "enabled": CallPickup.enabled,
            "interceptors": _members("interceptor"),
            "targets": _members("target"),
            "links": links(link("callpickups", "/callpickups/", CallPickup.id)),
        },
        columns={
            "id": CallPickup.id,
            "name": CallPickup.name,
            "description": CallPickup.description,
            "enabled": CallPickup.enabled,
        },
        searched=(CallPickup.name, CallPickup.description),
        order="name",
        key=Key(CallPickup.id),
        source=CallPickup.__table__,
        entity=CallPickup.entity_id,
    ),
    announces=Announces(
        created=call_pickups.call_pickup_created,
        edited=call_pickups.call_pickup_edited,
        deleted=call_pickups.call_pickup_deleted,
    ),
    conflicts={
        "uq_call_pickups_name": taken("CallPickup"),
        "fk_call_pickup_users_user_id": lambda: param_not_found("users", "User"),
        "fk_call_pickup_groups_group_id": lambda: param_not_found("groups", "Group"),
    },
    example=Example(
        body={"name": "office", "description": "Who sits in one room", "enabled": True},
        change={"description": None, "enabled": False},
        vary=lambda n: {"name": f"office {n}"},
    ),
)
