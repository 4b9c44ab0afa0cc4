"""List parameters: limit, offset (or skip), order, direction, search (reference/confd, Lists)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, cast

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


PARAMETERS = {
    "limit": "At most so many items",
    "offset": "Leave out so many items first",
    "skip": "Old name of offset",
    "order": "Sort by one of the columns",
    "direction": "asc or desc",
    "search": "Keep items that contain this text",
}
"""The parameters of every list."""


def page_of(query: Mapping[str, str], sortable: Collection[str], default: str) -> Page:
    """What the query string asks for; ``sortable`` are the columns a list can be sorted by."""
    order, direction = query.get("order"), query.get("direction", "asc")
    if order is not None and order not in sortable:
        raise UnknownOrder(column=order)
    if direction not in ("asc", "desc"):
        raise WrongDirection()
    skipped = _number("skip", query.get("skip"), 0)
    start = _number("offset", query.get("offset"), 0)
    return Page(
        limit=_number("limit", query.get("limit"), 1),
        offset=start if start is not None else skipped or 0,
        order=order or default,
        direction=cast(Direction, direction),
        search=query.get("search") or None,
    )
