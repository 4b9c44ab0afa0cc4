"""provd with a storage directory, a repository to install from, and plugins."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from ovix_provd.app import create_provd_app
from ovix_provd.plugins import PluginSet
from ovix_provd.repository.running import running_plugins
from ovix_provd.settings import ProvdSettings
from ovix_schema import ProvdConfig, Token
from ovix_web import Sessions, hash_of

from ..conftest import Requests
from .fakes import FakePluginSet
from .installation import Installation
from .plugin_server import PluginServer, plugin_server
from .provd_process import Provd, running_provd


@pytest.fixture
def server() -> Iterator[PluginServer]:
    with plugin_server() as listening:
        yield listening


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "provd"


@pytest.fixture
def settings(settings: ProvdSettings, tmp_path: Path) -> ProvdSettings:
    return settings.model_copy(update={"shipped_plugins": tmp_path / "shipped"})


@pytest.fixture
def plugin_set() -> FakePluginSet:
    return FakePluginSet()


Replica = Callable[[PluginSet], AbstractAsyncContextManager[FastAPI]]


@pytest.fixture
def replica(settings: ProvdSettings, clean_database: str) -> Replica:
    """Starts a service with its plugins."""

    @asynccontextmanager
    async def started(plugins: PluginSet) -> AsyncIterator[FastAPI]:
        app = create_provd_app(settings, plugins)
        try:
            async with running_plugins(app):
                yield app
                await app.state.operations.close()
        finally:
            await app.state.engine.dispose()

    return started


@pytest_asyncio.fixture
async def app(
    replica: Replica, plugin_set: FakePluginSet, sessions: Sessions
) -> AsyncIterator[FastAPI]:
    """The service, with a configuration for devices and nothing installed."""
    async with sessions.begin() as session:
        document = {"id": "base", "parent_ids": [], "raw_config": {}}
        session.add(ProvdConfig(id="base", document=document))
    async with replica(plugin_set) as made:
        yield made


@pytest_asyncio.fixture
async def provd_process(clean_database: str, storage: Path, tmp_path: Path) -> AsyncIterator[Provd]:
    """The service itself."""
    async with running_provd(clean_database, storage, tmp_path / "provd.log") as running:
        yield running


@pytest_asyncio.fixture
async def operator(provd_process: Provd, sessions: Sessions) -> AsyncIterator[Installation]:
    """Who may do anything, with a configuration for phones."""
    token = str(uuid4())
    async with sessions.begin() as session:
        session.add(
            Token(
                token_hash=hash_of(token), auth_id=str(uuid4()), acl=["provd.#"],
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
        )  # fmt: skip
        document = {"id": "base", "parent_ids": [], "raw_config": {}}
        session.add(ProvdConfig(id="base", document=document))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{provd_process.port}/provd",
        headers={"X-Auth-Token": token},
        timeout=60,
    ) as client:
        yield Installation(Requests(client), sessions)


@pytest.fixture
def ops(provd: Any, sessions: Sessions) -> Installation:
    return Installation(provd, sessions)


@pytest_asyncio.fixture
async def phone(provd: Any, app: FastAPI) -> str:
    """A device that names the plugin ``acme-phone``."""
    device: str = await provd.add("device", id="phone", plugin="acme-phone", config="base")
    return device


def names_below(path: Path) -> set[str]:
    """All that lies below a directory, also while something there is being removed."""
    return {
        str((Path(directory) / name).relative_to(path))
        for directory, directories, files in os.walk(path)  # passes over what is gone
        for name in (*directories, *files)
    }
