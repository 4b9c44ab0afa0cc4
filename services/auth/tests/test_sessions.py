"""Sessions: listed, revoked, limited, and told of on the bus."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from httpx import AsyncClient
from ovix_auth.cleaner import Cleaner
from ovix_bus import Event
from ovix_bus.catalogue import auth as events
from ovix_bus.outbox import outbox_row
from ovix_schema import Entity, Token
from ovix_testkit.announced import Announced, announced
from ovix_web import Sessions
from sqlalchemy import delete, update


def _is_told(event: Event, told: list[Announced]) -> bool:
    name, key, body = outbox_row(event)
    return Announced(name, key, orjson.loads(body)["data"]) in told


async def _token(log_in: Any, *login: str, **body: Any) -> dict[str, Any]:
    response = await log_in(*login, **body)
    assert response.status_code == 200, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


@pytest.fixture
async def admin(an_account: Any, log_in: Any) -> dict[str, str]:
    """Headers of an administrator."""
    account = await an_account(kind="admin")
    return {"X-Auth-Token": (await _token(log_in, "xivo_admin", account.login))["token"]}


async def test_a_token_tells_what_later_versions_tell(
    alice: Any, an_account: Any, log_in: Any, client: AsyncClient
) -> None:
    user = await alice
    data = await _token(log_in, "xivo_user", "alice")
    assert data["pbx_user_uuid"] == str(user.uuid)
    assert data["user_agent"].startswith("python-httpx")
    assert data["remote_addr"].startswith("192.0.")
    assert data["metadata"] == {
        "uuid": str(user.uuid),
        "auth_id": str(user.uuid),
        "tenant_uuid": data["metadata"]["tenant_uuid"],
        "pbx_user_uuid": str(user.uuid),
        "xivo_uuid": data["xivo_uuid"],
        "purpose": "user",
        "admin": False,
    }
    assert "refresh_token" not in data
    program = await an_account()
    of_program = await _token(log_in, "xivo_service", program.login)
    assert of_program["metadata"]["purpose"] == "external_api"
    root = await an_account(kind="admin")
    assert (await _token(log_in, "xivo_admin", root.login))["metadata"]["admin"] is True
    read = await client.get(f"/0.1/token/{data['token']}")
    assert read.json()["data"] == data


async def test_sessions_are_listed_and_revoked_by_an_administrator(
    alice: Any, admin: dict[str, str], log_in: Any, client: AsyncClient
) -> None:
    user = await alice
    data = await _token(log_in, "xivo_user", "alice")
    listed = await client.get("/0.1/sessions", headers=admin, params={"user_uuid": str(user.uuid)})
    assert listed.status_code == 200
    assert (listed.json()["total"], listed.json()["filtered"]) == (2, 1)
    (session,) = listed.json()["items"]
    assert session["uuid"] == data["session_uuid"]
    assert session["mobile"] is False
    assert data["token"] not in listed.text
    of_user = await client.get(f"/0.1/users/{user.uuid}/sessions", headers=admin)
    assert of_user.json()["items"] == [session]
    url = f"/0.1/sessions/{session['uuid']}"
    assert (await client.delete(url, headers=admin)).status_code == 204
    assert (await client.head(f"/0.1/token/{data['token']}")).status_code == 404
    gone = await client.delete(url, headers=admin)
    assert gone.status_code == 404
    assert gone.json()["error_id"] == "unknown-session"
    assert gone.json()["resource"] == "sessions"


async def test_a_user_sees_and_ends_his_own_sessions_only(
    alice: Any, admin: dict[str, str], log_in: Any, client: AsyncClient
) -> None:
    await alice
    mine, other = [await _token(log_in, "xivo_user", "alice") for _ in range(2)]
    headers = {"Authorization": f"Bearer {mine['token']}"}
    assert (await client.get("/0.1/sessions", headers=headers)).status_code == 401
    listed = await client.get("/0.1/users/me/sessions", headers=headers)
    assert {each["uuid"] for each in listed.json()["items"]} == {
        mine["session_uuid"],
        other["session_uuid"],
    }
    stranger = await client.get(f"/0.1/users/{uuid4()}/sessions", headers=headers)
    assert stranger.status_code == 401
    assert stranger.json()["details"]["reason"] == "missing_permission"
    ended = await client.delete(f"/0.1/users/me/sessions/{other['session_uuid']}", headers=headers)
    assert ended.status_code == 204
    assert (await client.head(f"/0.1/token/{other['token']}")).status_code == 404
    assert (await client.head(f"/0.1/token/{mine['token']}")).status_code == 204


async def test_an_administrator_of_an_entity_sees_its_sessions_only(
    an_account: Any, save: Any, log_in: Any, client: AsyncClient, admin: dict[str, str]
) -> None:
    acme, other = await save(Entity(name="acme")), await save(Entity(name="other"))
    theirs = await an_account(entity_id=other.id)
    hidden = await _token(log_in, "xivo_service", theirs.login)
    assert hidden["metadata"]["tenant_uuid"] == str(other.uuid)
    local = await an_account(kind="admin", entity_id=acme.id)
    data = await _token(log_in, "xivo_admin", local.login)
    headers = {"X-Auth-Token": data["token"]}
    listed = (await client.get("/0.1/sessions", headers=headers)).json()
    assert [each["uuid"] for each in listed["items"]] == [data["session_uuid"]]
    assert listed["total"] == 1
    url = f"/0.1/sessions/{hidden['session_uuid']}"
    assert (await client.delete(url, headers=headers)).status_code == 404
    assert (await client.head(f"/0.1/token/{hidden['token']}")).status_code == 204


@pytest.mark.parametrize(
    "query", ["limit=x", "offset=-1", "order=token_hash", "direction=up", "limit=-1"]
)
async def test_wrong_parameters_of_a_list_are_refused(
    admin: dict[str, str], client: AsyncClient, query: str
) -> None:
    response = await client.get(f"/0.1/sessions?{query}", headers=admin)
    assert response.status_code == 400
    assert response.json()["error_id"] == "invalid-data"


async def test_a_list_is_ordered_and_given_in_parts(
    alice: Any, admin: dict[str, str], log_in: Any, client: AsyncClient
) -> None:
    user = await alice
    made = [(await _token(log_in, "xivo_user", "alice"))["session_uuid"] for _ in range(3)]
    url = f"/0.1/users/{user.uuid}/sessions"
    newest = await client.get(f"{url}?direction=desc&limit=2", headers=admin)
    assert [each["uuid"] for each in newest.json()["items"]] == made[:0:-1]
    assert newest.json()["total"] == newest.json()["filtered"] == 3
    assert (await client.get(f"{url}?limit=0", headers=admin)).json()["items"] == []
    found = await client.get(f"{url}?search={made[0][:13]}", headers=admin)
    assert [each["uuid"] for each in found.json()["items"]] == [made[0]]


async def test_the_life_of_a_session_is_told(
    alice: Any, log_in: Any, client: AsyncClient, sessions: Sessions
) -> None:
    user = await alice
    data = await _token(log_in, "xivo_user", "alice")
    known: dict[str, Any] = {
        "uuid": UUID(data["session_uuid"]),
        "user_uuid": str(user.uuid),
        "tenant_uuid": data["metadata"]["tenant_uuid"],
    }
    assert _is_told(events.auth_session_created(**known, mobile=False), await announced(sessions))
    ended = events.auth_session_deleted(**known)
    assert not _is_told(ended, await announced(sessions))
    await client.delete(f"/0.1/token/{data['token']}")
    assert _is_told(ended, await announced(sessions))
    assert data["token"] not in str(await announced(sessions))


async def test_the_end_of_an_expired_session_is_told_by_the_sweep_and_before(
    alice: Any, log_in: Any, sessions: Sessions, settings: Any
) -> None:
    user = await alice
    near = await _token(log_in, "xivo_user", "alice", expiration=200)
    far = await _token(log_in, "xivo_user", "alice", expiration=2000)
    cleaner = Cleaner(sessions, settings.model_copy(update={"token_cleanup_batch": 1}))
    assert await cleaner.announce_ends() == 1
    assert await cleaner.announce_ends() == 0, "each is told once"
    known: dict[str, Any] = {
        "uuid": UUID(near["session_uuid"]),
        "user_uuid": str(user.uuid),
        "tenant_uuid": near["metadata"]["tenant_uuid"],
    }
    soon = events.auth_session_expire_soon(**known)
    told = await announced(sessions)
    assert _is_told(soon, told)
    assert soon.routing_key == f"auth.users.{user.uuid}.sessions.{known['uuid']}.expire_soon"
    assert far["session_uuid"] not in str([each for each in told if "expire" in each[0]])
    async with sessions.begin() as session:
        await session.execute(
            update(Token)
            .where(Token.session_uuid == known["uuid"])
            .values(expires_at=Token.expires_at - timedelta(seconds=300))
        )
    assert await cleaner.sweep() == 1
    assert _is_told(events.auth_session_deleted(**known), await announced(sessions))


async def test_sessions_of_a_deleted_holder_are_told_to_have_ended(
    an_account: Any, log_in: Any, sessions: Sessions
) -> None:
    account = await an_account()
    data = await _token(log_in, "xivo_service", account.login)
    async with sessions.begin() as session:
        await session.execute(delete(type(account)).where(type(account).id == account.id))
    ended = events.auth_session_deleted(
        uuid=UUID(data["session_uuid"]), user_uuid=str(account.uuid), tenant_uuid=None
    )
    assert _is_told(ended, await announced(sessions))


async def test_f21_sessions_beyond_the_bound_are_refused(
    settings: Any, an_account: Any, log_in: Any, app: Any, monkeypatch: Any
) -> None:
    account = await an_account()
    bounded = settings.model_copy(update={"max_sessions": 3})
    monkeypatch.setattr(app.state.login, "_settings", bounded)
    for _ in range(3):
        await _token(log_in, "xivo_service", account.login)
    refused = await log_in("xivo_service", account.login)
    assert refused.status_code == 429
    assert refused.json()["reason"] == [
        f"User {account.uuid} has exceeded the maximum number of active sessions"
    ]


async def test_many_scopes_are_checked_at_once(
    alice: Any, log_in: Any, client: AsyncClient
) -> None:
    await alice
    token = (await _token(log_in, "xivo_user", "alice"))["token"]
    url = f"/0.1/token/{token}/scopes/check"
    asked = {"scopes": ["confd.users.me.read", "confd.users.read", "websocketd"]}
    answer = await client.post(url, json=asked)
    assert answer.json() == {
        "scopes": {"confd.users.me.read": True, "confd.users.read": False, "websocketd": True}
    }
    unknown = f"/0.1/token/{uuid4()}/scopes/check"
    assert (await client.post(unknown, json=asked)).status_code == 404
    for wrong in ({}, {"scopes": "x"}, {"scopes": ["a\0"]}, {"scopes": ["x"] * 1001}):
        assert (await client.post(url, json=wrong)).status_code == 400


async def test_a_token_of_an_entity_is_no_good_for_another_tenant(
    an_account: Any, save: Any, log_in: Any, client: AsyncClient
) -> None:
    acme, other = await save(Entity(name="acme")), await save(Entity(name="other"))
    bound = await _token(log_in, "xivo_service", (await an_account(entity_id=acme.id)).login)
    free = await _token(log_in, "xivo_service", (await an_account()).login)
    for token, tenant, status in (
        (bound, acme, 204),
        (bound, other, 403),
        (free, other, 204),
    ):
        url = f"/0.1/token/{token['token']}?tenant={tenant.uuid}"
        assert (await client.head(url)).status_code == status
        assert (await client.get(url)).status_code == (200 if status == 204 else 403)
    check = await client.post(
        f"/0.1/token/{bound['token']}/scopes/check",
        json={"scopes": [], "tenant_uuid": str(other.uuid)},
    )
    assert check.json()["reason"] == [f"Unauthorized for tenant {other.uuid}"]
