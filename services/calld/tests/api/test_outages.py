"""PostgreSQL gone, or calld killed, in the middle of a call: nothing is lost."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from ovix_engines.postgres import EmbeddedPostgres
from ovix_testkit import databases

LEGS = 2
SESSIONS = Path(__file__).parents[1] / "sessions"


@dataclass
class Site:
    """A PostgreSQL of its own and calld as a process, following a scripted Asterisk."""

    postgres: EmbeddedPostgres
    directory: Path
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def start_calld(self) -> None:
        with (self.directory / "calld.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ovix_calld"], env=self.environment, stdout=log, stderr=log
            )

    def kill_calld(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def value(self, query: str) -> Any:
        connection = await asyncpg.connect(self.postgres.url())
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    async def until(self, query: str, expected: Any) -> None:
        found = None
        for _ in range(1200):
            found = await self.value(query)
            if found == expected:
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(
            f"{query}: {found}\n{(self.directory / 'calld.log').read_text()[-3000:]}"
        )

    async def ends(self) -> list[tuple[str, int]]:
        """Each leg's last event and how many events it had, one per ``seq``."""
        connection = await asyncpg.connect(self.postgres.url())
        try:
            rows = await connection.fetch(
                "SELECT body->'data'->>'call_id' AS leg, name, (body->'data'->>'seq')::int AS seq"
                " FROM bus_messages WHERE name LIKE 'call\\_%' ORDER BY id"
            )
        finally:
            await connection.close()
        legs: dict[str, list[Any]] = {}
        for row in rows:
            legs.setdefault(row["leg"], []).append(row)
        for events in legs.values():
            sequence = [row["seq"] for row in events]
            assert sequence == sorted(set(sequence))
            assert events[0]["name"] == "call_created"
        return [(events[-1]["name"], len(events)) for events in legs.values()]


@pytest_asyncio.fixture(loop_scope="session")
async def site(ami: Any, tmp_path: Path) -> AsyncIterator[Site]:
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    postgres.start()
    databases.migrate(postgres.url())
    ports = [socket.socket() for _ in range(2)]
    for probe in ports:
        probe.bind(("127.0.0.1", 0))
    http, websocket = (str(probe.getsockname()[1]) for probe in ports)
    for probe in ports:
        probe.close()
    made = Site(
        postgres,
        tmp_path,
        {
            **os.environ,
            "OVIX_DATABASE_URL": postgres.url(),
            "OVIX_CALLD_HOST": "127.0.0.1",
            "OVIX_CALLD_PORT": http,
            "OVIX_CALLD_WEBSOCKET_PORT": websocket,
            "OVIX_AMI_PORT": str(ami.port),
        },
    )
    made.start_calld()
    yield made
    assert made.process is not None
    made.process.terminate()
    made.process.wait(60)
    postgres.stop()


@pytest.fixture
def halves() -> tuple[bytes, bytes]:
    """A call until it is answered, and what follows."""
    data = (SESSIONS / "22" / "answered.ami").read_bytes()
    cut = data.index(b"Event: BridgeEnter")
    return data[:cut], data[cut:]


async def test_a_call_goes_on_while_postgresql_restarts(
    site: Site, ami: Any, halves: tuple[bytes, bytes]
) -> None:
    await followed(ami)
    ami.say(halves[0])
    await site.until("SELECT count(*) FROM live_calls", LEGS)
    site.postgres.stop()
    ami.say(halves[1])
    await asyncio.sleep(1)
    site.postgres.start()
    await site.until("SELECT count(*) FROM bus_messages WHERE name = 'call_ended'", LEGS)
    assert [name for name, _ in await site.ends()] == ["call_ended"] * LEGS
    assert await site.value("SELECT count(*) FROM live_calls") == 0


async def test_a_killed_calld_owes_the_ends_of_its_calls(
    site: Site, ami: Any, halves: tuple[bytes, bytes]
) -> None:
    await followed(ami)
    ami.say(halves[0])
    await site.until("SELECT count(*) FROM live_calls", LEGS)
    site.kill_calld()
    site.start_calld()
    await site.until("SELECT count(*) FROM bus_messages WHERE name = 'call_ended'", LEGS)
    assert [name for name, _ in await site.ends()] == ["call_ended"] * LEGS


async def followed(ami: Any) -> None:
    """calld has asked for all channels."""
    for _ in range(1200):
        if ami.named("Status"):
            await asyncio.sleep(0.2)
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("calld does not follow")
