"""Engines that tests stop and kill."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from ovix_engines.postgres import EmbeddedPostgres
from ovix_engines.rabbitmq import PrivateRabbitMq
from ovix_testkit.databases import empty_tables, migrate
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(scope="session")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A migrated PostgreSQL that no other test uses, with the durability of production."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    migrate(server.url())
    yield server
    server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def own_sessions(
    own_postgres: EmbeddedPostgres,
) -> AsyncIterator[Sessions]:
    """Sessions on it; connections are checked, as the services do."""
    await empty_tables(own_postgres.url())
    url = own_postgres.url().replace("://", "+asyncpg://", 1)
    engine = create_async_engine(url, pool_pre_ping=True)
    yield async_sessionmaker(engine, expire_on_commit=False)
    await engine.dispose()


@pytest.fixture(params=["postgresql", pytest.param("amqp", marks=pytest.mark.rabbitmq)])
def bus_kind(request: pytest.FixtureRequest) -> str:
    """Each transport in turn."""
    kind: str = request.param
    return kind


@pytest.fixture
def broker(bus_kind: str, request: pytest.FixtureRequest) -> PrivateRabbitMq | None:
    """The RabbitMQ of the transport that needs one."""
    found: PrivateRabbitMq | None = None
    if bus_kind == "amqp":
        found = request.getfixturevalue("rabbitmq")
    return found
