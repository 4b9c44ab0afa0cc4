"""``ViewSpec``, ``GET/PUT`` on a part of a parent, and ``SectionSpec``, without a parent."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from orjson import Fragment
from ovix_rows import Column, Rows
from ovix_web import Operation, Work
from ovix_web.bodies import Schema
from sqlalchemy import Select, Text, cast

from ..errors import Conflict, NotFound
from .examples import Json, ViewExample
from .resource import ResourceSpec

M = TypeVar("M")
B = TypeVar("B", bound=Schema)
Scopes = tuple[str, ...]
NO_USER: Mapping[str, Any] = {"responses": {"404": {"description": "Not Found"}}}
"""What ``/users/me/…`` may answer beside all else: the token is no user's."""


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
    apply: Callable[[Work, M, Any], Awaitable[None]] | None = None
    """Does the PUT: gets the parent's locked row and the body, announces the events."""
    read_scopes: Scopes = ()
    update_scopes: Scopes = ()
    """Access strings that are accepted, where they are not those of the path."""
    deprecated: bool = False
    own: bool = False
    """Whether a user reads and writes it of himself too, as ``/users/me/…``."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)

    def operations(self) -> Iterator[Operation]:
        """Those that the spec offers."""
        parent, named, below = self.parent, self.parent.parameter_name, self.path.replace("/", ".")
        scope, me = f"{parent.scope}.{{{named}}}{below}", f"{parent.scope}.me{below}"
        reads = self.read_scopes or (f"{scope}.read",)
        updates = self.update_scopes or (f"{scope}.update",)
        told = self.name, reads, updates, {"deprecated": self.deprecated}
        yield from self._pair(parent.below(named) + self.path, *told)
        if self.own:
            own = f"my_{self.name}", (f"{me}.read",), (f"{me}.update",), {"described": NO_USER}
            yield from self._pair(f"{parent.path}/me{self.path}", *own)

    def _pair(
        self, path: str, name: str, reads: Scopes, updates: Scopes, told: Mapping[str, Any]
    ) -> Iterator[Operation]:
        example = self.example.body
        if self.shows is not None:
            shown = {"answer": self.read, "example": example, **told}
            yield Operation("GET", path, f"get_{name}", self._show, reads, **shown)
        if self.write is not None:
            taken = {"status": 204, "body": self.write, "body_example": example, **told}
            yield Operation("PUT", path, f"update_{name}", self._put, updates, **taken)

    def _given(self, work: Work) -> object:
        """What names the parent: the path, or for ``me`` the token."""
        return work.path.get(self.parent.parameter_name) or self.parent.own(work)

    async def _show(self, work: Work) -> object:
        given = self._given(work)
        found = await self._rows.one(work, given)
        if found is None:
            raise self.parent.not_found(given)
        part = found.removeprefix('{"part":').removesuffix("}")
        if part == "null" and self.missing is not None:
            raise NotFound(self.missing, **{self.parent.parameter_name: given})
        return Fragment(part)

    async def _put(self, work: Work) -> None:
        assert self.write is not None
        assert self.apply is not None
        body = await work.body(self.write)
        await self.apply(work, await self.parent.find(work, self._given(work)), body)
        await work.session.flush()

    @cached_property
    def _rows(self) -> Rows:
        """A row of one column, null or not, tells a parent without part from no parent at all."""
        assert self.shows is not None
        return self.parent.rows.showing(part=self.shows)


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
    read_scopes: Scopes = ()
    update_scopes: Scopes = ()
    """Access strings that are accepted, where they are not those of the path."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)

    def operations(self) -> Iterator[Operation]:
        """Both; the access string of the GET ends in ``.get`` here, not ``.read``."""
        path, name, scope = self.path, self.name, "confd" + self.path.replace("/", ".")
        shown: dict[str, Any] = {"answer": self.read, "example": self.example}
        scopes = self.read_scopes or (f"{scope}.get",)
        yield Operation("GET", path, f"get_{name}", self._show, scopes, **shown)
        taken: dict[str, Any] = {"body": self.write, "body_example": self.example, "status": 204}
        scopes = self.update_scopes or (f"{scope}.update",)
        yield Operation("PUT", path, f"update_{name}", self._put, scopes, **taken)

    async def _show(self, work: Work) -> object:
        (shown,) = self.shows.selected_columns
        statement = self.shows.with_only_columns(cast(shown, Text), maintain_column_froms=True)
        found = await work.session.execute(statement, {"base_url": work.base_url})
        return Fragment(found.scalar_one())

    async def _put(self, work: Work) -> None:
        work.must_reach(None)
        await self.apply(work, await work.body(self.write))
        await work.session.flush()
