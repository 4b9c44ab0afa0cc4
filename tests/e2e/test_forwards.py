"""Do not disturb and forwards, by API and from the phone (reference/asterisk.md, part 8)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_testkit.office import Desk, Logged, Office, Watch

pytestmark = pytest.mark.asterisk

FEATURE = {"unconditional": "*21", "noanswer": "*22", "busy": "*23"}


async def by_api(office: Office, desk: Desk, forward: str, destination: str) -> None:
    await office.admin.confd(
        "PUT",
        f"/users/{desk.person.id}/forwards/{forward}",
        {"enabled": True, "destination": destination},
    )


async def by_code(_office: Any, desk: Desk, forward: str, destination: str) -> None:
    call = await desk.phone.call(FEATURE[forward] + destination)
    await call.answered()
    await call.ended()


Program = Callable[[Office, Desk, str, str], Awaitable[None]]
WAYS = pytest.mark.parametrize("program", [by_api, by_code], ids=["api", "feature code"])


async def forwards_of(office: Office, desk: Desk) -> Any:
    return await office.admin.confd("GET", f"/users/{desk.person.id}/forwards")


@WAYS
async def test_f01_an_unconditional_forward(
    office: Office, watch: Watch, logged: Logged, program: Program
) -> None:
    """F-195."""
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    watcher = await watch(office.admin.token)
    await program(office, bruno, "unconditional", chloe.number)
    await watcher.until("forward", lambda e: e["name"] == "users_forwards_unconditional_updated")
    assert (await forwards_of(office, bruno))["unconditional"] == {
        "enabled": True,
        "destination": chloe.number,
    }
    call = await alice.phone.call(bruno.number)
    ringing = await chloe.phone.incoming()
    assert ringing.caller.number == alice.number
    assert ringing.diversion is not None
    assert ringing.diversion.number == bruno.number
    await ringing.answer()
    await call.hears(chloe.phone.tone_hz)
    await call.hangup()
    (row,) = await logged(alice)
    assert row.caller == f"Alice ({alice.number})"


@WAYS
async def test_f07_a_forward_on_busy(office: Office, program: Program) -> None:
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    await program(office, bruno, "busy", chloe.number)
    call = await alice.phone.call(bruno.number)
    await (await bruno.phone.incoming()).reject(486)
    await (await chloe.phone.incoming()).answer()
    await call.hears(chloe.phone.tone_hz)
    await call.hangup()


@WAYS
async def test_f08_a_forward_on_no_answer(office: Office, program: Program) -> None:
    alice, chloe = await office.hire("Alice"), await office.hire("Chloe")
    bruno = await office.hire("Bruno", ring_seconds=2)
    await program(office, bruno, "noanswer", chloe.number)
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    await ringing.ring()
    await (await chloe.phone.incoming()).answer()
    assert ringing.is_over
    await call.hears(chloe.phone.tone_hz)
    await call.hangup()


async def test_f02_the_code_alone_switches_a_forward_off(office: Office) -> None:
    """F-196."""
    bruno = await office.hire("Bruno")
    await by_code(office, bruno, "unconditional", "1001")
    assert (await forwards_of(office, bruno))["unconditional"]["enabled"] is True
    await by_code(office, bruno, "unconditional", "")
    assert (await forwards_of(office, bruno))["unconditional"]["enabled"] is False


async def test_f11_one_code_switches_all_forwards_off(office: Office) -> None:
    bruno = await office.hire("Bruno")
    for forward in FEATURE:
        await by_api(office, bruno, forward, "1001")
    call = await bruno.phone.call("*20")
    await call.answered()
    await call.ended()
    forwards = await forwards_of(office, bruno)
    assert [forward["enabled"] for forward in forwards.values()] == [False] * 3


async def test_f12_forwards_that_lead_to_each_other_come_to_an_end(office: Office) -> None:
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    await by_api(office, bruno, "unconditional", chloe.number)
    await by_api(office, chloe, "unconditional", bruno.number)
    call = await alice.phone.call(bruno.number)
    await call.answered()
    await call.ended(60)


@pytest.mark.parametrize("code", [False, True], ids=["api", "feature code"])
async def test_d02_a_person_who_is_not_to_be_disturbed_is_not(office: Office, code: bool) -> None:
    """F-191."""
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    await office.admin.voicemail(bruno.person)
    path = f"/users/{bruno.person.id}/services/dnd"
    if code:
        pressed = await bruno.phone.call("*25")
        await pressed.answered()
        await pressed.ended()
    else:
        await office.admin.confd("PUT", path, {"enabled": True})
    assert await office.admin.confd("GET", path) == {"enabled": True}
    await office.reloads_done()
    call = await alice.phone.call(bruno.number)
    await call.answered()  # the voicemail
    await call.hears()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bruno.phone.incoming(), 1)
    await call.hangup()
