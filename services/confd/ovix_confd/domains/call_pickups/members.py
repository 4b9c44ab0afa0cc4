"""``PUT /callpickups/{id}/interceptors/users`` and the three like it: each replaces its own set."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from ovix_bus.catalogue import call_pickups
from ovix_schema import CallPickup, CallPickupGroup, CallPickupUser, Group, User
from sqlalchemy import delete, insert, select

from ...kit import ViewExample, ViewSpec, Work, not_permitted, param_not_found
from .resource import CALL_PICKUPS, a_call_pickup
from .schemas import PickupGroups, PickupUsers

ROLES = ("interceptor", "target")
_TOLD_OF_USERS = {
    "interceptor": call_pickups.call_pickup_interceptor_users_associated,
    "target": call_pickups.call_pickup_target_users_associated,
}
_TOLD_OF_GROUPS = {
    "interceptor": call_pickups.call_pickup_interceptor_groups_associated,
    "target": call_pickups.call_pickup_target_groups_associated,
}


def _replace_users(role: str) -> Callable[[Work, CallPickup, PickupUsers], Awaitable[None]]:
    async def replaced(work: Work, pickup: CallPickup, body: PickupUsers) -> None:
        uuids = [each.uuid for each in body.users]
        ids = await _ids(work, pickup, "users", User, User.uuid, uuids)
        await _store(work, pickup, CallPickupUser, role, "user_id", ids)
        work.announce(_TOLD_OF_USERS[role](call_pickup_id=pickup.id, user_uuids=uuids))

    return replaced


def _replace_groups(role: str) -> Callable[[Work, CallPickup, PickupGroups], Awaitable[None]]:
    async def replaced(work: Work, pickup: CallPickup, body: PickupGroups) -> None:
        wanted = [each.id for each in body.groups]
        ids = await _ids(work, pickup, "groups", Group, Group.id, wanted)
        await _store(work, pickup, CallPickupGroup, role, "group_id", ids)
        work.announce(_TOLD_OF_GROUPS[role](call_pickup_id=pickup.id, group_ids=wanted))

    return replaced


async def _ids(
    work: Work, pickup: CallPickup, field: str, model: Any, key: Any, wanted: Sequence[Any]
) -> list[int]:
    """The ids of what a body names: each is there, once, and of the pickup's entity."""
    if len(set(wanted)) < len(wanted):
        raise not_permitted(f"One of the {field} is there twice")
    if not wanted:
        return []
    rows = await work.session.execute(
        select(key, model.id, model.entity_id).where(key.in_(wanted), *work.owned(model.entity_id))
    )
    known = {row[0]: row for row in rows}
    for each in wanted:
        if each not in known:
            raise param_not_found(field, model.__name__, **{key.key: str(each)})
        if known[each][2] != pickup.entity_id:
            reason = f"CallPickup and {model.__name__} are of different entities"
            raise not_permitted(reason, **{key.key: str(each)})
    return [known[each][1] for each in wanted]


async def _store(
    work: Work, pickup: CallPickup, table: Any, role: str, column: str, ids: Sequence[int]
) -> None:
    await work.session.execute(
        delete(table).where(table.call_pickup_id == pickup.id, table.role == role)
    )
    rows = [{"call_pickup_id": pickup.id, "role": role, column: each} for each in ids]
    if rows:
        await work.session.execute(insert(table), rows)


def _views() -> Iterator[ViewSpec[CallPickup]]:
    for role in ROLES:
        yield ViewSpec(
            name=f"call_pickup_{role}_users",
            parent=CALL_PICKUPS,
            path=f"/{role}s/users",
            write=PickupUsers,
            apply=_replace_users(role),
            example=ViewExample(a_call_pickup, {"users": []}),
        )
        yield ViewSpec(
            name=f"call_pickup_{role}_groups",
            parent=CALL_PICKUPS,
            path=f"/{role}s/groups",
            write=PickupGroups,
            apply=_replace_groups(role),
            example=ViewExample(a_call_pickup, {"groups": []}),
        )


MEMBERS = tuple(_views())
