"""What confd answered with success is announced, whatever is killed or stopped meanwhile."""

import asyncio
import os

import pytest
from ovix_bus import connect, waiting_events
from ovix_engines.postgres import EmbeddedPostgres
from ovix_engines.rabbitmq import PrivateRabbitMq
from ovix_testkit.resilience import IdempotentConsumer
from ovix_testkit.rest_writers import ConfdProcess, RestWriters
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

OUTAGE_S = float(os.environ.get("OVIX_TEST_OUTAGE_SECONDS", "3"))
"""The suite's outage is short, with fewer writes; 60 and 1,000 are what was promised."""
WRITES = 1000 if OUTAGE_S >= 60 else 300
BEFORE = 75
Sessions = async_sessionmaker[AsyncSession]


@pytest.mark.rabbitmq
async def test_rabbitmq_away_during_many_requests_fails_none_and_loses_no_event(
    clean_database: str, sessions: Sessions, rabbitmq: PrivateRabbitMq
) -> None:
    bus = await connect(rabbitmq.url)
    writers, consumer = RestWriters(sessions), IdempotentConsumer(sessions)
    await writers.make_users(20)
    await bus.subscribe(consumer.queue, consumer)
    confd = ConfdProcess(clean_database, rabbitmq.url)
    async with writers.through(confd):
        writing = asyncio.create_task(writers.write(WRITES // 2))
        await writers.until(WRITES // 4)
        await asyncio.to_thread(rabbitmq.stop)
        await writing
        await writers.write(WRITES // 2)
        await asyncio.sleep(OUTAGE_S)
        async with sessions() as session:
            waiting = await waiting_events(session)
        await asyncio.to_thread(rabbitmq.start)
        await consumer.got_all_of(writers)
    await bus.close()
    assert waiting > 0, "the outage was over before it began"
    assert writers.failures == 0
    assert sum(len(numbers) for numbers in consumer.numbers.values()) == WRITES


async def test_confd_killed_under_load_loses_nothing_that_it_answered(
    clean_database: str, sessions: Sessions
) -> None:
    bus = await connect(clean_database)
    writers, consumer = RestWriters(sessions), IdempotentConsumer(sessions)
    await writers.make_users(20)
    await bus.subscribe(consumer.queue, consumer)
    confd = ConfdProcess(clean_database, clean_database)
    async with writers.through(confd):
        writing = asyncio.create_task(writers.write(patient=True))
        await writers.until(BEFORE)
        await confd.kill()
        await confd.start()
        await writers.until(writers.written + 1)
        writers.enough.set()
        await writing
        await consumer.got_all_of(writers)
    await bus.close()
    assert writers.failures > 0, "nobody noticed the kill: it proved nothing"


async def test_postgresql_restarted_under_load_loses_nothing_that_confd_answered(
    own_postgres: EmbeddedPostgres, own_sessions: Sessions
) -> None:
    bus = await connect(own_postgres.url())
    writers, consumer = RestWriters(own_sessions), IdempotentConsumer(own_sessions)
    await writers.make_users(20)
    await bus.subscribe(consumer.queue, consumer)
    confd = ConfdProcess(own_postgres.url(), own_postgres.url())
    async with writers.through(confd):
        writing = asyncio.create_task(writers.write(patient=True))
        for end in ("stop", "kill"):
            await writers.until(writers.written + BEFORE)
            await asyncio.to_thread(getattr(own_postgres, end))
            await asyncio.to_thread(own_postgres.start)
            await writers.until(writers.written + 1)  # without anybody's help
        writers.enough.set()
        await writing
        await consumer.got_all_of(writers)
    await bus.close()
