"""Address books that each viewer has for himself: one copy per user who looks."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from ..backend import Contact, Viewer
from ..remote_copy import RemoteCopy

BOOKS_MAX = 200
"""Copies that are kept; of more users those who looked last have one."""


class OwnBooks:
    """A source of `backend.Source`: what a viewer sees is his own; a viewer of no user, nothing."""

    def __init__(self, open_book: Callable[[str], RemoteCopy]) -> None:
        self._open_book = open_book
        self._books: OrderedDict[str, RemoteCopy] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """Contacts in whose searched columns every word of the term is."""
        book = self._book(viewer)
        return [] if book is None else await book.search(term, viewer)

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """The first contact with this number."""
        book = self._book(viewer)
        return None if book is None else await book.first_match(number, viewer)

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """The first contact of each number."""
        book = self._book(viewer)
        return {} if book is None else await book.first_matches(numbers, viewer)

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """Contacts by their ids."""
        book = self._book(viewer)
        return [] if book is None else await book.contacts(entry_ids, viewer)

    async def close(self) -> None:
        """Forget all copies."""
        for book in self._books.values():
            await book.close()
        self._books.clear()
        if self._closing:
            await asyncio.gather(*self._closing)

    def _book(self, viewer: Viewer) -> RemoteCopy | None:
        if viewer.user_uuid is None:
            return None
        book = self._books.get(viewer.user_uuid)
        if book is None:
            book = self._books[viewer.user_uuid] = self._open_book(viewer.user_uuid)
        self._books.move_to_end(viewer.user_uuid)
        if len(self._books) > BOOKS_MAX:
            _, oldest = self._books.popitem(last=False)
            closing = asyncio.create_task(oldest.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        return book
