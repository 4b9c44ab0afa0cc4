"""Find parameters: which documents, in which order, how many, and what of them."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from .selectors import Document, Selector, values_at

log = structlog.get_logger(__name__)
MOST_FIELDS = 64


@dataclass(frozen=True)
class Query:
    """One find, after reference/provd/rest-api.md, 2."""

    selector: Selector = field(default_factory=Selector)
    fields: tuple[str, ...] = ()
    skip: int = 0
    limit: int = 0
    """0: all of them."""
    sort: str = ""
    descending: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether documents are shown as they are stored, in the order they are read."""
        return not (self.selector.conditions or self.fields or self.sort)

    def shown(self, documents: Iterable[Document]) -> list[Document]:
        """The page. Sorting sees what is shown only: a key left out sorts as if it were null."""
        found = [each for each in documents if self.selector.matches(each)]
        if self.fields:
            found = [projected(each, self.fields) for each in found]
        if self.sort:
            found.sort(key=lambda each: _rank(each, self.sort), reverse=self.descending)
        return self.page(found)

    def page(self, found: list[Any]) -> list[Any]:
        """What ``skip`` and ``limit`` leave."""
        return found[self.skip : self.skip + self.limit if self.limit else None]


def query_of(given: Mapping[str, str]) -> Query:
    """What the query string asks for; a value that can't be read is ignored, as ever.

    Raises `InvalidSelector` for a selector that can be read and says nothing clear.
    """
    return Query(
        selector=Selector.of(_selector_text(given)),
        fields=tuple(name for name in given.get("fields", "").split(",") if name)[:MOST_FIELDS],
        skip=_number(given, "skip"),
        limit=_number(given, "limit"),
        sort=given.get("sort", ""),
        descending=_is_descending(given.get("sort_ord", "ASC")),
    )


def projected(document: Document, fields: Iterable[str]) -> Document:
    """``id`` and the fields that are there; a dotted name shows what lies inside."""
    shown: Document = {"id": document["id"]}
    for name in fields:
        *path, last = name.split(".")
        source, target = document, shown
        for step in path:
            inner = source.get(step)
            if not isinstance(inner, dict):
                break
            source = inner
            target = target.setdefault(step, {})
        else:
            if last in source:
                target[last] = source[last]
    return shown


def _rank(document: Document, key: str) -> tuple[int, Any]:
    """Missing and null come first; kinds of values stay together."""
    found = values_at(document, key)
    value = found[0] if found else None
    match value:
        case None:
            return 0, 0
        case bool() | int() | float():
            return 1, value
        case str():
            return 2, value
    return 3, orjson.dumps(value)


def _selector_text(given: Mapping[str, str]) -> Any:
    try:
        if "q64" in given:
            return orjson.loads(base64.b64decode(given["q64"]))
        return orjson.loads(given.get("q", "{}"))
    except (ValueError, binascii.Error) as error:
        log.warning("find_parameter_ignored", name="q", reason=str(error))
        return {}


def _number(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "0")
    if text.isdecimal() and len(text) < 10:
        return int(text)
    log.warning("find_parameter_ignored", name=name, reason="not a number")
    return 0


def _is_descending(text: str) -> bool:
    if text not in ("ASC", "DESC"):
        log.warning("find_parameter_ignored", name="sort_ord", reason="neither ASC nor DESC")
    return text == "DESC"
