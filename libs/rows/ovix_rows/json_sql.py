"""JSON built by PostgreSQL: a resource with its relations, in the one select that reads it.

Each function gives an expression for a member of `Rows.item`. Absolute links start with the bind
parameter ``BASE``, which is filled from the request.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by
from sqlalchemy.sql.elements import SQLCoreOperations

BASE: ColumnElement[str] = bindparam("base_url", type_=Text)
Expression = SQLCoreOperations[Any]
_PLAIN = re.compile(r"[A-Za-z0-9_/.:-]*")


def constant(value: str) -> ColumnElement[str]:
    """A literal of the program (never of a request), so that it costs no bind parameter."""
    if not _PLAIN.fullmatch(value):
        raise ValueError(f"not a plain literal: {value!r}")
    return literal_column(f"'{value}'", Text)


def json_object(**members: Expression | None) -> ColumnElement[Any]:
    """``{"name": value, …}`` in the order given; None stands for a constant null."""
    pairs: list[Any] = []
    for name, value in members.items():
        pairs += [constant(name), literal_column("null") if value is None else value]
    return func.json_build_object(*pairs, type_=JSON)


def json_list(
    item: Expression, *conditions: ColumnElement[bool], order: tuple[Any, ...], source: Any = None
) -> ColumnElement[Any]:
    """``[item, …]`` of the rows that meet the conditions; ``source`` says what is joined."""
    ordered: Any = aggregate_order_by(item, *order)
    rows = select(func.json_agg(ordered, type_=JSON)).where(*conditions)
    if source is not None:
        rows = rows.select_from(source)
    return func.coalesce(rows.scalar_subquery(), literal_column("'[]'::json"), type_=JSON)


def json_one(
    item: Expression, *conditions: ColumnElement[bool], source: Any = None
) -> ColumnElement[Any]:
    """The one row that meets the conditions, or null."""
    row = select(item).where(*conditions).limit(literal_column("1"))
    return (row if source is None else row.select_from(source)).scalar_subquery()


def envelope(
    item: Expression, *conditions: ColumnElement[bool], order: tuple[Any, ...], source: Any = None
) -> ColumnElement[Any]:
    """``{"total": n, "items": […]}`` of all rows that meet the conditions, for views."""
    ordered: Any = aggregate_order_by(item, *order)
    found = func.coalesce(func.json_agg(ordered), literal_column("'[]'::json"))
    rows = select(json_object(total=func.count(), items=found)).where(*conditions)
    return (rows if source is None else rows.select_from(source)).scalar_subquery()


def href(*parts: str | Expression) -> ColumnElement[str]:
    """``<base>`` and the parts: texts as they are, expressions as their value."""
    url: Any = BASE
    for part in parts:
        url = url.concat(constant(part) if isinstance(part, str) else cast(part, Text))
    found: ColumnElement[str] = url
    return found


def link(rel: str, *parts: str | Expression) -> ColumnElement[Any]:
    """``{"rel": …, "href": …}``."""
    return json_object(rel=constant(rel), href=href(*parts))


def links(*each: ColumnElement[Any]) -> ColumnElement[Any]:
    """The ``links`` array of a resource or relation."""
    return func.json_build_array(*each, type_=JSON)


def among(value: Expression, rows: Any) -> ColumnElement[bool]:
    """Whether the value is one of what a search finds; ``rows`` selects that.

    Not ``IN``: how many rows contain a text is not known beforehand. PostgreSQL would expect a part
    of the whole table, and read the whole of each table that is joined with it.
    """
    return value == any_(func.array(rows.scalar_subquery()))


def matches(pattern: ColumnElement[str], *columns: Expression) -> ColumnElement[bool]:
    """Whether one of the columns contains the searched text, whatever its accents and case."""
    separated = func.concat_ws(literal_column("E'\\n'"), *(cast(each, Text) for each in columns))
    return func.ovix_search(separated, type_=Text).like(pattern)
