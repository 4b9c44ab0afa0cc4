"""Rows of PostgreSQL as JSON: one select gives an item, a page of a list, or a part of an item.

`Rows` says what is read: ``item`` maps the members of the JSON to expressions (relations are built
by `json_object`, `json_list`, `json_one`, `link`, `links`, from the columns of ``source``),
``columns`` what lists filter and sort by. No row passes through Python objects. Write the members
of an ``IN`` as `constant` values; lists can't be bound. Self-references need
`sqlalchemy.orm.aliased`.
"""

from .json_sql import (
    among,
    constant,
    envelope,
    href,
    json_list,
    json_object,
    json_one,
    link,
    links,
    matches,
)
from .key import Key
from .reading import Column, Reader, Rows, compiled

__all__ = [
    "Column",
    "Key",
    "Reader",
    "Rows",
    "among",
    "compiled",
    "constant",
    "envelope",
    "href",
    "json_list",
    "json_object",
    "json_one",
    "link",
    "links",
    "matches",
]
