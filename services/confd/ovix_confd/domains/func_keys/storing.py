"""Storing the keys of a template: what they lead to must exist, each destination once."""

from collections.abc import Mapping, Sequence
from typing import Any

from ovix_bus.catalogue import func_keys
from ovix_schema import (
    Agent,
    CallFilter,
    CallFilterMember,
    FuncKey,
    FuncKeyTemplate,
    Group,
    User,
)
from ovix_telephony.func_key_values import may_be_watched
from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from ...kit import (
    InputError,
    Values,
    Work,
    must_be_associated,
    not_permitted,
    param_not_found,
)
from .destinations import KIND_OF, PARKING_POSITIONS

_ONLY_PRIVATE = frozenset({"agent", "bsfilter"})
_TARGETS: Mapping[str, Any] = {
    "User": select(User.id, User.entity_id),
    "Group": select(Group.id, Group.entity_id),
    "Agent": select(Agent.id, Agent.entity_id),
    "FilterMember": select(CallFilterMember.id, CallFilter.entity_id)
    .join(CallFilter, CallFilter.id == CallFilterMember.call_filter_id)
    .where(CallFilterMember.role == "surrogate"),
}
"""What keys can lead to, by what errors call it: selects of id and entity; others don't exist in
this release."""


async def replace_keys(work: Work, template: FuncKeyTemplate, keys: Mapping[int, Values]) -> None:
    """Put these keys, by position, in the place of all that the template has."""
    await _check(work, template, list(keys.values()))
    await work.session.execute(delete(FuncKey).where(FuncKey.template_id == template.id))
    if keys:
        rows = [_row(template, position, key) for position, key in keys.items()]
        await work.session.execute(insert(FuncKey).execution_options(render_nulls=True), rows)


async def set_key(work: Work, template: FuncKeyTemplate, position: int, key: Values) -> None:
    """Put a key at a position, whether or not there is one."""
    await _check(work, template, [key])
    statement = upsert(FuncKey).values(_row(template, position, key))
    replaced = {name: statement.excluded[name] for name in ("label", "blf", "destination")}
    await work.session.execute(
        statement.on_conflict_do_update(
            index_elements=[FuncKey.template_id, FuncKey.position], set_=replaced
        )
    )
    announce_edit(work, template)


async def remove_key(work: Work, template: FuncKeyTemplate, position: int) -> None:
    """Clear a position; nothing happens where it is empty."""
    gone = await work.session.scalar(
        delete(FuncKey)
        .where(FuncKey.template_id == template.id, FuncKey.position == position)
        .returning(FuncKey.id)
    )
    if gone is not None:
        announce_edit(work, template)


def announce_edit(work: Work, template: FuncKeyTemplate) -> None:
    """Tell that the template changed."""
    work.announce(func_keys.func_key_template_edited(id=template.id))


def _row(template: FuncKeyTemplate, position: int, key: Values) -> dict[str, Any]:
    destination = key["destination"]
    return {
        "template_id": template.id,
        "position": position,
        "label": key["label"],
        "blf": key["blf"] and may_be_watched(destination),
        "destination": destination,
    }


async def _check(work: Work, template: FuncKeyTemplate, keys: Sequence[Values]) -> None:
    destinations = [key["destination"] for key in keys]
    for destination in destinations:
        kind = destination["type"]
        if kind in _ONLY_PRIVATE and template.user_id is None:
            raise InputError(f'The "{kind}" funckey are excluded')
        if kind == "park_position" and destination["position"] not in PARKING_POSITIONS:
            raise InputError(
                f"Parking position '{destination['position']}' is outside of range",
                min=PARKING_POSITIONS[0],
                max=PARKING_POSITIONS[-1],
            )
    await _targets_exist(work, template, destinations)
    if any(destination["type"] == "bsfilter" for destination in destinations):
        await _owner_is_in_a_filter(work, template)


async def _owner_is_in_a_filter(work: Work, template: FuncKeyTemplate) -> None:
    """Nobody else can switch a filter by its code."""
    its = select(CallFilterMember.id).where(CallFilterMember.user_id == template.user_id).limit(1)
    if await work.session.scalar(its) is None:
        raise must_be_associated("User", "BSFilter", user_id=template.user_id)


async def _targets_exist(
    work: Work, template: FuncKeyTemplate, destinations: Sequence[Values]
) -> None:
    """What the keys lead to is there, and of the entity of the template; one statement a kind."""
    wanted: dict[tuple[str, str], set[int]] = {}
    for destination in destinations:
        if (target := KIND_OF[destination["type"]].target) is not None:
            wanted.setdefault(target, set()).add(destination[target[0]])
    if not wanted:
        return
    owner = select(User.entity_id).where(User.id == FuncKeyTemplate.user_id).scalar_subquery()
    entity = (
        select(func.coalesce(FuncKeyTemplate.entity_id, owner))
        .where(FuncKeyTemplate.id == template.id)
        .scalar_subquery()
    )
    for (field, resource), ids in wanted.items():
        targets = _TARGETS.get(resource)
        foreign: dict[int, bool] = {}
        if targets is not None:
            there = targets.subquery().c
            found = await work.session.execute(
                select(there.id, there.entity_id != entity).where(
                    there.id.in_(ids), *work.owned(there.entity_id)
                )
            )
            foreign = {row[0]: row[1] for row in found}
        for each in sorted(ids):
            if each not in foreign:
                raise param_not_found(field, resource, id=each)
            if foreign[each]:
                reason = f"The template and the {resource.lower()} are of different entities"
                raise not_permitted(reason, id=each)
