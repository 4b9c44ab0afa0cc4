"""Fallbacks: where a call goes that its user or group does not take, read and replaced."""

from collections.abc import Mapping
from typing import Any

from ovix_schema import DialAction
from sqlalchemy import ColumnElement, case, cast, delete, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import JSON, JSONB

from .destinations import destination_json, destinations_exist, stored_destination
from .kit import Work, constant

Events = Mapping[str, str]
"""The stored event, and the member of the JSON that has its destination."""


def fallbacks_json(category: str, owner_id: Any, events: Events) -> ColumnElement[Any]:
    """The fallbacks of a row; one subquery for all of them."""
    keys = case(
        *((DialAction.event == constant(event), constant(name)) for event, name in events.items())
    )
    shown = destination_json(DialAction.action, DialAction.arg1, DialAction.arg2)
    found = (
        select(func.jsonb_object_agg(keys, cast(shown, JSONB), type_=JSONB))
        .where(
            DialAction.category == constant(category),
            DialAction.category_id == owner_id,
            DialAction.linked,
            DialAction.event.in_(constant(event) for event in events),
        )
        .scalar_subquery()
    )
    empty = ",".join(f'"{name}": null' for name in events.values())
    nothing: Any = literal_column(f"'{{{empty}}}'::jsonb", JSONB)
    return cast(nothing.concat(func.coalesce(found, literal_column("'{}'::jsonb"))), JSON)


async def replace_fallbacks(
    work: Work, category: str, owner_id: int, events: Events, body: object
) -> None:
    """Exactly the fallbacks that the body has; what they lead to must exist."""
    given = {event: getattr(body, name) for event, name in events.items()}
    given = {event: each for event, each in given.items() if each is not None}
    await destinations_exist(work, given.values())
    rows = []
    for event, destination in given.items():
        stored = stored_destination(destination)
        rows.append(
            {
                "category": category,
                "category_id": owner_id,
                "event": event,
                "action": stored.action,
                "arg1": stored.arg1,
                "arg2": stored.arg2,
            }
        )
    await work.session.execute(
        delete(DialAction).where(
            DialAction.category == category,
            DialAction.category_id == owner_id,
            DialAction.event.in_(events),
        )
    )
    if rows:
        await work.session.execute(insert(DialAction).execution_options(render_nulls=True), rows)
