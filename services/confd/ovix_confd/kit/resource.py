"""``ResourceSpec``: a collection, ``GET/POST /groups``, and its items, ``/groups/{id}``."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from orjson import Fragment
from ovix_bus import Event
from ovix_rows import Rows
from ovix_web import Operation, Work
from ovix_web.bodies import Schema, list_of
from ovix_web.trial import Step
from sqlalchemy import false, inspect, select

from ..errors import Conflict, NotFound
from .examples import Example

M = TypeVar("M")
Values = dict[str, Any]
Rule = Callable[[Work, M], Awaitable[None]]
Part = Callable[[Work, M, Values], Awaitable[None]]
Announcement = Callable[..., Event]


@dataclass(frozen=True)
class Announces(Generic[M]):
    """The events of a resource's life. A verb without an event is not offered."""

    created: Announcement | None = None
    edited: Announcement | None = None
    deleted: Announcement | None = None
    data: Callable[[Any], Values] = lambda row: {"id": row.id}
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
    views: Mapping[str, Rows] = field(default_factory=dict)
    """What an item shows instead of ``rows``, by the value of ``view=``; others are ignored."""
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
    deletion_query: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the query string that ``deletion`` reads from `Work.query`, described."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    """What the violation of a database constraint means to the client, by constraint name."""

    @property
    def scope(self) -> str:
        """The start of the access strings."""
        return "confd" + self.path.replace("/", ".")

    @property
    def parameter_name(self) -> str:
        """The name of the resource's id in the path of something below it."""
        return f"{self.name}_id"

    def below(self, name: str = "id") -> str:
        """The path of one item, its id under that name."""
        return f"{self.path}/{{{name}:{self.rows.key.convertor}}}"

    @property
    def entity_of_row(self) -> Any:
        """The entity of a row of the model; None where there is none."""
        return self.rows.entity if self.entity is None else self.entity

    def own(self, work: Work) -> object:
        """Who ``me`` is in a path: the token's user, or 404."""
        if work.own_uuid is None:
            raise NotFound(self.title, uuid="me")
        return work.own_uuid

    def not_found(self, given: object) -> NotFound:
        """The 404 for what a path names."""
        named = self.rows.key.named(given)
        return NotFound(self.title, **{"id" if named is None else named[0].key: given})

    async def shown(self, work: Work, given: object, rows: Rows | None = None) -> str:
        """The JSON of one item, or 404."""
        found = await (rows or self.rows).one(work, given)
        if found is None:
            raise self.not_found(given)
        return found

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

    async def make(self, work: Work, values: Values, *, entity: Any = None) -> M:
        """Create a row from the values of a whole body, and announce it.

        Its entity is the caller's or the default one, unless what it belongs to has another.
        """
        row: Any = self.model()
        own = getattr(self.model, "entity_id", None)
        if own is not None and own is self.entity_of_row:
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

    async def remove(self, work: Work, row: M) -> None:
        """Delete the row by its rules, and announce it."""
        for rule in self.deletion:
            await rule(work, row)
        if self.announces.deleted is not None:
            work.announce(self.announces.deleted(**self.announces.data(row)))
        await work.session.delete(row)
        await work.session.flush()

    async def edit(self, work: Work, row: M, values: Values) -> None:
        """Change the row by its rules, with what follows from it, and announce it."""
        await self.check(work, row, values)
        await self.store(work, row, values)
        for part in self.entails:
            await part(work, row, values)
        if self.announces.edited is not None:
            work.announce(self.announces.edited(**self.announces.data(row)))

    def operations(self) -> Iterator[Operation]:
        """Those that the spec offers."""
        its, name, item, example = self.announces, self.name, self.below(), self.example
        rows, some, one = self.rows, self.scope, f"{self.scope}.{{id}}"
        yield Operation(
            "GET", self.path, f"list_{name}s", self._list, (f"{some}.read",),
            answer=list_of(self.read), example={"items": [example.body]}, query=rows.parameters,
        )  # fmt: skip
        yield Operation(
            "GET", item, f"get_{name}", self._show, (f"{one}.read",),
            answer=self.read, example=example.body, conditional=True,
            query={"view": f"One of: {', '.join(self.views)}"} if self.views else {},
        )  # fmt: skip
        if self.create is not None and its.created is not None:
            yield Operation(
                "POST", self.path, f"create_{name}", self._create, (f"{some}.create",), status=201,
                answer=self.read, example=example.body, body=self.create, body_example=example.body,
            )  # fmt: skip
        if self.update is not None and its.edited is not None:
            yield Operation(
                "PUT", item, f"update_{name}", self._edit, (f"{one}.update",), status=204,
                body=self.update, body_example=example.change, conditional=True,
            )  # fmt: skip
        if its.deleted is not None:
            yield Operation(
                "DELETE", item, f"delete_{name}", self._delete, (f"{one}.delete",), status=204,
                query=self.deletion_query, conditional=True, can_be_tried=True,
            )  # fmt: skip

    async def _list(self, work: Work) -> object:
        total, rows = await self.rows.found(work, work.query)
        return {"total": total, "items": [Fragment(row) for row in rows]}

    async def _show(self, work: Work) -> object:
        view = self.views.get(work.query.get("view", ""))
        shown = await self.shown(work, work.path["id"], view)
        # A view has no tag: an edit compares with what the item itself shows.
        return work.tagged(shown) if view is None else Fragment(shown)

    async def _create(self, work: Work) -> object:
        assert self.create is not None
        work.must_reach(self.entity_of_row)
        row = await self.make(work, (await work.body(self.create)).model_dump())
        named = self.rows.key.of(row)
        work.headers["Location"] = f"{work.base_url}{self.path}/{named}"
        return work.tagged(await self.shown(work, named))

    async def _edit(self, work: Work) -> None:
        assert self.update is not None
        work.must_reach(self.entity_of_row)
        body = await work.body(self.update)
        # What an edit does not name stays; what it names is whole, with the defaults inside.
        values = body.model_dump(include=body.model_fields_set)
        await self.edit(work, await self._unchanged(work), values)

    async def _delete(self, work: Work) -> None:
        work.must_reach(self.entity_of_row)
        row = await self._unchanged(work)
        named = self.rows.key.of(row)
        await self.remove(work, row)
        work.steps.append(Step("deleted", self.name, named))

    async def _unchanged(self, work: Work) -> M:
        """The row of the path, locked; 412 unless it is one that ``If-Match`` names."""
        row = await self.find(work, work.path["id"])
        await work.must_be_unchanged(self.title, lambda: self.shown(work, work.path["id"]))
        return row
