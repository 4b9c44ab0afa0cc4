"""Both transports as one parametrized fixture, and a way to take them away and give them back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from uuid import uuid4

import aio_pika
import asyncpg
import pytest
import pytest_asyncio
from ovix_bus import Bus, connect
from ovix_engines.rabbitmq import PrivateRabbitMq

_numbers = count(1)


@dataclass
class Transport:
    """A transport under test."""

    url: str
    interrupt: Callable[[], Awaitable[None]]
    """Break every connection, as a restart of the broker does."""
    dead_letters: Callable[[str], Awaitable[list[str]]]
    """The names of the events that a queue gave up."""


@pytest.fixture(scope="session")
def _postgres_transport(database_url: str) -> Transport:
    async def interrupt() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'ovix bus%' AND datname = current_database()"
        )
        await connection.close()

    async def dead_letters(queue: str) -> list[str]:
        connection = await asyncpg.connect(database_url)
        rows = await connection.fetch(
            "SELECT name FROM bus_dead_letters WHERE queue = $1 ORDER BY id", queue
        )
        await connection.close()
        return [row["name"] for row in rows]

    return Transport(database_url, interrupt, dead_letters)


@pytest.fixture(scope="session")
def _amqp_transport(rabbitmq: PrivateRabbitMq) -> Transport:
    async def interrupt() -> None:
        await asyncio.to_thread(rabbitmq.kill)
        await asyncio.to_thread(rabbitmq.start)

    async def dead_letters(queue: str) -> list[str]:
        connection = await aio_pika.connect(rabbitmq.url)
        channel = await connection.channel()
        found = []
        dead = await channel.get_queue(f"{queue}.dead", ensure=False)
        while (letter := await dead.get(no_ack=True, fail=False)) is not None:
            assert letter.headers["x-error"] == "RuntimeError: not now"
            found.append(letter.type or "")
        await connection.close()
        return found

    return Transport(rabbitmq.url, interrupt, dead_letters)


@pytest.fixture(
    scope="session",
    params=["postgresql", pytest.param("amqp", marks=pytest.mark.rabbitmq)],
)
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each of the transports in turn."""
    name = "_postgres_transport" if request.param == "postgresql" else "_amqp_transport"
    found: Transport = request.getfixturevalue(name)
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def bus(transport: Transport) -> AsyncIterator[Bus]:
    """A bus over the transport."""
    made = await connect(transport.url)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def other_bus(transport: Transport) -> AsyncIterator[Bus]:
    """The bus of another process."""
    made = await connect(transport.url)
    yield made
    await made.close()


@pytest.fixture
def queue_name() -> str:
    """The name of a durable queue that no other test uses."""
    return f"queue{next(_numbers)}-{uuid4().hex[:8]}"
