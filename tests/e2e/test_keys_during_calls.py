"""What people press during a call (F-327, F-337): the keys are those of the settings."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from ovix_testkit.office import Desk, Office
from ovix_testkit.phones import IncomingCall, OutgoingCall, PhoneError

pytestmark = pytest.mark.asterisk

PATH = "/asterisk/features/featuremap"
KEYS = {"blindxfer": "#7", "atxfer": "#8", "automixmon": "#9", "disconnect": "#0"}


@pytest_asyncio.fixture
async def keys(office: Office) -> AsyncIterator[dict[str, str]]:
    """Other keys than those that are shipped, for one scenario."""
    before: dict[str, Any] = await office.admin.confd("GET", PATH)
    await office.admin.confd("PUT", PATH, {"options": KEYS})
    await office.reloads_done()
    yield KEYS
    await office.admin.confd("PUT", PATH, before)
    await office.reloads_done()


async def talking(office: Office) -> tuple[Desk, Desk, OutgoingCall, IncomingCall]:
    """Alice calls Bruno, who may transfer her."""
    alice = await office.hire("Alice")
    bruno = await office.hire("Bruno", call_transfer_enabled=True)
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    await ringing.answer()
    await call.answered()
    await call.hears(bruno.phone.tone_hz)
    return alice, bruno, call, ringing


async def test_x01_a_call_is_passed_on_with_the_key_that_was_set(
    office: Office, keys: dict[str, str]
) -> None:
    chloe = await office.hire("Chloe")
    alice, _bruno, call, ringing = await talking(office)
    await ringing.send_dtmf(keys["blindxfer"])
    await asyncio.sleep(1.5)  # "transfer"
    await ringing.send_dtmf(chloe.number)
    passed = await chloe.phone.incoming()
    await passed.answer()
    await asyncio.gather(call.hears(chloe.phone.tone_hz), passed.hears(alice.phone.tone_hz))
    await ringing.ended()
    await call.hangup()


async def test_x01_a_call_is_passed_on_after_a_word_with_the_third(
    office: Office, keys: dict[str, str]
) -> None:
    chloe = await office.hire("Chloe")
    alice, bruno, call, ringing = await talking(office)
    await ringing.send_dtmf(keys["atxfer"])
    await asyncio.sleep(1.5)
    await ringing.send_dtmf(chloe.number)
    asked = await chloe.phone.incoming()
    await asked.answer()
    await asked.hears(bruno.phone.tone_hz)
    await ringing.hangup()
    await asyncio.gather(call.hears(chloe.phone.tone_hz), asked.hears(alice.phone.tone_hz))
    await call.hangup()


async def test_the_keys_of_before_do_nothing_any_more(office: Office, keys: dict[str, str]) -> None:
    chloe = await office.hire("Chloe")
    _alice, bruno, call, ringing = await talking(office)
    await ringing.send_dtmf("*1")
    await asyncio.sleep(1.5)
    await ringing.send_dtmf(chloe.number)
    with pytest.raises(PhoneError, match="no call came"):
        await chloe.phone.incoming(6)
    await call.hears(bruno.phone.tone_hz)
    await call.hangup()


async def test_nobody_transfers_without_the_right(office: Office, keys: dict[str, str]) -> None:
    """F-184, F-185."""
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    await ringing.answer()
    await call.answered()
    await ringing.send_dtmf(keys["blindxfer"])
    await asyncio.sleep(1.5)
    await ringing.send_dtmf(chloe.number)
    with pytest.raises(PhoneError, match="no call came"):
        await chloe.phone.incoming(6)
    await call.hangup()
