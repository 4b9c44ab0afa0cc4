"""Call permissions and schedules (reference/asterisk.md, part 8)."""

import asyncio
from typing import Any

import pytest
from ovix_testkit.office import Logged, Office

pytestmark = pytest.mark.asterisk


async def permission(office: Office, name: str, **fields: Any) -> int:
    made = await office.admin.confd("POST", "/callpermissions", {"name": name, **fields})
    return int(made["id"])


async def test_r08_a_denied_number_is_refused_and_another_allowed(
    office: Office, logged: Logged
) -> None:
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    denied = await permission(office, f"not-{bruno.number}", extensions=[bruno.number])
    await office.admin.confd("PUT", f"/users/{alice.person.id}/callpermissions/{denied}")
    call = await alice.phone.call(bruno.number)
    await call.answered()  # "noright" is played
    await call.ended()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bruno.phone.incoming(), 0.5)
    (row,) = await logged(alice)
    assert (row.called, row.period) == (bruno.number, "0")
    allowed = await alice.phone.call(chloe.number)
    await (await chloe.phone.incoming()).answer()
    await allowed.hears(chloe.phone.tone_hz)
    await allowed.hangup()


async def test_r04_an_allowance_beats_a_denial_of_the_same_level(office: Office) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    for name, mode in ((f"deny-{bruno.number}", "deny"), (f"allow-{bruno.number}", "allow")):
        made = await permission(office, name, mode=mode, extensions=[bruno.number])
        await office.admin.confd("PUT", f"/users/{alice.person.id}/callpermissions/{made}")
    call = await alice.phone.call(bruno.number)
    await (await bruno.phone.incoming()).answer()
    await call.hears(bruno.phone.tone_hz)
    await call.hangup()


async def test_s01_a_closed_person_leads_to_the_schedules_destination(office: Office) -> None:
    """F-147."""
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    schedule = await office.admin.confd(
        "POST",
        "/schedules",
        {
            "name": "never open",
            "timezone": "Europe/Paris",
            "closed_destination": {"type": "user", "user_id": chloe.person.id},
        },
    )
    await office.admin.confd("PUT", f"/users/{bruno.person.id}/schedules/{schedule['id']}")
    call = await alice.phone.call(bruno.number)
    await (await chloe.phone.incoming()).answer()
    await call.hears(chloe.phone.tone_hz)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bruno.phone.incoming(), 0.5)
    await call.hangup()
