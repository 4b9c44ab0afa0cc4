"""Accounts made by the command: the ones no API could make."""

from contextlib import nullcontext
from pathlib import Path

import asyncpg
import pytest
import yaml
from ovix_cli import accounts, database
from ovix_cli.commands.account import application
from ovix_cli.home import CliError
from ovix_web.passwords import verify_password
from typer.testing import CliRunner


async def row(url: str, login: str) -> asyncpg.Record:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchrow("SELECT * FROM accounts WHERE login = $1", login)
    finally:
        await connection.close()
    assert found is not None
    return found


async def test_the_first_administrator_is_created(clean_database: str) -> None:
    assert await accounts.administrators(clean_database) == 0
    await accounts.create_administrator(clean_database, "alice", "s3same", name="Alice")
    assert await accounts.administrators(clean_database) == 1
    alice = await row(clean_database, "alice")
    assert alice["kind"] == "admin"
    assert alice["entity_id"] is None
    assert await verify_password(alice["password_hash"], "s3same")


async def test_a_login_is_given_once(clean_database: str) -> None:
    await accounts.create_administrator(clean_database, "alice", "s3same", name="Alice")
    with pytest.raises(CliError, match="'ALICE' exists already"):
        await accounts.create_administrator(clean_database, "ALICE", "other", name="Alice")


async def test_a_program_has_its_own_rights_and_address(clean_database: str) -> None:
    await accounts.create_service(
        clean_database, "crm", "s3same", acl=["confd.users.read"], host="192.0.2.10"
    )
    crm = await row(clean_database, "crm")
    assert (crm["kind"], crm["acl"], crm["host"]) == ("service", ["confd.users.read"], "192.0.2.10")


async def test_an_account_of_an_unknown_entity_is_refused(clean_database: str) -> None:
    with pytest.raises(CliError, match="no entity 'nowhere'"):
        await accounts.create_administrator(
            clean_database, "alice", "s3same", name="Alice", entity="nowhere"
        )
    assert await accounts.administrators(clean_database) == 0


async def test_the_commands_own_account_follows_the_secrets(clean_database: str) -> None:
    await accounts.ensure_local(clean_database, "first")
    await accounts.ensure_local(clean_database, "second")
    local = await row(clean_database, accounts.LOCAL_LOGIN)
    assert local["host"] == "127.0.0.1"
    assert await verify_password(local["password_hash"], "second")


@pytest.fixture
def on_machine(clean_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The commands write to the test's database; the directory of the test."""
    monkeypatch.setattr(database, "server", lambda home: nullcontext(clean_database))
    monkeypatch.setenv("OVIX_HOME", str(tmp_path / "home"))
    return tmp_path


async def without_password(url: str, login: str) -> None:
    await accounts.create_service(url, login, "x", acl=["agentd.#"])
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE accounts SET password_hash = NULL WHERE login = $1", login)
    finally:
        await connection.close()


async def test_f010_an_operator_gives_an_account_a_secret_that_is_shown_once(
    clean_database: str,
) -> None:
    await without_password(clean_database, "xivo-agid")
    [before] = await accounts.programs(clean_database)
    assert (before.login, before.has_password, before.acl) == ("xivo-agid", False, ["agentd.#"])
    uuid = await accounts.set_password(clean_database, "XIVO-agid", "a secret")
    stored = await row(clean_database, "xivo-agid")
    assert str(stored["uuid"]) == uuid
    assert await verify_password(stored["password_hash"], "a secret")
    [after] = await accounts.programs(clean_database)
    assert after.has_password
    with pytest.raises(CliError, match="no program's account 'nobody'"):
        await accounts.set_password(clean_database, "nobody", "x")


@pytest.fixture
async def agid(clean_database: str) -> str:
    await without_password(clean_database, "xivo-agid")
    return clean_database


def test_f010_the_command_prints_a_random_secret(agid: str, on_machine: Path) -> None:
    run = CliRunner().invoke
    assert "no password" in run(application, ["list"]).output
    made = {run(application, ["password", "xivo-agid"]).output for _ in range(2)}
    assert len(made) == 2, "two random ones"
    assert all("Password: " in each for each in made)
    assert "no password" not in run(application, ["list"]).output
    chosen = run(application, ["password", "xivo-agid", "--password", "my own"]).output
    assert "my own" not in chosen


def test_f010_the_command_writes_the_key_file_that_xivos_daemons_read(
    agid: str, on_machine: Path
) -> None:
    """reference/auth.md, A8: service_id and service_key, mode 600."""
    path = on_machine / "xivo-agid-key.yml"
    path.write_text("older")
    path.chmod(0o644)
    done = CliRunner().invoke(application, ["password", "xivo-agid", "--key-file", str(path)])
    assert done.exit_code == 0, done.output
    key = yaml.safe_load(path.read_text())
    assert key["service_id"] == "xivo-agid"
    assert key["service_key"] not in done.output
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in on_machine.iterdir() if "key" in each.name] == [path.name]
    nowhere = on_machine / "none" / "key.yml"
    failed = CliRunner().invoke(application, ["password", "xivo-agid", "--key-file", str(nowhere)])
    assert isinstance(failed.exception, CliError)
    again = CliRunner().invoke(application, ["password", "nobody", "--key-file", str(path)])
    assert isinstance(again.exception, CliError)
    assert yaml.safe_load(path.read_text()) == key
