"""Lists as auth answers them: search, filters, order, part (reference/auth.md, B1)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from ovix_schema import Entity
from ovix_web import ApiError, page_of
from ovix_web.bodies import Schema
from ovix_web.paging import PARAMETERS
from ovix_web.work import Work
from pydantic import Field, create_model
from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, func, or_, select, true

from .errors import InvalidData

QUERY = {
    **PARAMETERS,
    "limit": "At most so many items; 0 gives none",
    "recurse": "true: also what belongs to tenants below the one that the request is about",
}


async def listed(
    work: Work,
    resource: str,
    rows: Select[Any],
    columns: Mapping[str, ColumnElement[Any]],
    *,
    searched: Sequence[str],
    shown: Callable[[Row[Any]], Mapping[str, Any]],
) -> dict[str, Any]:
    """``{items, total, filtered}``: two statements.

    ``columns`` are what a list can be sorted by, the first one by default, and filtered by: any of
    them in the query string keeps the rows that have that text. 400 for other orders and numbers.
    """
    query = dict(work.query)
    nothing = query.get("limit") == "0"
    if nothing:
        del query["limit"]
    try:
        page = page_of(query, columns, next(iter(columns)))
    except ApiError as error:
        raise InvalidData(resource, str(error)) from error
    kept: list[ColumnElement[bool]] = [
        cast(columns[name], String) == value for name, value in query.items() if name in columns
    ]
    if page.search:
        kept.append(
            or_(
                *(
                    cast(columns[name], String).icontains(page.search, autoescape=True)
                    for name in searched
                )
            )
        )
    condition = and_(true(), *kept)
    counts = rows.with_only_columns(
        func.count(), func.count().filter(condition), maintain_column_froms=True
    )
    total, filtered = (await work.session.execute(counts.order_by(None))).one()
    order = columns[page.order or ""]
    chosen = (
        rows.where(condition)
        .order_by(order.desc() if page.direction == "desc" else order.asc())
        .offset(page.offset)
        .limit(page.limit)
    )
    items = [] if nothing else (await work.session.execute(chosen)).all()
    return {"items": [shown(row) for row in items], "total": total, "filtered": filtered}


def list_answer(item: type[Schema]) -> type[Schema]:
    """The model of such an answer."""
    count = Annotated[int, Field(ge=0)]
    return create_model(
        f"{item.__name__}List",
        __base__=Schema,
        items=(list[item], ...),  # type: ignore[valid-type]  # made here
        total=(count, ...),
        filtered=(count, ...),
    )


def uuid_of_tenant(entity_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """The uuid of the entity a row belongs to."""
    return (
        select(Entity.uuid)
        .where(Entity.id == entity_id)
        .correlate_except(Entity)
        .scalar_subquery()
        .label("tenant_uuid")
    )
