"""Reading an uploaded CSV row by row: it lies in a temporary file, never whole in memory."""

import codecs
import csv
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException

from ...kit import InputError

ROWS_MAX = 20_000
"""Rows of one request: they are one transaction, which others may have to wait for."""
ROWS_AT_ONCE = 100
"""So few that other requests of the process hardly wait for their turn."""
MEMORY_MAX = 256 * 1024
"""Bytes of an upload or an answer that are held in memory; what is beyond goes to disk."""
_CHARSETS = {"utf-8": "utf-8-sig", "ascii": "ascii", "iso8859-1": "latin-1", "cp1252": "cp1252",
             "iso8859-15": "iso8859-15", "utf-16": "utf-16"}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One row as it was sent; the first row of data has the number 1."""

    number: int
    cells: dict[str, str]
    problem: str | None = None


async def uploaded(request: Request) -> "SpooledTemporaryFile[bytes]":
    """The body, as it comes."""
    spool: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(MEMORY_MAX)  # noqa: SIM115 - returned
    try:
        async for chunk in request.stream():
            spool.write(chunk)
        spool.seek(0)
    except BaseException:
        spool.close()
        raise
    return spool


def charset_of(request: Request) -> str:
    """How the body is to be decoded; 415 when it says that it is no CSV."""
    kind, _, parameters = request.headers.get("Content-Type", "").partition(";")
    if kind.strip().lower() != "text/csv":
        raise HTTPException(415, "Unsupported Media Type: send text/csv")
    named = "utf-8"
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            named = value.strip().strip('"')
    try:
        known = _CHARSETS.get(codecs.lookup(named).name)
    except (LookupError, ValueError):
        known = None
    if known is None:
        raise HTTPException(415, f"Unsupported Media Type: charset one of {', '.join(_CHARSETS)}")
    return known


def lines_of(spool: "SpooledTemporaryFile[bytes]", charset: str) -> Iterator[list[Line]]:
    """The rows, some at a time."""
    file: Any = spool
    text = io.TextIOWrapper(file, encoding=charset, newline="")
    try:
        yield from _lines(csv.reader(text, strict=True))
    except UnicodeError:
        raise InputError(f"body: not {charset} text") from None
    finally:
        text.detach()


def _lines(rows: Any) -> Iterator[list[Line]]:
    some: list[Line] = []
    try:
        header = _header(next(rows, []))
        number = 0
        for row in rows:
            if not row:
                continue
            number += 1
            if number > ROWS_MAX:
                raise InputError(f"body: more than {ROWS_MAX} rows, send them in several requests")
            some.append(_line(number, header, row))
            if len(some) == ROWS_AT_ONCE:
                yield some
                some = []
    except csv.Error as error:
        raise InputError(f"body: line {rows.line_num}: {error}") from None
    if some:
        yield some


def _header(names: list[str]) -> list[str]:
    if not any(names):
        raise InputError("body: the first line names the columns, and is missing")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"body: columns named twice: {', '.join(twice)}")
    return names


def _line(number: int, header: list[str], row: list[str]) -> Line:
    cells = dict(zip(header, row + [""] * (len(header) - len(row)), strict=False))
    if len(row) > len(header):
        return Line(number, cells, f"Input Error - {len(row)} cells for {len(header)} columns")
    return Line(number, cells)


class Answer:
    """``{"<name>": [item, …]}``, gathered in a temporary file while nobody knows its status yet."""

    def __init__(self, name: str) -> None:
        self._spool: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(MEMORY_MAX)  # noqa: SIM115
        self._spool.write(b'{"%s":[' % name.encode())
        self.count = 0

    def add(self, item: bytes) -> None:
        """One more item, as JSON."""
        self._spool.write(b"," + item if self.count else item)
        self.count += 1

    def close(self) -> None:
        """Forget it."""
        self._spool.close()

    def finish(self) -> int:
        """Nothing is added any more; how many bytes it has."""
        self._spool.write(b"]}")
        length = self._spool.tell()
        self._spool.seek(0)
        return length

    async def written(self) -> AsyncIterator[bytes]:
        """The JSON, in pieces, once it is finished."""
        with self._spool:
            while piece := self._spool.read(64 * 1024):
                yield piece
