"""Voicemail by phone: passwords, messages that follow their box, mails (V02, F-217 to F-222)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from ovix_testkit.integrator import Integrator
from ovix_testkit.mail_sink import MailSink
from ovix_testkit.office import Desk, Office
from ovix_testkit.phones import Call

pytestmark = pytest.mark.asterisk

Messages = Callable[[str], list[Path]]
Leave = Callable[[Desk, str], Awaitable[None]]
MENU_S = 1.5
"""From one prompt to the next, pressed through."""


async def until(check: Callable[[], Any], what: str, within_s: float = 60) -> Any:
    """What the check gives, once it gives something."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not (found := check()):
        assert asyncio.get_running_loop().time() < deadline, f"no {what} in {within_s} s"
        await asyncio.sleep(0.1)
    return found


async def a_box(office: Office, desk: Desk, **fields: Any) -> int:
    """A box of the desk's number that Asterisk knows."""
    made = await office.admin.voicemail(desk.person, **fields)
    await office.reloads_done()
    return made


@pytest.fixture
def leave(messages: Messages, recording: Callable[[str], Awaitable[None]]) -> Leave:
    """Leaves a message in a box, without ringing anybody."""

    async def left(desk: Desk, number: str) -> None:
        before = len(messages(number))
        call = await desk.phone.call(f"*97{number}")
        await call.answered()
        await call.hears()
        await asyncio.sleep(0.5)
        await call.send_dtmf("#")  # past the greeting
        await recording(number)
        await call.hangup()
        await until(lambda: len(messages(number)) > before, "message")

    return left


async def pressed(call: Call, *keys: str) -> None:
    """Press keys, each time a prompt is played."""
    for each in keys:
        await call.hears()
        await asyncio.sleep(MENU_S)
        await call.send_dtmf(each)


async def listened(desk: Desk, password: str, messages: Messages, within_s: float = 60) -> bool:
    """Whether a password opens the desk's own box: what is heard there can be deleted."""
    call = await desk.phone.call("*98")
    await call.answered()
    await pressed(call, f"{password}#", "1", "7")
    await asyncio.sleep(MENU_S)
    await call.hangup()
    for _ in range(int(within_s * 10)):
        if not messages(desk.number):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_v02_a_box_asks_for_its_password(
    office: Office, messages: Messages, leave: Leave
) -> None:
    alice = await office.hire("Alice")
    await a_box(office, alice, password="1234")
    await leave(alice, alice.number)
    assert not await listened(alice, "9999", messages, 1)
    assert await listened(alice, "1234", messages)


async def test_wrong_passwords_end_the_call(office: Office) -> None:
    alice = await office.hire("Alice")
    await a_box(office, alice, password="1234")
    call = await alice.phone.call("*98")
    await call.answered()
    await pressed(call, "9999#", "8888#", "7777#")
    await call.ended()
    assert call.hung_up_by_peer


async def test_a_box_may_open_without_password(
    office: Office, messages: Messages, leave: Leave
) -> None:
    alice = await office.hire("Alice")
    await a_box(office, alice, password="1234", ask_password=False)
    await leave(alice, alice.number)
    call = await alice.phone.call("*98")
    await call.answered()
    await pressed(call, "1", "7")
    await asyncio.sleep(MENU_S)
    await call.hangup()
    await until(lambda: not messages(alice.number), "deletion")


async def test_a_password_changed_by_phone_is_stored_and_stays(
    office: Office, messages: Messages, leave: Leave
) -> None:
    alice = await office.hire("Alice")
    box = await a_box(office, alice, password="1234")
    call = await alice.phone.call("*98")
    await call.answered()
    await pressed(call, "1234#", "0", "5", "4321#", "4321#")
    await asyncio.sleep(MENU_S)
    await call.hangup()

    async def stored() -> str:
        return str((await office.admin.confd("GET", f"/voicemails/{box}"))["password"])

    for _ in range(600):
        if await stored() == "4321":
            break
        await asyncio.sleep(0.1)
    assert await stored() == "4321"
    await office.admin.confd("PUT", f"/voicemails/{box}", {"name": "another rendering"})
    await office.reloads_done()
    await leave(alice, alice.number)
    assert not await listened(alice, "1234", messages, 1)
    assert await listened(alice, "4321", messages)


async def test_messages_follow_a_box_to_its_new_number_and_go_with_it(
    office: Office, messages: Messages, leave: Leave
) -> None:
    alice = await office.hire("Alice")
    box = await a_box(office, alice, password="1234")
    await leave(alice, alice.number)
    moved = str(int(alice.number) + 500)
    await office.admin.confd("PUT", f"/voicemails/{box}", {"number": moved})
    await until(lambda: messages(moved), "message at the new number")
    assert not messages(alice.number)
    await office.reloads_done()
    assert (await office.admin.confd("GET", f"/voicemails/{box}"))["number"] == moved
    call = await alice.phone.call("*98")
    await call.answered()
    await pressed(call, "1234#", "1", "7")
    await asyncio.sleep(MENU_S)
    await call.hangup()
    await until(lambda: not messages(moved), "deletion at the new number")
    folder = office.admin.stack.home / "asterisk-run" / "spool" / "voicemail" / "default" / moved
    assert folder.is_dir()
    await office.admin.confd("DELETE", f"/users/{alice.person.id}/voicemails")
    await office.admin.confd("DELETE", f"/voicemails/{box}")
    await until(lambda: not folder.exists(), "end of the messages' folder")


async def test_a_message_is_mailed_with_the_sound_attached(
    office: Office, admin: Integrator, leave: Leave
) -> None:
    before = await admin.confd("GET", "/emails")
    general = await admin.confd("GET", "/asterisk/voicemail/general")
    alice = await office.hire("Alice")
    async with MailSink() as sink:
        try:
            await admin.confd(
                "PUT",
                "/emails",
                {
                    "domain_name": "example.org",
                    "from": "example.org",
                    "address_rewriting_rules": [
                        {"match": "ovix", "replacement": "pbx@example.org"}
                    ],
                    "smtp_host": f"127.0.0.1:{sink.port}",
                    "fallback_smtp_host": "",
                },
            )
            texts = {"emailsubject": "Message of ${VM_CALLERID}", "emailbody": "To ${VM_NAME}"}
            await admin.confd(
                "PUT",
                "/asterisk/voicemail/general",
                {"options": {**general["options"], **texts}},
            )
            await a_box(office, alice, email="alice@example.org", attach_audio=True)
            await leave(alice, alice.number)
            mail = await sink.mail()
        finally:
            await admin.confd("PUT", "/emails", before)
            await admin.confd("PUT", "/asterisk/voicemail/general", general)
    assert (mail.sender, mail.recipients) == ("pbx@example.org", ("alice@example.org",))
    assert "pbx@example.org" in mail.message["From"]
    assert alice.number in mail.message["Subject"]
    body = mail.message.get_body()
    assert body is not None
    assert body.get_content().strip() == f"To {alice.person.login}"
    ((name, sound),) = mail.attachments().items()
    assert (name.lower(), sound[:4]) == ("msg0000.wav", b"RIFF")
    assert len(sound) > 8000, "half a second of sound"


async def test_a_box_without_address_sends_no_mail(
    office: Office, admin: Integrator, leave: Leave
) -> None:
    """F-219."""
    before = await admin.confd("GET", "/emails")
    alice = await office.hire("Alice")
    async with MailSink() as sink:
        try:
            await admin.confd("PUT", "/emails", {**before, "smtp_host": f"127.0.0.1:{sink.port}"})
            await a_box(office, alice)
            await leave(alice, alice.number)
            await asyncio.sleep(2)
        finally:
            await admin.confd("PUT", "/emails", before)
    assert sink.mails == []
