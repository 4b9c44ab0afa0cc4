"""The pytest plugin: databases as fixtures, and skips that fail where none is allowed."""

import gc
import os
from collections.abc import AsyncIterator, Generator, Iterator
from functools import cache

import pytest
import pytest_asyncio
import structlog
from ovix_engines.asterisk_installation import AsteriskMissing, find
from ovix_web import passwords
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from . import databases
from .brokers import rabbitmq
from .ldap import slapd

__all__ = ["rabbitmq", "slapd"]

SKIPS_FORBIDDEN = os.environ.get("OVIX_REQUIRE") == "all"
CHEAP = passwords.Costs(passes=1, memory_kib=8)
"""Tests hash by the thousand. A stored hash carries its costs, so services of their own processes
check those of tests as cheaply."""
_server: databases.SharedServer | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL for all workers, and make the template they clone."""
    global _server
    # structlog's own default prints every local variable of a traceback, for minutes.
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, plain])
    passwords.hash_at(CHEAP)
    # Fifty requests at once take their turns, and the machine may be busy with other tests.
    os.environ.setdefault("OVIX_DATABASE_TIMEOUT_S", "30")
    gc.disable()  # until the tests are read: hardly anything of them is garbage
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if databases.SERVER_VARIABLE not in os.environ:
        _server = databases.SharedServer()
        os.environ[databases.SERVER_VARIABLE] = _server.start()
    databases.ensure_template(os.environ[databases.SERVER_VARIABLE])


@pytest.fixture
def hashes_in_earnest() -> Iterator[None]:
    """Passwords cost what they cost outside of tests."""
    passwords.hash_at(passwords.OWASP)
    yield
    passwords.hash_at(CHEAP)


def pytest_collection_finish() -> None:
    """What was read stays: no search for garbage visits it."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Stop the PostgreSQL that was started here."""
    global _server
    if _server is not None:
        _server.stop()
        os.environ.pop(databases.SERVER_VARIABLE, None)
        _server = None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests marked ``asterisk`` are skipped, saying how to get one, where there is none."""
    if item.get_closest_marker("asterisk") is not None and (missing := _missing_asterisk()):
        pytest.skip(missing)


@cache
def _missing_asterisk() -> str:
    try:
        find()
    except AsteriskMissing as error:
        return str(error)
    return ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test fails where nothing may be left out (``OVIX_REQUIRE=all``)."""
    report = yield
    if report.passed:
        report.sections = []  # what it printed: a worker would have to send it
    if SKIPS_FORBIDDEN and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} was skipped, and skips are forbidden here: {report.longrepr}"
        )
    return report


@pytest.fixture(scope="session")
def database_url() -> str:
    """A ``postgresql://`` URL of this worker's own, migrated and empty database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    server_url = os.environ[databases.SERVER_VARIABLE]
    return databases.clone_template(server_url, f"ovix_test_{worker}_{os.getpid()}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on ``database_url``."""
    made = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions on ``database_url``; what they commit stays until ``clean_database``."""
    return async_sessionmaker(engine, expire_on_commit=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def emptying(database_url: str) -> AsyncIterator[databases.Emptying]:
    """Empties ``database_url``."""
    made = databases.Emptying(database_url)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def clean_database(database_url: str, emptying: databases.Emptying) -> str:
    """The database's URL; its tables are emptied before the test."""
    await emptying.empty()
    return database_url
