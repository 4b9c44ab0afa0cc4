"""``csv``: contacts of a file, kept in memory and read again whenever the file changes."""

import asyncio
import io
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import structlog
from ovix_web.bodies import text
from pydantic import AliasChoices, Field, field_validator

from ..backend import Contact, Resources, SourceFailed, SourceSettings, Viewer
from ..contact_table import ContactTable
from ..csv_text import CsvTable, InvalidCsv, UnfinishedCsv
from ..matching import Term
from ..templates import compile_columns

log = structlog.get_logger(__name__)

BYTES_MAX = 256 * 1024 * 1024
ROWS_MAX = 1_000_000
SETTLE_S = 2.0
"""How long a file that breaks off, or changes while it is read, must stay as it is."""


class CsvSettings(SourceSettings):
    """Where the file is and how it is written: UTF-8, its first line names the fields."""

    paths: ClassVar[frozenset[str]] = frozenset({"file"})

    file: Annotated[str, text(4096, 1)]
    """A path on the machine (in the container) of dird; ``file://`` before it is dropped."""
    separator: Annotated[str, text(1, 1)] = Field(
        ",", validation_alias=AliasChoices("separator", "delimiter")
    )

    @field_validator("file")
    @classmethod
    def _path(cls, given: str) -> str:
        path = given.removeprefix("file://")
        if not path.startswith("/"):
            raise ValueError("must be an absolute path")
        return path

    @field_validator("separator")
    @classmethod
    def _separates(cls, given: str) -> str:
        if given in '"\r\n ':
            raise ValueError("must be a character that is neither blank nor quote")
        return given


class CsvBackend:
    """Files of contacts."""

    settings = CsvSettings

    async def open(self, settings: CsvSettings, resources: Resources) -> "CsvSource":
        """Read the file. One that can't be read is read as soon as it is another."""
        source = CsvSource(settings, resources.results_max)
        # Watched before it is read: a change in between is not missed.
        source.watched = resources.files.watch(Path(settings.file), source.reload)
        try:
            await source.reload()
        except BaseException:
            source.watched()
            raise
        return source


@dataclass(frozen=True, slots=True)
class _File:
    """One state of a file: another one has another inode, size or time."""

    inode: int
    size: int
    changed_ns: int


class CsvSource:
    """The contacts of one file, as it was when it could be read last."""

    def __init__(self, settings: CsvSettings, results_max: int, settle_s: float = SETTLE_S) -> None:
        self._settings, self._max, self._settle_s = settings, results_max, settle_s
        self._formatted = compile_columns(settings.format_columns)
        self._index: ContactTable | None = None
        self._reading = asyncio.Lock()
        self._problem = ""
        self.watched: Callable[[], None] = lambda: None

    async def reload(self) -> None:
        """Read the file in a thread. What can't be read leaves the contacts as they were."""
        async with self._reading:
            try:
                self._index = await self._read()
            except (OSError, InvalidCsv) as error:
                self._tell(_reason(error))
                return
        if self._problem:
            log.info("csv_readable_again", source=self._settings.name)
        self._problem = ""

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """Rows in whose searched columns every word of the term is."""
        index = self._contacts()
        if not self._settings.searched_columns:
            return []
        found = index.search(Term.read(term, viewer.country), self._max)
        return [self._contact(index, row, rank) for rank, row in found]

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """The first row with this number."""
        index = self._contacts()
        row = index.with_number(number, viewer.country)
        return None if row is None else self._contact(index, row)

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """The first row of each number."""
        found = {number: await self.first_match(number, viewer) for number in numbers}
        return {number: contact for number, contact in found.items() if contact is not None}

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """Rows by their unique column."""
        index = self._contacts()
        rows = (index.with_id(entry_id) for entry_id in entry_ids)
        return [self._contact(index, row) for row in rows if row is not None]

    async def close(self) -> None:
        """Forget the file."""
        self.watched()
        self._index = None

    def _contacts(self) -> ContactTable:
        if self._index is None:
            raise SourceFailed(self._problem or "the file was not read yet")
        return self._index

    def _contact(self, index: ContactTable, row: int, rank: int = 0) -> Contact:
        fields = index.contact(row)
        return Contact(self._formatted(fields), index.entry_id(fields), rank=rank)

    async def _read(self) -> ContactTable:
        if self._index is None:
            # Whatever is there is better than nothing; should it change, it is read again.
            return (await asyncio.to_thread(self._read_file, whole=False))[0]
        while True:
            try:
                index, read = await asyncio.to_thread(self._read_file, whole=True)
            except UnfinishedCsv as error:
                self._tell(str(error))
                before = await self._settled()
                # Either it is being written, or it always ends like that: time has told.
                index, read = await asyncio.to_thread(self._read_file, whole=False)
                if read != before:
                    continue
            if read == await self._state():
                return index
            await self._settled()

    async def _settled(self) -> _File:
        """The file's state, once it has stayed the same for a while."""
        state = await self._state()
        while True:
            await asyncio.sleep(self._settle_s)
            before, state = state, await self._state()
            if before == state:
                return state

    def _read_file(self, *, whole: bool) -> tuple[ContactTable, _File]:
        settings = self._settings
        # O_NONBLOCK: opening a pipe would wait for who writes into it.
        descriptor = os.open(settings.file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - the descriptor is open already
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise InvalidCsv("not a file")
            if about.st_size > BYTES_MAX:
                raise InvalidCsv(f"larger than {BYTES_MAX // 1024 // 1024} MB")
            # At once: while a thread reads lines from a file, an event loop waits for its turn for
            # hundreds of milliseconds (python -m bench contacts tells).
            content = io.BytesIO(file.read(BYTES_MAX + 1))
            if content.getbuffer().nbytes > BYTES_MAX:
                raise InvalidCsv(f"larger than {BYTES_MAX // 1024 // 1024} MB")
            table = CsvTable(
                io.TextIOWrapper(content, "utf-8-sig", newline=""), settings.separator, whole=whole
            )
            index = ContactTable(
                table.fields,
                _at_most(table, ROWS_MAX),
                searched=settings.searched_columns,
                numbers=settings.first_matched_columns,
                unique=settings.unique_column,
            )
        return index, _file(about)

    async def _state(self) -> _File:
        return _file(await asyncio.to_thread(Path(self._settings.file).stat))

    def _tell(self, problem: str) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        kept = None if self._index is None else len(self._index)
        log.warning("csv_not_read", source=self._settings.name, cause=problem, kept_contacts=kept)


def _file(about: os.stat_result) -> _File:
    return _File(about.st_ino, about.st_size, about.st_mtime_ns)


def _at_most(table: CsvTable, rows: int) -> Iterator[list[str]]:
    for number, row in enumerate(table):
        if number >= rows:
            raise InvalidCsv(f"more than {rows} rows")
        yield row


def _reason(error: Exception) -> str:
    # An OSError's own text has the path in it, which is nobody's business but the operator's.
    return f"{error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)
