"""Bytes of the CEL spool in, rows of ``cel`` out; no I/O.

The file is CSV as RFC 4180 quotes it (Asterisk's CSV_QUOTE on each value), one record per event,
columns in the order of ``ovix_asterisk.cel_spool``. A value may hold line ends, so a record ends
at the first line end outside quotes. Asterisk appends while we read: what follows the last whole
record is left for later.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ovix_asterisk.cel_spool import SPOOL_COLUMNS
from ovix_schema import Cel

MAX_RECORD_BYTES = 64 * 1024
"""A longer record has lost its closing quote; reading goes on at the next line."""

COLUMNS = tuple(name for name, _ in SPOOL_COLUMNS)
_LONGEST: Mapping[str, int | None] = {
    name: getattr(Cel.__table__.c[name].type, "length", None) for name in COLUMNS
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MalformedRecord(ValueError):
    """A record that is no CEL row."""

    def __init__(self, raw: bytes, reason: str) -> None:
        self.raw, self.reason = raw, reason
        super().__init__(f"{reason}: {raw[:200]!r}")


@dataclass(frozen=True, slots=True)
class Batch:
    """What a piece of the spool held: rows, refused records, and how many bytes they took."""

    rows: tuple[dict[str, Any], ...]
    malformed: tuple[MalformedRecord, ...]
    consumed: int


def read_records(data: bytes) -> Batch:
    """The whole records at the beginning of ``data``."""
    rows: list[dict[str, Any]] = []
    malformed: list[MalformedRecord] = []
    consumed = 0
    for raw in _split(data):
        consumed += len(raw)
        if not raw.strip():
            continue
        try:
            rows.append(parse_record(raw))
        except MalformedRecord as error:
            malformed.append(error)
    return Batch(tuple(rows), tuple(malformed), consumed)


def _split(data: bytes) -> Iterator[bytes]:
    """Cut after each line end outside quotes; a runaway quote costs its own line only."""
    start = 0
    while (end := _end_of_record(data, start)) is not None:
        yield data[start:end]
        start = end


def _end_of_record(data: bytes, start: int) -> int | None:
    line_end, quotes, counted = start, 0, start
    while (line_end := data.find(b"\n", line_end)) >= 0:
        line_end += 1
        quotes += data.count(b'"', counted, line_end)
        counted = line_end
        if quotes % 2 == 0:
            return line_end
        if line_end - start > MAX_RECORD_BYTES:
            break
    if len(data) - start > MAX_RECORD_BYTES:
        first_line = data.find(b"\n", start) + 1
        return first_line or None
    return None


def parse_record(raw: bytes) -> dict[str, Any]:
    """One record as a row of ``cel``; `MalformedRecord` when it is none."""
    text = raw.decode(errors="replace").replace("\0", "")
    try:
        values = next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise MalformedRecord(raw, str(error)) from error
    if len(values) != len(COLUMNS):
        raise MalformedRecord(raw, f"{len(values)} columns instead of {len(COLUMNS)}")
    row: dict[str, Any] = {
        name: value[: _LONGEST[name]] for name, value in zip(COLUMNS, values, strict=True)
    }
    row["eventtime"] = _time(raw, row["eventtime"])
    row["amaflags"] = int(row["amaflags"]) if row["amaflags"].isdigit() else 0
    row["extra"] = row["extra"] or None
    if row["eventtype"] == "USER_DEFINED" and row["userdeftype"]:
        # XiVO keeps the user event's name in eventtype (reference/asterisk.md, 7)
        row["eventtype"] = row["userdeftype"][:30]
    return row


def _time(raw: bytes, value: str) -> datetime:
    """``seconds.microseconds`` since 1970, UTC."""
    seconds, _, fraction = value.partition(".")
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 11:
        raise MalformedRecord(raw, "no time")
    micros = fraction[:6].ljust(6, "0")
    return _EPOCH + timedelta(
        seconds=int(seconds), microseconds=int(micros) if micros.isdecimal() else 0
    )
