"""``ResourceSpec``: a collection, ``GET/POST /groups``, and its items, ``/groups/{id}``."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import APIRouter, Request
from ovix_bus import Event
from ovix_web.paging import Page, paging
from ovix_web.responses import OrjsonResponse
from sqlalchemy import false, inspect, select
from starlette.responses import Response

from . import preconditions
from .errors import Conflict, NotFound
from .examples import Example
from .reading import Rows
from .routes import add_route
from .schema import Schema, list_of
from .work import Work, read_body, working

M = TypeVar("M")
Values = dict[str, Any]
Rule = Callable[[Work, M], Awaitable[None]]
Part = Callable[[Work, M, Values], Awaitable[None]]
Announcement = Callable[..., Event]


def _its_id(row: Any) -> Values:
    return {"id": row.id}


@dataclass(frozen=True)
class Announces(Generic[M]):
    """The events of a resource's life. A verb without an event is not offered."""

    created: Announcement | None = None
    edited: Announcement | None = None
    deleted: Announcement | None = None
    data: Callable[[M], Values] = _its_id
    """What the three events are given."""


def set_columns(row: object, values: Values) -> None:
    """Put the values on the columns of their names; other values are left to the parts."""
    columns = inspect(type(row)).column_attrs.keys()
    for name, value in values.items():
        if name in columns:
            setattr(row, name, value)


@dataclass(frozen=True, kw_only=True)
class ResourceSpec(Generic[M]):
    """A resource, whole. Everything a client sees of it follows from these values."""

    name: str
    """Singular, as in operation ids and in the ids of longer paths: ``call_permission``."""
    title: str
    """What errors call it: ``CallPermission``."""
    path: str
    """``/callpermissions``; access strings follow it: ``confd.callpermissions.{id}.read``."""
    model: type[M]
    rows: Rows
    read: type[Schema]
    announces: Announces[M]
    example: Example
    entity: Any = None
    """The entity of a row of ``model``, where ``rows`` reads from something else."""
    heads: bool = False
    """Whether an item also answers to HEAD."""
    create: type[Schema] | None = None
    update: type[Schema] | None = None
    fill: Callable[[M, Values], None] = set_columns
    """Puts the given values of a body on the row."""
    rules: tuple[Rule[M], ...] = ()
    """Checked on the merged row before it is stored, on creation and on edit."""
    parts: tuple[Part[M], ...] = ()
    """Store what lives in other tables, from the given values, once the row has its id."""
    entails: tuple[Part[M], ...] = ()
    """What an edit changes in other tables; nothing depends on a new row yet."""
    deletion: tuple[Rule[M], ...] = ()
    """Checked, or done, before the row is deleted."""
    deletion_query: tuple[str, ...] = ()
    """Parameters of the query string that ``deletion`` reads from `Work.query`."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    """What the violation of a database constraint means to the client, by constraint name."""

    @property
    def scope(self) -> str:
        """The start of the access strings."""
        return "confd." + self.path.strip("/").replace("/", ".")

    @property
    def parameter_name(self) -> str:
        """The name of the resource's id in the path of something below it."""
        return f"{self.name}_id"

    def below(self, name: str = "id") -> str:
        """The path of one item, its id under that name."""
        return f"{self.path}/{{{name}:{self.rows.key.convertor}}}"

    def not_found(self, given: object) -> NotFound:
        """The 404 for what a path names."""
        named = self.rows.key.named(given)
        return NotFound(self.title, **{"id" if named is None else named[0].key: given})

    async def shown(self, work: Work, given: object) -> str:
        """The JSON of one item, or 404."""
        found = await self.rows.one(work, given)
        if found is None:
            raise self.not_found(given)
        return found

    @property
    def has_own_entity(self) -> bool:
        """Whether the entity is a column of the row, and not that of what the row belongs to."""
        own = getattr(self.model, "entity_id", None)
        return own is not None and self.entity_of_row is own

    @property
    def entity_of_row(self) -> Any:
        """The entity of a row of the model."""
        return self.rows.entity if self.entity is None else self.entity

    def seen(self, work: Work, given: object) -> Any:
        """The conditions for the row that a path names, if the caller may see it."""
        named = self.rows.key.named(given)
        if named is None:
            return (false(),)
        column, value = named
        return (getattr(self.model, column.key) == value, *work.owned(self.entity_of_row))

    async def find(self, work: Work, given: object) -> M:
        """The row that a path names, locked against concurrent changes, or 404."""
        statement = select(self.model).where(*self.seen(work, given))
        row = await work.session.scalar(statement.with_for_update(key_share=True, of=self.model))
        if row is None:
            raise self.not_found(given)
        return row

    async def check_unchanged(self, request: Request, work: Work) -> None:
        """412 unless the item, locked by now, is one that ``If-Match`` names."""
        if preconditions.demands(request):
            shown = await self.shown(work, request.path_params["id"])
            preconditions.check(request, preconditions.tag_of(shown, work), self.title)

    async def make(self, work: Work, values: Values, *, entity: Any = None) -> M:
        """Create a row from the values of a whole body, and announce it.

        Its entity is the caller's or the default one, unless what it belongs to has another.
        """
        row: Any = self.model()
        if self.has_own_entity:
            row.entity_id = work.entity_of_new() if entity is None else entity
        await self.check(work, row, values)
        await self.store(work, row, values)
        if self.announces.created is not None:
            work.announce_creation(self.announces.created(**self.announces.data(row)))
        made: M = row
        return made

    async def check(self, work: Work, row: M, values: Values) -> None:
        """Put the values on the row, and see that the rules hold."""
        self.fill(row, values)
        # Rules look at what is stored: the row itself must not get there before them.
        with work.session.no_autoflush:
            for rule in self.rules:
                await rule(work, row)

    async def store(self, work: Work, row: M, values: Values) -> None:
        """Store the row, then what belongs to it in other tables."""
        work.session.add(row)
        await work.session.flush()
        for part in self.parts:
            await part(work, row, values)
        await work.session.flush()

    async def edit(self, work: Work, row: M, values: Values) -> None:
        """Change the row by its rules, with what follows from it, and announce it."""
        await self.check(work, row, values)
        await self.store(work, row, values)
        for part in self.entails:
            await part(work, row, values)
        if self.announces.edited is not None:
            work.announce(self.announces.edited(**self.announces.data(row)))


def resource_router(spec: ResourceSpec[Any]) -> APIRouter:
    """The routes of a resource."""
    router = APIRouter(tags=[spec.path.split("/")[1]])
    its, item_path, scope = spec.announces, spec.below(), spec.scope
    sorted_page = paging(spec.rows.columns, spec.rows.order)
    asked_otherwise = [
        *(["view"] if spec.rows.views else ()),
        *(["q"] if spec.rows.legacy is not None else ()),
    ]

    async def collection(
        request: Request,
        page: Annotated[Page, sorted_page],
        work: Annotated[Work, working(f"{scope}.read")],
    ) -> Response:
        given = request.query_params
        if spec.rows.legacy is not None and "q" in given:
            total, rows = await spec.rows.found_by_legacy(work, given["q"])
        else:
            filters = {k: v for k, v in given.items() if k in spec.rows.columns}
            total, rows = await spec.rows.page(work, page, filters, given.get("view"))
        return OrjsonResponse({"total": total, "items": [orjson.Fragment(row) for row in rows]})

    async def item(
        request: Request, work: Annotated[Work, working(f"{scope}.{{id}}.read")]
    ) -> Response:
        shown = await spec.shown(work, request.path_params["id"])
        headers = {"ETag": preconditions.tag_of(shown, work)}
        if preconditions.is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return OrjsonResponse(orjson.Fragment(shown), headers=headers)

    add_route(
        router, "GET", spec.path, collection, f"list_{spec.name}s", answer=list_of(spec.read),
        query=(*spec.rows.columns, *asked_otherwise),
    )  # fmt: skip
    add_route(
        router, "GET", item_path, item, f"get_{spec.name}", answer=spec.read, conditional=True
    )  # fmt: skip
    if spec.heads:

        async def head(
            request: Request, work: Annotated[Work, working(f"{scope}.{{id}}.read")]
        ) -> Response:
            await spec.shown(work, request.path_params["id"])
            return Response(media_type="application/json")

        add_route(router, "HEAD", item_path, head, f"head_{spec.name}")

    if (body_of_post := spec.create) is not None and its.created is not None:

        async def create(
            request: Request, work: Annotated[Work, working(f"{scope}.create")]
        ) -> Response:
            work.must_reach(spec.entity_of_row)
            values = (await read_body(request, body_of_post)).model_dump()
            row = await spec.make(work, values)
            named = spec.rows.key.of(row)
            shown = await spec.shown(work, named)
            location = f"{work.base_url}{spec.path}/{named}"
            headers = {"Location": location, "ETag": preconditions.tag_of(shown, work)}
            return OrjsonResponse(orjson.Fragment(shown), 201, headers)

        add_route(
            router, "POST", spec.path, create, f"create_{spec.name}", status=201,
            answer=spec.read, body=body_of_post, example=spec.example.body,
        )  # fmt: skip

    if (body_of_put := spec.update) is not None and its.edited is not None:

        async def edit(
            request: Request, work: Annotated[Work, working(f"{scope}.{{id}}.update")]
        ) -> Response:
            work.must_reach(spec.entity_of_row)
            body = await read_body(request, body_of_put)
            # What an edit does not name stays; what it names is whole, with the defaults inside.
            values = body.model_dump(include=body.model_fields_set)
            row = await spec.find(work, request.path_params["id"])
            await spec.check_unchanged(request, work)
            await spec.edit(work, row, values)
            return Response(status_code=204)

        add_route(
            router, "PUT", item_path, edit, f"update_{spec.name}", status=204,
            body=body_of_put, example=spec.example.change, conditional=True,
        )  # fmt: skip

    if (deleted := its.deleted) is not None:

        async def delete(
            request: Request, work: Annotated[Work, working(f"{scope}.{{id}}.delete")]
        ) -> Response:
            work.must_reach(spec.entity_of_row)
            row = await spec.find(work, request.path_params["id"])
            await spec.check_unchanged(request, work)
            for rule in spec.deletion:
                await rule(work, row)
            work.announce(deleted(**its.data(row)))
            await work.session.delete(row)
            await work.session.flush()
            return Response(status_code=204)

        add_route(
            router, "DELETE", item_path, delete, f"delete_{spec.name}", status=204,
            conditional=True, query=spec.deletion_query,
        )  # fmt: skip

    return router
