"""Lines of browsers, and unique accounts of a desk phone and a browser: F-114, F-121, trap 15."""

import asyncio
from typing import Any

import pytest
from ovix_testkit.office import Desk, Office, Watch, registered_phone
from ovix_testkit.phones import Phone, RegistrationRefused
from ovix_testkit.phones_browser import Browser
from ovix_testkit.phones_calls import CallFailed

pytestmark = pytest.mark.asterisk


async def browser(office: Office, desk: Desk, name: str, secret: str = "") -> Browser:
    """A page open at that name, with the password of the desk's line."""
    return await office.stack.enter_async_context(
        Browser(
            ("127.0.0.1", office.admin.stack.ports["sip_ws"]),
            name,
            secret or desk.person.sip_secret,
            display_name=desk.person.login,
        )
    )


async def becomes(office: Office, desk: Desk, kind: str, *more: list[str]) -> None:
    """The desk's line is used that way from now on."""
    admin, line = office.admin, desk.person.line_id
    endpoint = (await admin.confd("GET", f"/lines/{line}"))["endpoint_sip"]["id"]
    options = [["webrtc", kind], *more]
    await admin.confd("PUT", f"/endpoints/sip/{endpoint}", {"options": options})
    await office.reloads_done()


async def unique_account(office: Office, firstname: str, *more: list[str]) -> tuple[Desk, Browser]:
    """Somebody with both, registered."""
    desk = await office.hire(firstname)
    await becomes(office, desk, "ua", *more)
    page = await browser(office, desk, f"{desk.person.sip_username}_w")
    await registered_phone(page)
    return desk, page


async def test_a_browser_registers_by_web_socket_with_the_credentials_of_its_line(
    office: Office,
) -> None:
    zoe, alice = await office.hire("Zoe", registered=False), await office.hire("Alice")
    await becomes(office, zoe, "yes")
    stranger = await browser(office, zoe, zoe.person.sip_username, secret="guessed")
    with pytest.raises(RegistrationRefused):
        await stranger.register()
    page = await browser(office, zoe, zoe.person.sip_username)
    await registered_phone(page)
    call = await alice.phone.call(zoe.number)
    ringing = await page.incoming()
    assert ringing.caller.name == "Alice"
    offer = ringing.messages[0].body.decode()
    for told in ("UDP/TLS/RTP/SAVPF", "a=fingerprint:", "a=ice-ufrag:", "opus/48000", "a=rtcp-mux"):
        assert told in offer
    await ringing.ring()
    await call.ringing()
    await ringing.reject(486)
    await call.hangup()


async def test_f121_only_the_device_that_the_user_selected_rings(office: Office) -> None:
    (zoe, page), alice = await unique_account(office, "Zoe"), await office.hire("Alice")
    own = await office.client_of(zoe)
    for chosen, rings, silent in (
        (None, zoe.phone, page),
        ("webrtc", page, zoe.phone),
        ("phone", zoe.phone, page),
    ):
        if chosen is not None:
            await own.confd("PUT", "/users/me/selected_device", {"device": chosen})
        call = await alice.phone.call(zoe.number)
        ringing = await rings.incoming()
        await ringing.ring()
        await call.ringing()
        await silent.stays_silent(0.4)
        await call.hangup()
        await ringing.ended()
    # The desk phone is a phone like any other.
    call = await alice.phone.call(zoe.number)
    talk = await zoe.phone.incoming()
    await talk.answer()
    await call.hears(zoe.phone.tone_hz)
    await call.hangup()


async def test_f114_codecs_of_a_unique_account_are_offered_to_the_browser_alone(
    office: Office,
) -> None:
    zoe, page = await unique_account(office, "Zoe", ["disallow", "all"], ["allow", "opus"])
    alice = await office.hire("Alice")
    call = await alice.phone.call(zoe.number)
    ringing = await zoe.phone.incoming()
    assert b"opus" not in ringing.messages[0].body
    assert b"PCMU" in ringing.messages[0].body
    await call.hangup()
    await office.admin.confd(
        "PUT", f"/users/{zoe.person.uuid}/selected_device", {"device": "webrtc"}
    )
    call = await alice.phone.call(zoe.number)
    offer = (await page.incoming()).messages[0].body
    assert b"opus" in offer
    assert b"PCMU" not in offer
    await call.hangup()


async def test_calls_from_either_device_are_the_users(office: Office, watch: Watch) -> None:
    (zoe, page), alice = await unique_account(office, "Zoe"), await office.hire("Alice")
    watcher = await watch(office.admin.token)
    devices: tuple[Phone, ...] = (zoe.phone, page)
    for device in devices:
        watcher.events.clear()
        call = await device.call(alice.number)
        ringing = await alice.phone.incoming()
        assert (ringing.caller.name, ringing.caller.number) == ("Zoe", zoe.number)
        await ringing.ring()
        event = await watcher.call("call_created", zoe.person.uuid, is_caller=True)
        found = await office.admin.calld("GET", "/calls")
        (live,) = [each for each in found["items"] if each["call_id"] == event["data"]["call_id"]]
        assert live["user_uuid"] == zoe.person.uuid
        assert live["line_id"] == zoe.person.line_id
        await call.hangup()
        await ringing.ended()


async def test_a_lamp_of_a_unique_account_follows_both_devices(office: Office) -> None:
    (zoe, page), alice = await unique_account(office, "Zoe"), await office.hire("Alice")
    bob = await office.hire("Bob")
    lamp = await bob.phone.watch(zoe.number)
    await lamp.shows("terminated")
    devices: tuple[Phone, ...] = (zoe.phone, page)
    for device in devices:
        call = await device.call(alice.number)
        await (await alice.phone.incoming()).ring()
        await lamp.shows("confirmed")
        await call.hangup()
        await lamp.shows("terminated")


async def test_click_to_call_rings_the_selected_device(office: Office) -> None:
    (zoe, page), alice = await unique_account(office, "Zoe"), await office.hire("Alice")
    await office.admin.confd(
        "PUT", f"/users/{zoe.person.uuid}/selected_device", {"device": "webrtc"}
    )
    body: dict[str, Any] = {
        "source": {"user": zoe.person.uuid},
        "destination": {"context": "default", "extension": alice.number, "priority": 1},
    }
    call = await office.admin.calld("POST", "/calls", body)
    assert call["user_uuid"] == zoe.person.uuid
    ringing = await page.incoming()
    await zoe.phone.stays_silent(0.3)
    await ringing.reject(603)


async def test_a_selected_device_that_is_not_there_has_failed(office: Office) -> None:
    (zoe, page), alice = await unique_account(office, "Zoe"), await office.hire("Alice")
    await office.admin.confd(
        "PUT", f"/users/{zoe.person.uuid}/selected_device", {"device": "webrtc"}
    )
    await office.admin.confd(
        "PUT",
        f"/users/{zoe.person.id}/fallbacks",
        {"fail_destination": {"type": "user", "user_id": alice.person.id}},
    )
    await page.register(0)
    bob = await office.hire("Bob")
    call = await bob.phone.call(zoe.number)
    await (await alice.phone.incoming()).answer()
    await call.answered()
    await zoe.phone.stays_silent(0.3)
    await call.hangup()


async def test_a_line_that_is_no_browser_any_more_loses_its_second_device(office: Office) -> None:
    zoe, page = await unique_account(office, "Zoe")
    await becomes(office, zoe, "no")
    with pytest.raises(RegistrationRefused):
        await page.register()
    with pytest.raises(CallFailed):
        await (await page.call(zoe.number)).answered()
    page.vanish()  # there is nothing to take back


async def test_f116_a_line_tells_whether_its_phone_is_there(office: Office) -> None:
    zoe, alice = await office.hire("Zoe"), await office.hire("Alice")
    path = f"/lines/{zoe.person.line_id}/status"
    found = await office.admin.calld("GET", path)
    assert (found["registered"], found["current_call_count"]) == (True, 0)
    call = await alice.phone.call(zoe.number)
    await (await zoe.phone.incoming()).answer()
    await call.answered()
    async with asyncio.timeout(60):
        while (await office.admin.calld("GET", path))["current_call_count"] != 1:
            pass
    await call.hangup()
    await zoe.phone.register(0)
    lines = (await office.admin.calld("GET", "/lines"))["items"]
    by_id = {each["id"]: each for each in lines}
    assert by_id[zoe.person.line_id]["registered"] is False
    assert by_id[alice.person.line_id]["registered"] is True
