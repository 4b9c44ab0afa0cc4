"""Alembic's environment: brings the database of OVIX_DATABASE_URL to ovix_schema's metadata."""

import asyncio
import os

from alembic import context
from ovix_schema import Table
from sqlalchemy import Column, Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

MIGRATION_LOCK = 0x0F1C5


def _url() -> str:
    url = context.config.attributes.get("url") or os.environ.get("OVIX_DATABASE_URL")
    if not url:
        raise SystemExit("Set OVIX_DATABASE_URL to the database to migrate (postgresql://…).")
    return str(url).replace("postgresql://", "postgresql+asyncpg://", 1)


def _is_comparable(
    item: object, _name: str | None, _kind: str, _reflected: bool, counterpart: object
) -> bool:
    # PostgreSQL rewrites a generated column's expression, so the texts can't be compared.
    generated = isinstance(item, Column) and item.computed is not None
    return not (generated and counterpart is not None)


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        compare_server_default=True,
        include_object=_is_comparable,
        transaction_per_migration=True,
    )
    # Several containers may start at once: one migrates, the others wait for it. Of the session, as
    # each migration is a transaction of its own.
    connection.execute(text(f"SELECT pg_advisory_lock({MIGRATION_LOCK})"))
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    with context.begin_transaction():
        context.run_migrations()


async def _run() -> None:
    engine = create_async_engine(_url(), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: offline mode is not supported.")
asyncio.run(_run())
