"""Contacts that lie in our database as JSON: what searching phonebooks and personal contacts share.

The database narrows down by its indexes; `matching` judges what comes back, as for all sources.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from ovix_telephony.phone_numbers import digits_of, normal_form, spellings

from ..backend import Contact, SourceSettings, Viewer
from ..matching import Term, Word, searchable, texts_of
from ..statements import Statements, Values
from ..templates import compile_columns

Row = tuple[UUID, dict[str, Any]]
Owner = int | UUID
TRIGRAM = 3
"""Shorter words are not found by the index."""


class StoredContacts:
    """The contacts of one owner at a time, in ``table`` by ``owner_column``."""

    def __init__(
        self,
        statements: Statements,
        table: str,
        owner_column: str,
        settings: SourceSettings,
        results_max: int,
    ) -> None:
        self._statements = statements
        self._select = f"SELECT uuid, fields FROM {table} WHERE {owner_column} = $1"  # noqa: S608 - names of ours
        self._settings, self._max = settings, results_max
        self._formatted = compile_columns(settings.format_columns)

    async def search(self, term: str, owner: Owner, viewer: Viewer) -> list[Contact]:
        """The owner's contacts that match, best first."""
        if not self._settings.searched_columns:
            return []
        wanted = Term.read(term, viewer.country)
        values = Values([owner])
        rows = await self._rows(searching(self._select, wanted, values, self._max), values)
        found = []
        for uuid, fields in rows:
            values_of = [fields.get(name) for name in self._settings.searched_columns]
            rank = wanted.rank_in(searchable(values_of)) if wanted.words else 0
            if rank is not None:
                found.append(self._contact(uuid, fields, rank))
        found.sort(key=lambda contact: contact.rank)
        return found

    async def first_matches(
        self, numbers: Sequence[str], owner: Owner, viewer: Viewer
    ) -> dict[str, Contact]:
        """The owner's first contact with each number, in one of the columns that hold numbers."""
        spelled = {number: frozenset(written(number, viewer.country)) for number in numbers}
        asked = sorted({each for forms in spelled.values() for each in forms})
        if not asked or not self._settings.first_matched_columns:
            return {}
        rows = await self._rows(
            f"{self._select} AND numbers && $2::varchar[] ORDER BY uuid", [owner, asked]
        )
        found: dict[str, Contact] = {}
        for uuid, fields in rows:
            values = [fields.get(name) for name in self._settings.first_matched_columns]
            held = {form for each in texts_of(values) for form in _forms(each, viewer.country)}
            for number, forms in spelled.items():
                if number not in found and not held.isdisjoint(forms):
                    found[number] = self._contact(uuid, fields)
        return found

    async def contacts(self, entry_ids: Sequence[str], owner: Owner) -> list[Contact]:
        """The owner's contacts of these ids."""
        uuids = [UUID(each) for each in entry_ids if _is_uuid(each)]
        if not uuids:
            return []
        rows = await self._rows(f"{self._select} AND uuid = ANY($2::uuid[])", [owner, uuids])
        return [self._contact(uuid, fields) for uuid, fields in rows]

    def _contact(self, uuid: UUID, fields: Mapping[str, Any], rank: int = 0) -> Contact:
        entry_id = str(uuid)
        return Contact(self._formatted({**fields, "id": entry_id}), entry_id, rank=rank)

    async def _rows(self, statement: str, values: Sequence[object]) -> list[Row]:
        rows = await self._statements.rows(statement, *values)
        return [(uuid, orjson.loads(fields)) for uuid, fields in rows]


def searching(select: str, term: Term, values: Values, most: int) -> str:
    """The statement that finds the contacts that may match; ``values`` gets its values.

    Those in which every word begins a word come first, so that the best are kept of too many.
    """
    limit = values(most)
    if not term.words:
        return f"{select} LIMIT {limit}"
    first = " AND ".join(_like(word, " ", values) for word in term.words)
    everywhere = " AND ".join(_like(word, "", values) for word in term.words)
    if max(len(word.text) for word in term.words) >= TRIGRAM:
        return f"{select} AND {everywhere} ORDER BY ({first}) DESC LIMIT {limit}"
    # No index knows so short a word inside others: what it begins is found by one, and the rest of
    # the table is read only until there is enough.
    return (
        f"({select} AND {first} LIMIT {limit}) UNION ALL"
        f" ({select} AND {everywhere} AND NOT ({first}) LIMIT {limit}) LIMIT {limit}"
    )


def _like(word: Word, before: str, values: Values) -> str:
    """The condition under which a text may hold the word, or the number it begins."""
    patterns = [f"%{before}{escaped(word.text.decode())}%"]
    patterns += [f"% {escaped(number.decode())}%" for number in word.numbers]
    return f"({' OR '.join(f'search_text LIKE {values(each)}' for each in patterns)})"


def escaped(pattern: str) -> str:
    """The text without meaning for LIKE."""
    return pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def written(number: str, country: str | None) -> Iterator[str]:
    """How ``ovix_number`` of the database may have written the number."""
    for form in spellings(number, country):
        yield f"+{form[2:]}" if form.startswith("00") else form


def _forms(value: str, country: str | None) -> Iterator[str]:
    digits = digits_of(value)
    if digits:
        yield f"+{digits[2:]}" if digits.startswith("00") else digits
        yield normal_form(value, country)


def _is_uuid(given: str) -> bool:
    try:
        UUID(given)
    except ValueError:
        return False
    return True
