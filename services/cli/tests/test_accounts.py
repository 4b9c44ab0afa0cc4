"""Accounts made by the command: the ones no API could make."""

import asyncpg
import pytest
from ovix_cli import accounts
from ovix_cli.home import CliError
from ovix_web.passwords import verify_password


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
