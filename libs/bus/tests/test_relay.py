"""The relay: every event of the outbox, in order, at least once, whatever stops meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from ovix_bus import Bus, Queue, Relay, emit, metrics, waiting_events
from ovix_bus import relay as relay_module
from ovix_bus.catalogue import lines
from ovix_bus.relay import ELECTION_S
from ovix_schema import BusMessage, BusQueue, ConsumedEvent, Installation, OutboxMessage
from ovix_testkit.inbox import Inbox, eventually
from ovix_testkit.memory_bus import MemoryBus
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

Sessions = async_sessionmaker[AsyncSession]


@asynccontextmanager
async def running(database_url: str, bus: Bus) -> AsyncIterator[Relay]:
    relay = Relay(database_url, bus)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def announce(sessions: Sessions, *ids: int) -> None:
    async with sessions.begin() as session:
        await emit(session, *(lines.line_created(id=number) for number in ids))


def ids(bus: MemoryBus) -> list[int]:
    return [message.data["id"] for message in bus.published]


async def depth(sessions: Sessions) -> int:
    async with sessions() as session:
        return await waiting_events(session)


async def until_depth(sessions: Sessions, rows: int) -> None:
    async with asyncio.timeout(60):
        while await depth(sessions) != rows:  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.01)


async def test_an_event_leaves_with_the_whole_envelope(
    clean_database: str, sessions: Sessions
) -> None:
    bus = MemoryBus()
    async with running(clean_database, bus):
        await announce(sessions, 7)
        await eventually(lambda: bus.names == ["line_created"])
    async with sessions() as session:
        origin_uuid = await session.scalar(select(Installation.uuid))
    (message,) = bus.published
    timestamp = datetime.fromisoformat(message.body.pop("timestamp"))
    assert timestamp.utcoffset() == timedelta(0)
    assert abs(time.time() - timestamp.timestamp()) < 60
    assert message.body == {
        "name": "line_created",
        "origin_uuid": str(origin_uuid),
        "event_uuid": str(message.event_uuid),
        "required_acl": "events.config.line.created",
        "version": 1,
        "data": {"id": 7},
    }
    assert await depth(sessions) == 0


async def test_events_of_thousands_of_changes_keep_their_order(
    clean_database: str, sessions: Sessions
) -> None:
    bus = MemoryBus()
    await announce(sessions, *range(1000))
    async with running(clean_database, bus):
        await announce(sessions, *range(1000, 1500))
        await eventually(lambda: len(bus.published) == 1500)
    assert ids(bus) == list(range(1500))


async def test_an_event_reaches_the_consumers_of_either_transport(
    clean_database: str, sessions: Sessions, bus: Bus
) -> None:
    inbox = Inbox()
    await bus.subscribe(Queue(None, ("config.line.*",)), inbox)
    async with running(clean_database, bus):
        await announce(sessions, *range(700))
        await eventually(lambda: len(inbox.names) == 700)
    assert [message.data["id"] for message in inbox.messages] == list(range(700))
    assert len({message.event_uuid for message in inbox.messages}) == 700


async def test_events_wait_while_the_broker_is_down(
    clean_database: str, sessions: Sessions
) -> None:
    bus = MemoryBus(away=True)
    async with running(clean_database, bus) as relay:
        await relay.elected.wait()
        await announce(sessions, 1, 2)
        await asyncio.sleep(0.3)
        await announce(sessions, 3)
        assert await depth(sessions) == 3
        bus.away = False
        await eventually(lambda: len(bus.published) == 3)
    assert ids(bus) == [1, 2, 3]


async def test_an_event_that_no_bus_takes_blocks_nobody(
    clean_database: str, sessions: Sessions
) -> None:
    bus = MemoryBus(poison=frozenset({"extension_created"}))
    async with running(clean_database, bus):
        async with sessions.begin() as session:
            poison = lines.extension_created(id=2, exten="10", context="default")
            await emit(session, lines.line_created(id=1), poison, lines.line_created(id=3))
        await eventually(lambda: ids(bus) == [1, 3])
        await until_depth(sessions, 1)
        async with sessions() as session:
            assert await session.scalar(select(OutboxMessage.refused)) == "poison"
        # Once the cause is gone, whoever cleared the mark gets the event out.
        bus.poison = frozenset()
        async with sessions.begin() as session:
            await session.execute(text("UPDATE outbox SET refused = NULL"))
        await eventually(lambda: ids(bus) == [1, 3, 2])


async def test_a_row_that_is_no_event_blocks_nobody(
    clean_database: str, sessions: Sessions
) -> None:
    bus = MemoryBus()
    async with running(clean_database, bus):
        async with sessions.begin() as session:
            await session.execute(
                text("INSERT INTO outbox (name, routing_key, body) VALUES ('x', 'x', '[]')")
            )
            await emit(session, lines.line_created(id=1))
        await eventually(lambda: ids(bus) == [1])
        await until_depth(sessions, 1)
    async with sessions() as session:
        assert await session.scalar(select(OutboxMessage.refused)) == "its body is not an object"


async def test_an_event_committed_late_is_not_forgotten(
    clean_database: str, sessions: Sessions
) -> None:
    bus = MemoryBus()
    async with running(clean_database, bus):
        async with sessions() as slow:
            await emit(slow, lines.line_created(id=1))
            await announce(sessions, 2)
            await eventually(lambda: ids(bus) == [2])
            await slow.commit()
        await eventually(lambda: ids(bus) == [2, 1])


async def test_one_relay_works_and_another_takes_over_within_a_second(
    clean_database: str, sessions: Sessions
) -> None:
    assert ELECTION_S < 1  # how often it asks; here it matters that it does
    first_bus, second_bus = MemoryBus(), MemoryBus()
    async with running(clean_database, second_bus) as second:
        await second.elected.wait()
        async with running(clean_database, first_bus) as first:
            await announce(sessions, 1)
            await eventually(lambda: ids(second_bus) == [1])
            assert not first.elected.is_set()
            # The elected one's connection breaks, as when its process is killed.
            await terminate(clean_database)
            await announce(sessions, 2)
            await eventually(lambda: 2 in ids(first_bus) + ids(second_bus))


async def terminate(database_url: str) -> None:
    """End the connection of the elected relay."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND a.application_name = 'ovix bus relay' "
        "AND a.datname = current_database()"
    )
    await connection.close()


async def test_a_relay_that_is_stopped_publishes_what_is_left(
    clean_database: str, sessions: Sessions
) -> None:
    bus = MemoryBus(away=True)
    async with running(clean_database, bus) as relay:
        await relay.elected.wait()
        await announce(sessions, 1)
        bus.away = False
    assert ids(bus) == [1]


async def test_a_relay_that_waits_for_its_turn_stops_at_once(
    clean_database: str, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "STOP_S", 3600)  # it stops by itself, not when given up
    async with running(clean_database, MemoryBus()) as elected:
        await elected.elected.wait()
        async with asyncio.timeout(60), running(clean_database, MemoryBus()):
            await asyncio.sleep(0.1)


async def test_the_outbox_is_measured(clean_database: str, sessions: Sessions) -> None:
    bus = MemoryBus(away=True)
    await announce(sessions, 1, 2, 3)
    before = metrics.PUBLISHED._value.get()
    async with running(clean_database, bus) as relay:
        await relay.elected.wait()
        await eventually(lambda: metrics.OUTBOX_DEPTH._value.get() == 3)
        assert metrics.OUTBOX_AGE._value.get() > 0
        assert metrics.RELAY_ELECTED._value.get() == 1
        bus.away = False
        await eventually(lambda: metrics.PUBLISHED._value.get() == before + 3)
    assert metrics.RELAY_ELECTED._value.get() == 0


@pytest.mark.parametrize(
    ("age_s", "read", "kept"),
    [
        (60, True, True),  # an exclusive consumer may still resume here
        (3600, True, False),
        (3600, False, True),  # a durable queue has not read it
        (8 * 86400, False, False),  # the queue is forsaken
    ],
)
async def test_messages_stay_while_somebody_may_need_them(
    clean_database: str, sessions: Sessions, age_s: int, read: bool, kept: bool
) -> None:
    async with sessions.begin() as session:
        created_at = datetime.now().astimezone() - timedelta(seconds=age_s)
        message = BusMessage(
            event_uuid=uuid4(), name="x", routing_key="x", body={}, created_at=created_at
        )
        session.add(message)
        await session.flush()
        session.add(BusQueue(name="q", bindings=["#"], last_id=message.id if read else 0))
        session.add(ConsumedEvent(consumer="q", event_uuid=uuid4(), consumed_at=created_at))
    async with running(clean_database, MemoryBus()) as relay:
        await relay.elected.wait()
        await announce(sessions, 1)
        await until_depth(sessions, 0)
    async with sessions() as session:
        assert (await session.scalar(select(BusMessage.id)) is not None) is kept
        assert await session.scalar(select(ConsumedEvent.event_uuid)) is not None


async def test_what_a_consumer_did_is_forgotten_after_it_can_not_come_again(
    clean_database: str, sessions: Sessions
) -> None:
    old, new = UUID(int=1), UUID(int=2)
    now = datetime.now().astimezone()
    async with sessions.begin() as session:
        session.add(
            ConsumedEvent(consumer="c", event_uuid=old, consumed_at=now - timedelta(days=15))
        )
        session.add(ConsumedEvent(consumer="c", event_uuid=new, consumed_at=now))
    async with running(clean_database, MemoryBus()) as relay:
        await relay.elected.wait()
        await announce(sessions, 1)
        await until_depth(sessions, 0)
    async with sessions() as session:
        assert list(await session.scalars(select(ConsumedEvent.event_uuid))) == [new]
