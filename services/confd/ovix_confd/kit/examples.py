"""Examples of specs: shown in the API description, and lived through by the contract suite."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

Json = dict[str, Any]
"""A ``prepare`` adds the rows that an example needs, in the entity of that id."""


async def _nothing(_session: AsyncSession, _entity_id: int) -> Json:
    return {}


@dataclass(frozen=True)
class Example:
    """Bodies of a resource: a valid POST, as full as it can be, and a valid PUT on it."""

    body: Json
    change: Json
    vary: Callable[[int], Json]
    """What makes the n-th body differ from all others, wherever something must be unique."""
    prepare: Callable[[AsyncSession, int], Awaitable[Json]] = _nothing
    """Gives the members of the body that name the rows."""

    def nth(self, number: int, prepared: Json) -> Json:
        """The n-th of valid bodies that can all be stored."""
        return self.body | prepared | self.vary(number)


@dataclass(frozen=True)
class LinkExample:
    """Two rows that may be linked."""

    prepare: Callable[[AsyncSession, int], Awaitable[tuple[object, object]]]
    """Gives what names both in the path."""
    repeatable: bool = False
    """Whether both ways succeed, and announce, where there is nothing left to do (XiVO's odd ones
    out)."""


@dataclass(frozen=True)
class ViewExample:
    """A parent, and a body for what the view writes."""

    prepare: Callable[[AsyncSession, int], Awaitable[object]]
    """Gives what names the parent in the path."""
    body: Json | None = None
