"""Opens the database of this installation and brings it to the newest schema."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Literal
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from ovix_engines.postgres import EmbeddedPostgres, EngineError

from .home import CliError, Home

DATABASE = "ovix"
Action = Literal["upgrade", "downgrade", "check"]
SCRATCH = "ovix_check_migrations"


@contextmanager
def exclusively(home: Home) -> Iterator[None]:
    """Only one ``ovix up`` per checkout: the second one is told who is first."""
    home.directory.mkdir(exist_ok=True)
    with (home.directory / "up.lock").open("a+") as lock:
        if not _locked(lock):
            lock.seek(0)
            raise CliError(f"'ovix up' runs here already (process {lock.read().strip() or '?'}).")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_up(home: Home) -> bool:
    """Whether ``ovix up`` runs in this checkout."""
    path = home.directory / "up.lock"
    if not path.exists():
        return False
    with path.open("r+") as lock:
        return not _locked(lock)


@contextmanager
def server(home: Home) -> Iterator[str]:
    """URL of ``OVIX_DATABASE_URL``, else of the embedded PostgreSQL, started for the while.

    A server that ``ovix up`` runs is used as it is, and left running.
    """
    url = os.environ.get("OVIX_DATABASE_URL")
    if url:
        yield url
        return
    postgres = embedded(home)
    lent = is_up(home)
    start(postgres)
    try:
        yield postgres.url(DATABASE)
    finally:
        if not lent:
            postgres.stop()


@contextmanager
def scratch_server(home: Home) -> Iterator[str]:
    """A server to try things on: ``OVIX_DATABASE_URL``'s, else one that vanishes afterwards."""
    url = os.environ.get("OVIX_DATABASE_URL")
    if url:
        yield url
        return
    directory = home.directory / "check-postgres"
    postgres = EmbeddedPostgres(directory, settings={"fsync": "off"})
    start(postgres)
    try:
        yield postgres.url()
    finally:
        postgres.stop()
        shutil.rmtree(postgres.directory)


def embedded(home: Home) -> EmbeddedPostgres:
    """The PostgreSQL kept in ``.ovix``."""
    return EmbeddedPostgres(home.postgres, port=int(os.environ.get("OVIX_POSTGRES_PORT", "0")))


def start(postgres: EmbeddedPostgres) -> None:
    """Start it, with its one database made on the first run."""
    try:
        postgres.start()
    except EngineError as error:
        raise CliError(str(error)) from error
    asyncio.run(_ensure_database(postgres.url(), DATABASE))


def upgrade(home: Home, url: str) -> None:
    """Bring the database to the newest schema; waits for another process that does so already."""
    _alembic(home, url, "upgrade", "head")


def check(home: Home, url: str) -> list[str]:
    """Try every migration on a scratch database beside ``url``; returns the steps that passed."""
    scratch = _sibling(url, SCRATCH)
    steps: tuple[tuple[str, Action, str | None], ...] = (
        ("an empty database comes to the newest schema", "upgrade", "head"),
        ("the models and the migrations describe the same schema", "check", None),
        ("the newest migration can be undone", "downgrade", "-1"),
        ("and done again", "upgrade", "head"),
        ("every migration can be undone", "downgrade", "base"),
        ("and done again after that", "upgrade", "head"),
    )
    passed = []
    asyncio.run(_recreate(url, SCRATCH))
    try:
        for step, action, revision in steps:
            try:
                _alembic(home, scratch, action, *([revision] if revision else []))
            except CliError as error:
                raise CliError(f"Not so: {step}.\n{error}") from error
            passed.append(step)
    finally:
        asyncio.run(_drop(url, SCRATCH))
    return passed


def _alembic(home: Home, url: str, action: Action, *arguments: str) -> None:
    # Here, because it brings all of SQLAlchemy and most commands need neither.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config(home.root / "alembic.ini")
    config.set_main_option("script_location", str(home.migrations))
    config.attributes["url"] = url
    try:
        getattr(command, action)(config, *arguments)
    except CommandError as error:
        raise CliError(str(error)) from error


def _sibling(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def _ensure_database(server_url: str, name: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    finally:
        await connection.close()


async def _recreate(server_url: str, name: str) -> None:
    await _drop(server_url, name)
    await _ensure_database(server_url, name)


async def _drop(server_url: str, name: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
