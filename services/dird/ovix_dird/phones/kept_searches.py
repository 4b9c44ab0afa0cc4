"""What phones found lately: the next page of a search is a part of it, not another search."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from .screens import Entry

MOST_ENTRIES = 100_000
"""Of all searches together: some 20 MB. The oldest ones go first."""


@dataclass(frozen=True, slots=True)
class Search:
    """What makes two searches the same: what is searched, and who sees it in which language."""

    profile: str
    user_uuid: UUID
    entity_id: int | None
    term: str
    language: str


class KeptSearches:
    """Entries by search, each ``kept_s`` after it was last shown."""

    def __init__(self, kept_s: float, most_entries: int = MOST_ENTRIES) -> None:
        self._kept_s, self._most = kept_s, most_entries
        self._found: OrderedDict[Search, tuple[Sequence[Entry], float]] = OrderedDict()
        self._size = 0

    def entries(self, search: Search) -> Sequence[Entry] | None:
        """What the search found; None where that is too old, or was never kept."""
        entries, until = self._found.get(search, (None, 0.0))
        return entries if time.monotonic() < until else None

    def keep(self, search: Search, entries: Sequence[Entry]) -> None:
        """Remember what it found."""
        now = time.monotonic()
        self._forget(search)
        self._found[search] = entries, now + self._kept_s
        self._size += len(entries)
        while self._found:
            oldest, (_, until) = next(iter(self._found.items()))
            if now < until and self._size <= self._most:
                break
            self._forget(oldest)

    def _forget(self, search: Search) -> None:
        entries, _ = self._found.pop(search, ((), 0.0))
        self._size -= len(entries)
