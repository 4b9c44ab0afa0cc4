"""``csv_ws``: a web server that searches by itself and answers CSV (reference/dird.md, A8)."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import httpx
from ovix_telephony.phone_numbers import same_number, spellings
from ovix_web.bodies import text
from pydantic import AliasChoices, Field

from ..backend import Contact, Remembering, Resources, SourceFailed, SourceSettings, Viewer
from ..csv_text import CsvTable, InvalidCsv
from ..matching import Rank, Term, searchable
from ..templates import compile_columns
from .http_source import Url, Verify, Web, with_parameters

NUMBERS_AT_ONCE = 8
LIST_ROWS_MAX = 200_000
_NOTHING_FOUND = frozenset({204, 404})

Fields = dict[str, str]


class CsvWsSettings(SourceSettings):
    """``lookup_url`` is asked with the term in a parameter of each searched column."""

    remembering: ClassVar[Remembering | None] = Remembering(fresh_s=60, by_user=False)

    lookup_url: Url
    list_url: Url | None = None
    """Gives every contact: without it, and without ``unique_column``, there are no favorites."""
    delimiter: Annotated[str, text(1, 1)] = Field(
        ",", validation_alias=AliasChoices("delimiter", "separator")
    )
    timeout: float = Field(10.0, gt=0, le=60)
    """Seconds of one request, to the last byte of its answer."""
    verify_certificate: Verify = True


class CsvWsBackend:
    """Web servers that answer CSV."""

    settings = CsvWsSettings

    async def open(self, settings: CsvWsSettings, resources: Resources) -> "CsvWsSource":
        """Make ready; nothing is asked yet."""
        web = Web(resources.http, settings.verify_certificate, settings.timeout)
        return CsvWsSource(settings, web, resources.results_max)


class CsvWsSource:
    """One web server. It decides what matches a term; numbers are compared here."""

    def __init__(self, settings: CsvWsSettings, web: Web, results_max: int) -> None:
        self._settings, self._web, self._max = settings, web, results_max
        self._formatted = compile_columns(settings.format_columns)

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """Every line of the answer; those that match by our rules too come first."""
        columns = self._settings.searched_columns
        if not columns:
            return []
        read = Term.read(term, viewer.country)
        found = []
        for fields in await self._lines(columns, term):
            rank = read.rank_in(searchable(fields.get(column) for column in columns))
            found.append(self._contact(fields, Rank.SUBSTRING if rank is None else rank))
        found.sort(key=lambda contact: contact.rank)
        return found[: self._max]

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """The first line with this number: as it was asked, else as it may be written too."""
        columns = self._settings.first_matched_columns
        if not columns or not number:
            return None
        others = [each for each in spellings(number, viewer.country) if each != number]
        for some in ([number], others):
            answers = await asyncio.gather(*(self._lines(columns, each) for each in some))
            for fields in (fields for answer in answers for fields in answer):
                values = [fields.get(column) or "" for column in columns]
                if any(
                    value == number or same_number(value, number, viewer.country)
                    for value in values
                ):
                    return self._contact(fields)
        return None

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """The same of each number, some at once."""
        turn = asyncio.Semaphore(NUMBERS_AT_ONCE)

        async def one(number: str) -> tuple[str, Contact | None]:
            async with turn:
                return number, await self.first_match(number, viewer)

        found = await asyncio.gather(*map(one, dict.fromkeys(numbers)))
        return {number: contact for number, contact in found if contact is not None}

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """Lines of the whole list by their unique column."""
        unique, url = self._settings.unique_column, self._settings.list_url
        if unique is None or url is None or not entry_ids:
            return []
        wanted = set(entry_ids)
        lines = await self._asked(httpx.URL(url), LIST_ROWS_MAX)
        return [self._contact(fields) for fields in lines if fields.get(unique) in wanted]

    async def close(self) -> None:
        """End the connections of its own."""
        await self._web.close()

    async def _lines(self, columns: Sequence[str], value: str) -> list[Fields]:
        parameters = dict.fromkeys(columns, value)
        return await self._asked(
            with_parameters(self._settings.lookup_url, parameters), 4 * self._max
        )

    async def _asked(self, url: httpx.URL, rows_max: int) -> list[Fields]:
        answer = await self._web.get(url)
        if answer.status_code in _NOTHING_FOUND or (
            answer.status_code == 200 and not answer.content.strip()
        ):
            return []
        if answer.status_code != 200:
            raise SourceFailed(f"the server answers {answer.status_code}")
        try:
            content = answer.content.decode(answer.charset_encoding or "utf-8").removeprefix(
                "\ufeff"
            )
            table = CsvTable(
                io.StringIO(content, newline=""), self._settings.delimiter, whole=False
            )
            return [
                dict(zip(table.fields, row, strict=False))
                for row, _ in zip(table, range(rows_max), strict=False)
            ]
        except (UnicodeDecodeError, LookupError) as error:
            raise SourceFailed("the server's answer is not in the encoding it names") from error
        except InvalidCsv as error:
            raise SourceFailed(f"the server's answer is no CSV: {error}") from error

    def _contact(self, fields: Fields, rank: int = 0) -> Contact:
        unique = self._settings.unique_column if self._settings.list_url else None
        entry_id = fields.get(unique) if unique else None
        return Contact(self._formatted(fields), entry_id or None, rank=rank)
