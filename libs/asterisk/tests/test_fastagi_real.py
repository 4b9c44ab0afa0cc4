"""The FastAGI server with a real Asterisk: values go there and back exactly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import pytest
from ovix_asterisk.agi import AgiDeadChannel, AgiUnknownCommand, AgiWrongUsage
from ovix_asterisk.ami_client import AmiClient
from ovix_asterisk.fastagi import Agi, FastAgiServer
from ovix_engines.asterisk import Asterisk

pytestmark = pytest.mark.asterisk

VALUES = {
    "PLAIN": "plain",
    "EMPTY": "",
    "COMMAS": "a,b,,c",
    "QUOTES": 'say "hello", she said',
    "BACKSLASH": "C:\\dir\\",
    "PARENTHESES": "(a) b) ((c",
    "BRACKETS": "]] [a [[",
    "SPACES": "  both ends  ",
    "ACCENTS": "Jérôme Œuvré 電話",
    "DOLLARS": "${EXTEN} $[1+1] ${",
    "SEMICOLON": "a;b|c=d&e",
    "LONG": "x" * 990,
}


class Pbx(Protocol):
    """What conftest's ``pbx`` gives."""

    asterisk: Asterisk
    manager_port: int
    username: str
    password: str


Handler = Callable[[Agi], Awaitable[None]]
Ask = Callable[[Handler], Awaitable[None]]


@pytest.fixture
async def ask(pbx: Pbx) -> AsyncIterator[Ask]:
    """Run a handler on a real channel, and raise what it raised."""
    client = AmiClient("127.0.0.1", pbx.manager_port, pbx.username, pbx.password)
    async with client as ami:
        await ami.wait_connected(10)

        async def run(handler: Handler) -> None:
            finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            async def recorded(agi: Agi) -> None:
                try:
                    await handler(agi)
                except BaseException as error:
                    finished.set_exception(error)
                else:
                    finished.set_result(None)

            server = FastAgiServer(recorded, port=0)
            await server.start()
            await ami.send(
                "Originate",
                Channel="Local/echo@agi",
                Context="agi",
                Exten=str(server.port),
                Priority=1,
                Async=True,
                CallerID='"Jérôme, chef" <1001>',
            )
            try:
                await asyncio.wait_for(finished, 60)
            finally:
                await server.close()
                await ami.command("channel request hangup all")

        yield run


async def test_the_request_tells_who_asks_what(ask: Ask) -> None:
    asked: list[Agi] = []

    async def handler(agi: Agi) -> None:
        asked.append(agi)

    await ask(handler)
    request = asked[0].request
    assert request.handler == "handler"
    assert request.arguments == ("one", "", "three words")
    assert request.channel.startswith("Local/echo@agi-")


async def test_values_set_together_are_read_together_exactly(ask: Ask) -> None:
    found: dict[str, str] = {}

    async def handler(agi: Agi) -> None:
        await agi.msets([(f"__{name}", value) for name, value in VALUES.items()])
        await agi.msets([("CALLERID(name)", 'A "quoted", name'), ("CALLERID(num)", "123")])
        found.update(await agi.get_full_variable([*VALUES, "CALLERID(all)", "UNSET"]))

    await ask(handler)
    assert {name: found[name] for name in VALUES} == VALUES
    assert found["UNSET"] == ""
    assert "<123>" in found["CALLERID(all)"]


async def test_commands_as_long_as_we_make_them_are_understood(ask: Ask) -> None:
    many = {f"VARIABLE_{number}": f"{number:03}" + "v" * 90 for number in range(60)}
    found: dict[str, str] = {}

    async def handler(agi: Agi) -> None:
        await agi.msets(many.items())
        found.update(await agi.get_full_variable(list(many)))

    await ask(handler)
    assert found == many


async def test_a_value_too_long_to_share_is_exact_too(ask: Ask) -> None:
    found: list[str | None] = []
    long = "y," * 700 + "z"

    async def handler(agi: Agi) -> None:
        await agi.msets([("A", "before"), ("B", long), ("C", "after")])
        # GET VARIABLE would cut it at 1,023 bytes; GET FULL VARIABLE does not.
        found.extend((await agi.get_full_variable(["A", "B", "C"])).values())

    await ask(handler)
    assert found == ["before", long, "after"]


async def test_the_separator_and_line_ends_inside_values_do_not_shift_others(ask: Ask) -> None:
    found: dict[str, str] = {}

    async def handler(agi: Agi) -> None:
        await agi.exec("Set", "TWO=a${NEWLINE}b")
        await agi.msets([("ONE", "x\x1fy"), ("THREE", "3")])
        found.update(await agi.get_full_variable(["ONE", "TWO", "THREE"]))

    await ask(handler)
    assert found["ONE"] == "x\x1fy"
    assert found["THREE"] == "3"


async def test_refusals_have_their_exceptions(ask: Ask) -> None:
    async def handler(agi: Agi) -> None:
        with pytest.raises(AgiUnknownCommand):
            await agi.send("NONSENSE")
        with pytest.raises(AgiWrongUsage, match="Proper usage"):
            await agi.send("SET VARIABLE")
        assert await agi.exec("NoSuchApplication") == "-2"
        await agi.verbose("after a usage text the pairing still holds")
        assert await agi.get_variable("UNSET") is None
        await agi.hangup()
        with pytest.raises(AgiDeadChannel):
            await agi.stream_file("beep")
        await agi.set_variable("STILL", "settable")
        assert await agi.get_variable("STILL") == "settable"

    await ask(handler)
