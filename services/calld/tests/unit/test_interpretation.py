"""Call logs from CEL: those of real Asterisks, and cases made up."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_calld.cel.interpretation import CelRow, Conversation, interpret
from ovix_calld.cel.records import read_records

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
NAMES = [field.name for field in fields(CelRow) if field.name != "id"]


def conversations(cel_csv: bytes) -> list[Conversation]:
    groups: dict[str, list[CelRow]] = {}
    for number, row in enumerate(read_records(cel_csv).rows):
        cel = CelRow(id=number, **{name: row[name] for name in NAMES})
        groups.setdefault(cel.linkedid, []).append(cel)
    found = [interpret(rows) for rows in groups.values()]
    assert None not in found
    return [each for each in found if each is not None]


EXPECTED = [
    # caller, asked for, reached, by whom, direction, answered
    ("1001", "1002", "1002", "PJSIP/bob", "internal", True),
    ("1001", "1002", "1002", "PJSIP/bob", "internal", False),
    ("1001", "1002", "1002", "PJSIP/bob", "internal", False),
    ("1002", "1003", "1001", "PJSIP/alice", "internal", True),
    ("1001", "1500", "1500", "PJSIP/alice", "internal", True),
    ("1001", "1600", "1600", "PJSIP/bob", "internal", True),
    ("trunk", "0123456", "0123456", "PJSIP/bob", "inbound", True),
    ("1001", "0612", "0612", "PJSIP/trunk", "outbound", True),
    ("1001", "1002", "1002", "PJSIP/bob", "internal", True),
    ("1001", "0612", "0612", "PJSIP/trunk", "outbound", True),
    ("1001", "1002", "1002", None, "internal", False),
    ("1001", "1002", "1002", "PJSIP/bob", "internal", True),
]


def test_real_calls_have_one_right_log_each(cel_csv: bytes) -> None:
    logs = conversations(cel_csv)
    shown = [
        (
            log.source_exten,
            log.requested_exten,
            log.destination_exten,
            log.destination_endpoint,
            log.direction,
            log.answered,
        )
        for log in logs
    ]
    assert shown == EXPECTED
    for log in logs:
        assert log.date <= (log.date_answer or log.date) <= log.date_end
        assert log.date.tzinfo is not None
        assert log.source_name in ("Alice", "Bob", "Anonymous")
        if log.answered:
            assert 1.4 < (log.duration_s or 0) < 6


def test_a_click_to_call_has_the_number_and_not_a_name(cel_csv: bytes) -> None:
    logs = [c for c in conversations(cel_csv) if c.conversation_id.startswith("click-")]
    assert [c.destination_exten for c in logs] == ["1002", "0612", "1002"]
    assert {c.source_name for c in logs} == {"Alice"}


_ids = count(1)


def row(second: float, eventtype: str, channel: str, **values: Any) -> CelRow:
    known: dict[str, Any] = {
        "id": next(_ids),
        "eventtype": eventtype,
        "eventtime": START + timedelta(seconds=second),
        "cid_name": {"a": "Alice", "b": "Bob", "c": "Carol"}.get(channel, ""),
        "cid_num": {"a": "1001", "b": "1002", "c": "1003"}.get(channel, ""),
        "exten": "1002" if channel == "a" else "s",
        "context": "default",
        "channame": f"PJSIP/{channel}-0000000{channel}",
        "appname": "",
        "uniqueid": f"1.{channel}",
        "linkedid": "1.a",
        "userfield": "",
        "extra": None,
    }
    return CelRow(**{**known, **values})


def answered() -> list[CelRow]:
    return [
        row(0, "CHAN_START", "a"),
        row(1, "APP_START", "a", appname="Dial", userfield="vip,paris"),
        row(1, "CHAN_START", "b"),
        row(3, "ANSWER", "b"),
        row(3, "ANSWER", "a"),
        row(4, "BRIDGE_ENTER", "b"),
        row(4, "BRIDGE_ENTER", "a"),
        row(10, "BRIDGE_EXIT", "b"),
        row(10, "BRIDGE_EXIT", "a"),
        row(10, "HANGUP", "b"),
        row(10, "CHAN_END", "b"),
        row(11, "CHAN_END", "a"),
        row(11, "LINKEDID_END", "a"),
    ]


def told(rows: list[CelRow]) -> Conversation:
    log = interpret(rows)
    assert log is not None
    return log


def test_the_duration_is_from_the_first_bridge_to_the_last_exit() -> None:
    held = [*answered(), row(5, "BRIDGE_EXIT", "a"), row(6, "BRIDGE_ENTER", "a")]
    assert told(held).duration_s == 6.0
    assert told(held).user_field == "vip,paris"


def test_who_hangs_up_while_it_rings_was_not_answered() -> None:
    rows = [r for r in answered() if "BRIDGE" not in r.eventtype and r.eventtype != "ANSWER"]
    log = told(rows)
    assert (log.answered, log.duration_s, log.date_answer) == (False, None, None)
    assert log.date_end == START + timedelta(seconds=11)


def test_the_callee_is_who_talked_and_not_who_rang_first() -> None:
    rows = [*answered(), row(0.5, "CHAN_START", "c"), row(3, "HANGUP", "c")]
    assert told(rows).destination_endpoint == "PJSIP/b"


def test_waiting_in_a_holding_bridge_is_not_talking() -> None:
    rows = [
        row(0, "CHAN_START", "a"),
        row(1, "BRIDGE_ENTER", "a", extra='{"bridge_technology":"holding_bridge"}'),
        row(9, "BRIDGE_EXIT", "a"),
        row(9, "CHAN_END", "a"),
    ]
    assert not told(rows).answered


def test_a_call_that_ended_in_voicemail_is_unanswered() -> None:
    rows = [
        row(0, "CHAN_START", "a"),
        row(1, "CHAN_START", "b"),
        row(6, "CHAN_END", "b"),
        row(6, "XIVO_USER_FWD", "a", extra='{"extra":" NUM:1002"}'),
        row(6, "ANSWER", "a"),
        row(6, "APP_START", "a", appname="VoiceMail"),
        row(20, "CHAN_END", "a"),
    ]
    log = told(rows)
    assert (log.answered, log.reached_voicemail) == (False, True)
    assert (log.destination_exten, log.destination_endpoint) == ("1002", "PJSIP/b")


def test_a_forward_outside_reaches_the_outside_number() -> None:
    rows = [
        row(0, "CHAN_START", "a"),
        row(1, "XIVO_USER_FWD", "a", extra='{"extra":"NUM:1002"}'),
        row(1, "XIVO_OUTCALL", "a", exten="dial"),
        row(2, "CHAN_START", "t", cid_num="0612"),
        row(3, "BRIDGE_ENTER", "t"),
        row(3, "BRIDGE_ENTER", "a"),
        row(9, "BRIDGE_EXIT", "a"),
        row(9, "CHAN_END", "a"),
    ]
    log = told(rows)
    assert (log.requested_exten, log.destination_exten) == ("1002", "0612")
    assert log.direction == "internal"


@pytest.mark.parametrize("extra", [None, "not json", "[1]", '{"extra": 5}', '"text"'])
def test_any_extra_is_survived(extra: str | None) -> None:
    rows = [replace(r, extra=extra) for r in answered()]
    assert told([*rows, row(2, "XIVO_USER_FWD", "a", extra=extra)]).answered


def test_nobody_called_without_a_start_or_an_identity() -> None:
    assert interpret([]) is None
    assert interpret([row(0, "LINKEDID_END", "a")]) is None
    assert interpret([row(0, "CHAN_START", "a", cid_name="", cid_num="")]) is None


@given(st.permutations(answered()))
def test_the_order_of_arrival_does_not_matter(rows: list[CelRow]) -> None:
    assert interpret(rows) == interpret(sorted(rows, key=lambda r: (r.eventtime, r.id)))
