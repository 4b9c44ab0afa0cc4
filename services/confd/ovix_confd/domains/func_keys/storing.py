"""Storing the keys of a template: what they lead to must exist, each destination once."""

from collections.abc import Mapping, Sequence
from typing import Any

from ovix_bus.catalogue import func_keys
from ovix_schema import FuncKey, FuncKeyTemplate, User
from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from ...kit import InputError, Values, Work, not_permitted, param_not_found
from .destinations import KIND_OF, PARKING_POSITIONS, may_be_watched

_ONLY_PRIVATE = frozenset({"agent", "bsfilter"})


async def replace_keys(work: Work, template: FuncKeyTemplate, keys: Mapping[int, Values]) -> None:
    """Put these keys, by position, in the place of all that the template has."""
    await _check(work, template, list(keys.values()))
    await work.session.execute(delete(FuncKey).where(FuncKey.template_id == template.id))
    if keys:
        rows = [_row(template, position, key) for position, key in keys.items()]
        await work.session.execute(insert(FuncKey), rows)


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
        target = KIND_OF[kind].target
        if target is not None and kind != "user":
            # Objects that don't exist in this release can't be led to.
            field, resource = target
            raise param_not_found(field, resource, id=destination[field])
    await _users_exist(work, template, {d["user_id"] for d in destinations if "user_id" in d})


async def _users_exist(work: Work, template: FuncKeyTemplate, wanted: set[int]) -> None:
    if not wanted:
        return
    owner = select(User.entity_id).where(User.id == FuncKeyTemplate.user_id).scalar_subquery()
    entity = (
        select(func.coalesce(FuncKeyTemplate.entity_id, owner))
        .where(FuncKeyTemplate.id == template.id)
        .scalar_subquery()
    )
    found = await work.session.execute(
        select(User.id, User.entity_id != entity).where(
            User.id.in_(wanted), *work.owned(User.entity_id)
        )
    )
    foreign = {row[0]: row[1] for row in found}
    for user_id in sorted(wanted):
        if user_id not in foreign:
            raise param_not_found("user_id", "User", id=user_id)
        if foreign[user_id]:
            raise not_permitted("The template and the user are of different entities", id=user_id)
