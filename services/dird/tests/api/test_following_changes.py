"""Changes are followed whatever goes wrong on the way: told once, and tried again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from ovix_dird.engine import changes as changes_module
from ovix_dird.engine import live as live_module
from ovix_dird.engine.changes import Changes
from ovix_dird.engine.configuration import Configuration, SourceConfig
from ovix_dird.engine.live import LiveConfiguration
from structlog.testing import capture_logs


class Sources:
    """What is configured, or a fault."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.tries = 0
        self.applied: list[str] = []

    def apply(self, configured: Any) -> None:
        self.tries += 1
        if self.fault is not None:
            raise self.fault
        self.applied = [each.name for each in configured.values()]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that no test wants to wait for."""
    for module in (live_module, changes_module):
        monkeypatch.setattr(module, "RETRY_S", 0.001)
        monkeypatch.setattr(module, "RETRY_MAX_S", 0.01)


@pytest.fixture
def sources() -> Sources:
    return Sources()


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sources that the database has."""
    names = ["first"]

    async def read(_sessions: Any) -> Configuration:
        return Configuration({each: SourceConfig(each, each, "csv") for each in names})

    monkeypatch.setattr(live_module, "stored_configuration", read)
    return names


@asynccontextmanager
async def running(job: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(job)
    try:
        yield
        assert not task.done(), "it goes on"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)


async def test_a_fault_that_nobody_foresaw_is_told_once_and_the_next_change_is_followed(
    sources: Sources, stored: list[str]
) -> None:
    live = LiveConfiguration(None, sources)  # type: ignore[arg-type]  # doubles of both
    with capture_logs() as logs:
        async with running(live.follow()):
            await until(lambda: sources.applied == ["first"])
            sources.fault = ZeroDivisionError("a fault of ours")
            stored.append("second")
            live.changed()
            await until(lambda: sources.tries >= 5)
            assert not live.is_current
            assert list((await live.current()).sources) == ["first"], "requests go on with it"
            sources.fault = None
            await until(lambda: sources.applied == ["first", "second"])
            await until(lambda: live.is_current)
    assert [each["event"] for each in logs] == [
        "configuration_not_read",
        "configuration_read_again",
    ]
    assert isinstance(logs[0]["exc_info"], ZeroDivisionError)


async def test_a_request_that_meets_such_a_fault_has_the_configuration_before_it(
    sources: Sources, stored: list[str]
) -> None:
    live = LiveConfiguration(None, sources)  # type: ignore[arg-type]  # doubles of both
    await live.current()
    sources.fault = KeyError("no such key")
    stored.append("second")
    live.changed()
    for _ in range(3):
        assert list((await live.current()).sources) == ["first"]
    assert not live.is_current


async def test_a_listener_that_crashes_listens_again_and_tells_it_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = asyncio.Event()
    changes = Changes(database_url, heard.set)
    connect, tries = asyncpg.connect, 0

    async def crashes(*arguments: Any, **named: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries <= 3:
            raise ZeroDivisionError("a fault of the library")
        return await connect(*arguments, **named)

    monkeypatch.setattr(asyncpg, "connect", crashes)
    with capture_logs() as logs:
        async with running(changes.listen()), asyncio.timeout(60):
            await heard.wait()
            assert changes.listening
    assert [each["event"] for each in logs] == ["directories_listener_lost"]
