"""What holds for calls whatever Asterisk says, in whatever order."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ovix_calld.live.announcements import event_of
from ovix_calld.live.calls import CHANNEL_EVENTS, Calls
from ovix_calld.live.changes import Change, ChannelEvent, Kind, coalesced
from ovix_calld.live.channels import Channel, Party

USERS = [f"7f3a5f9e-000{n}-4000-8000-00000000000{n}" for n in range(1, 4)]
NAMES = ["PJSIP/a", "PJSIP/b", "PJSIP/trunk", "PJSIP/stranger", "Local/1@x"]
PARTIES = {
    "PJSIP/a": Party(USERS[0], 1, "A", "1"),
    "PJSIP/b": Party(USERS[1], 2, "B", "2"),
    "PJSIP/trunk": Party(external=True),
}
START = datetime(2026, 1, 1, tzinfo=UTC)

ids = st.integers(0, 5)
numbers = st.sampled_from(["", "1", "2", "<unknown>", "0612"])


@st.composite
def channel_events(draw: st.DrawFn) -> ChannelEvent:
    number = draw(ids)
    name = draw(
        st.sampled_from((*CHANNEL_EVENTS, "VarSet", "DialBegin", "DialEnd", "BridgeDestroy"))
    )
    half = f";{number % 2 + 1}" if NAMES[number % len(NAMES)].startswith("Local") else ""
    headers = {
        "Event": name,
        "Channel": f"{NAMES[number % len(NAMES)]}-{number:08x}{half}",
        "Uniqueid": f"1.{number}",
        "Linkedid": f"1.{draw(ids)}",
        "ChannelStateDesc": draw(st.sampled_from(["Down", "Ring", "Ringing", "Up", "Busy"])),
        "CallerIDNum": draw(numbers),
        "CallerIDName": draw(numbers),
        "ConnectedLineNum": draw(numbers),
        "ConnectedLineName": draw(numbers),
        "Exten": draw(st.sampled_from(["s", "1", "2", ""])),
        "Context": "default",
        "DestUniqueid": f"1.{draw(ids)}",
        "DialStatus": draw(st.sampled_from(["ANSWER", "BUSY", "CANCEL", ""])),
        "BridgeUniqueid": draw(st.sampled_from(["b1", "b2"])),
        "Cause": draw(st.sampled_from(["16", "17", "", "x"])),
        "Variable": "XIVO_USERUUID",
        "Value": draw(st.sampled_from([*USERS, "", "not a uuid"])),
    }
    return ChannelEvent(name, headers, {})


histories = st.lists(channel_events(), max_size=60)


def run(calls: Calls, events: list[ChannelEvent], begin: int = 0) -> list[Change]:
    changes: list[Change] = []
    for at, event in enumerate(events, start=begin):
        changes += calls.apply(event, START + timedelta(milliseconds=at), PARTIES)
    return changes


def snapshot_of(events: list[ChannelEvent]) -> list[ChannelEvent]:
    return [ChannelEvent("Status", e.headers, {}) for e in events if e.name == "Newchannel"]


def check(changes: list[Change]) -> set[str]:
    """Each call: created once, first; ended once, last; seq grows. Gives the calls that live."""
    seen: dict[str, int] = {}
    living: set[str] = set()
    for change in changes:
        if change.kind is Kind.MISSED:
            assert change.call_id not in living
            assert change.call_id in seen
            continue
        seq = change.data["seq"]
        if change.kind is Kind.CREATED:
            assert change.call_id not in living
            living.add(change.call_id)
        else:
            assert change.call_id in living
            assert seq > seen[change.call_id]
        seen[change.call_id] = seq
        if change.kind is Kind.ENDED:
            living.remove(change.call_id)
        event_of(change)
    return living


@given(histories)
def test_each_call_is_created_once_first_and_ended_once_last(events: list[ChannelEvent]) -> None:
    calls = Calls()
    living = check(run(calls, events))
    assert len(calls) == len(living)


@given(histories)
def test_no_local_channel_and_no_call_of_itself_is_shown(events: list[ChannelEvent]) -> None:
    hidden = {f"1.{number}" for number in range(6) if number % len(NAMES) == 4}
    for change in run(Calls(), events):
        assert change.call_id not in hidden
        talking_to = change.data.get("talking_to", {})
        assert not hidden & set(talking_to)
        assert change.call_id not in talking_to


@given(histories)
def test_coalescing_drops_updates_only(events: list[ChannelEvent]) -> None:
    changes = run(Calls(), events)
    kept = coalesced(changes)
    assert check(kept) == check(changes)
    others = [c for c in changes if c.kind is not Kind.UPDATED]
    assert [c for c in kept if c.kind is not Kind.UPDATED] == others


@given(histories, histories)
def test_after_a_resync_exactly_asterisks_channels_are_shown(
    before: list[ChannelEvent], now: list[ChannelEvent]
) -> None:
    calls = Calls()
    changes = run(calls, before)
    snapshot = snapshot_of(now)
    changes += calls.resync(snapshot, START, PARTIES)
    listed = {
        e.headers["Uniqueid"] for e in snapshot if not e.headers["Channel"].startswith("Local")
    }
    assert check(changes) == listed
    assert calls.resync(snapshot, START, PARTIES) == ()


@settings(max_examples=60)
@given(histories, st.integers(0, 60), histories)
def test_a_restart_from_what_was_stored_owes_the_same_ends(
    events: list[ChannelEvent], killed_after: int, missed: list[ChannelEvent]
) -> None:
    stored: dict[str, dict[str, Any]] = {}
    calls = Calls()
    told: list[Change] = []
    for at, event in enumerate(events[:killed_after]):
        told += calls.apply(event, START + timedelta(milliseconds=at), PARTIES)
        kept, gone = calls.take_dirty()
        for channel in kept:
            stored[channel.call_id] = channel.to_json()
        for call_id in gone:
            stored.pop(call_id, None)
    restarted = Calls(Channel.from_json(state) for state in stored.values())
    snapshot = snapshot_of(missed)
    told += restarted.resync(snapshot, START, PARTIES)
    living = check(told)
    ended = restarted.resync([], START, PARTIES)
    assert {c.call_id for c in ended if c.kind is Kind.ENDED} == living
