"""Click-to-call: the caller's own phone rings first (reference/calls.md, parts 4.1 and 11)."""

import asyncio

import httpx
import pytest
from ovix_testkit.office import Desk, Logged, Office, Watch

pytestmark = pytest.mark.asterisk


async def test_click_to_call_rings_the_caller_first_then_the_other(
    office: Office, watch: Watch, logged: Logged
) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    watcher = await watch(office.admin.token)
    api = await office.client_of(alice)
    spaced = f"{bruno.number[:2]} {bruno.number[2:]}"
    started = await api.calld("POST", "/users/me/calls", {"extension": spaced})
    own = await alice.phone.incoming()
    assert own.caller.number == bruno.number, "the phone shows whom it is about to call"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bruno.phone.incoming(), 0.5)
    await own.answer()
    ringing = await bruno.phone.incoming()
    assert (ringing.caller.name, ringing.caller.number) == ("Alice", alice.number)
    await ringing.answer()
    await asyncio.gather(own.hears(bruno.phone.tone_hz), ringing.hears(alice.phone.tone_hz))
    mine = await api.calld("GET", "/users/me/calls")
    assert [each["call_id"] for each in mine["items"]] == [started["call_id"]]
    await asyncio.sleep(1)
    await api.calld("DELETE", f"/users/me/calls/{started['call_id']}")
    await own.ended()
    await watcher.call("call_ended", alice.person.uuid, call_id=started["call_id"])
    (row,) = await logged(alice)
    assert (row.caller, row.called) == (f"Alice ({alice.number})", bruno.number)
    assert int(row.period) >= 1


async def test_a_service_may_call_for_a_user(office: Office) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    body = {
        "source": {"user": alice.person.uuid},
        "destination": {"context": "default", "extension": bruno.number, "priority": 1},
    }
    started = await office.admin.calld("POST", "/calls", body)
    await (await alice.phone.incoming()).answer()
    await (await bruno.phone.incoming()).ring()
    await office.admin.calld("DELETE", f"/calls/{started['call_id']}")


async def refused(office: Office, desk: Desk, body: dict[str, str]) -> httpx.Response:
    api = await office.client_of(desk)
    url = f"{api.stack.url('calld')}/1.0/users/me/calls"
    return await api.http.post(url, json=body)


async def test_an_unknown_extension_rings_nobody(office: Office) -> None:
    alice = await office.hire("Alice")
    answer = await refused(office, alice, {"extension": "999999"})
    assert answer.status_code == 400
    error = answer.json()
    assert error["error_id"] == "invalid-extension"
    assert error["details"]["exten"] == "999999"


async def test_an_unregistered_phone_can_not_be_called_from(office: Office) -> None:
    alice, bruno = await office.hire("Alice", registered=False), await office.hire("Bruno")
    answer = await refused(office, alice, {"extension": bruno.number})
    assert answer.status_code == 400
    assert answer.json()["error_id"] == "call-origin-unavailable"
