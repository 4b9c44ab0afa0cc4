"""The first administrator by the key of a container."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from ovix_auth.app import create_auth_app
from ovix_schema import Account
from ovix_web import Sessions, running
from pydantic import SecretStr
from sqlalchemy import func, select

KEY = "a key as long as keys should be"
RIGHT = {"key": KEY, "username": "chief", "password": "a long secret"}


@pytest_asyncio.fixture(loop_scope="session")
async def started(settings: Any, clean_database: str) -> Any:
    """A client of an auth that was started with a key."""
    with_key = settings.model_copy(update={"init_key": SecretStr(KEY)})
    async with running(create_auth_app(with_key)) as app:
        transport = ASGITransport(app, client=("198.18.77.1", 1), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://auth") as client:
            yield client


async def test_the_key_makes_one_administrator_who_has_every_right(started: AsyncClient) -> None:
    made = await started.post("/0.1/init", json=RIGHT)
    assert made.status_code == 200, made.text
    assert made.json()["username"] == "chief"
    token = await started.post(
        "/0.1/token", json={"backend": "xivo_admin"}, auth=("chief", RIGHT["password"])
    )
    assert token.json()["data"]["auth_id"] == made.json()["uuid"]
    assert {"confd.#", "auth.#", "dird.tenants.#"} <= set(token.json()["data"]["acls"])
    again = await started.post("/0.1/init", json={**RIGHT, "username": "other"})
    assert again.status_code == 409
    assert again.json()["error_id"] == "already-initialised"


async def test_two_at_once_make_one(started: AsyncClient, sessions: Sessions) -> None:
    answers = await asyncio.gather(
        *(
            started.post("/0.1/init", json={**RIGHT, "username": f"chief{number}"})
            for number in range(4)
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Account)) == 1


async def test_guesses_at_the_key_are_slowed_down(started: AsyncClient, sessions: Sessions) -> None:
    statuses = [
        (await started.post("/0.1/init", json={**RIGHT, "key": f"guess {number}"})).status_code
        for number in range(8)
    ]
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Account)) == 0


@pytest.mark.parametrize("key", ["", "any", "None"])
async def test_without_a_key_nobody_is_made(
    client: AsyncClient, clean_database: str, key: str
) -> None:
    response = await client.post("/0.1/init", json={**RIGHT, "key": key})
    assert response.status_code == (401 if key else 400)


@pytest.mark.parametrize(
    "body", [{}, {"key": KEY}, {**RIGHT, "password": "short"}, {**RIGHT, "username": ""}]
)
async def test_what_is_no_account_is_refused(started: AsyncClient, body: dict[str, Any]) -> None:
    assert (await started.post("/0.1/init", json=body)).status_code == 400
