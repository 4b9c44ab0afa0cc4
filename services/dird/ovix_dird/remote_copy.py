"""A copy of another server's contacts in memory, searched by our rules and renewed when it is old.

Servers that match as they like, or only one word, then answer like every other source; a name is
there while the phone rings, even when the server is slow or away for a while.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from .backend import NO_RELATIONS, Contact, Relations, SourceFailed, SourceSettings, Viewer
from .contact_index import ContactIndex, Indexed
from .matching import Term, texts_of
from .templates import compile_columns

log = structlog.get_logger(__name__)

CONTACTS_MAX = 100_000
STALE_MAX_S = 3600.0
"""How old a copy may get while the server can't be asked."""
RETRY_S = 10.0
"""How long after a failed renewal the next one is tried."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A contact as the server gives it."""

    fields: Mapping[str, Any]
    entry_id: str | None = None
    relations: Relations = NO_RELATIONS


Fetch = Callable[[], Awaitable[Sequence[Fetched]]]


@dataclass(frozen=True, slots=True)
class _Copy:
    contacts: Sequence[Fetched]
    index: ContactIndex
    made_at: float


class RemoteCopy:
    """A source of `backend.Source`, whose contacts ``fetch`` gets; it raises `SourceFailed`."""

    def __init__(
        self,
        settings: SourceSettings,
        fetch: Fetch,
        close: Callable[[], Awaitable[None]],
        *,
        refresh_s: float,
        results_max: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._fetch, self._close = settings, fetch, close
        self._refresh_s, self._max, self._clock = refresh_s, results_max, clock
        self._formatted = compile_columns(settings.format_columns)
        self._copy: _Copy | None = None
        self._renewing: asyncio.Task[_Copy] | None = None
        self._failed_at: float | None = None

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """Contacts in whose searched columns every word of the term is."""
        copy = await self._current()
        if not self._settings.searched_columns:
            return []
        found = copy.index.search(Term.read(term, viewer.country), self._max)
        return [self._contact(copy.contacts[row], rank) for rank, row in found]

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """The first contact with this number."""
        copy = await self._current()
        row = copy.index.with_number(
            number, viewer.country, lambda row: self._numbers(copy.contacts[row])
        )
        return None if row is None else self._contact(copy.contacts[row])

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """The first contact of each number."""
        found = {number: await self.first_match(number, viewer) for number in numbers}
        return {number: contact for number, contact in found.items() if contact is not None}

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """Contacts by their ids."""
        copy = await self._current()
        rows = (
            copy.index.with_id(each, lambda row: copy.contacts[row].entry_id) for each in entry_ids
        )
        return [self._contact(copy.contacts[row]) for row in rows if row is not None]

    async def close(self) -> None:
        """Forget the copy, and close what it comes from."""
        if self._renewing is not None:
            self._renewing.cancel()
        self._copy = None
        await self._close()

    def renew(self) -> "asyncio.Task[_Copy]":
        """Begin to fetch, unless that is under way."""
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renewed(), name=f"{self._settings.name}")
            self._renewing.add_done_callback(self._told)
        return self._renewing

    async def _current(self) -> _Copy:
        """The copy, renewed behind the back of who asks; waits for it only when it is too old."""
        copy, now = self._copy, self._clock()
        if copy is not None and now - copy.made_at < self._refresh_s:
            return copy
        if copy is None or now - copy.made_at > STALE_MAX_S:
            # Who gives up must not end it for the others.
            return await asyncio.shield(self.renew())
        if self._failed_at is None or now - self._failed_at >= RETRY_S:
            self.renew()
        return copy

    async def _renewed(self) -> _Copy:
        contacts = (await self._fetch())[:CONTACTS_MAX]
        index = await asyncio.to_thread(lambda: ContactIndex(map(self._indexed, contacts)))
        self._copy = _Copy(contacts, index, self._clock())
        return self._copy

    def _told(self, task: "asyncio.Task[_Copy]") -> None:
        self._renewing = None
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            if self._failed_at is not None:
                log.info("copy_renewed_again", source=self._settings.name)
            self._failed_at = None
            return
        if self._failed_at is None and self._copy is not None:
            # Who waited is told; of a copy that merely gets old, nobody would be.
            cause = str(error) if isinstance(error, SourceFailed) else type(error).__name__
            log.warning("copy_not_renewed", source=self._settings.name, cause=cause)
        self._failed_at = self._clock()

    def _indexed(self, contact: Fetched) -> Indexed:
        columns = self._settings.searched_columns
        return Indexed(
            [contact.fields.get(name) for name in columns],
            self._numbers(contact),
            contact.entry_id,
        )

    def _numbers(self, contact: Fetched) -> list[str]:
        columns = self._settings.first_matched_columns
        return list(texts_of(contact.fields.get(name) for name in columns))

    def _contact(self, contact: Fetched, rank: int = 0) -> Contact:
        return Contact(self._formatted(contact.fields), contact.entry_id, contact.relations, rank)
