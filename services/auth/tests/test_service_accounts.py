"""F-010: the accounts that a fresh database has (reference/auth.md, A8)."""

import os
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_auth.app import create_auth_app
from ovix_auth.settings import AuthSettings
from ovix_testkit.databases import SERVER_VARIABLE, clone_template
from ovix_web import running
from ovix_web.passwords import hash_password_now

GRANTED = {
    "xivo-agentd-cli": ("agentd.agents.read", "confd.users.read"),
    "xivo-agid": ("dird.directories.reverse.default.42.read", "dird.personal.read"),
    "xivo-ctid": ("ctid-ng.calls.read", "confd.users.4.services.dnd.read"),
    "xivo-ctid-ng": ("amid.action.Redirect.create", "amid.action.Originate.create"),
    "xivo-dird-phoned": ("dird.directories.input.default.42.read", "dird.personal.read"),
    "xivo-wizard": ("dird.tenants.acme.phonebooks.create", "dird.tenants.acme.phonebooks.read"),
}
"""A right that each account has, and one that it has not."""


@pytest.fixture(scope="module")
def fresh() -> str:
    """The URL of a database that only migrations have written to."""
    return clone_template(os.environ[SERVER_VARIABLE], f"ovix_test_accounts_{os.getpid()}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(fresh: str) -> AsyncIterator[FastAPI]:
    settings = AuthSettings(
        database_url=fresh, bus_url=fresh, access_log=False, address_failures_free=1000
    )
    async with running(create_auth_app(settings)) as started:
        yield started


async def ask(app: FastAPI, login: str, password: str) -> Any:
    transport = ASGITransport(app, client=("192.0.2.77", 40000))
    async with AsyncClient(transport=transport, base_url="http://auth") as client:
        return await client.post(
            "/0.1/token", json={"backend": "xivo_service"}, auth=(login, password)
        )


async def set_password(url: str, login: str, password: str) -> None:
    """What ``ovix account password`` does."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "UPDATE accounts SET password_hash = $2 WHERE login = $1",
            login,
            hash_password_now(password),
        )
    finally:
        await connection.close()


async def test_f010_a_fresh_database_has_the_accounts_and_no_secret_of_theirs(fresh: str) -> None:
    connection = await asyncpg.connect(fresh)
    try:
        rows = await connection.fetch("SELECT * FROM accounts WHERE kind = 'service'")
    finally:
        await connection.close()
    assert {row["login"] for row in rows} == set(GRANTED)
    assert len({row["uuid"] for row in rows}) == len(GRANTED)
    for row in rows:
        assert row["password_hash"] is None
        assert (row["name"], row["internal"], row["enabled"]) == (row["login"], True, True)
        assert "#" not in row["acl"]


@pytest.mark.parametrize("login", GRANTED)
async def test_f010_an_account_may_what_it_needs_once_it_has_a_secret(
    app: FastAPI, fresh: str, login: str
) -> None:
    for guess in ("", login, "proformatique"):
        assert (await ask(app, login, guess)).status_code == 401
    await set_password(fresh, login, f"secret of {login}")
    answer = await ask(app, login, f"secret of {login}")
    assert answer.status_code == 200, answer.text
    token = answer.json()["data"]
    assert token["metadata"]["purpose"] == "internal"
    allowed, denied = GRANTED[login]
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://auth") as client:
        for scope, status in ((allowed, 204), (denied, 403)):
            checked = await client.head(f"/0.1/token/{token['token']}", params={"scope": scope})
            assert checked.status_code == status, scope
