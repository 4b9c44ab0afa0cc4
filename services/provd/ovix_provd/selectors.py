"""Which documents a client looks for (reference/provd/rest-api.md, 2). Values in, values out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
_MISSING: Any = object()
MOST_ALTERNATIVES = 1000
MOST_KEYS = 64


class InvalidSelector(ValueError):
    """A selector that says nothing clear."""


def same(stored: Any, wanted: Any) -> bool:
    """JSON equality: true is no 1."""
    if isinstance(stored, bool) is not isinstance(wanted, bool):
        return False
    return bool(stored == wanted)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison that what can't be compared does not meet."""

    def compare(stored: Any, wanted: Any) -> bool:
        numbers = isinstance(stored, int | float) and isinstance(wanted, int | float)
        texts = isinstance(stored, str) and isinstance(wanted, str)
        return (numbers or texts) and test(stored, wanted)

    return compare


def _contains(stored: Any, wanted: Any) -> bool:
    if isinstance(stored, str):
        return isinstance(wanted, str) and wanted in stored
    return isinstance(stored, list) and any(same(each, wanted) for each in stored)


_ONE_VALUE: Mapping[str, Callable[[Any, Any], bool]] = {
    "$contains": _contains,
    "$gt": _ordered(lambda stored, wanted: stored > wanted),
    "$ge": _ordered(lambda stored, wanted: stored >= wanted),
    "$lt": _ordered(lambda stored, wanted: stored < wanted),
    "$le": _ordered(lambda stored, wanted: stored <= wanted),
}
_LISTS = ("$in", "$nin")
_OPERATORS = {*_ONE_VALUE, *_LISTS, "$ne", "$exists"}


@dataclass(frozen=True)
class Condition:
    """What the values at one key must be; ``operator`` is ``$eq`` for a plain value."""

    key: str
    operator: str
    wanted: Any

    def holds(self, document: Document) -> bool:
        """Whether a document meets it."""
        found = values_at(document, self.key)
        match self.operator:
            case "$eq":
                return any(same(each, self.wanted) for each in found)
            case "$ne":
                return not any(same(each, self.wanted) for each in found)
            case "$exists":
                return bool(found) is bool(self.wanted)
            case "$in":
                return any(same(each, one) for each in found for one in self.wanted)
            case "$nin":
                return not any(same(each, one) for each in found for one in self.wanted)
        return any(_ONE_VALUE[self.operator](each, self.wanted) for each in found)

    def contained(self) -> list[Document]:
        """Parts of which a document that meets it contains one; none when that can't be told.

        The database finds those by an index; `holds` then decides.
        """
        wanted = {"$eq": [self.wanted], "$in": self.wanted}.get(self.operator)
        if not wanted or not all(isinstance(each, str | bool | int) for each in wanted):
            return []
        return [part for each in wanted for part in _parts(self.key.split("."), each)]


def _parts(path: list[str], value: Any) -> list[Document]:
    """Objects that hold the value at the path, directly or in a list's element."""
    *outer, last = path
    inner: list[Any] = [{last: value}]
    if outer:
        inner.append([{last: value}])
    for name in reversed(outer):
        inner = [{name: each} for each in inner]
    return inner


def values_at(document: Document, key: str) -> list[Any]:
    """The value at a dotted key, if any; of a list of objects, those of its elements."""
    *outer, last = key.split(".")
    value: Any = document
    for name in outer:
        value = value.get(name, _MISSING) if isinstance(value, dict) else _MISSING
    if isinstance(value, list):
        return [each[last] for each in value if isinstance(each, dict) and last in each]
    return [value[last]] if isinstance(value, dict) and last in value else []


@dataclass(frozen=True)
class Selector:
    """All conditions must hold."""

    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, given: object) -> "Selector":
        """What a client asks for, or `InvalidSelector`."""
        if not isinstance(given, dict):
            raise InvalidSelector("selector must be an object")
        if len(given) > MOST_KEYS:
            raise InvalidSelector(f"more than {MOST_KEYS} keys")
        return cls(tuple(each for key, value in given.items() for each in _conditions(key, value)))

    def matches(self, document: Document) -> bool:
        """Whether a document is looked for."""
        return all(each.holds(document) for each in self.conditions)


def _conditions(key: str, value: Any) -> list[Condition]:
    if not isinstance(value, dict) or not any(name.startswith("$") for name in value):
        return [Condition(key, "$eq", value)]
    for name, operand in value.items():
        if name not in _OPERATORS:
            raise InvalidSelector(f"invalid operator: {name}")
        if name in _LISTS:
            if not isinstance(operand, list):
                raise InvalidSelector(f"{name} needs a list")
            if len(operand) > MOST_ALTERNATIVES:
                raise InvalidSelector(f"{name} takes {MOST_ALTERNATIVES} values at most")
    return [Condition(key, name, operand) for name, operand in value.items()]
