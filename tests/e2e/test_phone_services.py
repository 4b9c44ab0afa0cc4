"""Desk phones are told of do not disturb and pressed keys by a real Asterisk (phoned.md, C4 f.)."""

import asyncio

import pytest
from ovix_testkit.office import Desk, Office

pytestmark = pytest.mark.asterisk
WITHIN_S = 60.0


async def give_phone(office: Office, desk: Desk, mac: str, vendor: str) -> None:
    """The line's phone is one of that vendor, as provd would note it of a phone that asks."""
    admin = office.admin
    device = {"id": mac.replace(":", ""), "mac": mac, "vendor": vendor}
    provd = f"{admin.stack.url('provd')}/provd/dev_mgr/devices"
    await admin.call("POST", provd, {"device": device})
    await admin.confd("PUT", f"/lines/{desk.person.line_id}/devices/{device['id']}")


def keys(desk: Desk) -> list[str]:
    """What the phone was told to press, in order."""
    told = [each for each in desk.phone.notifications if each.get("Event") == "ACTION-URI"]
    assert all(each.get("Content-Type") == "message/sipfrag" for each in told)
    return [each.body.decode().strip() for each in told]


async def are_pressed(desk: Desk, *wanted: str) -> None:
    async with asyncio.timeout(WITHIN_S):
        while keys(desk) != list(wanted):  # noqa: ASYNC110 - the phone keeps a plain list
            await asyncio.sleep(0.05)


async def test_e17_a_phone_is_told_of_dnd_once_and_switches_it_by_its_key(office: Office) -> None:
    bruno, chloe = await office.hire("Bruno"), await office.hire("Chloe")
    await give_phone(office, bruno, "00:15:65:bb:00:01", "Yealink")
    await give_phone(office, chloe, "00:04:f2:bb:00:02", "Polycom")
    dnd = f"/users/{bruno.person.id}/services/dnd"
    phoned = f"http://127.0.0.1:{office.admin.stack.ports['phones_directory']}/0.1"
    url = f"{phoned}/yealink/users/{bruno.person.uuid}/services/dnd"

    async def presses(state: str) -> None:
        assert (await office.admin.http.get(f"{url}/{state}")).status_code == 200

    for desk in (chloe, bruno):
        path = f"/users/{desk.person.id}/services/dnd"
        await office.admin.confd("PUT", path, {"enabled": True})
    await are_pressed(bruno, "key=DNDOn")
    await presses("enable")  # as phones do that were told
    await presses("disable")  # and its user
    await are_pressed(bruno, "key=DNDOn", "key=DNDOff")
    assert await office.admin.confd("GET", dnd) == {"enabled": False}
    await presses("disable")
    await presses("enable")
    await are_pressed(bruno, "key=DNDOn", "key=DNDOff", "key=DNDOn")
    assert await office.admin.confd("GET", dnd) == {"enabled": True}
    assert keys(chloe) == []


async def test_e18_calls_are_held_and_answered_by_token(office: Office) -> None:
    bruno, chloe = await office.hire("Bruno"), await office.hire("Chloe")
    await give_phone(office, bruno, "00:15:65:bb:00:03", "Yealink")
    await give_phone(office, chloe, "00:04:f2:bb:00:04", "Polycom")
    phoned = f"http://127.0.0.1:{office.admin.stack.ports['phones_directory']}/0.1"

    async def ask(endpoint: str, action: str) -> tuple[int, str | None]:
        answer = await office.admin.http.put(f"{phoned}/endpoints/{endpoint}/{action}")
        return answer.status_code, answer.json()["error_id"] if answer.content else None

    for action in ("answer", "hold/start", "hold/stop"):
        assert await ask(bruno.person.sip_username, action) == (204, None)
    await are_pressed(bruno, "key=ANSWER", "key=F_HOLD", "key=F_HOLD")
    assert await ask("unknown", "answer") == (404, "unknown-endpoint")
    polycom = await ask(chloe.person.sip_username, "hold/start")
    assert polycom == (400, "nowhere-to-route-endpoint")
    assert keys(chloe) == []
