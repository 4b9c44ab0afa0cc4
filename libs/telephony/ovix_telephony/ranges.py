"""Number ranges of a context: membership, DID truncation, and the numbers still free.

With ``did_length`` n the last n digits are what is matched, in the API's range check and in the
dialplan alike (architecture.md, "Where the sources disagree", 4). Work is done on intervals, so a
range of 16 digits costs no more than one of 3.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Interval: TypeAlias = tuple[int, int]
"""First and last number, both included."""

SEARCH_PIECES_LIMIT = 100_000
_DIGITS = re.compile(r"[0-9]+")


class TooManyNumbers(ValueError):
    """A search that would cut the ranges into more pieces than anyone can read."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers from ``start`` to ``end`` included, as they were typed (leading zeros)."""

    start: str
    end: str
    did_length: int = 0
    """Digits the provider really sends, counted from the right; 0 means all."""

    def contains(self, number: str) -> bool:
        """Whether the number belongs to the range; leading zeros do not count."""
        if not _DIGITS.fullmatch(number):
            return False
        value = int(received_digits(number, self.did_length))
        return any(first <= value <= last for first, last in self.intervals())

    def intervals(self) -> tuple[Interval, ...]:
        """The values a matching number may have, after truncation; two when they wrap around."""
        first, last = int(self.start), int(self.end)
        if first > last:
            return ()
        if not self.did_length or self.did_length >= len(self.end):
            return ((first, last),)
        modulus = 10**self.did_length
        if last - first + 1 >= modulus:
            return ((0, modulus - 1),)
        first, last = first % modulus, last % modulus
        if first <= last:
            return ((first, last),)
        return ((0, last), (first, modulus - 1))

    @property
    def width(self) -> int:
        """Digits of a number of this range, once truncated."""
        return min(self.did_length, len(self.end)) if self.did_length else len(self.end)


def received_digits(number: str, did_length: int) -> str:
    """What the provider sends of ``number``: its last ``did_length`` digits, 0 meaning all."""
    return number[-did_length:] if did_length else number


def matching_range(ranges: Iterable[NumberRange], number: str) -> NumberRange | None:
    """The first range that the number belongs to."""
    return next((candidate for candidate in ranges if candidate.contains(number)), None)


def dialled_did(ranges: Iterable[NumberRange], exten: str) -> str:
    """The extension the dialplan matches for an incoming number that is stored as ``exten``."""
    found = matching_range(ranges, exten)
    return received_digits(exten, found.did_length) if found else exten


def merged(ranges: Iterable[NumberRange]) -> list[NumberRange]:
    """All numbers of the ranges, truncated, in contiguous ranges of equal length."""
    return free_ranges(ranges, ())


def free_ranges(
    ranges: Iterable[NumberRange], taken: Collection[str], search: str = ""
) -> list[NumberRange]:
    """The numbers of ``ranges`` that are not ``taken``, merged; only those containing ``search``.

    Overlapping ranges count once, and numbers are merged with neighbours of the same length only.
    """
    if search and not _DIGITS.fullmatch(search):
        return []
    by_width: dict[int, list[Interval]] = {}
    did_lengths: dict[int, set[int]] = {}
    for candidate in ranges:
        by_width.setdefault(candidate.width, []).extend(candidate.intervals())
        did_lengths.setdefault(candidate.width, set()).add(candidate.did_length)
    found: list[NumberRange] = []
    for width, intervals in sorted(by_width.items()):
        used = sorted(
            {
                int(digits)
                for number in taken
                if _DIGITS.fullmatch(number)
                for did_length in did_lengths[width]
                if len(digits := received_digits(number, did_length)) == width
            }
        )
        pieces: Iterable[Interval] = _without(_union(intervals), used)
        if search:
            pieces = _union(_containing(list(pieces), search, width))
        found += [NumberRange(f"{first:0{width}}", f"{last:0{width}}") for first, last in pieces]
    return found


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    united: list[Interval] = []
    for first, last in sorted(intervals):
        if united and first <= united[-1][1] + 1:
            united[-1] = (united[-1][0], max(last, united[-1][1]))
        else:
            united.append((first, last))
    return united


def _without(intervals: Iterable[Interval], used: Sequence[int]) -> Iterator[Interval]:
    for first, last in intervals:
        free_from = first
        for index in range(bisect_left(used, first), len(used)):
            if used[index] > last:
                break
            if used[index] > free_from:
                yield free_from, used[index] - 1
            free_from = used[index] + 1
        if free_from <= last:
            yield free_from, last


def _containing(intervals: Sequence[Interval], search: str, width: int) -> Iterator[Interval]:
    """Parts of the intervals whose numbers, written with ``width`` digits, contain ``search``.

    Numbers with ``search`` at a given position form blocks of ``10**rest`` neighbours, one block
    per value of the digits before it.
    """
    pieces = 0
    for rest in range(width - len(search) + 1):
        block = 10**rest
        stride = block * 10 ** len(search)
        offset = int(search) * block
        for first, last in intervals:
            head = max(0, (first - offset - block + 1 + stride - 1) // stride)
            while (start := head * stride + offset) <= last:
                pieces += 1
                if pieces > SEARCH_PIECES_LIMIT:
                    raise TooManyNumbers(f"'{search}' is found in too many numbers")
                if start + block > first:
                    yield max(start, first), min(start + block - 1, last)
                head += 1


__all__ = [
    "SEARCH_PIECES_LIMIT",
    "NumberRange",
    "TooManyNumbers",
    "dialled_did",
    "free_ranges",
    "matching_range",
    "merged",
    "received_digits",
]
