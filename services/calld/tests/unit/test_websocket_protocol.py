"""The websocket's protocol, frame by frame (reference/events.md 7)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_calld.websocket.protocol import ProtocolError, Renew, Reply, Session, event_frame


def frame(op: Any, **data: Any) -> str:
    return json.dumps({"op": op, "data": data} if data else {"op": op})


def said(answer: object) -> Any:
    assert isinstance(answer, Reply)
    return json.loads(answer.text)


SUBSCRIBE = frame("subscribe", event_name="call_created")


def test_version_1_greets_with_the_keys_of_16_16_and_of_head() -> None:
    assert said(Session(1).hello()) == {"op": "init", "code": 0, "msg": "", "data": {"version": 1}}


def test_version_1_answers_subscriptions_before_start_only() -> None:
    session = Session(1)
    assert said(session.receive(SUBSCRIBE))["op"] == "subscribe"
    assert said(session.receive(frame("start")))["op"] == "start"
    assert session.receive(frame("subscribe", event_name="call_ended")) is None
    assert session.wants("call_ended")


def test_version_2_answers_everything() -> None:
    session = Session(2)
    session.receive(frame("start"))
    assert said(session.receive(SUBSCRIBE))["op"] == "subscribe"
    assert said(session.receive(frame("ping", payload="a")))["data"] == {"payload": "a"}
    assert said(session.receive(frame("unsubscribe", event_name="call_created")))["code"] == 0
    assert not session.wants("call_created")


def test_nothing_is_wanted_before_start() -> None:
    session = Session(1)
    session.receive(SUBSCRIBE)
    assert not session.wants("call_created")
    session.receive(frame("start"))
    assert session.wants("call_created")
    assert not session.wants("call_ended")


def test_a_star_wants_everything() -> None:
    session = Session(1)
    session.receive(frame("subscribe", event_name="*"))
    session.receive(frame("start"))
    assert session.wants("anything")


def test_version_1_ignores_pings() -> None:
    assert Session(1).receive(frame("ping", payload="a")) is None


def test_a_new_token_is_answered_once_checked() -> None:
    answer = Session(2).receive(frame("token", token="abc"))
    assert isinstance(answer, Renew)
    assert answer.token == "abc"
    assert said(answer.reply)["op"] == "token"


@pytest.mark.parametrize(
    "sent",
    [
        b"bytes",
        "",
        "{",
        "[]",
        "5",
        "{}",
        '{"op": 5}',
        '{"op": "subscribe"}',
        '{"op": "subscribe", "data": {"event_name": 5}}',
        '{"op": "subscribe", "data": []}',
        '{"op": "token", "data": {}}',
        '{"op": "dance"}',
        '{"op": "unsubscribe", "data": {"event_name": "x"}}',
    ],
)
def test_anything_else_breaks_the_protocol(sent: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        Session(1).receive(sent)


def test_other_versions_are_refused() -> None:
    with pytest.raises(ProtocolError):
        Session(3)


def test_events_are_raw_in_version_1_and_wrapped_in_version_2() -> None:
    envelope = {"name": "call_created", "data": {"call_id": "1.0"}}
    assert json.loads(event_frame(1, envelope)) == envelope
    assert json.loads(event_frame(2, envelope)) == {"op": "event", "code": 0, "data": envelope}


@given(st.text() | st.binary())
def test_no_frame_crashes_it(sent: str | bytes) -> None:
    session = Session(2)
    try:
        session.receive(sent)
    except ProtocolError:
        assert not session.started
