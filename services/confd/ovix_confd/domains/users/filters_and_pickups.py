"""What users show of call filters and call pickups."""

from typing import Any

from ovix_schema import (
    CallFilterMember,
    CallPickup,
    CallPickupGroup,
    CallPickupUser,
    GroupUser,
    User,
)
from sqlalchemy import case, func, literal_column, select, union
from sqlalchemy.orm import aliased

from ...kit import constant, json_list, json_object, link, links

ROLE_IN_FILTERS = func.coalesce(
    select(
        case(
            (
                func.bool_or(CallFilterMember.role == constant("recipient")),
                constant("boss"),
            ),
            (func.count() > literal_column("0"), constant("secretary")),
        )
    )
    .where(CallFilterMember.user_id == User.id)
    .scalar_subquery(),
    constant("no"),
)
"""``boss``, ``secretary`` or ``no``: membership of call filters makes it."""
_PICKED_UP = aliased(User)


def _users_to_pick_up() -> Any:
    """Whose calls a row of ``User`` may pick up: users and groups name either side."""
    targets, of_groups = aliased(CallPickupUser), aliased(GroupUser)
    target_groups = aliased(CallPickupGroup)
    by_himself = (
        select(CallPickup.id)
        .join(CallPickupUser, CallPickupUser.call_pickup_id == CallPickup.id)
        .where(CallPickupUser.user_id == User.id, CallPickupUser.role == constant("interceptor"))
    )
    by_group = (
        select(CallPickup.id)
        .join(CallPickupGroup, CallPickupGroup.call_pickup_id == CallPickup.id)
        .join(GroupUser, GroupUser.group_id == CallPickupGroup.group_id)
        .where(GroupUser.user_id == User.id, CallPickupGroup.role == constant("interceptor"))
    )
    his = union(
        *(each.where(CallPickup.enabled).correlate(User) for each in (by_himself, by_group))
    )
    return union(
        select(targets.user_id).where(
            targets.call_pickup_id.in_(his), targets.role == constant("target")
        ),
        select(of_groups.user_id)
        .join(target_groups, target_groups.group_id == of_groups.group_id)
        .where(target_groups.call_pickup_id.in_(his), target_groups.role == constant("target")),
    )


def users_to_pick_up() -> Any:
    """The users whose calls a row of ``User`` may pick up, by name."""
    return json_list(
        json_object(
            uuid=_PICKED_UP.uuid,
            firstname=_PICKED_UP.firstname,
            lastname=func.nullif(_PICKED_UP.lastname, constant("")),
            links=links(link("users", "/users/", _PICKED_UP.uuid)),
        ),
        _PICKED_UP.id.in_(_users_to_pick_up()),
        order=(_PICKED_UP.lastname, _PICKED_UP.firstname, _PICKED_UP.id),
    )


__all__ = ["ROLE_IN_FILTERS", "users_to_pick_up"]
