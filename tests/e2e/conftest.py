"""One whole Ovix with a real Asterisk for all the scenarios, configured through REST alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from ovix_engines.asterisk_installation import AsteriskMissing, find
from ovix_testkit.integrator import Integrator
from ovix_testkit.office import CONTEXT, Desk, Logged, LoggedCall, Office, Watch, Watcher
from ovix_testkit.stack import Stack
from websockets.asyncio.client import connect

A_SECOND_BYTES = 16_000
"""Of sound in a message: 8000 samples of two bytes."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ovix(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """``ovix up`` on free ports, in a directory of its own."""
    try:
        find()
    except AsteriskMissing as missing:
        pytest.skip(str(missing))
    # Other tests keep the machine busy: slow answers of the database are not what these are about.
    patience = {"OVIX_AGID_DATABASE_LIMIT_S": "5"}
    async with Stack(tmp_path_factory.mktemp("ovix"), environment=patience) as stack:
        yield stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def admin(ovix: Stack) -> AsyncIterator[Integrator]:
    """An integrator with the administrator's token; there is one internal context."""
    client = Integrator(ovix, await ovix.token())
    await client.confd("POST", "/entities", {"name": "acme"})
    await client.context(CONTEXT)
    yield client
    await client.close()


@pytest_asyncio.fixture
async def office(admin: Integrator) -> AsyncIterator[Office]:
    """Where people are hired for one scenario."""
    async with AsyncExitStack() as stack:
        yield Office(admin, stack)


@pytest_asyncio.fixture
async def watch(ovix: Stack) -> AsyncIterator[Watch]:
    """Connects to the websocket with a token, subscribed to everything and started."""
    async with AsyncExitStack() as stack:

        async def watching(token: str) -> Watcher:
            url = f"{ovix.websocket_url}?token={token}"
            connection = await stack.enter_async_context(connect(url))
            hello = json.loads(await connection.recv())
            assert (hello["op"], hello["code"]) == ("init", 0)
            await connection.send(json.dumps({"op": "subscribe", "data": {"event_name": "*"}}))
            assert json.loads(await connection.recv())["op"] == "subscribe"
            await connection.send(json.dumps({"op": "start"}))
            assert json.loads(await connection.recv())["op"] == "start"
            return Watcher(connection)

        yield watching


@pytest_asyncio.fixture
async def logged(admin: Integrator) -> Logged:
    """The rows of the call log whose caller is this desk, once there is one."""

    async def rows(desk: Desk) -> list[LoggedCall]:
        url = f"{admin.stack.url('confd')}/1.1/call_logs"
        for _ in range(600):
            lines = (await admin.http.get(url)).text.splitlines()
            assert lines[0] == "Call Date,Caller,Called,Period,user Field"
            found = [
                LoggedCall(*line.split(",")[1:])
                for line in lines[1:]
                if f"({desk.number})" in line.split(",")[1]
            ]
            if found:
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"no call of {desk.number} in the log")

    return rows


def voicemail_messages(stack: Stack, number: str) -> list[Path]:
    """The sound files of the new messages of a box."""
    inbox = stack.home / "asterisk-run" / "spool" / "voicemail" / CONTEXT / number / "INBOX"
    return sorted(inbox.glob("msg*.wav"))


def recording_bytes(stack: Stack, number: str) -> int:
    """The size of the message that is just being left in a box."""
    folder = stack.home / "asterisk-run" / "spool" / "voicemail" / CONTEXT / number / "tmp"
    return max((each.stat().st_size for each in folder.glob("*.wav")), default=0)


@pytest.fixture
def recording(ovix: Stack) -> Callable[[str], Awaitable[None]]:
    """Returns once a second of a message for the box of that number is on the disk."""

    async def begun(number: str) -> None:
        async with asyncio.timeout(60):
            while recording_bytes(ovix, number) < A_SECOND_BYTES:  # noqa: ASYNC110 - it is a file
                await asyncio.sleep(0.1)

    return begun


@pytest.fixture
def messages(ovix: Stack) -> Callable[[str], list[Path]]:
    """The messages waiting in a box of that number."""
    return lambda number: voicemail_messages(ovix, number)
