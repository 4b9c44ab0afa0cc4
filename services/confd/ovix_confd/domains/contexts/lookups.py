"""What other domains ask about contexts: does it exist for the caller, whose is it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ovix_schema import Context, ContextRange
from ovix_telephony.ranges import NumberRange
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from ...kit import Work, param_not_found


def entity_of_context(name: Any) -> Any:
    """The entity of whatever lives in the context of that name, as an SQL expression."""
    home = aliased(Context)  # the statement around it may be about contexts too
    return select(home.entity_id).where(home.name == name).scalar_subquery()


def in_context_of_entity(name: Any) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
    """Whether whatever lives in the context of that name is of an entity.

    The contexts of the entity are looked up once for a list, not that of every row.
    """
    home = aliased(Context)
    return lambda entity_id: name.in_(select(home.name).where(home.entity_id == entity_id))


@dataclass(frozen=True)
class Place:
    """What is asked of a context by whatever is put into it."""

    type: str
    entity_id: int | None
    ranges: tuple[NumberRange, ...]


async def context_named(work: Work, name: str) -> Place:
    """The context a body names; 400 when the caller sees none of that name."""

    async def ask() -> Place | None:
        ranges = select(
            func.json_agg(
                func.json_build_array(ContextRange.start, ContextRange.end, ContextRange.did_length)
            )
        ).where(ContextRange.context_id == Context.id)
        statement = select(Context.type, Context.entity_id, ranges.scalar_subquery()).where(
            Context.name == name, *work.owned(Context.entity_id)
        )
        found = (await work.session.execute(statement)).one_or_none()
        if found is None:
            return None
        return Place(found[0], found[1], tuple(NumberRange(*each) for each in found[2] or ()))

    place = await work.known(("context", name), ask)
    if place is None:
        raise param_not_found("context", "Context", context=name)
    return place
