"""Calls that ring elsewhere (reference/asterisk.md part 8, P01 and P02; F-431 to F-434)."""

from typing import Any

import pytest
from ovix_testkit.office import Desk, Office

pytestmark = pytest.mark.asterisk


async def pick_up(office: Office, ringing_at: Desk, caller: Desk, by: Desk, code: str) -> None:
    """One dials a code while a colleague's phone rings, and talks to whoever called."""
    call = await caller.phone.call(ringing_at.number)
    ringing = await ringing_at.phone.incoming()
    await ringing.ring()
    taken = await by.phone.call(code)
    await taken.hears(caller.phone.tone_hz)
    await call.hears(by.phone.tone_hz)
    await ringing.ended()
    await taken.hangup()
    await call.ended()


async def refused(office: Office, ringing_at: Desk, caller: Desk, by: Desk) -> None:
    """Who may not, does not."""
    call = await caller.phone.call(ringing_at.number)
    ringing = await ringing_at.phone.incoming()
    await ringing.ring()
    taken = await by.phone.call("*8")
    await taken.ended(15)
    assert not ringing.is_over
    await ringing.answer()
    await call.hears(ringing_at.phone.tone_hz)
    await call.hangup()


async def replace_users(office: Office, path: str, **sides: Desk) -> None:
    for side, desk in sides.items():
        users = {"users": [{"uuid": desk.person.uuid}]}
        await office.admin.confd("PUT", f"{path}/{side}/users", users)


async def told_to_asterisk(office: Office) -> None:
    """The files follow events; then Asterisk is told."""
    await office.admin.call("POST", f"{office.admin.stack.url('confgen')}/1.0/render")
    await office.reloads_done()


async def a_pickup(office: Office, name: str) -> tuple[str, dict[str, Any]]:
    made = await office.admin.confd("POST", "/callpickups", {"name": name})
    return f"/callpickups/{made['id']}", made


async def test_p01_a_phone_is_picked_up_by_its_number(office: Office) -> None:
    """F-434."""
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    await pick_up(office, bruno, alice, chloe, f"*8{bruno.number}")


async def test_p02_an_interceptor_takes_what_rings_at_a_target(office: Office) -> None:
    """F-432, F-434: and nobody else does."""
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    path, _ = await a_pickup(office, f"office {bruno.number}")
    await replace_users(office, path, interceptors=chloe, targets=bruno)
    await told_to_asterisk(office)
    await pick_up(office, bruno, alice, chloe, "*8")
    await refused(office, chloe, alice, bruno)


async def test_members_of_a_group_pick_up_for_each_other(office: Office) -> None:
    """F-433: whoever joins the group may, and need not be named anywhere else."""
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    group = await office.admin.confd("POST", "/groups", {"name": f"office{bruno.number}"})
    path, _ = await a_pickup(office, f"group {bruno.number}")
    for side in ("interceptors", "targets"):
        groups = {"groups": [{"id": group["id"]}]}
        await office.admin.confd("PUT", f"{path}/{side}/groups", groups)
    members = f"/groups/{group['id']}/members/users"
    await office.admin.confd("PUT", members, {"users": [{"uuid": bruno.person.uuid}]})
    await told_to_asterisk(office)
    await refused(office, bruno, alice, chloe)
    users = [{"uuid": each.person.uuid} for each in (bruno, chloe)]
    await office.admin.confd("PUT", members, {"users": users})
    await told_to_asterisk(office)
    await pick_up(office, bruno, alice, chloe, "*8")
    await pick_up(office, chloe, alice, bruno, "*8")
