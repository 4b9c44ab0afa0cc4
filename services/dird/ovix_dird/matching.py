"""What "this contact matches what was typed" means, for every source that matches by itself.

Case and accents don't count, every word of the term must be found somewhere in the searched fields,
and numbers are found however they are written. Sources that ask a server narrow down there, and
judge what comes back here, so that all of them agree.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from string import ascii_letters
from typing import Any

from ovix_telephony.phone_numbers import digits_of, started_forms

MAX_WORDS = 16
"""Further words of a term are not looked at."""

BORDER = "\x1f"
"""Stands around every value of a searchable text; folded values never hold it."""

_EDGE = BORDER.encode()
_SPLIT = re.compile(r"[\s,;]+")
# Letters that Unicode takes for letters of their own, as PostgreSQL's unaccent writes them.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th"}
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("’‘ʼ`´", "'")
)
_LETTERS_ALONE = frozenset(ascii_letters)


class Rank(IntEnum):
    """How well a contact matches; lower is better."""

    EXACT = 0
    """The term is a whole value, or every word of it is."""
    WORD = 1
    """Every word of the term is a word."""
    PREFIX = 2
    """Every word of the term begins a word."""
    SUBSTRING = 3
    """A word of the term is only found inside a word."""


@lru_cache(maxsize=32_768)
def fold(text: str) -> str:
    """The text without case, accents and repeated blanks, for comparing."""
    text = " ".join(text.split())
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    # Compatibility forms may bring capitals and blanks back: ™, ﷺ.
    return " ".join(plain.casefold().translate(_LETTERS).split())


def words(term: str) -> tuple[str, ...]:
    """The folded words of a term, each once, in order. Blanks, commas and semicolons part them."""
    found = (word for word in _SPLIT.split(fold(term)) if word)
    return tuple(dict.fromkeys(found))[:MAX_WORDS]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a term, and how it may stand in a searchable text."""

    text: bytes
    """Found anywhere."""
    numbers: tuple[bytes, ...] = ()
    """Found at the beginning of a value: other ways to write the number that was started."""

    def rank_in(self, searchable: bytes, start: int = 0, end: int | None = None) -> Rank | None:
        """The best rank in the text, or in the part of it from ``start`` to ``end``."""
        end = len(searchable) if end is None else end
        best = _text_rank(self.text, searchable, start, end)
        if best is Rank.EXACT:
            return best
        for number in self.numbers:
            at = searchable.find(_EDGE + number, start, end)
            if at >= 0:
                if searchable.find(_EDGE + number + _EDGE, at, end) >= 0:
                    return Rank.EXACT
                best = Rank.PREFIX if best is None else min(best, Rank.PREFIX)
        return best


@dataclass(frozen=True, slots=True)
class Term:
    """What was typed, made ready for many comparisons."""

    words: tuple[Word, ...]
    whole: bytes = b""
    """The value that is this very term."""

    @classmethod
    def read(cls, term: str, country: str | None = None) -> "Term":
        """``country`` is where a national number in it is read (ISO 3166 alpha-2)."""
        return _read(term, country)

    def rank_in(self, searchable: bytes, start: int = 0, end: int | None = None) -> Rank | None:
        """How well a searchable text matches (None: not); the empty term matches everything."""
        worst: Rank | None = None
        for word in self.words:
            rank = word.rank_in(searchable, start, end)
            if rank is None:
                return None
            worst = rank if worst is None else max(worst, rank)
        if worst is None:
            return Rank.SUBSTRING
        if worst is not Rank.EXACT and searchable.find(self.whole, start, end) >= 0:
            return Rank.EXACT
        return worst


def rank(term: str, values: Iterable[Any], country: str | None = None) -> int | None:
    """How well a contact matches by the values of its searched fields; None: not at all.

    0: the term is one of them; then: its words are words, begin words, are somewhere in words.
    Values that are lists count by their members, None and nested objects not at all.
    """
    return Term.read(term, country).rank_in(searchable(values))


def searchable(values: Iterable[Any]) -> bytes:
    """What `Term.rank_in` looks into: the folded values, numbers by their digits alone."""
    parts = [""]
    for value in texts_of(values):
        if value[:1] not in _LETTERS_ALONE and (digits := digits_of(value)):
            if digits.startswith("00"):
                parts.append(f"+{digits[2:]}")
            parts.append(digits)
        else:
            parts.append(fold(value))
    parts.append("")
    return BORDER.join(parts).encode(errors="replace")


def texts_of(values: Iterable[Any]) -> Iterable[str]:
    """The texts and numbers among values; lists by their members, one level deep."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from (str(each) for each in value if isinstance(each, str | int))
        elif isinstance(value, int) and not isinstance(value, bool):
            yield str(value)


@lru_cache(maxsize=256)
def _read(term: str, country: str | None) -> Term:
    whole = (BORDER + fold(term) + BORDER).encode(errors="replace")
    # A number is one word, with its blanks: 06 12 34.
    if number := _number(term, country):
        return Term((number,), whole)
    return Term(
        tuple(
            _number(word, country) or Word(word.encode(errors="replace")) for word in words(term)
        ),
        whole,
    )


def _number(text: str, country: str | None) -> Word | None:
    forms = started_forms(text, country)
    if not forms:
        return None
    # One digit says nothing about the way a number goes on.
    others = forms[1:] if len(forms[0]) > 1 else ()
    return Word(forms[0].encode(), tuple(form.encode() for form in others if len(form) > 1))


def _text_rank(text: bytes, searchable: bytes, start: int, end: int) -> Rank | None:
    best: Rank | None = None
    at = searchable.find(text, start, end)
    while at >= 0:
        after = at + len(text)
        if at > start and _in_word(searchable[at - 1]):
            found = Rank.SUBSTRING
        elif after < end and _in_word(searchable[after]):
            found = Rank.PREFIX
        elif searchable[at - 1 : at] == _EDGE == searchable[after : after + 1]:
            return Rank.EXACT
        else:
            found = Rank.WORD
        best = found if best is None else min(best, found)
        at = searchable.find(text, after, end)
    return best


def _in_word(byte: int) -> bool:
    # Bytes of letters beyond ASCII lie above 127 (UTF-8).
    return byte > 127 or 48 <= byte <= 57 or 97 <= byte <= 122
