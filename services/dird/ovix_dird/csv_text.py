"""CSV as directories write it: a header that names the fields, then a contact on each line."""

import csv
from collections.abc import Iterator
from typing import TextIO

FIELDS_MAX = 256
LINE_MAX = 64 * 1024
"""Characters of one field, and of the lines that one row may take in quotes."""


class InvalidCsv(ValueError):
    """A text that is no CSV with a header; the message says why and where."""


class UnfinishedCsv(InvalidCsv):
    """A text that breaks off: an open quote, or a last line with too few fields."""


class CsvTable:
    """The header, read at once, and the rows, read as they are asked for.

    Blank lines count as nothing. What is missing at a line's end is missing, what is too much is
    kept: the reader of the rows decides. Raises `InvalidCsv`, from iterating too.
    """

    def __init__(self, text: TextIO, separator: str = ",", *, whole: bool = True) -> None:
        """``whole`` wants the last line to have an end, and as many fields as the header."""
        self._whole = whole
        self._lines = _Lines(text)
        self._reader = csv.reader(self._lines, delimiter=separator, strict=True)
        self._rows = self._read()
        self.fields = self._header(next(self._rows, []))

    def __iter__(self) -> Iterator[list[str]]:
        width, last = len(self.fields), len(self.fields)
        for row in self._rows:
            last = len(row)
            yield row
        if self._whole and (last < width or self._lines.breaks_off):
            raise UnfinishedCsv(f"the last line breaks off, with {last} of {width} fields")

    def _header(self, row: list[str]) -> tuple[str, ...]:
        fields = tuple(name.strip() for name in row)
        if not any(fields):
            raise UnfinishedCsv("there is no header line")
        if len(fields) > FIELDS_MAX:
            raise InvalidCsv(f"more than {FIELDS_MAX} fields")
        doubled = sorted({name for name in fields if name and fields.count(name) > 1})
        if doubled:
            raise InvalidCsv(f"the header names fields twice: {', '.join(doubled)[:200]}")
        return fields

    def _read(self) -> Iterator[list[str]]:
        try:
            for row in self._reader:
                self._lines.row_ended()
                if row:
                    yield row
        except csv.Error as error:
            broken = UnfinishedCsv if "unexpected end of data" in str(error) else InvalidCsv
            raise broken(f"line {self._lines.number}: {error}") from error
        except UnicodeDecodeError as error:
            # A character may be cut in two where the writer has got to.
            broken = UnfinishedCsv if error.reason == "unexpected end of data" else InvalidCsv
            raise broken(f"line {self._lines.number + 1}: not UTF-8") from error


class _Lines:
    """The lines of a text, none of them longer than a limit: what csv.reader reads from."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._in_row = 0
        self.number = 0
        self.breaks_off = False
        """Whether the last line had no end."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(LINE_MAX + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._in_row += len(line)
        if self._in_row > LINE_MAX:
            raise csv.Error(f"a row of more than {LINE_MAX} characters")
        if "\0" in line:
            raise csv.Error("a NUL: not a text")
        self.breaks_off = not line.endswith("\n")
        return line

    def row_ended(self) -> None:
        self._in_row = 0
