"""Contacts that people write: what is accepted, and their CSV form. Pure.

Source: reference/dird.md, A6 and A7.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

FIELDS_MAX = 100
NAME_MAX = 128
VALUE_MAX = 4096
_CELL_MAX = 128 * 1024
"""The csv module's own limit for a cell."""
_CHARSETS = frozenset(
    {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1", "iso8859-15", "cp1252"}
)
"""Those that spreadsheets write; Python knows others, some of which take for ever."""
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9 ().*#/-]+")
_QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


class UnreadableCsv(ValueError):
    """Not a CSV file in the charset that it says."""


class DuplicateColumns(ValueError):
    """A header names a column twice."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        super().__init__(f"duplicate columns: {list(names)}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a CSV file: a contact, or what is wrong with it."""

    number: int
    """Of the file, from 1: the header is the first."""
    fields: dict[str, str]
    errors: tuple[str, ...] = ()

    @property
    def failure(self) -> dict[str, Any]:
        """As clients are told."""
        return {"line": self.number, "errors": list(self.errors)}


def faults(fields: Mapping[Any, Any]) -> list[str]:
    """What is wrong with a personal contact: nothing but strings, within limits."""
    found = []
    if not all(isinstance(key, str) for key in fields):
        found.append("all keys must be strings")
    if not all(isinstance(value, str) for value in fields.values()):
        found.append("all values must be strings")
    if "" in fields:
        found.append('"" is a forbidden in keys')
    return found + list(_beyond_limits(fields))


def phonebook_faults(fields: Mapping[Any, Any]) -> list[str]:
    """What is wrong with a contact of a phonebook: any JSON, but not nothing."""
    found = []
    if not fields:
        found.append("a contact cannot be empty")
    if not all(fields):
        found.append("keys cannot be empty")
    return found + list(_beyond_limits(fields))


def _beyond_limits(fields: Mapping[Any, Any]) -> Iterator[str]:
    if len(fields) > FIELDS_MAX:
        yield f"at most {FIELDS_MAX} keys are allowed"
    if any(len(str(key)) > NAME_MAX for key in fields):
        yield f"keys must not be longer than {NAME_MAX} characters"
    texts = [*map(str, fields)]
    for value in fields.values():
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        texts.append(text)
        if len(text) > VALUE_MAX:
            yield f"values must not be longer than {VALUE_MAX} characters"
            break
    if any("\x00" in text or "\\u0000" in text for text in texts):
        yield "NUL characters are not allowed"
    if any(not _is_unicode(text) for text in texts):
        yield "only Unicode is allowed"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def hash_of_contact(fields: Mapping[str, Any]) -> bytes:
    """By which the same contact is known."""
    return sha256(orjson.dumps(dict(fields), option=orjson.OPT_SORT_KEYS)).digest()


def read_csv(content: bytes, charset: str) -> list[Line]:
    """The contacts of a CSV file whose first line names the fields.

    Raises `UnreadableCsv` and `DuplicateColumns`.
    """
    try:
        known = codecs.lookup(charset).name
        if known not in _CHARSETS:
            raise UnreadableCsv(f"not readable as {charset[:40]}")
        text = content.decode("utf-8-sig" if known == "utf-8" else known)
    except (LookupError, ValueError) as error:
        raise UnreadableCsv(f"not readable as {charset[:40]}") from error
    first_line = text.partition("\n")[0]
    # XiVO's own mass import of its phonebook has bars.
    delimiter = "|" if "|" in first_line and "," not in first_line else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [_unquoted(name) for name in next(reader, [])]
        if len(header) > FIELDS_MAX:
            raise UnreadableCsv(f"at most {FIELDS_MAX} columns are allowed")
        repeated = sorted(name for name, times in Counter(header).items() if times > 1)
        if repeated:
            raise DuplicateColumns(repeated)
        return [_line(header, row, reader.line_num) for row in reader if row]
    except csv.Error as error:
        raise UnreadableCsv(str(error)) from error


def _line(header: Sequence[str], row: Sequence[str], number: int) -> Line:
    if len(row) > len(header):
        return Line(number, {}, ("too many fields",))
    if len(row) < len(header):
        return Line(number, {}, ("missing fields",))
    fields = {name: _unquoted(value) for name, value in zip(header, row, strict=True)}
    return Line(number, fields, tuple(faults(fields)))


def write_csv(contacts: Iterable[Mapping[str, Any]]) -> str:
    """The contacts as CSV, with every field that one of them has as a column.

    A cell that a spreadsheet would take for a formula gets an apostrophe, which `read_csv` drops.
    """
    contacts = list(contacts)
    header = sorted({name for each in contacts for name in each})
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([_quoted(name) for name in header])
    for each in contacts:
        writer.writerow([_quoted(_text(each.get(name, ""))) for name in header])
    return written.getvalue()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _quoted(cell: str) -> str:
    if not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def _unquoted(cell: str) -> str:
    return cell[1:] if _QUOTED_FORMULA.match(cell) else cell
