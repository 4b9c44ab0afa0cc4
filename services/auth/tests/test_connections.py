"""No connection is held while something else is waited for: one is enough for all of auth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_auth import registration
from ovix_auth.app import create_auth_app
from ovix_auth.settings import AuthSettings
from ovix_schema import Entity
from ovix_web import running
from sqlalchemy import text

from .test_policies import Headers

PASSWORD = "correct horse"


@asynccontextmanager
async def _auth_of_one_connection(
    settings: AuthSettings, **more: Any
) -> AsyncIterator[tuple[FastAPI, AsyncClient]]:
    few = {"database_pool_size": 1, "database_timeout_s": 1.0, **more}
    async with running(create_auth_app(settings.model_copy(update=few))) as app:
        transport = ASGITransport(app, client=("198.18.80.1", 40000), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://auth", timeout=60) as client:
            yield app, client


async def _headers(client: AsyncClient, login: str) -> Headers:
    granted = await client.post(
        "/0.1/token", json={"backend": "xivo_admin"}, auth=(login, PASSWORD)
    )
    assert granted.status_code == 200, granted.text
    return {"X-Auth-Token": granted.json()["data"]["token"]}


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_stranger_who_confirms_an_address_takes_one_connection(
    method: str, settings: AuthSettings, clean_database: str
) -> None:
    async with _auth_of_one_connection(settings) as (_, client):
        url = f"/0.1/emails/{uuid4()}/confirm"
        answer = await client.request(method, url, params={"token": str(uuid4())})
        assert answer.status_code == 401


async def test_a_body_that_comes_slowly_holds_no_connection(
    settings: AuthSettings, save: Any, an_account: Any
) -> None:
    acme = await save(Entity(name="acme"))
    boss = await an_account(kind="admin", acl=["#"])
    is_read, may_go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"name": "slow'
        is_read.set()
        await may_go_on.wait()
        yield b'ly"}'

    async with _auth_of_one_connection(settings) as (_, client):
        headers = await _headers(client, boss.login)
        about = {**headers, "Wazo-Tenant": str(acme.uuid)}
        slow = asyncio.create_task(client.post("/0.1/policies", content=slowly(), headers=about))
        await is_read.wait()
        assert (await client.get("/0.1/policies", headers=headers)).status_code == 200
        may_go_on.set()
        made = await slow
        assert (made.status_code, made.json()["name"]) == (200, "slowly")


async def test_a_token_of_a_tenants_provider_is_asked_for_without_a_connection(
    settings: AuthSettings, save: Any, an_account: Any
) -> None:
    acme = await save(Entity(name="acme"))
    boss = await an_account(kind="admin", acl=["#"])
    user = await an_account(kind="user", entity_id=acme.id)
    async with _auth_of_one_connection(settings) as (_, client):
        headers = {**await _headers(client, boss.login), "Wazo-Tenant": str(acme.uuid)}
        answer = await client.get(f"/0.1/users/{user.uuid}/external/google", headers=headers)
        assert (answer.status_code, answer.json()["error_id"]) == (404, "unknown-external-auth")


async def test_a_password_is_judged_and_hashed_without_a_connection(
    settings: AuthSettings, save: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save(Entity(name="guests"))
    async with _auth_of_one_connection(settings, registration_enabled=True) as (app, client):
        for name in ("accept", "hash_password"):
            does = getattr(registration, name)

            async def beside(*given: Any, _does: Any = does, **more: Any) -> Any:
                async with app.state.sessions() as session:
                    await session.execute(text("SELECT 1"))
                return await _does(*given, **more)

            monkeypatch.setattr(registration, name, beside)
        body = {"username": "z", "password": "vier blaue Tassen", "email_address": "z@example.org"}
        answer = await client.post("/0.1/users/register", json=body)
        assert answer.status_code == 200, answer.text
