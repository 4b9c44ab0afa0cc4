"""What those who use provd see of a plugin that misbehaves: its own phones, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from fastapi import FastAPI
from ovix_provd.app import create_provd_app
from ovix_provd.host.client import PluginHost
from ovix_provd.notification import SipNotifier
from ovix_provd.settings import ProvdSettings

from ..conftest import NotingManager, Requests
from .conftest import Hosts
from .stranger import misbehaving_package, python2_package


@pytest_asyncio.fixture
async def own_host(hosts: Hosts, packages: Path) -> PluginHost:
    """With one plugin that works and one that blocks whenever it is told to do something."""
    host = await hosts()
    body = """
        def configure(self, device, raw_config):
            time.sleep(3600)
        def synchronize(self, device, raw_config):
            time.sleep(3600)
    """
    good = python2_package(packages)
    await host.load(good.name, good)
    await host.load("bad", misbehaving_package(packages, "bad", body))
    return host


@pytest_asyncio.fixture
async def app(
    settings: ProvdSettings, own_host: PluginHost, manager: NotingManager, installed: None
) -> AsyncIterator[FastAPI]:
    made = create_provd_app(settings, own_host, SipNotifier(manager))
    yield made
    await made.state.synchronizations.close()
    await made.state.engine.dispose()


async def test_a_plugin_that_blocks_leaves_its_phone_unconfigured_and_the_service_answering(
    provd: Requests, packages: Path
) -> None:
    await provd.add("config", id="c", raw_config={"sip_lines": {}, "tftp_port": 69})
    blocked = asyncio.create_task(provd.add("device", id="stuck", plugin="bad", config="c"))
    for _ in range(20):
        assert await provd.read("/dev_mgr/devices", "devices") == []
    assert not blocked.done()
    await blocked
    assert (await provd.device("stuck"))["configured"] is False
    mac = "00:11:22:33:44:55"
    await provd.add("device", id="d", plugin="xivo-acme-1.0", config="c", mac=mac)
    assert (await provd.device("d"))["configured"] is True
    written = packages / "xivo-acme-1.0/var/tftpboot/acme-001122334455.cfg"
    assert written.exists()
    await provd.done("DELETE", "/dev_mgr/devices/d")
    assert not written.exists()


async def test_a_phone_is_told_through_asterisk(provd: Requests, manager: NotingManager) -> None:
    """J1, from the REST request to the action of Asterisk's manager."""
    await provd.add("config", id="c", raw_config={"sip_lines": {}, "tftp_port": 69})
    await provd.add(
        "device", id="d", plugin="xivo-acme-1.0", config="c", mac="00:11:22:33:44:55",
        remote_state_sip_username="zoe",
    )  # fmt: skip
    answer = await provd.send("POST", "/dev_mgr/synchronize", {"id": "d"})
    operation = answer.headers["Location"].removeprefix("/provd")
    while (status := await provd.read(operation, "status")) in ("waiting", "progress"):
        pass
    assert status == "success"
    ((action, headers),) = manager.sent
    assert (action, headers["Variable"]) == ("PJSIPNotify", ["Event=check-sync"])
