"""A real plugin host, with limits that tests can wait for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from ovix_provd.host.client import PluginHost
from ovix_provd.host.limits import LIMITS, HostLimits, Limit
from ovix_provd.settings import ProvdSettings

Hosts = Callable[..., Awaitable[PluginHost]]


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Where the packages of a test lie."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


def settings_of(folder: Path) -> ProvdSettings:
    """Of a provd whose storage is there."""
    return ProvdSettings(
        storage_dir=folder,
        external_ip="192.0.2.1",
        plugin_settings={"own": {"model": "of the settings"}},
    )


def short_limits(**changes: Any) -> HostLimits:
    """Three seconds where production has up to ten; loading keeps its time: machines are slow."""
    calls = {
        name: Limit(min(limit.call_s, 4.0), min(limit.stretch_s, 3.0))
        for name, limit in LIMITS.items()
        if name != "load"
    }
    return replace(HostLimits(calls={**calls, "load": LIMITS["load"]}, silent_s=4.0), **changes)


@pytest_asyncio.fixture
async def hosts(tmp_path: Path) -> AsyncIterator[Hosts]:
    """Starts plugin hosts, and closes them after the test."""
    started: list[PluginHost] = []

    async def start(limits: HostLimits | None = None, **given: Any) -> PluginHost:
        host = PluginHost(settings_of(tmp_path), limits=limits or short_limits(), **given)
        started.append(host)
        await host.start()
        return host

    yield start
    for host in started:
        await host.close()


@pytest_asyncio.fixture(scope="session")
async def shared_host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PluginHost]:
    """One process for all tests that don't end it."""
    host = PluginHost(settings_of(tmp_path_factory.mktemp("host")), limits=short_limits())
    await host.start()
    yield host
    await host.close()


@pytest_asyncio.fixture
async def host(shared_host: PluginHost) -> AsyncIterator[PluginHost]:
    """One without plugins, which must survive the test."""
    before = shared_host.deaths
    yield shared_host
    for plugin_id in list(shared_host):
        await shared_host.unload(plugin_id)
    assert shared_host.deaths == before
