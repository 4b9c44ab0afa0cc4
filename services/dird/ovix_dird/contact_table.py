"""Rows of texts under the same fields, packed: what a file of contacts is in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .contact_index import ContactIndex, Indexed
from .matching import BORDER, Rank, Term


class ContactTable:
    """Contacts in the order of their rows. It never changes: another file makes another table."""

    def __init__(
        self,
        fields: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        searched: Sequence[str],
        numbers: Sequence[str],
        unique: str | None = None,
    ) -> None:
        """Values that a row lacks count as "", those that it has too many are dropped.

        ``searched`` and ``numbers`` are the fields that searches look into and numbers are in.
        """
        self.fields = tuple(fields)
        position = {name: index for index, name in enumerate(self.fields)}
        self._searched = [position[name] for name in searched if name in position]
        self._numbers = [position[name] for name in numbers if name in position]
        self._unique = position.get(unique) if unique is not None else None
        self._rows: list[str] = []
        self._index = ContactIndex(self._kept(rows))

    def __len__(self) -> int:
        return len(self._rows)

    def contact(self, row: int) -> dict[str, str]:
        """The fields of a row."""
        return dict(zip(self.fields, self._values(row), strict=False))

    def entry_id(self, fields: Mapping[str, str]) -> str | None:
        """By what a contact is found again: its unique field, if it has one and fills it."""
        return None if self._unique is None else fields[self.fields[self._unique]] or None

    def search(self, term: Term, limit: int) -> list[tuple[Rank, int]]:
        """Ranks and rows of the best matches, best first."""
        return self._index.search(term, limit)

    def with_number(self, number: str, country: str | None) -> int | None:
        """The first row that has the number, however both are written."""
        return self._index.with_number(number, country, self._numbers_of)

    def with_id(self, entry_id: str) -> int | None:
        """The first row whose unique field is this."""
        return self._index.with_id(entry_id, self._id_of)

    def _kept(self, rows: Iterable[Sequence[str]]) -> Iterator[Indexed]:
        width = len(self.fields)
        for row in rows:
            values = [*row[:width], *[""] * (width - len(row))]
            # One text for each row, not one for each value: a quarter of the memory.
            self._rows.append(BORDER.join(value.replace(BORDER, " ") for value in values))
            yield Indexed(
                [values[each] for each in self._searched],
                [values[each] for each in self._numbers],
                None if self._unique is None else values[self._unique],
            )

    def _values(self, row: int) -> list[str]:
        return self._rows[row].split(BORDER)

    def _numbers_of(self, row: int) -> Iterator[str]:
        values = self._values(row)
        return (values[each] for each in self._numbers)

    def _id_of(self, row: int) -> str | None:
        return None if self._unique is None else self._values(row)[self._unique]
