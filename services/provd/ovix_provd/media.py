"""The media type of provd, in and out, and what may stand in a document."""

from collections.abc import Iterable
from typing import Any

MEDIA_TYPE = "application/vnd.proformatique.provd+json"
JSON = "application/json"
DEEPEST = 64
"""Objects and lists inside each other; PostgreSQL's own limit would be our fault."""


def is_readable(content_type: str) -> bool:
    """Whether a body of that type is taken: the vendor's type, or plain JSON."""
    return content_type.partition(";")[0].strip().lower() in (MEDIA_TYPE, JSON)


def answered_as(accept: str | None) -> str | None:
    """The type to answer in; None when the client takes neither."""
    if accept is None or not accept.strip():
        return MEDIA_TYPE
    accepted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if not accepted.isdisjoint((MEDIA_TYPE, "application/*", "*/*")):
        return MEDIA_TYPE
    return JSON if JSON in accepted else None


def is_too_deep(value: Any) -> bool:
    """Whether objects and lists lie deeper inside each other than can be stored."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
