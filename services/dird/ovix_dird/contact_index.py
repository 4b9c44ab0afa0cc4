"""Contacts in memory, found by any part of a word, by number and by id.

Made for a file's hundred thousand rows: one long text to look into, and packed integers instead of
objects for each contact, so that they cost bytes and a search is a few passes of ``bytes.find``.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from ovix_telephony.phone_numbers import digits_of, same_number, spellings

from .matching import BORDER, Rank, Term, Word, searchable

TAIL_DIGITS = 7
"""By how many last digits numbers are indexed: they don't depend on how the number begins."""
CANDIDATES_MAX = 1000
"""Contacts that are compared for one number: as many may share a switchboard's."""
LOOKS_FACTOR = 10
"""How many contacts that may match are compared in one pass, in multiples of the results wanted."""
FEW = 500
"""How many are compared for one of several words before the others are tried for rarer ones."""

_RECORD = b"\x1e"
_EDGE = BORDER.encode()


@dataclass(frozen=True, slots=True)
class Indexed:
    """By what one contact is found."""

    searched: Iterable[Any]
    """The values of the fields that searches look into."""
    numbers: Iterable[str]
    entry_id: str | None = None


class ContactIndex:
    """Finds contacts by their places in a list that somebody else keeps. It never changes."""

    def __init__(self, entries: Iterable[Indexed]) -> None:
        self._starts = array("Q")
        by_number: list[int] = []
        by_id: list[int] = []
        texts: list[bytes] = []
        size = 0
        for row, entry in enumerate(entries):
            # Folded texts hold neither of the separators: see matching.fold.
            text = _RECORD + searchable(entry.searched)
            self._starts.append(size)
            size += len(text)
            texts.append(text)
            held = map(digits_of, entry.numbers)
            by_number.extend(_key(digits) << 32 | row for digits in held if digits)
            if entry.entry_id:
                by_id.append(_id_key(entry.entry_id) << 32 | row)
        self._text = b"".join(texts) + _RECORD
        self._by_number = array("Q", sorted(by_number))
        self._by_id = array("Q", sorted(by_id))

    def __len__(self) -> int:
        return len(self._starts)

    def search(self, term: Term, limit: int) -> list[tuple[Rank, int]]:
        """The ranks and rows of the best matches: best first, then as they came.

        Of what thousands have in common, values that begin with it are preferred to those with it
        inside, but not all of them are compared.
        """
        if not term.words:
            return [(Rank.SUBSTRING, row) for row in range(min(limit, len(self)))]
        ranked: dict[int, Rank | None] = {}
        # Any word leads to all that match; the longest one is the rarest, most likely.
        words = sorted(term.words, key=lambda each: -len(each.text))
        few = [FEW] if len(words) > 1 else []
        if not any(
            self._rank_hits(term, _needles(word), ranked, limit, looks)
            for looks in (*few, limit * LOOKS_FACTOR)
            for word in words
        ):
            self._rank_beginnings(term, words[0], ranked, limit)
        return sorted((rank, row) for row, rank in ranked.items() if rank is not None)[:limit]

    def with_number(
        self, number: str, country: str | None, numbers_of: Callable[[int], Iterable[str]]
    ) -> int | None:
        """The first row that has the number, however both are written; None when no row has.

        ``numbers_of`` gives a row's numbers as they are written.
        """
        rows: set[int] = set()
        for spelling in spellings(number, country):
            rows.update(_rows_under(self._by_number, _key(spelling)))
        for row in sorted(rows)[:CANDIDATES_MAX]:
            if any(same_number(each, number, country) for each in numbers_of(row)):
                return row
        return None

    def with_id(self, entry_id: str, id_of: Callable[[int], str | None]) -> int | None:
        """The first row of this id; ``id_of`` gives a row's."""
        for row in _rows_under(self._by_id, _id_key(entry_id)):
            if id_of(row) == entry_id:
                return row
        return None

    def _rank_beginnings(
        self, term: Term, word: Word, ranked: dict[int, Rank | None], limit: int
    ) -> None:
        """Of too many to compare: those that begin with the word, and before all that are it."""
        looks = limit * LOOKS_FACTOR
        beginnings = [_EDGE + text for text in (word.text, *word.numbers)]
        if not self._rank_hits(term, beginnings, ranked, limit, looks):
            self._rank_hits(term, [each + _EDGE for each in beginnings], ranked, limit, looks)
        if sum(rank is not None for rank in ranked.values()) < limit:
            self._rank_hits(term, _needles(word), ranked, limit, len(self))

    def _rank_hits(
        self,
        term: Term,
        needles: list[bytes],
        ranked: dict[int, Rank | None],
        limit: int,
        looks: int,
    ) -> bool:
        """Rank records that hold one of the needles; tells whether those were all of them.

        Ends after ``limit`` more that match, or ``looks`` more that were compared.
        """
        for needle in needles:
            for row, start, end in self._records_with(needle):
                if row in ranked:
                    continue
                rank = ranked[row] = term.rank_in(self._text, start, end)
                looks -= 1
                limit -= rank is not None
                if not limit or not looks:
                    return False
        return True

    def _records_with(self, needle: bytes) -> Iterator[tuple[int, int, int]]:
        """Number and place in the text of the records that hold the needle, in order."""
        at = self._text.find(needle)
        while at >= 0:
            row = bisect_right(self._starts, at) - 1
            start = self._starts[row] + 1
            end = self._starts[row + 1] if row + 1 < len(self._starts) else len(self._text) - 1
            yield row, start, end
            at = self._text.find(needle, end)


def _needles(word: Word) -> list[bytes]:
    return [*(_EDGE + number for number in word.numbers), word.text]


def _key(digits: str) -> int:
    """The last digits as a number; a one before them keeps leading zeros apart."""
    last = digits[-TAIL_DIGITS:]
    if not last.isdecimal():
        last = "".join(character for character in last if character.isdecimal())
    return int(f"1{last}")


def _id_key(entry_id: str) -> int:
    return crc32(entry_id.encode(errors="replace"))


def _rows_under(packed: "array[int]", key: int) -> Iterator[int]:
    for index in range(bisect_left(packed, key << 32), len(packed)):
        if packed[index] >> 32 != key:
            return
        yield packed[index] & 0xFFFFFFFF
