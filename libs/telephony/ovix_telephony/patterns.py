"""Asterisk's extension patterns: what they match, and which of several wins.

The order was measured on Asterisk 16.28 (reference/agid.md, part 9): the exact extension first;
otherwise position by position, a literal before a set, a small set before a large one, then ``.``,
then ``!``; where one pattern ends first, the longer one wins.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

SortKey: TypeAlias = tuple[tuple[int, str], ...]

_DIGITS = "0123456789"
_CLASSES = {"X": _DIGITS, "Z": _DIGITS[1:], "N": _DIGITS[2:]}
_ONE_OR_MORE, _ZERO_OR_MORE = ".", "!"
_AFTER_SETS = {_ONE_OR_MORE: 1_000, _ZERO_OR_MORE: 2_000}
_END = (3_000, "")
_FEATURE_WILDCARDS = frozenset("[NXZ!.")


class InvalidPattern(ValueError):
    """A pattern with a set that is empty, reversed or never closed."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern: the sets of characters it wants in order, and how it ends."""

    text: str
    sets: tuple[frozenset[str], ...]
    tail: str
    """``.`` (one character or more), ``!`` (any number) or nothing."""
    key: SortKey
    """Smaller is more specific; equal keys are the same pattern for Asterisk."""

    def matches(self, number: str) -> bool:
        wanted = len(self.sets)
        if self.tail == _ONE_OR_MORE:
            if len(number) <= wanted:
                return False
        elif self.tail == _ZERO_OR_MORE:
            if len(number) < wanted:
                return False
        elif len(number) != wanted:
            return False
        return all(
            character in members for character, members in zip(number, self.sets, strict=False)
        )


def is_pattern(exten: str) -> bool:
    """Only a leading underscore makes Asterisk read an extension as a pattern."""
    return exten.startswith("_")


@lru_cache(maxsize=4096)
def parse(exten: str) -> Pattern:
    """Parse an extension; without a leading underscore every character stands for itself."""
    if not is_pattern(exten):
        return _pattern(exten, [frozenset(character) for character in exten], "")
    sets: list[frozenset[str]] = []
    body = exten[1:]
    position = 0
    while position < len(body):
        character = body[position]
        if character in (_ONE_OR_MORE, _ZERO_OR_MORE):
            # Asterisk matches as soon as it reads the wildcard: what follows it is never looked at.
            return _pattern(exten, sets, character)
        if character == "[":
            members, position = read_set(body, position)
            sets.append(members)
            continue
        if character != "-":
            sets.append(frozenset(_CLASSES.get(character.upper(), character)))
        position += 1
    return _pattern(exten, sets, "")


def read_set(text: str, start: int) -> tuple[frozenset[str], int]:
    """The members of the set ``[…]`` that opens at ``start``, and the position behind it."""
    end = text.find("]", start)
    if end < 0:
        raise InvalidPattern(f"'[' is never closed in '{text}'")
    inner = text[start + 1 : end]
    members: set[str] = set()
    index = 0
    while index < len(inner):
        if index + 2 < len(inner) and inner[index + 1] == "-":
            first, last = inner[index], inner[index + 2]
            if first > last:
                raise InvalidPattern(f"reversed range '{first}-{last}' in '{text}'")
            members.update(chr(code) for code in range(ord(first), ord(last) + 1))
            index += 3
        else:
            members.add(inner[index])
            index += 1
    if not members:
        raise InvalidPattern(f"empty set in '{text}'")
    return frozenset(members), end + 1


def sort_key(sets: Sequence[frozenset[str]], tail: str) -> SortKey:
    """Asterisk's order of specificity: smaller first."""
    positions = [(len(members), "".join(sorted(members))) for members in sets]
    if tail:
        positions.append((_AFTER_SETS[tail], ""))
    return (*positions, _END)


def matches(exten: str, number: str) -> bool:
    """Whether Asterisk would take ``number`` for the extension or pattern ``exten``."""
    return parse(exten).matches(number)


def are_duplicates(one: str, other: str) -> bool:
    """Whether Asterisk rejects the second of the two when both stand in one context."""
    if is_pattern(one) != is_pattern(other):
        return False
    return parse(one).key == parse(other).key


def best_match(number: str, extens: Iterable[str]) -> str | None:
    """The extension Asterisk runs for ``number`` when one context holds all of ``extens``."""
    candidates = [exten for exten in extens if matches(exten, number)]
    if number in candidates:
        return number
    return min(candidates, key=lambda exten: (not _is_exact(exten), parse(exten).key), default=None)


def clean_feature_code(code: str) -> str:
    """The fixed part of a feature code: ``_*21.`` gives ``*21`` (reference/agid.md 3.6)."""
    if not is_pattern(code):
        return code
    body = code[1:]
    for position, character in enumerate(body):
        if character in _FEATURE_WILDCARDS:
            return body[:position]
    return body


def argument_offset(code: str) -> int:
    """How many characters of the dialled number belong to the code, not to its argument."""
    return len(clean_feature_code(code))


def _is_exact(exten: str) -> bool:
    return not is_pattern(exten)


def _pattern(text: str, sets: Sequence[frozenset[str]], tail: str) -> Pattern:
    return Pattern(text, tuple(sets), tail, sort_key(sets, tail))


__all__ = [
    "InvalidPattern",
    "Pattern",
    "SortKey",
    "are_duplicates",
    "argument_offset",
    "best_match",
    "clean_feature_code",
    "is_pattern",
    "matches",
    "parse",
    "read_set",
    "sort_key",
]
