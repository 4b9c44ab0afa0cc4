"""Examples of specs: shown in the API description, and lived through by the contract suite."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

Json = dict[str, Any]


async def _nothing(_session: AsyncSession, _entity_id: int) -> Json:
    """Needs no other rows."""
    return {}


@dataclass(frozen=True)
class Example:
    """Bodies of a resource."""

    body: Json
    """A valid POST, as full as it can be."""
    change: Json
    """A valid PUT on it."""
    vary: Callable[[int], Json]
    """What makes the n-th body differ from all others, wherever something must be unique."""
    prepare: Callable[[AsyncSession, int], Awaitable[Json]] = _nothing
    """Adds the rows that a body refers to, in the entity of that id, and gives the members of the
    body that name them."""

    def nth(self, number: int, prepared: Json) -> Json:
        """The n-th of valid bodies that can all be stored."""
        return self.body | prepared | self.vary(number)


@dataclass(frozen=True)
class LinkExample:
    """Two rows that may be linked."""

    prepare: Callable[[AsyncSession, int], Awaitable[tuple[object, object]]]
    """Adds both, in the entity of that id, and gives what names them in the path."""


@dataclass(frozen=True)
class ViewExample:
    """A parent, and a body for what the view writes."""

    prepare: Callable[[AsyncSession, int], Awaitable[object]]
    """Adds the parent, in the entity of that id, and gives what names it in the path."""
    body: Json | None = None
