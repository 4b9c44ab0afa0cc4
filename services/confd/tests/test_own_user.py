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
    # Labels are the administration's.
    assert answer.json() == {name: zoe[name] for name in zoe if name != "labels"}


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


async def test_a_path_with_his_uuid_lets_him_do_no_more(
    client: Client, confd: Confd, zoe: dict[str, Any]
) -> None:
    # What XiVO's back end of users grants.
    me = await client("confd.users.me.read", "confd.users.me.update", user_uuid=UUID(zoe["uuid"]))
    label = await confd.make("/labels", display_name="boss")
    await confd.do("PUT", f"/users/{zoe['id']}", labels=[{"id": label["id"]}])
    path = f"/users/{zoe['uuid']}"
    body = {
        "call_permission_password": "1",
        "caller_id": '"Boss"',
        "language": "fr_FR",
        "labels": [],
    }
    seen = (await me.get(path)).headers["ETag"]
    assert (await me.put(path, json=body, headers={"If-Match": seen})).status_code == 204
    assert (await me.put(path, json=body, headers={"If-Match": seen})).status_code == 412
    shown = await confd.read(path)
    assert (shown["caller_id"], shown["call_permission_password"]) == (zoe["caller_id"], None)
    assert (shown["language"], len(shown["labels"])) == ("fr_FR", 1)
    assert "labels" not in (await me.get(path)).json()
    assert (await me.get(f"/users/{zoe['id']}")).status_code == 401


async def test_an_administrator_who_is_a_user_changes_all_of_himself(
    client: Client, confd: Confd, zoe: dict[str, Any]
) -> None:
    admin = await client("confd.#", user_uuid=UUID(zoe["uuid"]))
    path = f"/users/{zoe['uuid']}"
    assert (await admin.put(path, json={"caller_id": '"Boss"'})).status_code == 204
    assert (await admin.get(path)).json() == await confd.read(path)
    assert (await confd.read(path))["caller_id"] == '"Boss"'


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
