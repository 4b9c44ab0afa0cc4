"""The AMI client against a scripted manager and, for what only it can tell, a real Asterisk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
from ovix_asterisk import ami_client
from ovix_asterisk.ami_client import AmiClient, AmiDisconnected, AmiTimeout
from structlog.testing import capture_logs

WITHIN_S = 60.0
"""Nothing takes so long; a machine that is busy with other tests may."""


class ScriptedManager:
    """A manager whose answers a test chooses; accepts every login."""

    def __init__(self) -> None:
        self.port = 0
        self.logins = 0
        self.boots = True
        self.silent_to: set[str] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.drop()
        if self._server is not None:
            await self._server.wait_closed()

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def say(self, text: str) -> None:
        for writer in self._writers:
            writer.write(text.replace("\n", "\r\n").encode() + b"\r\n\r\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        try:
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                headers = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
                self._answer(headers)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, headers: dict[str, str]) -> None:
        name, action_id = headers["Action"], headers["ActionID"]
        if name in self.silent_to:
            return
        self.say(f"Response: Success\nActionID: {action_id}")
        if name == "Login":
            self.logins += 1
            if self.boots:
                self.say("Event: FullyBooted\nStatus: Fully Booted")


@pytest.fixture
async def manager() -> AsyncIterator[ScriptedManager]:
    scripted = ScriptedManager()
    await scripted.start()
    yield scripted
    await scripted.stop()


async def until(condition: Callable[[], bool], timeout_s: float = WITHIN_S) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the condition is whatever a test looks at
            await asyncio.sleep(0.005)


async def test_hooks_run_at_every_login_and_loss(manager: ScriptedManager) -> None:
    seen: list[str] = []

    async def connected() -> None:
        await client.send("Ping")
        seen.append("connected")

    async def disconnected() -> None:
        seen.append("disconnected")

    client = AmiClient(
        "127.0.0.1",
        manager.port,
        "u",
        "p",
        on_connected=connected,
        on_disconnected=disconnected,
    )
    async with client:
        await until(lambda: seen == ["connected"])
        manager.drop()
        await until(lambda: seen == ["connected", "disconnected", "connected"])
        assert client.connected
        assert client.connections == 2
    assert seen[-1] == "disconnected"
    assert not client.connected


async def test_an_action_whose_connection_breaks_fails_at_once(manager: ScriptedManager) -> None:
    manager.silent_to = {"QueueStatus"}
    client = AmiClient("127.0.0.1", manager.port, "u", "p", action_timeout_s=3600)
    async with client:
        await client.wait_connected(WITHIN_S)
        asyncio.get_running_loop().call_later(0.05, manager.drop)
        with pytest.raises(AmiDisconnected):
            await asyncio.wait_for(client.members("QueueStatus"), WITHIN_S)


async def test_an_unanswered_action_times_out_and_the_connection_stays(
    manager: ScriptedManager,
) -> None:
    manager.silent_to = {"QueueStatus"}
    client = AmiClient("127.0.0.1", manager.port, "u", "p", action_timeout_s=0.2)
    async with client:
        await client.wait_connected(WITHIN_S)
        connections = client.connections
        with pytest.raises(AmiTimeout):
            await client.send("QueueStatus")
        for _ in range(50):
            with suppress(AmiTimeout):  # so short a time may be over before the answer to any
                assert (await client.send("Ping"))["Response"] == "Success"
                break
        else:
            raise AssertionError("no ping was answered")
        assert client.connections == connections


async def test_a_peer_that_went_silent_is_left(manager: ScriptedManager) -> None:
    manager.silent_to = {"Ping"}
    client = AmiClient(
        "127.0.0.1", manager.port, "u", "p", ping_interval_s=0.05, action_timeout_s=0.05
    )
    async with client:
        await until(lambda: manager.logins >= 2)


async def test_nothing_is_connected_until_asterisk_has_booted(manager: ScriptedManager) -> None:
    manager.boots = False
    async with AmiClient("127.0.0.1", manager.port, "u", "p") as client:
        await until(lambda: manager.logins == 1)
        await asyncio.sleep(0.05)
        assert not client.connected
        with pytest.raises(AmiDisconnected):
            await client.send("Ping")
        manager.say("Event: FullyBooted\nStatus: Fully Booted")
        await client.wait_connected(WITHIN_S)


async def test_a_hook_that_fails_is_tried_again_with_a_new_connection(
    manager: ScriptedManager,
) -> None:
    attempts = 0

    async def fails_once() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise ValueError("the first resync fails")

    async with AmiClient("127.0.0.1", manager.port, "u", "p", on_connected=fails_once):
        await until(lambda: attempts == 2)
        assert manager.logins == 2


async def test_a_manager_that_is_away_is_found_when_it_comes(manager: ScriptedManager) -> None:
    await manager.stop()
    async with AmiClient("127.0.0.1", manager.port, "u", "p") as client:
        with pytest.raises(AmiDisconnected):
            await client.wait_connected(0.2)
        await manager.start()
        await client.wait_connected(WITHIN_S)


async def test_why_a_manager_is_away_is_said_once(
    manager: ScriptedManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_client, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(ami_client, "LONGEST_RETRY_S", 0.02)
    async with AmiClient("127.0.0.1", manager.port, "ovix", "secret") as client:
        await client.wait_connected(WITHIN_S)
        with capture_logs() as told:
            await manager.stop()
            await asyncio.sleep(0.5)
        reasons = [each["reason"] for each in told if each["event"] == "ami_disconnected"]
    assert len(reasons) == len(set(reasons))
    assert any("Errno 111" in each for each in reasons), reasons


async def test_streams_give_every_event_in_order_through_reconnections(
    manager: ScriptedManager,
) -> None:
    async with AmiClient("127.0.0.1", manager.port, "u", "p") as client:
        with client.events() as events:
            await client.wait_connected(WITHIN_S)
            manager.say("Event: Hold\nChannel: a")
            names = [(await anext(events)).event for _ in range(2)]
            manager.drop()
            await until(lambda: client.connections == 2)
            manager.say("Event: Unhold\nChannel: a")
            names += [(await anext(events)).event for _ in range(2)]
        assert names == ["FullyBooted", "Hold", "FullyBooted", "Unhold"]
        late = client.events()
    assert [event async for event in late] == []


async def test_a_reader_that_lags_too_far_costs_the_connection_so_the_state_is_read_anew(
    manager: ScriptedManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_client, "EVENTS_KEPT", 3)
    async with AmiClient("127.0.0.1", manager.port, "u", "p") as client:
        await client.wait_connected(WITHIN_S)
        slow = client.events()
        for _ in range(5):
            manager.say("Event: Hold\nChannel: a")
        await until(lambda: manager.logins >= 2)
        slow.close()
        await until(lambda: client.connected)


async def test_a_peer_that_talks_something_else_is_left() -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with AmiClient("127.0.0.1", port, "u", "p") as client:
        with pytest.raises(AmiDisconnected):
            await client.wait_connected(0.3)
    server.close()
    await server.wait_closed()


async def test_a_client_that_is_closed_just_when_the_login_is_answered_ends(
    manager: ScriptedManager,
) -> None:
    for _ in range(20):
        logins = manager.logins
        client = AmiClient("127.0.0.1", manager.port, "u", "p")
        client.start()
        while manager.logins == logins:  # noqa: ASYNC110 - the very moment is meant
            await asyncio.sleep(0)
        async with asyncio.timeout(WITHIN_S):
            await client.close()
