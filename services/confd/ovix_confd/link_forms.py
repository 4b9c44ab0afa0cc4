"""XiVO's older forms of links: a POST that names the right side in its body, a DELETE of the only
link that the left side has. Each is an operation beside those of its `LinkSpec`.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from orjson import Fragment
from ovix_rows import Column, compiled
from ovix_web import Operation, Work
from ovix_web.bodies import Id, Schema
from pydantic import create_model
from sqlalchemy import Text, bindparam, cast, inspect, select, true

from .kit import LinkSpec

L = TypeVar("L")
R = TypeVar("R")


def posted(
    link: LinkSpec[Any, Any],
    path: str,
    *,
    shows: Column,
    read: type[Schema],
    name: str | None = None,
    scope: str | None = None,
    deprecated: bool = True,
) -> Operation:
    """``POST /lines/{line_id}<path>`` with ``{"extension_id": 1}``; answers with the link.

    ``shows`` is an expression on the left and the right row; ``scope`` the access string where it
    is not that of the path.
    """
    left_name, right_name = link.left.parameter_name, link.names_right
    fields: Any = {right_name: (Id, ...)}
    body = create_model(f"{link.title}Create", __base__=Schema, **fields)
    (left_id,), (right_id,) = (inspect(s.model).primary_key for s in (link.left, link.right))
    shown = (
        select(cast(shows, Text))
        .select_from(link.left.model)
        .join(link.right.model, true())
        .where(left_id == bindparam("left_id", type_=left_id.type))
        .where(right_id == bindparam("right_id", type_=right_id.type))
    )
    statement = compiled(shown)

    async def post(work: Work) -> object:
        left_given = work.path[left_name]
        right_given = getattr(await work.body(body), right_name)
        left, right = await link.both(work, left_given, right_given, in_body=True)
        await link.associate(work, left, right)
        await work.session.flush()
        ids = {"left_id": getattr(left, left_id.key), "right_id": getattr(right, right_id.key)}
        found = await work.session.execute(statement, {"base_url": work.base_url, **ids})
        location = f"{link.left.path}/{left_given}{link.path}/{right_given}"
        work.headers["Location"] = work.base_url + location
        return Fragment(found.scalar_one())

    return Operation(
        "POST",
        link.left.below(left_name) + path,
        name or f"post_{link.name}",
        post,
        (scope or f"{link.scope_of_left}{path.replace('/', '.')}.create",),
        status=201,
        answer=read,
        body=body,
        body_example={right_name: 1},
        deprecated=deprecated,
    )


def dissolved(
    link: LinkSpec[L, R],
    path: str,
    current: Callable[[Work, L], Awaitable[R | None]],
    *,
    name: str | None = None,
    scope: str | None = None,
    deprecated: bool = False,
) -> Operation:
    """``DELETE /users/{user_id}<path>``: dissolves the link to what ``current`` gives, or 404."""
    left_name = link.left.parameter_name

    async def delete(work: Work) -> None:
        given = work.path[left_name]
        left = await link.left.find(work, given)
        right = await current(work, left)
        if right is None:
            raise link.missing(given)
        await link.dissociate(work, left, right)
        await work.session.flush()

    return Operation(
        "DELETE",
        link.left.below(left_name) + path,
        name or f"delete_{link.name}",
        delete,
        (scope or f"{link.scope_of_left}{path.replace('/', '.')}.delete",),
        status=204,
        deprecated=deprecated,
    )
