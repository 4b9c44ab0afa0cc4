"""The AMI client with a real Asterisk: login, lists, commands, variables, restart."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from ovix_asterisk.ami import variable
from ovix_asterisk.ami_client import AmiClient, AmiDisconnected, AmiRefused
from ovix_engines.asterisk import Asterisk

pytestmark = pytest.mark.asterisk


class Pbx(Protocol):
    """What conftest's ``pbx`` gives."""

    asterisk: Asterisk
    manager_port: int
    username: str
    password: str


@pytest.fixture
async def ami(pbx: Pbx) -> AsyncIterator[AmiClient]:
    async with AmiClient("127.0.0.1", pbx.manager_port, pbx.username, pbx.password) as client:
        await client.wait_connected(10)
        yield client


async def originate(ami: AmiClient, exten: str, **variables: str) -> None:
    await ami.send(
        "Originate",
        Channel="Local/echo@agi",
        Context="agi",
        Exten=exten,
        Priority=1,
        Async=True,
        Variable=[variable(name, value) for name, value in variables.items()],
    )


async def hang_up_everything(ami: AmiClient) -> None:
    for channel in await ami.members("CoreShowChannels"):
        with contextlib.suppress(AmiRefused):  # the other half of a Local channel went with it
            await ami.send("Hangup", Channel=channel["Channel"])


async def test_a_wrong_password_is_refused(pbx: Pbx) -> None:
    async with AmiClient("127.0.0.1", pbx.manager_port, pbx.username, "wrong") as client:
        with pytest.raises(AmiDisconnected):
            await client.wait_connected(1.5)


async def test_commands_give_their_lines(ami: AmiClient) -> None:
    lines = await ami.command("core show version")
    assert lines[0].startswith("Asterisk ")
    assert len(await ami.command("core show help")) > 100


async def test_an_unknown_channel_is_an_error(ami: AmiClient) -> None:
    with pytest.raises(AmiRefused, match="No such channel"):
        await ami.send("Hangup", Channel="PJSIP/nobody-00000001")


@pytest.mark.parametrize(
    "value", ["plain", "a,b", 'quoted "b" back\\slash', "Jérôme (chef) = ${EXTEN}", "", "a;b"]
)
async def test_originate_sets_variables_exactly(ami: AmiClient, value: str) -> None:
    with ami.events() as events:
        await originate(ami, "variables", OVIX_ONE=value, OVIX_TWO="two")
        async with asyncio.timeout(60):
            async for event in events:
                if event.event == "UserEvent" and event.get("UserEvent") == "Variables":
                    break
    assert event.variables() == {"OVIX_ONE": value, "OVIX_TWO": "two"}
    await hang_up_everything(ami)


async def test_a_restarted_asterisk_is_found_again(pbx: Pbx, ami: AmiClient) -> None:
    await pbx.asterisk.restart()
    async with asyncio.timeout(60):
        while ami.connections < 2:  # noqa: ASYNC110 - a counter is what the client offers
            await asyncio.sleep(0.01)
    assert (await ami.send("Ping"))["Ping"] == "Pong"
