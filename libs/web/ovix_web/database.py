"""The engine a service talks to PostgreSQL with, and the transaction of a request."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import asyncpg
import orjson
from fastapi import Depends, Request
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from .errors import DatabaseUnavailable

Sessions = async_sessionmaker[AsyncSession]

IDLE_BEFORE_PING_S = 5.0
"""A connection that rested longer is tried before use: a firewall or restart may have cut it."""


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def open_engine(
    url: str, *, application: str, pool_size: int = 10, timeout_s: float = 5.0, **options: Any
) -> AsyncEngine:
    """An engine on a plain ``postgresql://`` URL; connecting fails as `DatabaseUnavailable`."""

    async def connect() -> asyncpg.Connection:
        try:
            return await asyncpg.connect(
                url,
                timeout=timeout_s,
                server_settings={"application_name": application, "jit": "off"},
            )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseUnavailable(cause=str(error)) from error

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout_s,
        json_serializer=_json,
        json_deserializer=orjson.loads,
        **options,
    )
    _ping_rested_connections(engine)
    return engine


def _ping_rested_connections(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "checkin")
    def _remember(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def _try(connection: Any, record: Any, _proxy: Any) -> None:
        rests_since = record.info.get("rests_since")
        if rests_since is None or time.monotonic() - rests_since < IDLE_BEFORE_PING_S:
            return
        dialect = engine.sync_engine.dialect
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise exc.DisconnectionError from error  # the pool replaces it


async def session_for(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction per request, rolled back on any error."""
    sessions: Sessions = request.app.state.sessions
    async with sessions() as session, session.begin():
        yield session


DbSession = Annotated[AsyncSession, Depends(session_for, scope="function")]
"""The request's session. With ``scope="function"`` it commits before the response is sent, so a
commit that fails is an error the client sees."""
