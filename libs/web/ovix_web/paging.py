"""List parameters: limit, offset (or skip), order, direction, search (reference/confd, Lists)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, cast

from fastapi import Depends, Query

from .errors import ApiError

MAX = 2**31 - 1
Direction = Literal["asc", "desc"]


class WrongNumber(ApiError):
    """A limit, offset or skip that is no number, in XiVO's words."""

    status = 400
    template = "Input Error - field '{field}': wrong type. Should be a positive number"


class UnknownOrder(ApiError):
    """Sorting by a column that can't be sorted by."""

    status = 400
    template = "Input Error - order: column '{column}' was not found"


class WrongDirection(ApiError):
    """Neither up nor down."""

    status = 400
    template = "Input Error - direction: must be 'asc' or 'desc'"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for, in which order."""

    limit: int | None = None
    offset: int = 0
    order: str | None = None
    direction: Direction = "asc"
    search: str | None = None


def _number(field: str, text: str | None, least: int) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise WrongNumber(field=field)
    number = int(text)
    if not least <= number <= MAX:
        raise WrongNumber(field=field)
    return number


def paging(columns: Collection[str], default: str | None = None) -> Any:
    """A dependency giving the `Page`; ``columns`` are those a list can be sorted by.

    The parameters are taken as text, because their errors are part of the contract.
    """
    sortable = frozenset(columns)

    async def page(
        limit: str | None = Query(None, description="At most so many items"),
        offset: str | None = Query(None, description="Leave out so many items first"),
        skip: str | None = Query(None, description="Old name of offset", deprecated=True),
        order: str | None = Query(
            None, description=f"Sort by one of: {', '.join(sorted(sortable))}"
        ),
        direction: str | None = Query(None, description="asc or desc"),
        search: str | None = Query(None, description="Keep items that contain this text"),
    ) -> Page:
        if order is not None and order not in sortable:
            raise UnknownOrder(column=order)
        if direction not in (None, "asc", "desc"):
            raise WrongDirection()
        skipped = _number("skip", skip, 0)
        start = _number("offset", offset, 0)
        return Page(
            limit=_number("limit", limit, 1),
            offset=start if start is not None else skipped or 0,
            order=order or default,
            direction=cast(Direction, direction or "asc"),
            search=search or None,
        )

    return Depends(page)
