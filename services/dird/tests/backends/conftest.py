"""What back ends are given, without a database: they are tested by what they do with the rest."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx
import pytest
import pytest_asyncio
from ovix_dird.backend import Resources
from ovix_web import Sessions
from sqlalchemy.ext.asyncio import AsyncEngine

from .ldap_people import server, source

__all__ = ["server", "source"]


@dataclass
class WatchByHand:
    """Files change when the test says so."""

    watched: dict[Path, Callable[[], Awaitable[None]]] = field(default_factory=dict)

    def watch(self, path: Path, changed: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        self.watched[path] = changed
        return lambda: self.watched.pop(path, None) and None

    async def changed(self, path: Path) -> None:
        await self.watched[path]()


@pytest.fixture
def files() -> WatchByHand:
    return WatchByHand()


@pytest_asyncio.fixture(loop_scope="session")
async def resources(files: WatchByHand) -> AsyncIterator[Resources]:
    async with httpx.AsyncClient(timeout=30) as client:
        yield Resources(
            sessions=cast(Sessions, None),
            engine=cast(AsyncEngine, None),
            http=client,
            files=files,
        )
