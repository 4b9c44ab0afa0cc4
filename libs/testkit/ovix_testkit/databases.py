"""Databases for tests: a PostgreSQL, a migrated template in it, and copies of that template."""

import asyncio
import fcntl
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from ovix_engines.postgres import EmbeddedPostgres
from ovix_schema import Table

ROOT = Path(__file__).resolve().parents[3]
SERVER_VARIABLE = "OVIX_TEST_DATABASE_URL"
"""A server that tests may create databases on; unset: the embedded one is started."""
TEMPLATE = "ovix_test_template"
KEPT_TABLES = frozenset(
    {"cti_profiles", "feature_codes", "installation", "settings", "voicemail_zones"}
)
"""Rows that migrations put there, and that tests leave alone."""


class SharedServer:
    """A throw-away embedded server that several test runs of one checkout share.

    Each run holds a shared lock; the last one to leave stops the server.
    """

    def __init__(self) -> None:
        state = ROOT / ".ovix"
        state.mkdir(exist_ok=True)
        self._server = EmbeddedPostgres(
            state / "test-postgres",
            # Nothing is synced to disk: this data need not survive a power cut.
            settings={"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"},
        )
        self._turn = state / "test-postgres.turn"
        self._users = (state / "test-postgres.users").open("w")

    def start(self) -> str:
        """Start or join the server; returns the URL of its maintenance database."""
        with self._turn.open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._server.start()
        return self._server.url()

    def stop(self) -> None:
        """Leave the server, and stop it when no other run uses it."""
        with self._turn.open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._server.leave()
            else:
                self._server.stop()
            self._users.close()


def database_url(server_url: str, database: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{database}"))


def migrate(url: str, revision: str = "head") -> None:
    """Run Alembic in a process of its own, as a deployment does."""
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", revision],
        cwd=ROOT,
        env={**os.environ, "OVIX_DATABASE_URL": url},
        check=True,
        capture_output=True,
    )


def ensure_template(server_url: str) -> None:
    """Make the migrated template unless one of the current migrations and tables is there."""
    stamp = _stamp()
    lock = ROOT / ".ovix" / "test-template.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if asyncio.run(_comment(server_url)) == stamp:
            return
        asyncio.run(_recreate(server_url, TEMPLATE))
        migrate(database_url(server_url, TEMPLATE))
        asyncio.run(_set_comment(server_url, stamp))


def clone_template(server_url: str, name: str) -> str:
    """A fresh copy of the template; returns its URL."""
    asyncio.run(_recreate(server_url, name, template=TEMPLATE))
    return database_url(server_url, name)


class Emptying:
    """Deletes every row of one database but those that migrations put there, again and again.

    Not by TRUNCATE, which makes new files for every table and takes many times as long where there
    are next to no rows. Ids count from 1 again, but for those that extensions share with the
    feature codes that stay. It happens before almost every test: the connection stays open, and
    with it the plans of one statement for each table.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None

    async def empty(self) -> None:
        """Tests may have ended the connection, with those of the service they look at."""
        if self._connection is not None:
            with suppress(asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
                await self._connection.execute("SELECT pg_temp.empty_tables()")
                return
            self._connection.terminate()
        self._connection = await asyncpg.connect(self._url)
        await self._connection.execute(_EMPTYING)
        await self._connection.execute("SELECT pg_temp.empty_tables()")

    async def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.terminate()


async def empty_tables(url: str) -> None:
    """Once."""
    emptying = Emptying(url)
    try:
        await emptying.empty()
    finally:
        await emptying.close()


# As a replica, foreign keys and triggers rest: the order of the tables does not matter.
_EMPTYING = (
    "SET session_replication_role = replica;"
    "CREATE FUNCTION pg_temp.empty_tables() RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
    + " ".join(
        f"DELETE FROM {table.name};"
        for table in Table.metadata.sorted_tables
        if table.name not in KEPT_TABLES
    )
    + " PERFORM setval(oid::regclass, 1, false) FROM pg_class"
    " WHERE relkind = 'S' AND relname <> 'extension_id_seq';"
    " END $$"
)


def _stamp() -> str:
    files = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    return " ".join(f"{file.name}:{file.stat().st_mtime_ns}" for file in files)


async def _comment(server_url: str) -> str | None:
    connection = await asyncpg.connect(server_url)
    try:
        found = await connection.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1",
            TEMPLATE,
        )
    finally:
        await connection.close()
    return str(found) if found else None


async def _set_comment(server_url: str, stamp: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f"COMMENT ON DATABASE {TEMPLATE} IS '{stamp}'")
    finally:
        await connection.close()


async def _recreate(server_url: str, name: str, template: str = "template0") -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
    finally:
        await connection.close()
