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


async def eventually(what: str, holds: Callable[[], Awaitable[bool]], within_s: float = 60) -> None:
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


async def test_a_phone_created_while_confgen_is_dead_rings_when_it_is_back(
    office: Office, ovix: Stack
) -> None:
    alice = await office.hire("Alice")
    kill(ovix, "confgen")
    chloe = await office.hire("Chloe")
    call = await alice.phone.call(chloe.number)
    await (await chloe.phone.incoming()).answer()
    await call.hears(chloe.phone.tone_hz)
    await call.hangup()


async def test_tokens_given_and_taken_back_just_before_auth_dies_stay_so(
    office: Office, ovix: Stack
) -> None:
    tokens = f"{ovix.url('auth')}/0.1/token"
    kept, revoked = await ovix.token(), await ovix.token()
    assert (await office.admin.http.delete(f"{tokens}/{revoked}")).status_code == 200
    kill(ovix, "auth")
    users = f"{ovix.url('confd')}/1.1/users?limit=1"
    for token, status in ((kept, 200), (revoked, 401)):
        answer = await office.admin.http.get(users, headers={"X-Auth-Token": token})
        assert answer.status_code == status, "confd checks tokens without auth"

    async def auth_says_the_same() -> bool:
        statuses = [
            (await office.admin.http.get(f"{tokens}/{token}")).status_code
            for token in (kept, revoked)
        ]
        return statuses == [200, 404]

    await eventually("auth is back", auth_says_the_same)
    assert await ovix.token(), "people log in again"


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
