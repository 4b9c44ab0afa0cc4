"""Boss and secretaries (reference/asterisk.md part 8, B01 to B08; F-424, F-426 to F-430)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from ovix_testkit.office import Desk, Office
from ovix_testkit.phones_lamps import DARK, LIT

from .test_lamps import give_keys, watch

pytestmark = pytest.mark.asterisk


@dataclass
class Staff:
    """Alice calls Bruno, whose secretaries are Sue and Tom; the codes that switch them."""

    office: Office
    alice: Desk
    bruno: Desk
    sue: Desk
    tom: Desk
    path: str
    codes: tuple[str, str]

    @property
    def desks(self) -> dict[str, Desk]:
        return {"boss": self.bruno, "sue": self.sue, "tom": self.tom}

    async def active(self) -> list[bool]:
        """Which secretaries take calls now."""
        shown = await self.office.admin.confd("GET", self.path)
        return [each["active"] for each in shown["surrogates"]["users"]]


async def employ(office: Office, strategy: str = "all", **fields: Any) -> Staff:
    """The staff, with a filter that nobody has switched on."""
    alice, bruno, tom = [await office.hire(name) for name in ("Alice", "Bruno", "Tom")]
    sue = await office.hire("Sue", ring_seconds=fields.pop("sue_rings", 20))
    boss_rings = fields.pop("boss_rings", 20)
    name = f"filter of {bruno.number}"
    body = {"name": name, "strategy": strategy, "source": "all", **fields}
    made = await office.admin.confd("POST", "/callfilters", body)
    path = f"/callfilters/{made['id']}"
    boss = {"uuid": bruno.person.uuid, "timeout": boss_rings}
    await office.admin.confd("PUT", f"{path}/recipients/users", {"users": [boss]})
    users = [{"uuid": each.person.uuid} for each in (sue, tom)]
    await office.admin.confd("PUT", f"{path}/surrogates/users", {"users": users})
    shown = (await office.admin.confd("GET", path))["surrogates"]["users"]
    codes = tuple(each["exten"] for each in shown)
    return Staff(office, alice, bruno, sue, tom, path, (codes[0], codes[1]))


async def dial(desk: Desk, code: str) -> None:
    """Dial a code and listen to what it says."""
    call = await desk.phone.call(code)
    await call.answered()
    await call.ended(15)


async def on(staff: Staff) -> None:
    """Both secretaries are switched on by their code."""
    for code in staff.codes:
        await dial(staff.bruno, code)
    assert await staff.active() == [True, True]


ROUNDS = {
    "all-recipients-then-linear-surrogates": [["boss"], ["sue"], ["tom"]],
    "all-recipients-then-all-surrogates": [["boss"], ["sue", "tom"]],
    "linear-surrogates-then-all-recipients": [["sue"], ["tom"]],
    "all-surrogates-then-all-recipients": [["sue", "tom"]],
    "all": [["boss", "sue", "tom"]],
}
"""Who rings, one round after another."""


async def test_b01_each_strategy_rings_in_its_order(office: Office) -> None:
    """B01 to B05: who is busy lets the call go on; whoever answers ends it for all others."""
    staff = await employ(office, caller_id_mode="prepend", caller_id_name="Boss")
    await on(staff)
    for strategy, rounds in ROUNDS.items():
        await office.admin.confd("PUT", staff.path, {"strategy": strategy})
        await ring_through(staff, rounds)


async def ring_through(staff: Staff, rounds: list[list[str]]) -> None:
    """A call that the last one of the last round takes."""
    call = await staff.alice.phone.call(staff.bruno.number)
    for number, names in enumerate(rounds, start=1):
        ringing = {name: await staff.desks[name].phone.incoming() for name in names}
        for name, desk in staff.desks.items():
            if name not in names:
                await desk.phone.stays_silent(0.2)
        for each in ringing.values():
            await each.ring()
        assert {each.caller.name for each in ringing.values()} == {"Boss - Alice"}
        if number < len(rounds):
            for each in ringing.values():
                await each.reject(486)
    *others, last = rounds[-1]
    await ringing[last].answer()
    await call.hears(staff.desks[last].phone.tone_hz)
    for name in others:
        await ringing[name].ended()
    await call.hangup()
    await ringing[last].ended()
    for desk in staff.desks.values():
        await desk.phone.stays_silent(0.1)


async def test_b06_a_filter_that_nobody_switched_on_leaves_the_boss_his_calls(
    office: Office,
) -> None:
    """F-427."""
    staff = await employ(office)
    call = await staff.alice.phone.call(staff.bruno.number)
    await (await staff.bruno.phone.incoming()).answer()
    await call.hears(staff.bruno.phone.tone_hz)
    for desk in (staff.sue, staff.tom):
        await desk.phone.stays_silent(0.1)
    await call.hangup()


async def test_b07_a_secretary_reaches_her_boss(office: Office) -> None:
    """F-429; everybody else reaches her."""
    staff = await employ(office, "all-surrogates-then-all-recipients")
    await on(staff)
    call = await staff.sue.phone.call(staff.bruno.number)
    await (await staff.bruno.phone.incoming()).answer()
    await call.hears(staff.bruno.phone.tone_hz)
    await call.hangup()
    await staff.tom.phone.stays_silent(0.1)
    call = await staff.alice.phone.call(staff.bruno.number)
    taken = await staff.sue.phone.incoming()
    await staff.tom.phone.incoming()
    await staff.bruno.phone.stays_silent(0.2)
    await taken.answer()
    await call.hears(staff.sue.phone.tone_hz)
    await call.hangup()


async def test_a_call_that_nobody_takes_in_time_goes_where_the_filter_says(office: Office) -> None:
    """F-426."""
    staff = await employ(office, "all-recipients-then-linear-surrogates", boss_rings=1, sue_rings=1)
    chloe = await office.hire("Chloe")
    await office.admin.confd(
        "PUT", f"{staff.path}/fallbacks",
        {"noanswer_destination": {"type": "user", "user_id": chloe.person.id}},
    )  # fmt: skip
    await dial(staff.sue, staff.codes[0])
    call = await staff.alice.phone.call(staff.bruno.number)
    first = await staff.bruno.phone.incoming()
    await first.ring()
    second = await staff.sue.phone.incoming(30)
    assert first.is_over
    await second.ring()
    last = await chloe.phone.incoming(30)
    assert second.is_over
    assert last.diversion is not None
    assert last.diversion.number == staff.bruno.number
    await last.answer()
    await call.hears(chloe.phone.tone_hz)
    await staff.tom.phone.stays_silent(0.1)
    await call.hangup()


async def test_a_filter_that_leads_back_to_the_boss_rings_him_once_the_secretaries_did(
    office: Office,
) -> None:
    staff = await employ(office, "all-surrogates-then-all-recipients")
    await on(staff)
    await office.admin.confd(
        "PUT", f"{staff.path}/fallbacks",
        {"noanswer_destination": {"type": "user", "user_id": staff.bruno.person.id}},
    )  # fmt: skip
    call = await staff.alice.phone.call(staff.bruno.number)
    for desk in (staff.sue, staff.tom):
        await (await desk.phone.incoming()).reject(486)
    await (await staff.bruno.phone.incoming()).answer()
    await call.hears(staff.bruno.phone.tone_hz)
    for desk in (staff.sue, staff.tom):
        await desk.phone.stays_silent(0.2)
    await call.hangup()


async def test_b08_the_code_lights_the_keys_of_boss_and_secretary(office: Office) -> None:
    """F-428: both keys show the same, whoever dials; by the key, as it dials the same."""
    staff = await employ(office)
    shown = (await office.admin.confd("GET", staff.path))["surrogates"]["users"][0]
    key = {"type": "bsfilter", "filter_member_id": shown["member_id"]}
    lamps = []
    for desk in (staff.bruno, staff.sue):
        await give_keys(office, desk, key)
        lamps.append(await watch(desk, staff.codes[0]))
    for lamp in lamps:
        await lamp.shows(DARK)
    for who, state in ((staff.bruno, LIT), (staff.sue, DARK), (staff.sue, LIT)):
        await dial(who, staff.codes[0])
        for lamp in lamps:
            await lamp.shows(state)
    assert await staff.active() == [True, False]
    late = await watch(staff.tom, staff.codes[0])
    await late.shows(LIT)


async def test_f430_nobody_else_switches_a_filter(office: Office) -> None:
    staff = await employ(office)
    call = await staff.alice.phone.call(staff.codes[0])
    await call.ended(15)
    assert await staff.active() == [False, False]


async def test_whom_a_secretary_transfers_may_leave_a_message(
    office: Office, recording: Callable[[str], Awaitable[None]]
) -> None:
    staff = await employ(office, "linear-surrogates-then-all-recipients")
    await on(staff)
    zoe = await office.hire("Zoe", registered=False)
    await office.admin.voicemail(zoe.person)
    await office.reloads_done()
    call = await staff.alice.phone.call(staff.bruno.number)
    taken = await staff.sue.phone.incoming()
    await taken.answer()
    await call.hears(staff.sue.phone.tone_hz)
    assert await taken.transfer(zoe.number) == 202
    await recording(zoe.number)
    await call.hangup()
