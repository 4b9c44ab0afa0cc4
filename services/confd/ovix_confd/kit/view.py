"""``ViewSpec``, ``GET/PUT`` on a part of a parent, and ``SectionSpec``, without a parent."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import APIRouter, Request
from ovix_web.responses import OrjsonResponse
from sqlalchemy import Select, Text, cast
from starlette.responses import Response

from .errors import Conflict, NotFound
from .examples import Json, ViewExample
from .reading import Column, Rows, compiled
from .resource import ResourceSpec
from .routes import add_route
from .schema import Schema
from .work import Work, read_body, working

M = TypeVar("M")
B = TypeVar("B", bound=Schema)
ME = "me"
"""Stands in a path for the holder of a user's token."""
NO_PARENT: dict[int | str, dict[str, Any]] = {404: {"description": "Not Found"}}
Apply = Callable[[Work, M, Any], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class ViewSpec(Generic[M]):
    """A part of a parent, read and written on its own: forwards, services, members, links."""

    name: str
    """As in operation ids: ``user_forwards`` gives ``get_user_forwards``."""
    parent: ResourceSpec[M]
    path: str
    """What follows the parent's id: ``/forwards``."""
    example: ViewExample
    shows: Column | None = None
    """The JSON, as an expression on the parent's row; None: there is no GET."""
    read: type[Schema] | None = None
    missing: str | None = None
    """What was not found when ``shows`` is null; None: null never happens."""
    write: type[Schema] | None = None
    """The body of the PUT; None: there is none."""
    apply: Apply[M] | None = None
    """Does the PUT: gets the parent's locked row and the body, announces the events."""
    read_scopes: tuple[str, ...] = ()
    update_scopes: tuple[str, ...] = ()
    """Access strings that are accepted, where they are not those of the path."""
    deprecated: bool = False
    own: bool = False
    """Whether a user reads and writes it of himself too, as ``/users/me/…``."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)

    @property
    def full_path(self) -> str:
        """The whole path."""
        return self.parent.below(self.parent.parameter_name) + self.path

    @property
    def scope(self) -> str:
        """The start of the access strings that follow from the path."""
        below = self.path.replace("/", ".")
        return f"{self.parent.scope}.{{{self.parent.parameter_name}}}{below}"

    @property
    def scopes_of_get(self) -> tuple[str, ...]:
        """What a reader must hold one of."""
        return self.read_scopes or (f"{self.scope}.read",)

    @property
    def scopes_of_put(self) -> tuple[str, ...]:
        """What a writer must hold one of."""
        return self.update_scopes or (f"{self.scope}.update",)


def view_router(spec: ViewSpec[Any]) -> APIRouter:
    """The routes of a view."""
    router = APIRouter(tags=[spec.parent.path.split("/")[1]])
    _add_view(router, spec, spec.full_path, spec.name, spec.scopes_of_get, spec.scopes_of_put)
    if spec.own:
        path, below = f"{spec.parent.path}/{ME}{spec.path}", spec.path.replace("/", ".")
        scope = f"{spec.parent.scope}.{ME}{below}"
        _add_view(router, spec, path, f"my_{spec.name}", (f"{scope}.read",), (f"{scope}.update",))
    return router


def _add_view(
    router: APIRouter,
    spec: ViewSpec[Any],
    path: str,
    name: str,
    scopes_of_get: tuple[str, ...],
    scopes_of_put: tuple[str, ...],
) -> None:
    parent, named = spec.parent, spec.parent.parameter_name

    if spec.shows is not None:
        # A row of one column, null or not, tells a parent without part from no parent at all.
        rows = Rows(
            item={"part": spec.shows},
            columns={},
            order="",
            key=parent.rows.key,
            source=parent.rows.source,
            entity=parent.rows.entity,
        )

        async def show(
            request: Request, work: Annotated[Work, working(*scopes_of_get)]
        ) -> Response:
            given = request.path_params.get(named) or work.own_uuid(parent.title)
            found = await rows.one(work, given)
            if found is None:
                raise parent.not_found(given)
            part = found.removeprefix('{"part":').removesuffix("}")
            if part == "null" and spec.missing is not None:
                raise NotFound(spec.missing, **{named: given})
            return OrjsonResponse(orjson.Fragment(part))

        add_route(
            router,
            "GET",
            path,
            show,
            f"get_{name}",
            answer=spec.read,
            deprecated=spec.deprecated or None,
            errors=NO_PARENT,
        )

    if (write := spec.write) is not None and (apply := spec.apply) is not None:

        async def put(request: Request, work: Annotated[Work, working(*scopes_of_put)]) -> Response:
            body = await read_body(request, write)
            given = request.path_params.get(named) or work.own_uuid(parent.title)
            row = await parent.find(work, given)
            await apply(work, row, body)
            await work.session.flush()
            return Response(status_code=204)

        add_route(
            router,
            "PUT",
            path,
            put,
            f"update_{name}",
            status=204,
            body=write,
            example=spec.example.body,
            deprecated=spec.deprecated or None,
            errors=NO_PARENT,
        )


@dataclass(frozen=True, kw_only=True)
class SectionSpec(Generic[B]):
    """Settings of the whole installation: ``GET/PUT /asterisk/voicemail/general``."""

    name: str
    path: str
    read: type[Schema]
    shows: Select[Any]
    """Selects one JSON value."""
    write: type[B]
    apply: Callable[[Work, B], Awaitable[None]]
    """Replaces the settings, and announces it."""
    example: Json
    read_scopes: tuple[str, ...] = ()
    update_scopes: tuple[str, ...] = ()
    """Access strings that are accepted, where they are not those of the path."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """The start of the access strings that follow from the path."""
        return "confd." + self.path.strip("/").replace("/", ".")

    @property
    def scopes_of_get(self) -> tuple[str, ...]:
        """What a reader must hold one of; ``.get`` here, not ``.read``."""
        return self.read_scopes or (f"{self.scope}.get",)

    @property
    def scopes_of_put(self) -> tuple[str, ...]:
        """What a writer must hold one of."""
        return self.update_scopes or (f"{self.scope}.update",)


def section_router(spec: SectionSpec[Any]) -> APIRouter:
    """The two routes of a section."""
    router = APIRouter(tags=[spec.path.split("/")[1]])
    (shown,) = spec.shows.selected_columns
    statement = compiled(
        spec.shows.with_only_columns(cast(shown, Text), maintain_column_froms=True)
    )

    async def show(work: Annotated[Work, working(*spec.scopes_of_get)]) -> Response:
        found = await work.session.execute(statement, {"base_url": work.base_url})
        return OrjsonResponse(orjson.Fragment(found.scalar_one()))

    async def put(
        request: Request, work: Annotated[Work, working(*spec.scopes_of_put)]
    ) -> Response:
        work.must_reach(None)
        await spec.apply(work, await read_body(request, spec.write))
        await work.session.flush()
        return Response(status_code=204)

    add_route(router, "GET", spec.path, show, f"get_{spec.name}", answer=spec.read)
    add_route(
        router,
        "PUT",
        spec.path,
        put,
        f"update_{spec.name}",
        status=204,
        body=spec.write,
        example=spec.example,
    )
    return router
