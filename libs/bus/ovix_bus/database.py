"""Plain asyncpg connections for the relay and the PostgreSQL transport."""

import hashlib
from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # A statement that meets the end of the connection half-way ("another operation in progress").
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What a connection raises when the database is away, restarting or not migrated yet."""

CONNECT_S = 5.0
STATEMENT_S = 30.0

# The server notices within about ten seconds that our machine is gone, and frees its locks.
KEEPALIVES = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


async def open_connection(url: str, name: str, *, durable: bool = True) -> Connection:
    """A connection that is recognised by ``name`` in ``pg_stat_activity``.

    ``durable`` False: commits do not wait for the disk. Only for what may be done twice.
    """
    settings = {**KEEPALIVES, "application_name": name}
    if not durable:
        settings["synchronous_commit"] = "off"
    return await asyncpg.connect(
        url.replace("+asyncpg://", "://", 1),
        timeout=CONNECT_S,
        command_timeout=STATEMENT_S,
        server_settings=settings,
    )


async def close_connection(connection: Connection) -> None:
    """Close, and do not wait long for a server that is gone."""
    try:
        await connection.close(timeout=1)
    except DATABASE_ERRORS:
        connection.terminate()


def lock_key(name: str) -> int:
    """A stable 64-bit key of an advisory lock."""
    digest = hashlib.sha256(f"ovix {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
