"""Two Asterisks: the second tells phones while the first is down."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest_asyncio
from ovix_testkit.databases import empty_tables

from ..asterisks import Listener
from .service import Provd

YEALINK = "ovix-yealink"
MAC, HERE = "00:15:65:aa:bb:cc", "127.0.0.10"


@pytest_asyncio.fixture
async def managers() -> AsyncIterator[tuple[Listener, Listener]]:
    async with Listener() as first, Listener(username="other", password="0ther") as second:
        yield first, second


@pytest_asyncio.fixture
async def provd(
    database_url: str, tmp_path: Path, managers: tuple[Listener, Listener]
) -> AsyncIterator[Provd]:
    """With these two, and with one phone."""
    await empty_tables(database_url)
    servers = orjson.dumps([each.account() for each in managers]).decode()
    settings = {"OVIX_PROVD_AMI_SERVERS": servers}
    async with Provd(tmp_path / "provd", database_url, tmp_path / "storage", settings) as provd:
        await provd.seed()
        await provd.plugin("install", YEALINK)
        agent = f"Yealink SIP-T46S 66.86.0.15 {MAC}"
        assert (await provd.get("/001565aabbcc.cfg", agent, HERE)).status_code == 200
        yield provd


async def test_j5_the_second_manager_is_used_while_the_first_is_down_then_none(
    provd: Provd, managers: tuple[Listener, Listener]
) -> None:
    first, second = managers
    known = await provd.device(MAC)
    device, phone = {"id": known["id"]}, known["remote_state_sip_username"]
    assert "success" in await provd.ended("/dev_mgr/synchronize", device)
    assert (first.notified, second.notified) == ([phone], [])
    await first.stop()
    assert "success" in await provd.ended("/dev_mgr/synchronize", device)
    assert (first.notified, second.notified) == ([phone], [phone])
    await second.stop()
    failing = asyncio.create_task(provd.ended("/dev_mgr/synchronize", device))
    assert len(await provd.devices()) == 1
    assert "fail" in await failing
    await first.start()
    async with asyncio.timeout(60):
        while "success" not in await provd.ended("/dev_mgr/synchronize", device):
            pass
    assert (first.notified, second.notified) == ([phone, phone], [phone])
    assert "0ther" not in provd.events()
