"""Faults are normal: parts of Ovix die in the middle of a call and come back by themselves."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import httpx
import pytest
from ovix_testkit.office import Logged, Office, registered_phone
from ovix_testkit.stack import Stack

pytestmark = pytest.mark.asterisk


async def eventually(what: str, holds: Callable[[], Awaitable[bool]], within_s: float = 30) -> None:
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        try:
            if await holds():
                return
        except (httpx.TransportError, AssertionError):
            pass  # it is still away
        assert asyncio.get_running_loop().time() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.2)


def kill(stack: Stack, service: str) -> None:
    (process,) = stack.processes(service)
    os.kill(process, signal.SIGKILL)


async def test_a_call_that_ends_while_calld_is_dead_is_ended_and_logged(
    office: Office, ovix: Stack, logged: Logged
) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    await ringing.answer()
    await call.hears(bruno.phone.tone_hz)

    async def both_legs_are_known() -> bool:
        uuids = {each["user_uuid"] for each in (await office.admin.calld("GET", "/calls"))["items"]}
        return {alice.person.uuid, bruno.person.uuid} <= uuids

    await eventually("both legs are known", both_legs_are_known)
    kill(ovix, "calld")
    await call.hangup()
    await ringing.ended()

    async def no_leg_is_left() -> bool:
        return not (await office.admin.calld("GET", "/calls"))["items"]

    await eventually("the legs are gone", no_leg_is_left)
    (row,) = await logged(alice)
    assert row.called == bruno.number


async def test_r09_an_internal_call_goes_on_without_agid(office: Office, ovix: Stack) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    kill(ovix, "agid")
    call = await alice.phone.call(bruno.number)
    await (await bruno.phone.incoming()).answer()
    await call.hears(bruno.phone.tone_hz)
    await call.hangup()


async def test_everyone_finds_a_restarted_asterisk(office: Office, ovix: Stack) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    (asterisk,) = ovix.asterisk_processes()
    os.kill(asterisk, signal.SIGKILL)

    async def calld_is_connected() -> bool:
        status = (await office.admin.http.get(f"{ovix.url('calld')}/status")).json()
        restarted = asterisk not in ovix.asterisk_processes()
        return restarted and bool(status["ami"]["status"] == "ok")

    await eventually("calld is connected again", calld_is_connected)
    for desk in (alice, bruno):
        await registered_phone(desk.phone)
    # A newcomer rings only if confgen could reload the Asterisk that is new to it.
    chloe = await office.hire("Chloe")
    for desk in (bruno, chloe):
        call = await alice.phone.call(desk.number)
        await (await desk.phone.incoming()).answer()
        await call.hears(desk.phone.tone_hz)
        await call.hangup()
