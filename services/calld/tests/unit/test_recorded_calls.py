"""What calld makes of calls that real Asterisks 16 and 22 told it about."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ovix_calld.live.announcements import event_of
from ovix_calld.live.calls import Calls
from ovix_calld.live.changes import Change, ChannelEvent, Kind, coalesced
from ovix_calld.live.channels import Party

ALICE, BOB, CAROL = (f"7f3a5f9e-000{n}-4000-8000-00000000000{n}" for n in (1, 2, 3))
PARTIES = {
    "PJSIP/alice": Party(ALICE, 1, "Alice", "1001"),
    "PJSIP/bob": Party(BOB, 2, "Bob", "1002"),
    "PJSIP/carol": Party(CAROL, 3, "Carol", "1003"),
    "PJSIP/trunk": Party(external=True),
}
Record = Callable[[str], Any]


def time_of(event: ChannelEvent) -> datetime:
    return datetime.fromtimestamp(float(event.headers["Timestamp"]), UTC)


def replay(
    events: list[ChannelEvent], calls: Calls | None = None, parties: Any = PARTIES
) -> list[Change]:
    calls = Calls() if calls is None else calls
    changes: list[Change] = []
    for event in events:
        changes += calls.apply(event, time_of(event), parties)
    assert len(calls) == 0, "every call ends"
    return changes


def told_to(user_uuid: str | None, changes: list[Change]) -> list[tuple[str, str]]:
    """Event and status, as that user sees them, repetitions left out."""
    seen: list[tuple[str, str]] = []
    for change in changes:
        step = (change.kind.value, str(change.data.get("status")))
        if change.user_uuid == user_uuid and (not seen or seen[-1] != step):
            seen.append(step)
    return seen


def last(kind: Kind, user_uuid: str | None, changes: list[Change]) -> Any:
    return [c.data for c in changes if c.kind is kind and c.user_uuid == user_uuid][-1]


def test_both_parties_follow_an_answered_call(recording: Record) -> None:
    changes = replay(recording("answered").events)
    assert told_to(ALICE, changes) == [
        ("call_created", "Ring"),
        ("call_updated", "Ring"),
        ("call_updated", "Up"),
        ("call_answered", "Up"),
        ("call_updated", "Up"),
        ("call_ended", "Up"),
    ]
    assert told_to(BOB, changes) == [
        ("call_created", "Down"),
        ("call_updated", "Down"),
        ("call_updated", "Ringing"),
        ("call_updated", "Up"),
        ("call_answered", "Up"),
        ("call_updated", "Up"),
        ("call_ended", "Up"),
    ]


def test_the_first_ringing_of_the_callee_tells_who_calls(recording: Record) -> None:
    changes = replay(recording("answered").events)
    ringing = next(c.data for c in changes if c.data["status"] == "Ringing")
    assert ringing["user_uuid"] == BOB
    assert ringing["peer_user_uuid"] == ALICE
    assert (ringing["caller_id_name"], ringing["caller_id_number"]) == ("Bob", "1002")
    assert (ringing["peer_caller_id_name"], ringing["peer_caller_id_number"]) == ("Alice", "1001")
    assert not ringing["is_caller"]
    assert ringing["dialed_extension"] == "1002"


def test_caller_and_peer_keep_their_sides_to_the_end(recording: Record) -> None:
    changes = replay(recording("answered").events)
    for user, other, own, peer in ((ALICE, BOB, "1001", "1002"), (BOB, ALICE, "1002", "1001")):
        ended = last(Kind.ENDED, user, changes)
        assert ended["caller_id_number"] == own
        assert ended["peer_caller_id_number"] == peer
        assert ended["peer_user_uuid"] == other
        assert ended["reason_code"] == 16
        assert ended["hangup_time"] >= ended["answer_time"] >= ended["creation_time"]


def test_both_talk_to_each_other_when_bridged(recording: Record) -> None:
    changes = replay(recording("answered").events)
    talking = [c.data["talking_to"] for c in changes if c.user_uuid == ALICE]
    assert [*{user for each in talking for user in each.values()}] == [BOB]


def test_a_click_to_call_rings_its_user_first_and_shows_who_calls_whom(recording: Record) -> None:
    calls = Calls()
    calls.expect("click-1700000000-abc", "1002")
    changes = replay(recording("click_to_call").events, calls)
    assert told_to(ALICE, changes)[:3] == [
        ("call_created", "Down"),
        ("call_updated", "Down"),
        ("call_updated", "Ringing"),
    ]
    for change in changes:
        if change.user_uuid == ALICE:
            assert change.data["is_caller"]
            assert change.data["dialed_extension"] == "1002"
            assert change.data["caller_id_number"] == "1001"
            assert change.data["caller_id_name"] == "Alice"
            assert change.data["peer_caller_id_number"] == "1002"
    first_of_bob = next(at for at, c in enumerate(changes) if c.user_uuid == BOB)
    answered = next(at for at, c in enumerate(changes) if c.kind is Kind.ANSWERED)
    assert answered < first_of_bob
    assert last(Kind.ENDED, BOB, changes)["peer_caller_id_number"] == "1001"


def test_an_unanswered_click_to_call_ends_without_a_second_leg(recording: Record) -> None:
    changes = replay(recording("click_to_call_unanswered").events)
    assert {c.user_uuid for c in changes} == {ALICE}
    assert [c.kind for c in changes if c.kind is not Kind.UPDATED] == [Kind.CREATED, Kind.ENDED]


def test_an_originate_that_fails_is_no_call(recording: Record) -> None:
    assert replay(recording("click_to_call_offline").events) == []


def test_local_channels_are_never_shown(recording: Record) -> None:
    changes = replay(recording("through_local").events)
    assert len({c.call_id for c in changes}) == 2
    talking = {user for c in changes for user in c.data["talking_to"].values()}
    assert talking == {ALICE, BOB}


def test_a_ring_group_ends_each_leg_once(recording: Record) -> None:
    changes = replay(recording("ring_group").events)
    ended = [c.data["user_uuid"] for c in changes if c.kind is Kind.ENDED]
    assert sorted(map(str, ended)) == sorted([ALICE, ALICE, BOB, CAROL])
    assert last(Kind.ENDED, BOB, changes)["reason_code"] == 26  # answered elsewhere
    assert last(Kind.ENDED, CAROL, changes)["reason_code"] == 17


def test_a_forwarded_call_follows_to_the_next_phone(recording: Record) -> None:
    changes = replay(recording("forwarded").events)
    peers = [c.data["peer_user_uuid"] for c in changes if c.user_uuid == BOB]
    assert list(dict.fromkeys(peers)) == [None, CAROL, ALICE]
    assert last(Kind.ENDED, BOB, changes)["dialed_extension"] == "1003"


def test_a_call_from_a_trunk_is_inbound_for_both_legs(recording: Record) -> None:
    changes = replay(recording("inbound").events)
    assert {c.data["direction"] for c in changes} == {"inbound"}
    assert {c.user_uuid for c in changes} == {None, BOB}


def test_a_call_through_a_trunk_becomes_outbound(recording: Record) -> None:
    changes = replay(recording("outbound").events)
    assert last(Kind.ENDED, ALICE, changes)["direction"] == "outbound"
    assert last(Kind.ENDED, ALICE, changes)["peer_caller_id_number"] == "0612"


def test_without_configuration_the_endpoint_variable_names_the_user(recording: Record) -> None:
    changes = replay(recording("answered").events, parties={})
    assert {c.user_uuid for c in changes} == {ALICE, BOB}
    assert sum(c.kind is Kind.CREATED for c in changes) == 2


def test_holding_and_resuming_are_told_once_each(recording: Record) -> None:
    calls = Calls()
    events = recording("answered").events
    bridged = next(at for at, e in enumerate(events) if e.name == "BridgeLeave")
    alice = next(e for e in events if e.name == "Newchannel").headers
    at = time_of(events[0])
    for event in events[:bridged]:
        calls.apply(event, at, PARTIES)
    told: list[Change] = []
    for name in ("Hold", "Hold", "Unhold", "Unhold"):
        told += calls.apply(ChannelEvent(name, {"Uniqueid": alice["Uniqueid"]}, {}), at, PARTIES)
        shown = calls.call(alice["Uniqueid"])
        assert shown is not None
        assert shown["on_hold"] is (name == "Hold")
    assert [c.kind for c in told] == [Kind.HELD, Kind.RESUMED]
    assert [event_of(c).routing_key for c in told] == ["calls.hold.created", "calls.hold.deleted"]
    assert event_of(told[0]).data["user_uuid"] == ALICE


def test_a_caller_who_gives_up_leaves_one_missed_call(recording: Record) -> None:
    changes = replay(recording("abandoned").events)
    assert [c.kind for c in changes if c.user_uuid == BOB][-2:] == [Kind.ENDED, Kind.MISSED]
    assert last(Kind.MISSED, BOB, changes) == {
        "user_uuid": BOB,
        "caller_user_uuid": ALICE,
        "caller_id_name": "Alice",
        "caller_id_number": "1001",
        "dialed_extension": "1002",
        "conversation_id": changes[0].data["conversation_id"],
        "reason": "no-answer",
    }


def test_a_phone_that_another_one_was_quicker_than_missed_nothing(recording: Record) -> None:
    changes = replay(recording("ring_group").events)
    assert not [c for c in changes if c.kind is Kind.MISSED]


def test_the_dialplan_tells_why_a_call_was_missed() -> None:
    told = ChannelEvent(
        "UserEvent",
        {
            "UserEvent": "user_missed_call",
            "Uniqueid": "1.0",
            "destination_user_uuid": BOB,
            "caller_user_uuid": "",
            "caller_id_name": "Acme",
            "caller_id_number": "0612",
            "entry_exten": "1002",
            "reason": "channel-unavailable",
            "hangup_cause": "3",
            "conversation_id": "1.0",
        },
        {},
    )
    (missed,) = Calls().apply(told, datetime.now(UTC), {})
    event = event_of(missed)
    assert (event.name, event.required_acl) == ("user_missed_call", f"events.calls.{BOB}")
    assert event.data["reason"] == "phone-unreachable"
    assert event.data["caller_user_uuid"] is None


def test_a_missed_click_to_call_was_from_its_user(recording: Record) -> None:
    calls = Calls()
    calls.expect("click-1700000000-abc", "1002")
    events = recording("click_to_call").events
    ringing = next(at for at, e in enumerate(events) if e.name == "Newstate")
    for event in events[: ringing + 1]:
        calls.apply(event, time_of(event), PARTIES)
    told = {
        "UserEvent": "user_missed_call",
        "Uniqueid": "click-1700000000-abc",
        "destination_user_uuid": BOB,
        "caller_id_name": "1002",
        "caller_id_number": "1002",
        "reason": "dnd",
    }
    (missed,) = calls.apply(ChannelEvent("UserEvent", told, {}), datetime.now(UTC), PARTIES)
    assert (missed.data["caller_id_name"], missed.data["caller_id_number"]) == ("Alice", "1001")
    assert missed.data["caller_user_uuid"] == ALICE


def test_every_change_is_an_event_of_the_catalogue(recording: Record) -> None:
    for name in ("answered", "ring_group", "inbound", "click_to_call"):
        for change in replay(recording(name).events):
            event = event_of(change)
            assert event.name == change.kind.value
            expected = f"events.calls.{change.user_uuid}" if change.user_uuid else "events.calls"
            assert event.required_acl == expected


def test_coalescing_keeps_each_step_and_the_last_look(recording: Record) -> None:
    changes = replay(recording("answered").events)
    kept = coalesced(changes)
    assert len(kept) < len(changes)
    for user in (ALICE, BOB):
        assert told_to(user, kept) == told_to(user, changes)
    assert kept[-1] == changes[-1]


def test_a_resync_tells_what_was_missed(recording: Record) -> None:
    messages = recording("status").messages
    listed = {
        name: [
            ChannelEvent("Status", dict(m.fields), m.variables("Variable"))
            for m in messages
            if m.event == "Status" and m.action_id == name
        ]
        for name in ("ringing", "talking")
    }
    at = datetime.now(UTC)
    calls = Calls()
    found = calls.resync(listed["ringing"], at, PARTIES)
    assert {(c.kind, c.user_uuid) for c in found} == {(Kind.CREATED, ALICE), (Kind.CREATED, BOB)}
    assert calls.resync(listed["ringing"], at, PARTIES) == ()

    answered = calls.resync(listed["talking"], at, PARTIES)
    assert {(c.kind, c.user_uuid) for c in answered} == {
        (kind, user) for kind in (Kind.UPDATED, Kind.ANSWERED) for user in (ALICE, BOB)
    }
    assert last(Kind.UPDATED, ALICE, list(answered))["talking_to"] != {}

    ended = calls.resync([], at, PARTIES)
    assert {(c.kind, c.user_uuid) for c in ended if c.kind is Kind.ENDED} == {
        (Kind.ENDED, ALICE),
        (Kind.ENDED, BOB),
    }
    assert len(calls) == 0
