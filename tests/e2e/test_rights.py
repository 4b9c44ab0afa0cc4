"""Call permissions and schedules (reference/asterisk.md, part 8)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from ovix_engines.postgres import EmbeddedPostgres
from ovix_testkit.integrator import Integrator
from ovix_testkit.office import CONTEXT, Desk, Logged, Office, registered_phone
from ovix_testkit.phones import OutgoingCall, Phone

pytestmark = pytest.mark.asterisk


async def permission(office: Office, name: str, **fields: Any) -> int:
    made = await office.admin.confd("POST", "/callpermissions", {"name": name, **fields})
    return int(made["id"])


async def test_r08_a_denied_number_is_refused_and_another_allowed(
    office: Office, logged: Logged
) -> None:
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    denied = await permission(office, f"not-{bruno.number}", extensions=[bruno.number])
    await office.admin.confd("PUT", f"/users/{alice.person.id}/callpermissions/{denied}")
    call = await alice.phone.call(bruno.number)
    await call.answered()  # "noright" is played
    await call.ended()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bruno.phone.incoming(), 0.5)
    (row,) = await logged(alice)
    assert (row.called, row.period) == (bruno.number, "0")
    allowed = await alice.phone.call(chloe.number)
    await (await chloe.phone.incoming()).answer()
    await allowed.hears(chloe.phone.tone_hz)
    await allowed.hangup()


async def test_r04_an_allowance_beats_a_denial_of_the_same_level(office: Office) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    for name, mode in ((f"deny-{bruno.number}", "deny"), (f"allow-{bruno.number}", "allow")):
        made = await permission(office, name, mode=mode, extensions=[bruno.number])
        await office.admin.confd("PUT", f"/users/{alice.person.id}/callpermissions/{made}")
    call = await alice.phone.call(bruno.number)
    await (await bruno.phone.incoming()).answer()
    await call.hears(bruno.phone.tone_hz)
    await call.hangup()


async def test_s01_a_closed_person_leads_to_the_schedules_destination(office: Office) -> None:
    """F-147."""
    alice, bruno, chloe = [await office.hire(name) for name in ("Alice", "Bruno", "Chloe")]
    schedule = await office.admin.confd(
        "POST",
        "/schedules",
        {
            "name": "never open",
            "timezone": "Europe/Paris",
            "closed_destination": {"type": "user", "user_id": chloe.person.id},
        },
    )
    await office.admin.confd("PUT", f"/users/{bruno.person.id}/schedules/{schedule['id']}")
    call = await alice.phone.call(bruno.number)
    await (await chloe.phone.incoming()).answer()
    await call.hears(chloe.phone.tone_hz)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bruno.phone.incoming(), 0.5)
    await call.hangup()


PREMIUM = "0899123456"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def carrier(admin: Integrator) -> AsyncIterator[Phone]:
    """Who carries calls to 08…, and brings some to the numbers of users."""
    account = await admin.confd("POST", "/endpoints/sip", {"username": "carrier"})
    await admin.context("to-carrier", "outcall")
    outside = (await admin.confd("GET", "/contexts?name=to-carrier"))["items"][0]["id"]
    inside = (await admin.confd("GET", f"/contexts?name={CONTEXT}"))["items"][0]["id"]
    await admin.confd("PUT", f"/contexts/{inside}/contexts", {"contexts": [{"id": outside}]})
    postgres = EmbeddedPostgres(admin.stack.home / "postgres")
    postgres.start()  # finds the one that runs
    database = await asyncpg.connect(postgres.url("ovix"))
    await database.execute(
        f"""
        WITH trunk AS (
            INSERT INTO trunks (endpoint_sip_id, context) VALUES ({account["id"]}, '{CONTEXT}')
            RETURNING id
        ), route AS (
            INSERT INTO outcalls (name) VALUES ('carrier') RETURNING id
        ), number AS (
            INSERT INTO extensions (exten, context, type)
            VALUES ('_08XXXXXXXX', 'to-carrier', 'outcall') RETURNING id
        ), dialled AS (
            INSERT INTO outcall_extensions (outcall_id, extension_id)
            SELECT route.id, number.id FROM route, number
        )
        INSERT INTO outcall_trunks (outcall_id, trunk_id, position)
        SELECT route.id, trunk.id, 0 FROM route, trunk
        """
    )
    await database.close()
    postgres.leave()
    phone = Phone(("127.0.0.1", admin.stack.ports["sip"]), "carrier", account["secret"])
    async with phone, AsyncExitStack() as stack:
        await Office(admin, stack).reloads_done()
        await registered_phone(phone)
        yield phone


async def forwarded(office: Office, bruno: Desk, carrier: Phone) -> OutgoingCall:
    """By a code or the API."""
    body = {"enabled": True, "destination": PREMIUM}
    await office.admin.confd("PUT", f"/users/{bruno.person.id}/forwards/unconditional", body)
    return await carrier.call(bruno.number)


async def redirected(_office: Office, bruno: Desk, carrier: Phone) -> OutgoingCall:
    """By his phone's own means."""
    call = await carrier.call(bruno.number)
    await (await bruno.phone.incoming()).redirect(PREMIUM)
    return call


async def transferred(_office: Office, bruno: Desk, carrier: Phone) -> OutgoingCall:
    """Once he has talked."""
    call = await carrier.call(bruno.number)
    ringing = await bruno.phone.incoming()
    await ringing.answer()
    await call.hears(bruno.phone.tone_hz)
    assert await ringing.transfer(PREMIUM) == 202
    return call


async def forwarded_behind_a_transfer(office: Office, bruno: Desk, carrier: Phone) -> OutgoingCall:
    """Somebody else, who may call everywhere, has sent the call to him."""
    body = {"enabled": True, "destination": PREMIUM}
    await office.admin.confd("PUT", f"/users/{bruno.person.id}/forwards/unconditional", body)
    alice = await office.hire("Alice")
    call = await carrier.call(alice.number)
    ringing = await alice.phone.incoming()
    await ringing.answer()
    await call.hears(alice.phone.tone_hz)
    assert await ringing.transfer(bruno.number) == 202
    return call


@pytest.mark.parametrize(
    "sent_on", [forwarded, redirected, transferred, forwarded_behind_a_transfer]
)
async def test_a_call_from_outside_leaves_again_by_the_rights_of_who_sends_it_on(
    office: Office,
    carrier: Phone,
    sent_on: Callable[[Office, Desk, Phone], Awaitable[OutgoingCall]],
) -> None:
    """F-172."""
    bruno = await office.hire("Bruno")
    call = await sent_on(office, bruno, carrier)
    leaving = await carrier.incoming()
    assert PREMIUM in leaving.called
    await leaving.answer()
    await call.hears(carrier.tone_hz)
    await call.hangup()
    await leaving.ended()
    denied = await permission(office, f"08-{bruno.number}", extensions=["08XXXXXXXX"])
    await office.admin.confd("PUT", f"/users/{bruno.person.id}/callpermissions/{denied}")
    call = await sent_on(office, bruno, carrier)
    await call.ended()
    await carrier.stays_silent(0.3)


async def test_whom_a_user_has_called_outside_is_not_sent_where_the_user_may_not_call(
    office: Office, carrier: Phone
) -> None:
    alice = await office.hire("Alice", call_transfer_enabled=True)
    denied = await permission(office, f"0899-{alice.number}", extensions=["0899XXXXXX"])
    await office.admin.confd("PUT", f"/users/{alice.person.id}/callpermissions/{denied}")
    call = await alice.phone.call("0811111111")
    other = await carrier.incoming()
    await other.answer()
    await call.hears(carrier.tone_hz)
    await call.send_dtmf("*2")
    await asyncio.sleep(1.5)
    await call.send_dtmf(PREMIUM)
    await carrier.stays_silent(6)
    await call.hears(carrier.tone_hz)  # again, as there is nobody to be asked
    assert await call.transfer(PREMIUM) == 202
    await other.ended()
    await carrier.stays_silent(0.3)
