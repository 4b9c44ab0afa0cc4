"""Two of the service on one database, and one that is started again."""

import asyncio
import time
from typing import Any

import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_auth.app import create_auth_app
from ovix_web import running

PATIENCE_S = 30.0


@pytest_asyncio.fixture(loop_scope="session")
async def another(settings: Any) -> Any:
    """A second replica."""
    async with running(create_auth_app(settings)) as started:
        yield started


def _client(app: FastAPI) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app), base_url="http://auth")


async def _until_listening(app: FastAPI) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not app.state.guard.listening:
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.02)


async def test_a_revocation_empties_the_other_replicas_cache(
    app: FastAPI, another: FastAPI, alice: Any, log_in: Any
) -> None:
    """That it is heard at all; the guard does not believe a cache older than a second's hearing."""
    await alice
    await _until_listening(another)
    url = f"/0.1/token/{(await log_in('xivo_user', 'alice')).json()['data']['token']}"
    async with _client(app) as first, _client(another) as second:
        assert (await second.head(f"{url}?scope=websocketd")).status_code == 204
        assert another.state.guard._cache
        assert (await first.delete(url)).status_code == 200
        assert (await first.head(url)).status_code == 404, "at once where it was revoked"
        give_up_at = time.monotonic() + PATIENCE_S
        while (await second.head(url)).status_code == 204:
            assert time.monotonic() < give_up_at
            await asyncio.sleep(0.02)
        assert not another.state.guard._cache


async def test_a_session_outlives_the_service(settings: Any, alice: Any, log_in: Any) -> None:
    user = await alice
    offline = {"access_type": "offline", "client_id": "app"}
    data = (await log_in("xivo_user", "alice", **offline)).json()["data"]
    for _ in range(2):
        async with running(create_auth_app(settings)) as started, _client(started) as client:
            found = await client.get(f"/0.1/token/{data['token']}")
            assert found.json()["data"]["auth_id"] == str(user.uuid)
            again = {"client_id": "app", "refresh_token": data["refresh_token"]}
            assert (await client.post("/0.1/token", json=again)).status_code == 200
