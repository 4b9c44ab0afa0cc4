"""What whoever runs Ovix does beside it: Asterisk's console, and a call followed step by step."""

import asyncio
import os
import sys

import pytest
from ovix_testkit.office import Office
from ovix_testkit.stack import Stack

pytestmark = pytest.mark.asterisk


async def console(ovix: Stack, *command: str) -> tuple[int, str]:
    """Exit status and output of ``ovix asterisk …``."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ovix_cli", "asterisk", *command),
        env={**os.environ, "OVIX_HOME": str(ovix.home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_the_steps_of_a_call_are_written_only_where_an_operator_asks_for_them(
    office: Office, ovix: Stack
) -> None:
    alice, bruno = await office.hire("Alice"), await office.hire("Bruno")
    logs = ovix.home / "asterisk-run" / "log"

    async def ring() -> None:
        call = await alice.phone.call(bruno.number)
        await bruno.phone.incoming()
        await call.hangup()

    await ring()
    assert "Executing [" not in (logs / "full").read_text()
    assert (await console(ovix, "logger add channel dialplan verbose(3)"))[0] == 0
    await ring()
    assert (await console(ovix, "logger", "remove", "channel", "dialplan"))[0] == 0
    assert f"Executing [{bruno.number}@" in (logs / "dialplan").read_text()


async def test_a_wrong_command_says_so(ovix: Stack) -> None:
    status, output = await console(ovix, "make", "coffee")
    assert status == 1
    assert "No such command 'make coffee'" in output
