"""Calls between people, as they place them (reference/asterisk.md, part 8)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from ovix_testkit.office import Logged, Office, Watch

pytestmark = pytest.mark.asterisk


async def test_e01_two_people_talk_and_everyone_is_told(
    office: Office, watch: Watch, logged: Logged
) -> None:
    """F-153, F-158."""
    alice, bruno = await office.hire("Alice", userfield="sales"), await office.hire("Bruno")
    watcher = await watch(office.admin.token)
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    assert (ringing.caller.name, ringing.caller.number) == ("Alice", alice.number)
    await ringing.ring()
    await call.ringing()
    await watcher.call(
        "call_updated",
        bruno.person.uuid,
        status="Ringing",
        peer_caller_id_number=alice.number,
        peer_caller_id_name="Alice",
    )
    await ringing.answer()
    await call.answered()
    await asyncio.gather(call.hears(bruno.phone.tone_hz), ringing.hears(alice.phone.tone_hz))
    await watcher.call("call_answered", bruno.person.uuid)
    talking = await watcher.call("call_answered", alice.person.uuid)
    assert talking["data"]["is_caller"] is True
    await asyncio.sleep(1)
    await call.hangup()
    await ringing.ended()
    for desk, other in ((alice, bruno), (bruno, alice)):
        ended = await watcher.call("call_ended", desk.person.uuid)
        assert ended["data"]["caller_id_number"] == desk.number
        assert ended["data"]["peer_caller_id_number"] == other.number
        assert ended["data"]["reason_code"] == 16
    (row,) = await logged(alice)
    assert (row.caller, row.called) == (f"Alice ({alice.number})", bruno.number)
    assert int(row.period) >= 1
    assert row.user_field == "sales"

    def is_hers(event: dict[str, Any]) -> bool:  # those of calls before may come late
        whose = event["data"].get("source_user_uuid")
        return event["name"] == "call_log_created" and bool(whose == alice.person.uuid)

    await watcher.until("call log of Alice", is_hers)


async def test_a_user_hears_of_his_own_calls_only(office: Office, watch: Watch) -> None:
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    of_chloe = await watch((await office.client_of(chloe)).token)
    of_bruno = await watch((await office.client_of(bruno)).token)
    call = await alice.phone.call(bruno.number)
    await (await bruno.phone.incoming()).ring()
    await of_bruno.call("call_updated", bruno.person.uuid, status="Ringing")
    await call.hangup()
    await of_bruno.call("call_ended", bruno.person.uuid)
    assert {e["data"]["user_uuid"] for e in of_bruno.events if "call_id" in e["data"]} == {
        bruno.person.uuid
    }
    await alice.phone.call(chloe.number)
    await (await chloe.phone.incoming()).ring()
    await of_chloe.call("call_updated", chloe.person.uuid, status="Ringing")
    assert {e["data"].get("user_uuid") for e in of_chloe.events} == {chloe.person.uuid}


async def test_a_busy_person_is_busy(office: Office, logged: Logged) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    call = await alice.phone.call(bruno.number)
    await (await bruno.phone.incoming()).reject(486)
    await call.answered()  # the announcement
    await call.hears()
    await call.ended()
    (row,) = await logged(alice)
    assert (row.called, row.period) == (bruno.number, "0")


async def test_e04_a_rejected_call_is_treated_as_busy(office: Office) -> None:
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    await office.admin.confd(
        "PUT",
        f"/users/{bruno.person.id}/forwards/busy",
        {"enabled": True, "destination": chloe.number},
    )
    call = await alice.phone.call(bruno.number)
    await (await bruno.phone.incoming()).reject(603)
    await (await chloe.phone.incoming()).ring()
    await call.hangup()


async def test_v01_nobody_answers_and_a_message_is_left(
    office: Office,
    logged: Logged,
    messages: Callable[[str], list[Path]],
    recording: Callable[[str], Awaitable[None]],
) -> None:
    alice = await office.hire("Alice")
    bruno = await office.hire("Bruno", ring_seconds=2)
    await office.admin.voicemail(bruno.person)
    await office.reloads_done()
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    await ringing.ring()
    assert await ringing.ended() == 487
    await call.answered()
    await call.hears()
    await call.send_dtmf("#")  # past the greeting
    await recording(bruno.number)
    await call.hangup()
    async with asyncio.timeout(60):
        while not messages(bruno.number):  # noqa: ASYNC110 - it is a file
            await asyncio.sleep(0.1)
    (message,) = messages(bruno.number)
    assert message.stat().st_size > 8000, "half a second of sound"
    (row,) = await logged(alice)
    assert row.called == bruno.number


async def test_e03_an_unregistered_phone_leads_to_voicemail(office: Office) -> None:
    alice = await office.hire("Alice")
    bruno = await office.hire("Bruno", registered=False)
    await office.admin.voicemail(bruno.person)
    await office.reloads_done()
    call = await alice.phone.call(bruno.number)
    await call.answered()
    await call.hears()
    await call.hangup()


async def test_e05_a_number_nobody_has_is_refused(office: Office) -> None:
    # PJSIP answers before the dialplan's "i" extension could play anything.
    alice = await office.hire("Alice")
    call = await alice.phone.call("1999")
    assert await call.ended() == 404
