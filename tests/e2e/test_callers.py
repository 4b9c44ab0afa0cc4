"""Who calls from outside: names from a phonebook on a ringing phone and in its events (F-022)."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from ovix_asterisk.ami_client import AmiClient
from ovix_testkit.integrator import Integrator
from ovix_testkit.office import Event, Office, Watch

pytestmark = pytest.mark.asterisk

NUMBER = "+33123456789"
TRIES = 20
OUTSIDE = f"""[outside]
exten => _X.,1,Set(CALLERID(num)={NUMBER})
 same => n,Set(CALLERID(name)=)
 same => n,AGI(agi://${{XIVO_AGID_IP}}/callerid_forphones)
 same => n,Goto(default,${{EXTEN}},1)
"""


async def console(admin: Integrator, command: str) -> None:
    """``ovix asterisk COMMAND``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ovix_cli", "asterisk", command,
        env={**os.environ, "OVIX_HOME": str(admin.stack.home)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@pytest_asyncio.fixture(loop_scope="session")
async def outside(admin: Integrator) -> AsyncIterator[Integrator]:
    """Strangers may call: what a trunk brings comes by a context of an integrator's."""
    file = admin.stack.home / "asterisk-run" / "etc" / "extensions_extra.d" / "outside.conf"
    file.write_text(OUTSIDE)
    await console(admin, "dialplan reload")
    yield admin
    file.unlink()
    await console(admin, "dialplan reload")


async def stranger_calls(admin: Integrator, number: str) -> None:
    stack = admin.stack
    account = ("127.0.0.1", stack.ports["ami"], "ovix", stack.secrets["OVIX_AMI_PASSWORD"])
    async with AmiClient(*account, event_mask="system") as ami:
        await ami.wait_connected(60)
        await ami.send(
            "Originate",
            Channel=f"Local/{number}@outside",
            Application="Wait",
            Data="60",
            Async=True,
        )


async def a_contact(admin: Integrator, **fields: str) -> None:
    """In the phonebook that a first start makes."""

    async def dird(method: str, path: str, body: Any = None) -> Any:
        return await admin.call(method, f"{admin.stack.url('dird')}/0.1{path}", body)

    (book,) = (await dird("GET", "/tenants/default/phonebooks"))["items"]
    await dird("POST", f"/tenants/default/phonebooks/{book['id']}/contacts", fields)


async def test_a_ringing_phone_shows_the_name_that_a_phonebook_has(
    outside: Integrator, office: Office, watch: Watch
) -> None:
    bruno = await office.hire("Bruno")
    watcher = await watch(office.admin.token)

    def has_contact(event: Event) -> bool:
        data = event["data"]
        return (
            event["name"] == "call_updated"
            and data["user_uuid"] == bruno.person.uuid
            and data["contact"] is not None
        )

    await stranger_calls(outside, bruno.number)
    ringing = await bruno.phone.incoming()
    assert (ringing.caller.number, ringing.caller.name) == (NUMBER, "")
    await ringing.reject(486)
    await a_contact(
        outside, firstname="Zoé", lastname="Martin", society="Acme", number_office=NUMBER
    )
    # That nobody has the number is remembered for two seconds; and a name that does not come in
    # time is no name: on a machine that is busy some calls have none.
    for _ in range(TRIES):
        await asyncio.sleep(1)
        await stranger_calls(outside, bruno.number)
        ringing = await bruno.phone.incoming()
        assert ringing.caller.number == NUMBER
        await ringing.ring()
        with suppress(AssertionError):
            await watcher.until("contact", has_contact, within_s=5)
        await ringing.reject(486)
        known = [event["data"]["contact"] for event in watcher.events if has_contact(event)]
        if known and ringing.caller.name:
            break
    assert ringing.caller.name == "Zoé Martin"
    assert (known[0]["display"], known[0]["fields"]["company"]) == ("Zoé Martin", "Acme")
    assert known[0]["source_entry_id"]


async def test_a_phone_rings_without_a_name_while_dird_hangs(
    outside: Integrator, office: Office
) -> None:
    bruno = await office.hire("Bruno")
    (process,) = outside.stack.processes("dird")
    os.kill(process, signal.SIGSTOP)
    try:
        for _ in range(5):
            await stranger_calls(outside, bruno.number)
            ringing = await bruno.phone.incoming()
            assert ringing.caller.number == NUMBER
            await ringing.reject(486)
    finally:
        os.kill(process, signal.SIGCONT)
