"""Lamps of function keys in a real Asterisk (M03, D01, F02, V04; F-201, F-203, F-204, F-347)."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_testkit.office import RENDERED_WITHIN_S, Desk, Office, registered_phone
from ovix_testkit.phones import Lamp
from ovix_testkit.phones_lamps import BLINKING, DARK, LIT, SubscriptionRefused
from ovix_testkit.stack import Stack

pytestmark = pytest.mark.asterisk

PROGRAMMED = "*735"


def escaped(text: str, part: int) -> str:
    return text.replace("*", f"**{part}")


def key_of(desk: Desk, code: str, argument: str = "") -> str:
    """What a key that switches something dials (F-347)."""
    behind = f"*{escaped(argument, 3)}" if argument else ""
    return f"{PROGRAMMED}{desk.person.id}*{escaped(code, 2)}{behind}"


async def give_keys(office: Office, desk: Desk, *destinations: dict[str, Any]) -> None:
    keys = {str(at): {"destination": each} for at, each in enumerate(destinations, start=1)}
    await office.admin.confd("PUT", f"/users/{desk.person.id}/funckeys", {"keys": keys})


async def watch(desk: Desk, number: str) -> Lamp:
    """Watch as soon as Asterisk has been told of the hint."""
    deadline = asyncio.get_running_loop().time() + RENDERED_WITHIN_S
    while True:
        try:
            return await desk.phone.watch(number)
        except SubscriptionRefused:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)


async def dial(desk: Desk, number: str) -> None:
    """Dial a code and listen to what it says."""
    call = await desk.phone.call(number)
    await call.answered()
    await call.ended()


DND = {"type": "service", "service": "enablednd"}


def forward(kind: str, exten: str | None = None) -> dict[str, Any]:
    return {"type": "forward", "forward": kind, "exten": exten}


async def test_m03_a_lamp_follows_a_colleagues_phone(office: Office) -> None:
    """F-183."""
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    await give_keys(office, chloe, {"type": "user", "user_id": bruno.person.id})
    lamp = await watch(chloe, bruno.number)
    await lamp.shows(DARK)
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    await ringing.ring()
    await lamp.shows(BLINKING)
    await ringing.answer()
    await lamp.shows(LIT)
    await call.hangup()
    await lamp.shows(DARK)
    assert lamp.states == [DARK, BLINKING, LIT, DARK]
    out = await bruno.phone.call(alice.number)
    await (await alice.phone.incoming()).answer()
    await lamp.shows(LIT)
    await out.hangup()
    await lamp.shows(DARK)


async def test_a_lamp_of_somebody_who_is_not_supervised_is_refused(office: Office) -> None:
    """F-182."""
    alice = await office.hire("Alice")
    bruno = await office.hire("Bruno", supervision_enabled=False)
    with pytest.raises(SubscriptionRefused) as refused:
        await alice.phone.watch(bruno.number)
    assert refused.value.status == 404


async def test_k01_the_lamp_of_a_parking_position(office: Office) -> None:
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    await give_keys(office, chloe, {"type": "park_position", "position": 701})
    lamp = await watch(chloe, "701")
    await lamp.shows(DARK)
    call = await alice.phone.call(bruno.number)
    talk = await bruno.phone.incoming()
    await talk.answer()
    await call.answered()
    # Asterisk takes a REFER of the first milliseconds of a call, and may then park nobody.
    await call.hears(bruno.phone.tone_hz)
    assert await call.transfer("700") == 202
    await lamp.shows(LIT)
    fetched = await chloe.phone.call("701")
    await fetched.hears(bruno.phone.tone_hz)
    await lamp.shows(DARK)
    await fetched.hangup()
    await talk.ended()


Switch = Callable[[Office, Desk, bool], Awaitable[None]]


async def dnd_by_api(office: Office, desk: Desk, on: bool) -> None:
    await office.admin.confd("PUT", f"/users/{desk.person.id}/services/dnd", {"enabled": on})


async def dnd_by_code(_office: Office, desk: Desk, _on: bool) -> None:
    await dial(desk, "*25")


async def dnd_by_key(_office: Office, desk: Desk, _on: bool) -> None:
    await dial(desk, key_of(desk, "*25"))


@pytest.mark.parametrize(
    "switch", [dnd_by_api, dnd_by_code, dnd_by_key], ids=["api", "feature code", "key"]
)
async def test_d01_the_lamp_of_do_not_disturb(office: Office, switch: Switch) -> None:
    bruno = await office.hire("Bruno")
    await give_keys(office, bruno, DND)
    lamp = await watch(bruno, key_of(bruno, "*25"))
    await lamp.shows(DARK)
    for on in (True, False, True):
        await switch(office, bruno, on)
        await lamp.shows(LIT if on else DARK)
        path = f"/users/{bruno.person.id}/services/dnd"
        assert await office.admin.confd("GET", path) == {"enabled": on}


Program = Callable[[Office, Desk, str], Awaitable[None]]


async def forward_by_api(office: Office, desk: Desk, to: str) -> None:
    body = {"enabled": bool(to), **({"destination": to} if to else {})}
    path = f"/users/{desk.person.id}/forwards/unconditional"
    await office.admin.confd("PUT", path, body)


async def forward_by_code(_office: Office, desk: Desk, to: str) -> None:
    await dial(desk, f"*21{to}")


async def forward_by_key(_office: Office, desk: Desk, to: str) -> None:
    await dial(desk, key_of(desk, "*21", to))


@pytest.mark.parametrize(
    "program", [forward_by_api, forward_by_code, forward_by_key], ids=["api", "code", "key"]
)
async def test_f02_the_lamps_of_a_forward(office: Office, program: Program) -> None:
    bruno = await office.hire("Bruno")
    await give_keys(
        office, bruno, forward("unconditional"), forward("unconditional", "1002"),
        forward("unconditional", "1003"), forward("busy", "1002"),
    )  # fmt: skip
    bare = await watch(bruno, key_of(bruno, "*21"))
    second = await watch(bruno, key_of(bruno, "*21", "1002"))
    third = await watch(bruno, key_of(bruno, "*21", "1003"))
    busy = await watch(bruno, key_of(bruno, "*23", "1002"))

    async def show(**wanted: str) -> None:
        for name, lamp in (("bare", bare), ("second", second), ("third", third), ("busy", busy)):
            await lamp.shows(wanted.get(name, DARK))

    await show()
    await program(office, bruno, "1002")
    await show(bare=LIT, second=LIT)
    await program(office, bruno, "1003")
    await show(bare=LIT, third=LIT)
    await program(office, bruno, "")
    await show()


async def test_one_key_pressed_twice_sets_and_takes_back_its_forward(office: Office) -> None:
    bruno = await office.hire("Bruno")
    await give_keys(office, bruno, forward("busy", "1002"))
    lamp = await watch(bruno, key_of(bruno, "*23", "1002"))
    for state in (LIT, DARK):
        await dial(bruno, key_of(bruno, "*23", "1002"))
        await lamp.shows(state)
    forwards = await office.admin.confd("GET", f"/users/{bruno.person.id}/forwards")
    assert forwards["busy"] == {"enabled": False, "destination": "1002"}


async def test_f11_all_forwards_undone_darken_their_lamps(office: Office) -> None:
    bruno = await office.hire("Bruno")
    await give_keys(office, bruno, forward("unconditional"), forward("noanswer", "1002"))
    lamps = [
        await watch(bruno, key_of(bruno, "*21")),
        await watch(bruno, key_of(bruno, "*22", "1002")),
    ]
    await office.admin.confd(
        "PUT",
        f"/users/{bruno.person.id}/forwards",
        {name: {"enabled": True, "destination": "1002"} for name in ("unconditional", "noanswer")},
    )
    for lamp in lamps:
        await lamp.shows(LIT)
    await dial(bruno, "*20")
    for lamp in lamps:
        await lamp.shows(DARK)


async def test_v04_the_lamp_of_voicemail_and_of_screening(office: Office) -> None:
    bruno = await office.hire("Bruno")
    services = [{"type": "service", "service": name} for name in ("enablevm", "incallfilter")]
    await give_keys(office, bruno, *services)
    voicemail = await watch(bruno, key_of(bruno, "*90"))
    screening = await watch(bruno, key_of(bruno, "*27"))
    await office.admin.voicemail(bruno.person)
    await voicemail.shows(LIT)
    await dial(bruno, "*90")
    await voicemail.shows(DARK)
    await dial(bruno, key_of(bruno, "*90"))
    await voicemail.shows(LIT)
    await dial(bruno, key_of(bruno, "*27"))
    await screening.shows(LIT)
    await dial(bruno, "*27")
    await screening.shows(DARK)


async def test_a_key_that_comes_late_shows_what_is_on_already(office: Office) -> None:
    bruno = await office.hire("Bruno")
    await dnd_by_api(office, bruno, True)
    await give_keys(office, bruno, DND)
    await (await watch(bruno, key_of(bruno, "*25"))).shows(LIT)


async def test_a_shared_template_lights_each_users_own_lamp(office: Office) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    template = await office.admin.confd(
        "POST", "/funckeys/templates", {"name": "all", "keys": {"1": {"destination": DND}}}
    )
    lamps = []
    for desk in (alice, bruno):
        path = f"/users/{desk.person.id}/funckeys/templates/{template['id']}"
        await office.admin.confd("PUT", path)
    for desk in (alice, bruno):
        lamps.append(await watch(desk, key_of(desk, "*25")))
    await dial(bruno, key_of(bruno, "*25"))
    await lamps[1].shows(LIT)
    await lamps[0].stays(DARK, 0.5)


async def test_nobody_presses_another_users_key(office: Office) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    await give_keys(office, bruno, DND)
    lamp = await watch(bruno, key_of(bruno, "*25"))
    call = await alice.phone.call(key_of(bruno, "*25"))
    await call.ended()
    await lamp.stays(DARK)
    for desk in (alice, bruno):
        path = f"/users/{desk.person.id}/services/dnd"
        assert await office.admin.confd("GET", path) == {"enabled": False}


async def until_restarted(office: Office, ovix: Stack, old: int) -> None:
    """Until another Asterisk is there and its phones may register."""
    for _ in range(300):
        if ovix.asterisk_processes() not in ([], [old]):
            break
        await asyncio.sleep(0.2)
    for desk in office.desks:
        await registered_phone(desk.phone)


async def test_lamps_are_true_after_a_restart_of_asterisk(office: Office, ovix: Stack) -> None:
    bruno = await office.hire("Bruno")
    await give_keys(office, bruno, DND, forward("unconditional", "1002"))
    dnd = await watch(bruno, key_of(bruno, "*25"))
    forwarded = await watch(bruno, key_of(bruno, "*21", "1002"))
    await dnd_by_api(office, bruno, True)
    await dnd.shows(LIT)
    await asyncio.sleep(2.5)  # Asterisk writes what it is to remember once a second
    (asterisk,) = ovix.asterisk_processes()
    os.kill(asterisk, signal.SIGKILL)
    # While it is away one is switched off, the other on: what Asterisk remembers is wrong twice.
    await dnd_by_api(office, bruno, False)
    await forward_by_api(office, bruno, "1002")
    await until_restarted(office, ovix, asterisk)
    # Asterisk remembers who watches what: the phone need not ask again.
    await dnd.shows(DARK)
    await forwarded.shows(LIT)
    await (await watch(bruno, key_of(bruno, "*25"))).shows(DARK)
    await (await watch(bruno, key_of(bruno, "*21", "1002"))).shows(LIT)


async def test_lamps_are_true_after_confgen_was_dead(office: Office, ovix: Stack) -> None:
    bruno = await office.hire("Bruno")
    await give_keys(office, bruno, DND)
    lamp = await watch(bruno, key_of(bruno, "*25"))
    await lamp.shows(DARK)
    (process,) = ovix.processes("confgen")
    os.kill(process, signal.SIGKILL)
    await dnd_by_api(office, bruno, True)
    await lamp.shows(LIT)
