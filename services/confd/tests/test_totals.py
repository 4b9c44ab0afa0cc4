"""The totals of lists are exact, although triggers keep them and nobody counts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from httpx import AsyncClient
from ovix_schema import COUNTED, Entity, RowCount
from ovix_web import Sessions
from sqlalchemy import func, select, text

Confd = Any
Client = Callable[..., Awaitable[AsyncClient]]
MOST_PARTS = 40


async def kept_and_real(sessions: Sessions, table: str) -> tuple[dict[Any, int], dict[Any, int]]:
    """What the triggers say of a table by entity, and what is there."""
    entity = "entity_id" if COUNTED[table] else "NULL::integer"
    async with sessions() as session:
        kept = await session.execute(
            select(RowCount.entity_id, func.sum(RowCount.counted))
            .where(RowCount.table_name == table)
            .group_by(RowCount.entity_id)
            .having(func.sum(RowCount.counted) != 0)
        )
        real = await session.execute(text(f"SELECT {entity}, count(*) FROM {table} GROUP BY 1"))
    return {row[0]: int(row[1]) for row in kept}, {row[0]: row[1] for row in real}


async def test_totals_follow_creation_deletion_and_moves(
    confd: Confd, api: AsyncClient, client: Client, entity: Entity, sessions: Sessions
) -> None:
    other = await confd.make("/entities", name="lyon")
    users = [await confd.user() for _ in range(6)]
    await confd.phone(users[0])
    await confd.make("/voicemails", name="box", number="1000", context="default")
    await confd.do("PUT", f"/users/{users[1]['id']}/entities/{other['id']}")
    await confd.do("DELETE", f"/users/{users[2]['id']}")
    refused = await api.post("/users", json={"firstname": "Zoé", "timezone": 5})
    assert refused.status_code == 400
    for entity_id, expected in ((None, 5), (entity.id, 4), (other["id"], 1)):
        theirs = await client("confd.users.read", entity_id=entity_id)
        for page in ("", "?limit=2", "?limit=1&offset=1", "?offset=90"):
            assert (await theirs.get(f"/users{page}")).json()["total"] == expected
    for path in ("/lines", "/endpoints/sip", "/voicemails"):
        assert (await confd.read(path))["total"] == 1
    for table in COUNTED:
        kept, real = await kept_and_real(sessions, table)
        assert kept == real, table


async def test_totals_are_exact_after_many_at_once(confd: Confd, sessions: Sessions) -> None:
    made = await asyncio.gather(*(confd.user() for _ in range(60)))
    removed = [confd.do("DELETE", f"/users/{each['id']}") for each in made[::2]]
    await asyncio.gather(*removed, *(confd.user() for _ in range(30)))
    assert (await confd.read("/users?limit=1"))["total"] == 60
    kept, real = await kept_and_real(sessions, "users")
    assert kept == real
    async with sessions() as session:
        parts = await session.scalar(select(func.count()).select_from(RowCount))
    assert parts is not None
    assert parts < MOST_PARTS


async def test_what_is_rolled_back_or_truncated_is_not_counted(
    confd: Confd, entity: Entity, sessions: Sessions
) -> None:
    await confd.user()
    new = "INSERT INTO users (firstname, entity_id, caller_id) SELECT 'Zoé', :entity, '\"Zoé\"' "
    async with sessions() as session:
        await session.execute(text(new + "FROM generate_series(1, 500)"), {"entity": entity.id})
        await session.rollback()
    assert (await confd.read("/users"))["total"] == 1
    async with sessions() as session:
        await session.execute(text("TRUNCATE users CASCADE"))
        await session.commit()
    assert await kept_and_real(sessions, "users") == ({}, {})
