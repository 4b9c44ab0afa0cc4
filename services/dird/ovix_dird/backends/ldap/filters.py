"""What an LDAP server is asked (RFC 4515). Filters are values, so no term can change their form.

A server compares accents and blanks in numbers as it likes, often strictly. So it is asked loosely:
letters that may bear accents, and what may stand between digits, are left open. `matching` judges
what comes back.
"""

import re
from collections.abc import Iterable, Sequence

from ovix_ldap import filter_value
from ovix_telephony.phone_numbers import digits_of, spellings
from sansldap import (
    FilterAnd,
    FilterEquality,
    FilterOr,
    FilterPresent,
    FilterSubstrings,
    LDAPFilter,
)

from ...matching import Term, Word, words

TERM_MARK = "%Q"
"""What stands for the term in a filter of one's own."""

_MAY_BEAR_ACCENTS = frozenset("aceinouyszl")
LITERALS_MIN = 3
"""How many letters must remain for all that may bear accents to be left open at once."""


def own_filter(text: str, term: str) -> LDAPFilter:
    """A configured filter with the term in place of ``%Q``; ValueError when it can't be read."""
    text = text if text.startswith("(") else f"({text})"
    if term:
        text = text.replace(TERM_MARK, filter_value(term))
    else:
        text = text.replace(f"*{TERM_MARK}*", "*").replace(TERM_MARK, "*")
    return LDAPFilter.from_string(text)


def searching(
    term: str, country: str | None, columns: Sequence[str], own: str | None, *, loosely: bool
) -> LDAPFilter:
    """Entries that may match the term in one of the columns, and match the configured filter."""
    parts: list[LDAPFilter] = [] if own is None else [own_filter(own, term)]
    if columns:
        read = Term.read(term, country)
        typed = dict(zip((word.text for word in read.words), words_as_typed(term), strict=False))
        parts += [
            _any(
                FilterSubstrings(column, initial, middle, None)
                for column in columns
                for initial, middle in _patterns(word, typed.get(word.text), loosely=loosely)
            )
            for word in read.words
        ]
        if not read.words:
            parts.append(_any(FilterPresent(column) for column in columns))
    return parts[0] if len(parts) == 1 else FilterAnd(parts)


def with_numbers(
    numbers: Sequence[str],
    country: str | None,
    columns: Sequence[str],
    own: str | None,
    *,
    loosely: bool,
) -> LDAPFilter:
    """Entries that hold one of the numbers; loosely: with anything between the last digits."""
    parts: list[LDAPFilter] = []
    if own is not None:
        terms = numbers if TERM_MARK in own else numbers[:1]
        parts.append(_any(own_filter(own, number) for number in terms))
    if columns:
        forms = dict.fromkeys(
            form for number in numbers for form in (*spellings(number, country), number)
        )
        alternatives: list[LDAPFilter] = [
            FilterEquality(column, _bytes(form)) for column in columns for form in forms
        ]
        if loosely:
            tails = dict.fromkeys(digits_of(number)[-7:] for number in numbers)
            alternatives += [
                FilterSubstrings(column, None, _each(tail[:-1]), tail[-1:].encode())
                for column in columns
                for tail in tails
                if len(tail) > 1
            ]
        parts.append(_any(alternatives))
    return parts[0] if len(parts) == 1 else FilterAnd(parts)


def with_ids(values: Iterable[bytes], column: str) -> LDAPFilter:
    """Entries whose unique column is one of the values."""
    return _any(FilterEquality(column, value) for value in values)


def words_as_typed(term: str) -> list[str]:
    """The words of a term with their case and accents, for as long as folding keeps their count."""
    found = re.split(r"[\s,;]+", term.strip())
    return found if len(found) == len(words(term)) else []


def _patterns(
    word: Word, typed: str | None, *, loosely: bool
) -> list[tuple[bytes | None, list[bytes]]]:
    """What the value may look like: its beginning, and what follows somewhere, in order."""
    text = word.text.decode()
    exact = dict.fromkeys(each for each in (text, typed) if each)
    found: list[tuple[bytes | None, list[bytes]]] = [(None, [_bytes(each)]) for each in exact]
    found += [(number[:1], [number[1:]]) for number in word.numbers if len(number) > 1]
    if not loosely:
        return found
    if digits_of(text):
        # 0612 may be written 06 12, or 06.12.
        found.append((None, _each(text)))
        found += [(number[:1], _each(number[1:].decode())) for number in word.numbers]
        return found
    parts = _open_at(text, [index for index, each in enumerate(text) if each in _MAY_BEAR_ACCENTS])
    if sum(map(len, parts)) >= LITERALS_MIN:
        found.append((None, parts))
        return found
    # Of a short word too little would remain: one letter at a time.
    for index, letter in enumerate(text):
        if letter in _MAY_BEAR_ACCENTS and (parts := _open_at(text, [index])):
            found.append((None, parts))
    return found


def _open_at(text: str, positions: Sequence[int]) -> list[bytes]:
    opened = set(positions)
    marked = "".join("\0" if index in opened else each for index, each in enumerate(text))
    return [part.encode() for part in marked.split("\0") if part]


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


def _each(text: str) -> list[bytes]:
    return [character.encode() for character in text]


def _any(filters: Iterable[LDAPFilter]) -> LDAPFilter:
    alternatives = list(filters)
    return alternatives[0] if len(alternatives) == 1 else FilterOr(alternatives)
