"""``LinkSpec``: an association, ``PUT/DELETE /lines/{line_id}/extensions/{extension_id}``."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import APIRouter, Request
from ovix_web.responses import OrjsonResponse
from pydantic import create_model
from sqlalchemy import Text, and_, bindparam, cast, inspect, null, select, true
from starlette.responses import Response

from .errors import Conflict, NotFound, not_permitted, param_not_found
from .examples import LinkExample
from .reading import Column, compiled
from .resource import ResourceSpec
from .routes import add_route
from .schema import Id, Schema
from .work import Work, read_body, working

L = TypeVar("L")
R = TypeVar("R")
Connect = Callable[[Work, L, R], Awaitable[None]]


@dataclass(frozen=True)
class Form:
    """A path that names only the left side: a deprecated POST, or a DELETE of the only link."""

    path: str
    """What follows the left side's id: ``/extension``."""
    scope: str | None = None
    """The access string, where it is not that of the path."""
    deprecated: bool = False


@dataclass(frozen=True, kw_only=True)
class LinkSpec(Generic[L, R]):
    """A link of two resources. GET views of it are `ViewSpec`s of either side."""

    name: str
    """As in operation ids: ``line_extension`` gives ``associate_line_extension``."""
    title: str
    """What errors call it: ``LineExtension``."""
    left: ResourceSpec[L]
    right: ResourceSpec[R]
    path: str
    """What stands between the two ids: ``/extensions``."""
    associate: Connect[L, R]
    """Checks, writes and announces; gets both rows, locked."""
    dissociate: Connect[L, R]
    """The same; raises `missing` when there is no such link."""
    example: LinkExample
    right_name: str | None = None
    """The right id's name in path and body, where it is not ``<right>_id``."""
    names_right_on_delete: bool = True
    """Whether there is ``DELETE /left/{}/rights/{}``."""
    posts: tuple[Form, ...] = ()
    """Old ways to associate: a POST whose body names the right side; answers with ``shows``."""
    deletes: tuple[Form, ...] = ()
    """Ways to dissociate without naming the right side."""
    current: Callable[[Work, L], Awaitable[R | None]] | None = None
    """The right side that a ``deletes`` form means."""
    shows: Column | None = None
    """The JSON of one link, as an expression on the left and the right row."""
    read: type[Schema] | None = None
    """Describes ``shows``."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)

    @property
    def left_name(self) -> str:
        """The left id's name in the path."""
        return self.left.parameter_name

    @property
    def names_right(self) -> str:
        """The right id's name in path and body."""
        return self.right_name or self.right.parameter_name

    @property
    def full_path(self) -> str:
        """The whole path, with both ids."""
        return f"{self.path_of(self.path)}/{{{self.names_right}:{self.right.rows.key.convertor}}}"

    def path_of(self, path: str) -> str:
        """The left side's item, and the path below it."""
        return self.left.below(self.left_name) + path

    def scope_of(self, path: str, verb: str) -> str:
        """The access string that follows from a path."""
        return f"{self.left.scope}.{{{self.left_name}}}{path.replace('/', '.')}.{verb}"

    def missing(self, left: object, right: object = None) -> NotFound:
        """The 404 of a link that is not there."""
        named = {self.left_name: left} | ({self.names_right: right} if right is not None else {})
        return NotFound(self.title, **named)

    async def both(
        self, work: Work, left_given: object, right_given: object, *, in_body: bool = False
    ) -> tuple[L, R]:
        """Both rows, locked, by one statement; refused across entities.

        Rules of either side hold at commit then: nobody links or changes the same rows meanwhile.
        """
        left, right = self.left, self.right
        entities = [null() if s.entity_of_row is None else s.entity_of_row for s in (left, right)]
        statement = (
            select(left.model, right.model, *entities)
            .select_from(left.model)
            .join(right.model, and_(*right.seen(work, right_given)))
            .where(*left.seen(work, left_given))
            .with_for_update(key_share=True, of=(left.model, right.model))
        )
        found = (await work.session.execute(statement)).one_or_none()
        if found is None:
            await left.find(work, left_given)
            if in_body:
                raise param_not_found(self.names_right, right.title, id=right_given)
            raise right.not_found(right_given)
        left_row, right_row, left_entity, right_entity = found
        self.of_one_entity(left_entity, right_entity)
        return left_row, right_row

    def of_one_entity(self, left_entity: int | None, right_entity: int | None) -> None:
        """Refuses to link what belongs to two entities."""
        if None not in (left_entity, right_entity) and left_entity != right_entity:
            raise not_permitted(
                f"{self.left.title} and {self.right.title} are of different entities"
            )


def link_router(spec: LinkSpec[Any, Any]) -> APIRouter:
    """The routes of an association."""
    router = APIRouter(tags=[spec.left.path.split("/")[1]])
    with_right = f"{spec.path}/{{{spec.names_right}}}"

    async def associate(
        request: Request, work: Annotated[Work, working(spec.scope_of(with_right, "update"))]
    ) -> Response:
        named = request.path_params
        left, right = await spec.both(work, named[spec.left_name], named[spec.names_right])
        await spec.associate(work, left, right)
        await work.session.flush()
        return Response(status_code=204)

    async def dissociate(
        request: Request, work: Annotated[Work, working(spec.scope_of(with_right, "delete"))]
    ) -> Response:
        named = request.path_params
        left, right = await spec.both(work, named[spec.left_name], named[spec.names_right])
        await spec.dissociate(work, left, right)
        await work.session.flush()
        return Response(status_code=204)

    add_route(router, "PUT", spec.full_path, associate, f"associate_{spec.name}", status=204)
    if spec.names_right_on_delete:
        add_route(
            router, "DELETE", spec.full_path, dissociate, f"dissociate_{spec.name}", status=204
        )
    fields: dict[str, Any] = {spec.names_right: (Id, ...)}
    body = create_model(f"{spec.title}Create", __base__=Schema, **fields)
    for number, form in enumerate(spec.posts):
        _add_post(router, spec, form, body, _numbered(f"post_{spec.name}", number))
    for number, form in enumerate(spec.deletes):
        _add_delete(router, spec, form, _numbered(f"delete_{spec.name}", number))
    return router


def _numbered(operation_id: str, number: int) -> str:
    return f"{operation_id}_{number + 1}" if number else operation_id


def _add_post(
    router: APIRouter, spec: LinkSpec[Any, Any], form: Form, body: type[Schema], operation_id: str
) -> None:
    """A POST whose body names the right side."""
    if spec.shows is None:
        raise TypeError(f"{spec.name} has a POST form but nothing to show")
    (left_id,), (right_id,) = (inspect(s.model).primary_key for s in (spec.left, spec.right))
    shown = compiled(
        select(cast(spec.shows, Text))
        .select_from(spec.left.model)
        .join(spec.right.model, true())
        .where(left_id == bindparam("left_id", type_=left_id.type))
        .where(right_id == bindparam("right_id", type_=right_id.type))
    )

    async def post(
        request: Request,
        work: Annotated[Work, working(form.scope or spec.scope_of(form.path, "create"))],
    ) -> Response:
        right_given = getattr(await read_body(request, body), spec.names_right)
        left_given = request.path_params[spec.left_name]
        left, right = await spec.both(work, left_given, right_given, in_body=True)
        await spec.associate(work, left, right)
        await work.session.flush()
        ids = {"left_id": getattr(left, left_id.key), "right_id": getattr(right, right_id.key)}
        found = await work.session.execute(shown, {"base_url": work.base_url, **ids})
        location = f"{work.base_url}{spec.left.path}/{left_given}{spec.path}/{right_given}"
        return OrjsonResponse(orjson.Fragment(found.scalar_one()), 201, {"Location": location})

    add_route(
        router,
        "POST",
        spec.path_of(form.path),
        post,
        operation_id,
        status=201,
        answer=spec.read,
        body=body,
        deprecated=form.deprecated or None,
    )


def _add_delete(router: APIRouter, spec: LinkSpec[Any, Any], form: Form, operation_id: str) -> None:
    """A DELETE of the left side's only link."""
    if (current := spec.current) is None:
        raise TypeError(f"{spec.name} has a DELETE form but does not say what it deletes")

    async def delete(
        request: Request,
        work: Annotated[Work, working(form.scope or spec.scope_of(form.path, "delete"))],
    ) -> Response:
        given = request.path_params[spec.left_name]
        left = await spec.left.find(work, given)
        right = await current(work, left)
        if right is None:
            raise spec.missing(given)
        await spec.dissociate(work, left, right)
        await work.session.flush()
        return Response(status_code=204)

    add_route(
        router,
        "DELETE",
        spec.path_of(form.path),
        delete,
        operation_id,
        status=204,
        deprecated=form.deprecated or None,
    )
