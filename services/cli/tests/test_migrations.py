"""Migrations, where several machines start at once."""

import asyncio
import os

import asyncpg
from ovix_testkit import databases

TRIED = "ovix_migrated_by_two"


async def test_two_that_migrate_an_empty_database_at_once_take_turns() -> None:
    """The one that waited finds nothing left to do."""
    server = os.environ[databases.SERVER_VARIABLE]
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {TRIED} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {TRIED}")
        url = databases.database_url(server, TRIED)
        await asyncio.gather(*(asyncio.to_thread(databases.migrate, url) for _ in range(2)))
        await admin.execute(f"DROP DATABASE {TRIED} WITH (FORCE)")
    finally:
        await admin.close()
