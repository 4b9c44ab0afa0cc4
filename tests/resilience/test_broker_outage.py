"""RabbitMQ goes away while the platform is written to."""

import asyncio
import os

import pytest
from ovix_bus import Queue, Subscription, connect, waiting_events
from ovix_engines.rabbitmq import PrivateRabbitMq
from ovix_testkit.inbox import Inbox, eventually
from ovix_testkit.resilience import IdempotentConsumer, Writers, relaying
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

OUTAGE_S = float(os.environ.get("OVIX_TEST_OUTAGE_SECONDS", "3"))
"""The suite's outage is short, with fewer writes; 60 and 1,000 are what was promised."""
WRITES = 1000 if OUTAGE_S >= 60 else 300

pytestmark = pytest.mark.rabbitmq


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_broker_away_during_many_changes_costs_no_event(
    end: str,
    clean_database: str,
    sessions: async_sessionmaker[AsyncSession],
    rabbitmq: PrivateRabbitMq,
) -> None:
    bus = await connect(rabbitmq.url)
    writers, consumer = Writers(sessions), IdempotentConsumer(sessions)
    await writers.make_users(20)
    await bus.subscribe(consumer.queue, consumer)
    async with relaying(clean_database, bus) as relay:
        await relay.elected.wait()
        writing = asyncio.create_task(writers.write(WRITES // 2))
        await writers.until(WRITES // 4)
        await asyncio.to_thread(getattr(rabbitmq, end))
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


def is_away(subscription: Subscription) -> bool:
    return not subscription.active


async def test_the_platform_starts_while_the_broker_is_down(
    clean_database: str, sessions: async_sessionmaker[AsyncSession], rabbitmq: PrivateRabbitMq
) -> None:
    writers, consumer = Writers(sessions), IdempotentConsumer(sessions)
    await writers.make_users(1)
    await asyncio.to_thread(rabbitmq.stop)
    bus = await connect(rabbitmq.url)
    subscription = await bus.subscribe(consumer.queue, consumer)
    assert is_away(subscription)
    await asyncio.to_thread(rabbitmq.start)
    await eventually(lambda: subscription.active, "the consumer is bound")
    async with relaying(clean_database, bus):
        await writers.write(10)
        await consumer.got_all_of(writers)
    await bus.close()


async def test_an_exclusive_consumer_is_told_that_it_may_have_missed_something(
    rabbitmq: PrivateRabbitMq, sessions: async_sessionmaker[AsyncSession]
) -> None:
    lost: list[bool] = []
    bus = await connect(rabbitmq.url)
    subscription = await bus.subscribe(Queue(None, ("#",)), Inbox(), lambda: lost.append(True))
    await asyncio.to_thread(rabbitmq.stop)
    await eventually(lambda: lost == [True] and not subscription.active)
    await asyncio.to_thread(rabbitmq.start)
    await eventually(lambda: subscription.active, "it comes back")
    assert lost == [True]
    await bus.close()
