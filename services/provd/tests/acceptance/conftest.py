"""One provd of its own process for the tests of a module, and a repository of packages."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from ovix_testkit.databases import empty_tables

from ..repository.plugin_server import PluginServer, plugin_server
from .service import Provd


@pytest.fixture
def repository() -> Iterator[PluginServer]:
    """An HTTP server of packages."""
    with plugin_server() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Provd]:
    """As it is installed."""
    await empty_tables(database_url)
    directory = tmp_path_factory.mktemp("provd")
    async with Provd(directory, database_url, directory / "storage") as provd:
        await provd.seed()
        yield provd


@pytest_asyncio.fixture
async def provd(running: Provd) -> AsyncIterator[Provd]:
    """With the configs of an installation, and neither plugins nor phones."""
    yield running
    await running.clear()
