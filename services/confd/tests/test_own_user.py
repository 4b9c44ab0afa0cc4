"""``/users/me``: what a user does for himself, with his own token."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest_asyncio
from httpx import AsyncClient

Confd = Any
Client = Callable[..., Awaitable[AsyncClient]]


@pytest_asyncio.fixture
async def zoe(confd: Confd) -> dict[str, Any]:
    made: dict[str, Any] = await confd.user(lastname="Martin")
    return made


@pytest_asyncio.fixture
async def me(client: Client, zoe: dict[str, Any]) -> AsyncClient:
    return await client("confd.users.me.#", user_uuid=UUID(zoe["uuid"]))


async def test_a_user_reads_himself(me: AsyncClient, zoe: dict[str, Any]) -> None:
    answer = await me.get("/users/me")
    assert answer.json() == zoe


async def test_a_user_changes_what_is_his_and_nothing_else(
    me: AsyncClient, zoe: dict[str, Any], announced: Callable[[], Awaitable[list[str]]]
) -> None:
    body = {
        "email": "zoe@example.org", "mobile_phone_number": "0612", "language": "fr_FR",
        "timezone": "Europe/Paris", "description": "in Lyon", "firstname": "Boss",
        "caller_id": '"Boss"', "call_record_enabled": True, "call_permission_password": "1",
        "enabled": False, "password": "another", "username": "root", "ring_seconds": 1,
    }  # fmt: skip
    assert (await me.put("/users/me", json=body)).status_code == 204
    assert (await announced())[-1] == "user_edited"
    found = (await me.get("/users/me")).json()
    changed = {name for name in found if found[name] != zoe[name]}
    assert changed == {"email", "mobile_phone_number", "language", "timezone", "description"}
    wrong = await me.put("/users/me", json={"language": "french"})
    assert wrong.json()[0].startswith("Input Error - language")


async def test_a_user_switches_his_services_and_forwards(me: AsyncClient) -> None:
    for path, body in (
        ("/services/dnd", {"enabled": True}),
        ("/services", {"incallfilter": {"enabled": True}}),
        ("/forwards/busy", {"enabled": True, "destination": "1001"}),
        ("/forwards", {"noanswer": {"enabled": False, "destination": "1002"}}),
    ):
        assert (await me.put(f"/users/me{path}", json=body)).status_code == 204
    services = (await me.get("/users/me/services")).json()
    assert services == {"dnd": {"enabled": True}, "incallfilter": {"enabled": True}}
    assert (await me.get("/users/me/forwards/busy")).json()["destination"] == "1001"
    assert (await me.get("/users/me/voicemails")).status_code == 404


async def test_me_is_the_holder_of_a_users_token(
    confd: Confd, api: AsyncClient, client: Client
) -> None:
    answer = await api.get("/users/me")
    assert answer.status_code == 404
    assert answer.json()[0].startswith("Resource Not Found - User was not found")
    assert (await api.put("/users/me/services/dnd", json={"enabled": True})).status_code == 404
    assert (await (await client("confd.users.read")).get("/users/me")).status_code == 401


async def test_no_one_reaches_another_as_himself(me: AsyncClient, confd: Confd) -> None:
    other = await confd.user()
    for named in (other["id"], other["uuid"]):
        path = f"/users/{named}/services/dnd"
        assert (await me.put(path, json={"enabled": True})).status_code == 401
        assert (await me.get(f"/users/{named}")).status_code == 401
