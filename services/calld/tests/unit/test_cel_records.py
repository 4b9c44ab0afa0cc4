"""Reading Asterisk's CEL spool, whatever was written so far."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from ovix_asterisk.cel_spool import SPOOL_COLUMNS
from ovix_calld.cel.records import COLUMNS, MAX_RECORD_BYTES, read_records

VALUES = {"eventtype": "CHAN_START", "eventtime": "1795417842.582019", "amaflags": "3"}


def record(**values: str) -> bytes:
    """A record as CSV_QUOTE writes it: every value quoted, quotes doubled."""
    row = {**VALUES, **values}
    cells = ('"' + row.get(name, "").replace('"', '""') + '"' for name, _ in SPOOL_COLUMNS)
    return (",".join(cells) + "\n").encode()


def test_real_spools_are_read_whole(cel_csv: bytes) -> None:
    batch = read_records(cel_csv)
    assert batch.consumed == len(cel_csv)
    assert batch.malformed == ()
    assert len(batch.rows) == cel_csv.count(b"\n")
    assert {row["eventtype"] for row in batch.rows} >= {
        "CHAN_START",
        "APP_START",
        "ANSWER",
        "BRIDGE_ENTER",
        "BRIDGE_EXIT",
        "HANGUP",
        "CHAN_END",
        "LINKEDID_END",
        "XIVO_INCALL",
        "XIVO_OUTCALL",
        "XIVO_USER_FWD",
    }


def test_a_cut_anywhere_loses_and_doubles_nothing(cel_csv: bytes) -> None:
    spool = cel_csv[:2000]
    whole = read_records(spool).rows
    for cut in range(len(spool)):
        first = read_records(spool[:cut])
        second = read_records(spool[first.consumed :])
        assert first.rows + second.rows == whole


def test_the_time_is_utc_to_the_microsecond() -> None:
    (row,) = read_records(record(eventtime="1795417842.000001")).rows
    assert row["eventtime"] == datetime(2026, 11, 23, 7, 10, 42, 1, tzinfo=UTC)


def test_a_line_end_inside_quotes_is_part_of_the_value() -> None:
    data = record(appdata='say "hello"\nto, me') + record(cid_name="Zoé")
    assert read_records(data[:60]).consumed == 0
    first, second = read_records(data).rows
    assert first["appdata"] == 'say "hello"\nto, me'
    assert second["cid_name"] == "Zoé"


def test_a_bad_record_costs_itself_only() -> None:
    for bad in (b'"CHAN_START","1"\n', record(eventtime="yesterday"), b"\xff\xfe,\n", b'"x"y,\n'):
        batch = read_records(record() + bad + record())
        assert len(batch.rows) == 2
        assert len(batch.malformed) == 1
        assert batch.consumed == len(record() + bad + record())


def test_a_lost_quote_costs_its_own_line_only() -> None:
    lost = b'"CHAN_START\n'
    tail = record() * (MAX_RECORD_BYTES // len(record()) + 2)
    batch = read_records(lost + tail)
    assert len(batch.malformed) == 1
    assert len(batch.rows) == tail.count(b"\n")


def test_values_fit_their_columns_and_hold_no_nul() -> None:
    (row,) = read_records(record(cid_name="x" * 500, appdata="a\0b")).rows
    assert len(row["cid_name"]) == 80
    assert row["appdata"] == "ab"


def test_a_user_event_is_known_by_its_name() -> None:
    (row,) = read_records(record(eventtype="USER_DEFINED", userdeftype="XIVO_INCALL")).rows
    assert row["eventtype"] == row["userdeftype"] == "XIVO_INCALL"


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=60)


@given(st.lists(st.tuples(texts, texts), max_size=5))
def test_what_csv_writes_is_read_back(pairs: Sequence[tuple[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for name, data in pairs:
        writer.writerow({**VALUES, "cid_name": name, "appdata": data}.get(c, "") for c in COLUMNS)
    batch = read_records(out.getvalue().encode())
    assert [(row["cid_name"], row["appdata"]) for row in batch.rows] == pairs
    assert batch.malformed == ()
