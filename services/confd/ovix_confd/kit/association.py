"""``LinkSpec``: an association, ``PUT/DELETE /lines/{line_id}/extensions/{extension_id}``."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from ovix_web import Operation, Work
from sqlalchemy import and_, null, select

from ..errors import Conflict, NotFound, not_permitted, param_not_found
from .examples import LinkExample
from .resource import ResourceSpec

L = TypeVar("L")
R = TypeVar("R")
Connect = Callable[[Work, L, R], Awaitable[None]]


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
    """Whether the DELETE names the right side; where not, see `ovix_confd.link_forms`."""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)

    @property
    def names_right(self) -> str:
        """The right id's name in path and body."""
        return self.right_name or self.right.parameter_name

    @property
    def scope_of_left(self) -> str:
        """The start of the access strings: that of the left side's item."""
        return f"{self.left.scope}.{{{self.left.parameter_name}}}"

    def missing(self, left: object, right: object = None) -> NotFound:
        """The 404 of a link that is not there."""
        of_right = {} if right is None else {self.names_right: right}
        return NotFound(self.title, **{self.left.parameter_name: left}, **of_right)

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
            titles = f"{self.left.title} and {self.right.title}"
            raise not_permitted(f"{titles} are of different entities")

    def operations(self) -> Iterator[Operation]:
        """Those that the spec offers."""
        right = f"/{{{self.names_right}:{self.right.rows.key.convertor}}}"
        path = self.left.below(self.left.parameter_name) + self.path + right
        scope = f"{self.scope_of_left}{self.path.replace('/', '.')}.{{{self.names_right}}}"
        does = partial(self._connect, self.associate)
        name = f"associate_{self.name}"
        yield Operation("PUT", path, name, does, (f"{scope}.update",), status=204)
        if self.names_right_on_delete:
            does = partial(self._connect, self.dissociate)
            name = f"dissociate_{self.name}"
            yield Operation("DELETE", path, name, does, (f"{scope}.delete",), status=204)

    async def _connect(self, connect: Connect[L, R], work: Work) -> None:
        named = work.path[self.left.parameter_name], work.path[self.names_right]
        await connect(work, *await self.both(work, *named))
        await work.session.flush()
