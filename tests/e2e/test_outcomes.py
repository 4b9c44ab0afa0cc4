"""Where a call goes that its user does not take: F-150, F-151, F-162 to F-166, scenario F06.

The limit of simultaneous calls is busy, what the device refuses for want of room is congestion, a
line without a registered phone has failed.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from ovix_testkit.office import Desk, Office

pytestmark = pytest.mark.asterisk

OUTCOMES = ("noanswer", "busy", "congestion", "fail")


@dataclass
class Reception:
    """Bruno, and the desks that his calls go to when he does not take them."""

    bruno: Desk
    desks: dict[str, Desk]

    async def gets_only(self, outcome: str) -> None:
        """The desk of this outcome rings, no other one does; the call is taken and ended there."""
        call = await self.desks[outcome].phone.incoming()
        await call.answer()
        for name in OUTCOMES:
            if name != outcome:
                await self.desks[name].phone.stays_silent(0.1)
        await call.hangup()


async def reception(office: Office, *, registered: bool = True, **fields: Any) -> Reception:
    bruno = await office.hire("Bruno", registered=registered, **fields)
    desks = {outcome: await office.hire(outcome.title()) for outcome in OUTCOMES}
    await office.admin.confd(
        "PUT",
        f"/users/{bruno.person.id}/fallbacks",
        {
            f"{outcome}_destination": {"type": "user", "user_id": desk.person.id}
            for outcome, desk in desks.items()
        },
    )
    return Reception(bruno, desks)


async def test_f150_above_the_limit_of_simultaneous_calls_a_user_is_busy(office: Office) -> None:
    there = await reception(office, simultaneous_calls=2)
    callers = [await office.hire(name) for name in ("Alice", "Chloe", "David")]
    talks = []
    for caller in callers[:2]:
        call = await caller.phone.call(there.bruno.number)
        talk = await there.bruno.phone.incoming()
        await talk.answer()
        await call.answered()
        talks.append((call, talk))
    third = await callers[2].phone.call(there.bruno.number)
    await there.gets_only("busy")
    await there.bruno.phone.stays_silent(0.5)
    await third.ended()
    # As soon as one of the calls is over there is room again.
    await talks[0][0].hangup()
    await talks[0][1].ended()
    fourth = await callers[2].phone.call(there.bruno.number)
    await (await there.bruno.phone.incoming()).answer()
    await fourth.answered()
    for call in (fourth, talks[1][0]):
        await call.hangup()


async def test_a_call_that_only_rings_counts_too(office: Office) -> None:
    there = await reception(office, simultaneous_calls=1)
    alice, chloe = await office.hire("Alice"), await office.hire("Chloe")
    first = await alice.phone.call(there.bruno.number)
    await (await there.bruno.phone.incoming()).ring()
    await first.ringing()
    second = await chloe.phone.call(there.bruno.number)
    await there.gets_only("busy")
    await second.ended()
    await first.hangup()


async def test_f06_at_the_limit_the_users_own_forward_comes_before_the_administrators(
    office: Office,
) -> None:
    """F-197."""
    there = await reception(office, simultaneous_calls=1)
    alice, chloe = await office.hire("Alice"), await office.hire("Chloe")
    await office.admin.confd(
        "PUT",
        f"/users/{there.bruno.person.id}/forwards/busy",
        {"enabled": True, "destination": chloe.number},
    )
    placed = await there.bruno.phone.call(there.desks["fail"].number)
    await (await there.desks["fail"].phone.incoming()).answer()
    await placed.answered()
    call = await alice.phone.call(there.bruno.number)
    forwarded = await chloe.phone.incoming()
    await forwarded.answer()
    await there.bruno.phone.stays_silent(0.3)
    await there.desks["busy"].phone.stays_silent(0.1)
    await call.hangup()
    await placed.hangup()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(486, "busy"), (600, "busy"), (603, "busy"), (503, "congestion"), (480, "noanswer"),
     (404, "fail"), (500, "fail")],
)  # fmt: skip
async def test_what_the_device_answers_decides(office: Office, status: int, outcome: str) -> None:
    there = await reception(office)
    alice = await office.hire("Alice")
    call = await alice.phone.call(there.bruno.number)
    await (await there.bruno.phone.incoming()).reject(status)
    await there.gets_only(outcome)
    await call.ended()


async def test_f163_nobody_answers(office: Office) -> None:
    there = await reception(office, ring_seconds=2)
    alice = await office.hire("Alice")
    call = await alice.phone.call(there.bruno.number)
    ringing = await there.bruno.phone.incoming()
    await ringing.ring()
    await there.gets_only("noanswer")
    assert ringing.is_over
    await call.ended()


@pytest.mark.parametrize("vanished", [False, True], ids=["never registered", "unregistered"])
async def test_f166_a_line_that_is_not_registered_has_failed(
    office: Office, vanished: bool
) -> None:
    there = await reception(office, registered=vanished)
    alice = await office.hire("Alice")
    if vanished:
        await there.bruno.phone.register(0)
    call = await alice.phone.call(there.bruno.number)
    await there.gets_only("fail")
    await call.ended()


async def test_f168_without_a_destination_the_caller_is_told(office: Office) -> None:
    bruno, alice = await office.hire("Bruno", simultaneous_calls=1), await office.hire("Alice")
    chloe = await office.hire("Chloe")
    first = await alice.phone.call(bruno.number)
    await (await bruno.phone.incoming()).answer()
    await first.answered()
    second = await chloe.phone.call(bruno.number)
    await second.answered()  # the announcement
    await asyncio.gather(second.hears(), bruno.phone.stays_silent(1))
    await second.ended()
    await first.hangup()
