"""PostgreSQL restarts under load: what was answered stays, and all comes back by itself."""

import asyncio

import pytest
from ovix_bus import connect
from ovix_engines.postgres import EmbeddedPostgres
from ovix_engines.rabbitmq import PrivateRabbitMq
from ovix_testkit.inbox import eventually
from ovix_testkit.resilience import IdempotentConsumer, Writers, relaying
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

BEFORE = 75


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_no_answered_change_is_lost_when_postgresql_restarts_under_load(
    end: str,
    own_postgres: EmbeddedPostgres,
    own_sessions: async_sessionmaker[AsyncSession],
    broker: PrivateRabbitMq | None,
) -> None:
    bus = await connect(broker.url if broker else own_postgres.url())
    writers, consumer = Writers(own_sessions), IdempotentConsumer(own_sessions)
    await writers.make_users(20)
    subscription = await bus.subscribe(consumer.queue, consumer)
    async with relaying(own_postgres.url(), bus) as relay:
        await relay.elected.wait()
        writing = asyncio.create_task(writers.write(patient=True))
        await writers.until(BEFORE)
        await asyncio.to_thread(getattr(own_postgres, end))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(own_postgres.start)
        delivered = consumer.deliveries
        await eventually(lambda: relay.elected.is_set() and subscription.active, "all is back")
        await eventually(lambda: consumer.deliveries > delivered, "events flow again")
        writers.enough.set()
        await writing
        await consumer.got_all_of(writers)
    await bus.close()
    assert writers.failures > 0, "the restart was not noticed: it proved nothing"
