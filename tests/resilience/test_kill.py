"""kill -9 of those who carry events loses none of them."""

import asyncio
import os
import signal
import sys

from ovix_bus import connect
from ovix_engines.rabbitmq import PrivateRabbitMq
from ovix_schema import ConsumedEvent
from ovix_testkit.inbox import eventually
from ovix_testkit.resilience import IdempotentConsumer, RelayProcess, Writers, relaying
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

WRITES = 300
CONSUMER = """
import asyncio, sys
from ovix_bus import connect
from ovix_testkit.resilience import IdempotentConsumer
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

async def main() -> None:
    database_url, bus_url, name = sys.argv[1:]
    engine = create_async_engine(database_url.replace("://", "+asyncpg://", 1))
    consumer = IdempotentConsumer(async_sessionmaker(engine), name)
    await (await connect(bus_url)).subscribe(consumer.queue, consumer)
    print("bound", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def until_relays_run(sessions: async_sessionmaker[AsyncSession], count: int) -> None:
    running = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE application_name = 'ovix bus relay' AND datname = current_database()"
    )
    async with asyncio.timeout(60), sessions() as session:
        while await session.scalar(running) != count:
            await session.rollback()
            await asyncio.sleep(0.02)


async def test_a_relay_killed_in_the_middle_loses_nothing_and_another_takes_over(
    clean_database: str,
    sessions: async_sessionmaker[AsyncSession],
    broker: PrivateRabbitMq | None,
) -> None:
    bus_url = broker.url if broker else clean_database
    bus = await connect(bus_url)
    writers, consumer = Writers(sessions), IdempotentConsumer(sessions)
    await writers.make_users(20)
    await bus.subscribe(consumer.queue, consumer)
    first = await RelayProcess.start(clean_database, bus_url)
    await writers.write(1)
    await consumer.got_all_of(writers)
    second = await RelayProcess.start(clean_database, bus_url)
    await until_relays_run(sessions, 2)
    writing = asyncio.create_task(writers.write(WRITES))
    await writers.until(WRITES // 2)
    deliveries = consumer.deliveries
    await first.kill()
    await eventually(lambda: consumer.deliveries > deliveries + 50, "the second relay takes over")
    await writing
    await consumer.got_all_of(writers)
    await second.stop()
    await bus.close()
    assert sum(len(numbers) for numbers in consumer.numbers.values()) == WRITES + 1


async def test_a_consumer_killed_again_and_again_loses_nothing(
    clean_database: str,
    sessions: async_sessionmaker[AsyncSession],
    broker: PrivateRabbitMq | None,
) -> None:
    bus_url = broker.url if broker else clean_database
    name = IdempotentConsumer(sessions).name
    bus = await connect(bus_url)
    writers = Writers(sessions)
    await writers.make_users(20)

    async def a_consumer() -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CONSUMER, clean_database, bus_url, name),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        async for line in process.stdout:
            if line.strip() == b"bound":
                break
        return process

    async def consumed() -> int:
        async with sessions() as session:
            return await session.scalar(select(func.count()).select_from(ConsumedEvent)) or 0

    async with relaying(clean_database, bus):
        process = await a_consumer()
        writing = asyncio.create_task(writers.write(WRITES))
        for part in (0.2, 0.5):
            await writers.until(int(WRITES * part))
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            process = await a_consumer()
        await writing
        async with asyncio.timeout(60):
            while await consumed() < WRITES:  # noqa: ASYNC110 - counted in the database
                await asyncio.sleep(0.05)
        process.terminate()
        await process.wait()
        assert await consumed() == WRITES
    await bus.close()
