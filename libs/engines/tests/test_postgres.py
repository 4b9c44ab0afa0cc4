"""The embedded PostgreSQL: started, adopted, killed, moved where its user may go."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from ovix_engines import postgres
from ovix_engines.postgres import EmbeddedPostgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(tmp_path / "postgres", settings={"fsync": "off"})
    made.start()
    yield made
    made.stop()


async def answer(server: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(server.url())
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_it_has_what_searches_need(server: EmbeddedPostgres) -> None:
    for extension in ("unaccent", "pg_trgm", "pg_stat_statements"):
        found = f"SELECT count(*) FROM pg_available_extensions WHERE name = '{extension}'"
        assert await answer(server, found) == 1


async def test_only_the_drawn_password_is_hashed_once(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.url())
    await connection.execute("CREATE ROLE another LOGIN PASSWORD 'somebodys own'")
    rows = await connection.fetch("SELECT rolname, rolpassword FROM pg_authid WHERE rolcanlogin")
    await connection.close()
    hashes = {row["rolname"]: row["rolpassword"].split("$")[1].split(":")[0] for row in rows}
    assert hashes == {"postgres": "1", "another": "4096"}


async def test_a_second_start_adopts_the_server_that_runs(server: EmbeddedPostgres) -> None:
    other = EmbeddedPostgres(server.directory)
    other.start()
    assert (other.pid, other.url()) == (server.pid, server.url())
    other.leave()


async def test_what_was_committed_survives_a_kill(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.url())
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    await connection.close()
    server.kill()
    server.start()
    assert await answer(server, "SELECT number FROM kept") == 7


async def test_strangers_need_the_password(server: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:guess@127.0.0.1:{server.port}/postgres")


def test_data_of_a_closed_directory_is_moved_and_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The places are those of root, whoever runs this; what follows is the same for all.
    monkeypatch.setattr(postgres, "ROOT_STATE", tmp_path / "state")
    first = postgres._moved(tmp_path / "closed")
    assert postgres._moved(tmp_path / "closed") == first
    assert (first / "origin").read_text() == str(tmp_path / "closed")
    shutil.rmtree(tmp_path / "closed")
    second = postgres._moved(tmp_path / "closed")
    assert second != first
    assert not first.exists()
    assert second.exists()


def test_data_of_a_renamed_directory_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ROOT_STATE", tmp_path / "state")
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    data = postgres._moved(tmp_path / "ovix")
    log = data / "postgresql.log"
    log.touch()
    (tmp_path / "ovix").rename(tmp_path / "renamed")
    postgres._moved(tmp_path / "another")
    assert data.exists()
    assert postgres._moved(tmp_path / "renamed") == data
    assert (data / "origin").read_text() == str(tmp_path / "renamed")
    shutil.rmtree(tmp_path / "renamed")
    long_ago = time.time() - 2 * postgres.KEPT_S
    os.utime(log, (long_ago, long_ago))
    postgres._moved(tmp_path / "a third")
    assert not data.exists()


def test_data_that_another_process_is_just_deleting_disturbs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ROOT_STATE", tmp_path / "state")
    half = postgres._moved(tmp_path / "one")
    (half / "postgresql.log").touch()
    (half / "origin").unlink()
    assert postgres._moved(tmp_path / "another").exists()
    assert not half.exists()


async def test_a_start_after_a_power_cut_waits_for_the_server_itself(
    server: EmbeddedPostgres,
) -> None:
    of_before = (server.data / "postmaster.pid").read_bytes()
    server.kill()
    (server.data / "postmaster.pid").write_bytes(of_before)
    server.start()
    assert await answer(server, "SELECT 1") == 1
