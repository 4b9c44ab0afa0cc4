"""List parameters of dird (reference/dird.md, A7 and part C)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ovix_web import InvalidRequest

from . import asking

PARAMETERS = {
    "search": "Keep items that contain this text",
    "order": "Sort by this field",
    "direction": "asc or desc",
    "limit": "At most so many items; 0: all of them",
    "offset": "Leave out so many items first",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """Which part of a list is asked for."""

    search: str
    order: str | None
    descending: bool
    limit: int | None
    offset: int

    def sorted(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The part, of a short list that is all here; missing values come last."""
        if self.order is not None:
            order = self.order

            def key(item: dict[str, Any]) -> tuple[bool, str]:
                value = item.get(order)
                return (value is None) is not self.descending, str(value).lower()

            items = sorted(items, key=key, reverse=self.descending)
        end = None if self.limit is None else self.offset + self.limit
        return items[self.offset : end]


def listing_of(query: Mapping[str, str]) -> Listing:
    """What the query string asks for; raises `InvalidRequest`."""
    direction = query.get("direction", "asc")
    if direction not in ("asc", "desc"):
        raise InvalidRequest("direction should be one of ['asc', 'desc']")
    search, order = query.get("search", ""), query.get("order")
    if max(len(search), len(order or "")) > asking.TERM_MAX:
        raise InvalidRequest(f"search and order are at most {asking.TERM_MAX} characters long")
    return Listing(
        search=search,
        order=order or None,
        descending=direction == "desc",
        limit=asking.number(query, "limit") or None,
        offset=asking.number(query, "offset") or 0,
    )
