"""Writing events in a transaction, and meeting each of them once."""

import asyncio
import json
from uuid import uuid4

import pytest
from ovix_bus import emit, first_time, outbox_row
from ovix_bus.catalogue import lines, users
from ovix_schema import ConsumedEvent, OutboxMessage
from ovix_testkit import QueryRecorder
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

Sessions = async_sessionmaker[AsyncSession]

pytestmark = pytest.mark.usefixtures("clean_database")


async def waiting(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(select(OutboxMessage.name).order_by(OutboxMessage.id)))


async def test_all_events_of_a_change_are_one_statement_in_order(
    sessions: Sessions, engine: AsyncEngine
) -> None:
    events = [lines.line_created(id=number) for number in range(50)]
    async with sessions.begin() as session:
        with QueryRecorder(engine) as queries:
            await emit(session, *events, lines.extension_created(id=1, exten="10", context="d"))
    assert len(queries) == 1
    async with sessions() as session:
        rows = (await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all()
    assert [row.body["data"]["id"] for row in rows[:50]] == list(range(50))
    assert rows[50].body == {
        "name": "extension_created",
        "data": {"id": 1, "exten": "10", "context": "d"},
        "required_acl": "events.config.extension.created",
    }
    assert rows[50].routing_key == "config.extension.created"


async def test_no_event_is_no_statement(sessions: Sessions, engine: AsyncEngine) -> None:
    async with sessions.begin() as session:
        with QueryRecorder(engine) as queries:
            await emit(session)
    assert len(queries) == 0


async def test_a_transaction_rolled_back_announces_nothing(sessions: Sessions) -> None:
    async with sessions() as session:
        await emit(session, lines.line_created(id=1))
        await session.rollback()
    assert await waiting(sessions) == []


async def test_the_outbox_row_of_plain_drivers_is_the_one_that_emit_writes(
    sessions: Sessions,
) -> None:
    event = users.users_forwards_busy_updated(user_uuid=uuid4(), enabled=True, destination="1003")
    name, routing_key, body = outbox_row(event)
    async with sessions.begin() as session:
        await emit(session, event)
    async with sessions() as session:
        row = (await session.scalars(select(OutboxMessage))).one()
    assert (row.name, row.routing_key, row.body) == (name, routing_key, json.loads(body))


async def test_an_event_is_new_to_a_consumer_once(sessions: Sessions) -> None:
    event_uuid = uuid4()
    for consumer, new in (("calld", True), ("calld", False), ("confgen", True)):
        async with sessions.begin() as session:
            assert await first_time(session, consumer, event_uuid) is new
    async with sessions() as session:
        assert len((await session.scalars(select(ConsumedEvent))).all()) == 2


async def test_a_delivery_that_failed_is_new_again(sessions: Sessions) -> None:
    event_uuid = uuid4()
    async with sessions() as session:
        assert await first_time(session, "calld", event_uuid)
        await session.rollback()
    async with sessions.begin() as session:
        assert await first_time(session, "calld", event_uuid)


async def test_two_deliveries_at_once_are_new_to_one_only(sessions: Sessions) -> None:
    event_uuid = uuid4()

    async def deliver() -> bool:
        async with sessions.begin() as session:
            new = await first_time(session, "calld", event_uuid)
            await asyncio.sleep(0.02)
            return new

    assert sorted(await asyncio.gather(deliver(), deliver(), deliver())) == [False, False, True]
