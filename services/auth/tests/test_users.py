"""Users by REST: made, listed, changed and deleted."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from ovix_schema import Account, Entity
from ovix_testkit.builders import a_user
from ovix_web import Sessions
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from .test_policies import Headers, of_acme, root

__all__ = ["of_acme", "root"]

SECRET = "a long enough secret"


async def a_made_user(client: AsyncClient, headers: Headers, **body: Any) -> dict[str, Any]:
    response = await client.post("/0.1/users", json=body, headers=headers)
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


async def test_f001_the_list_tells_administrators_with_their_attributes(
    root: Headers, client: AsyncClient, save: Any
) -> None:
    entity = await save(Entity(name="acme"))
    await a_made_user(
        client, root, username="boss", password=SECRET, type="admin", entity_id=entity.id
    )
    listed = (await client.get("/0.1/users?order=created_at", headers=root)).json()
    first, boss = listed["items"]
    assert first["type"] == "root"
    assert (boss["username"], boss["type"], boss["enabled"], boss["entity_id"]) == (
        *("boss", "admin", True),
        entity.id,
    )
    assert boss["tenant_uuid"] == str(entity.uuid)
    assert boss["created_at"]
    assert SECRET not in str(listed)
    assert "password" not in boss


async def test_f002_an_administrator_has_the_rights_granted_one_by_one(
    root: Headers, client: AsyncClient, log_in: Any
) -> None:
    boss = await a_made_user(client, root, username="boss", password=SECRET, type="admin")
    users_only = (
        await client.post(
            "/0.1/policies", json={"name": "users", "acl": ["confd.users.#"]}, headers=root
        )
    ).json()
    url = f"/0.1/users/{boss['uuid']}/policies/{users_only['uuid']}"
    assert (await client.put(url, headers=root)).status_code == 204
    token = (await log_in("xivo_admin", "boss", SECRET)).json()["data"]["token"]
    check = "/0.1/token/{}?scope={}"
    assert (await client.head(check.format(token, "confd.users.read"))).status_code == 204
    assert (await client.head(check.format(token, "confd.trunks.read"))).status_code == 403
    assert (await client.delete(url, headers=root)).status_code == 204
    assert (await log_in("xivo_admin", "boss", SECRET)).json()["data"]["acls"] == []


async def test_f009_and_f011_a_programs_account_logs_in_from_its_host_only(
    root: Headers, client: AsyncClient, log_in: Any, client_at: Any
) -> None:
    made = await a_made_user(
        client,
        root,
        **{"username": "xivows", "name": "The CRM", "password": SECRET, "host": "10.2.0.0/16"},
        purpose="external_api",
        acl=["confd.users.read"],
    )
    assert made["purpose"] == "external_api"
    assert made["backend"] == "xivo_service"
    assert (await log_in("xivo_service", "xivows", SECRET)).status_code == 401
    inside = await log_in("xivo_service", "xivows", SECRET, through=client_at("10.2.3.4"))
    assert inside.json()["data"]["acls"] == ["confd.users.read"]
    url = f"/0.1/users/{made['uuid']}"
    moved = await client.put(url, json={"host": None, "acl": ["confd.lines.read"]}, headers=root)
    assert moved.json() == {**made, "host": None, "acl": ["confd.lines.read"]}
    token = inside.json()["data"]["token"]
    assert (await client.head(f"/0.1/token/{token}")).status_code == 404, "another host"
    assert (await log_in("xivo_service", "xivows", SECRET)).status_code == 200


async def test_a_program_behind_a_trusted_proxy_is_known_by_its_own_address(
    settings: Any, root: Headers, client: AsyncClient
) -> None:
    from ipaddress import ip_network

    from httpx import ASGITransport
    from ovix_auth.app import create_auth_app
    from ovix_web import running

    await a_made_user(
        client, root, username="behind", password=SECRET, purpose="internal", host="10.9.9.9"
    )
    trusting = settings.model_copy(update={"trusted_proxies": (ip_network("192.0.2.0/30"),)})
    async with running(create_auth_app(trusting)) as app:

        async def status(proxy: str, forwarded: str) -> int:
            transport = ASGITransport(app, client=(proxy, 1))
            async with AsyncClient(transport=transport, base_url="http://auth") as through:
                response = await through.post(
                    "/0.1/token",
                    json={"backend": "xivo_service"},
                    auth=("behind", SECRET),
                    headers={"X-Forwarded-For": forwarded},
                )
            return response.status_code

        assert await status("192.0.2.1", "10.9.9.9") == 200
        assert await status("192.0.2.1", "10.9.9.8") == 401
        assert await status("192.0.2.1", "10.9.9.9, 10.9.9.8") == 401, "only the last is ours"
        assert await status("198.51.100.1", "10.9.9.9") == 401


async def test_a_user_of_auths_own_logs_in_by_name_or_address(
    root: Headers, client: AsyncClient, log_in: Any
) -> None:
    made = await a_made_user(
        client, root, username="Zoe", password=SECRET, email_address="zoe@example.org"
    )
    assert made["emails"][0]["address"] == "zoe@example.org"
    assert made["backend"] == "wazo_user"
    for login in ("zoe", "ZOE@example.org"):
        data = (await log_in("wazo_user", login, SECRET)).json()["data"]
        assert data["auth_id"] == made["uuid"]
        assert data["xivo_user_uuid"] is None
        assert "confd.infos.read" in data["acls"]
        assert "agentd.agents.by-id" not in str(data["acls"])
        assert f"events.call_log.user.{made['uuid']}.created" in data["acls"]
    for backend in ("xivo_user", "xivo_admin", "xivo_service"):
        assert (await log_in(backend, "zoe", SECRET)).status_code == 401
    # Somebody who takes the address as name does not get in the way of the names.
    await a_made_user(client, root, username="zoe@example.org", password="another secret")
    assert (await log_in("wazo_user", "zoe@example.org", "another secret")).status_code == 200


async def test_a_user_without_a_password_can_not_log_in(
    root: Headers, client: AsyncClient, log_in: Any
) -> None:
    await a_made_user(client, root, username="nopass")
    for password in ("", "None", SECRET):
        assert (await log_in("wazo_user", "nopass", password)).status_code == 401


@pytest.mark.parametrize("purpose", ["internal", "external_api"])
async def test_the_purpose_of_a_program_reads_back(
    root: Headers, client: AsyncClient, log_in: Any, purpose: str
) -> None:
    made = await a_made_user(client, root, username="p", password=SECRET, purpose=purpose)
    assert made["purpose"] == purpose
    url = f"/0.1/users/{made['uuid']}"
    assert (await client.put(url, json={"name": "P"}, headers=root)).json()["purpose"] == purpose
    assert (await client.get(url, headers=root)).json()["purpose"] == purpose
    granted = (await log_in("xivo_service", "p", SECRET)).json()["data"]
    assert (granted["metadata"]["purpose"], granted["metadata"]["admin"]) == (purpose, False)


async def is_gone(client: AsyncClient, token: str) -> None:
    """Whoever has checked a token before hears of its end from the database, a moment later."""
    for _ in range(600):
        if (await client.head(f"/0.1/token/{token}")).status_code == 404:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it is still good")


async def test_a_changed_or_deleted_user_loses_the_tokens(
    root: Headers, client: AsyncClient, log_in: Any
) -> None:
    made = await a_made_user(client, root, username="zoe", password=SECRET)
    url = f"/0.1/users/{made['uuid']}"
    token = (await log_in("wazo_user", "zoe", SECRET)).json()["data"]["token"]
    own = await client.get("/0.1/users/me/sessions", headers={"X-Auth-Token": token})
    assert own.json()["total"] == 1
    assert (await client.put(url, json={"password": "another"}, headers=root)).status_code == 200
    await is_gone(client, token)
    token = (await log_in("wazo_user", "zoe", "another")).json()["data"]["token"]
    disabled = await client.put(url, json={"enabled": False}, headers=root)
    assert disabled.json()["enabled"] is False
    await is_gone(client, token)
    assert (await client.delete(url, headers=root)).status_code == 204
    gone = await client.delete(url, headers=root)
    assert gone.status_code == 404
    assert gone.json()["error_id"] == "unknown-user"


async def test_a_telephony_user_is_shown_and_linked_but_changed_in_confd(
    alice: Any, root: Headers, client: AsyncClient, save: Any
) -> None:
    user = await alice
    await save(a_user(username=None))
    listed = (await client.get("/0.1/users?search=alice", headers=root)).json()
    assert [each["uuid"] for each in listed["items"]] == [str(user.uuid)]
    assert listed["items"][0]["backend"] == "xivo_user"
    assert listed["total"] == 2, "who can't log in is not among them"
    url = f"/0.1/users/{user.uuid}"
    for method in ("PUT", "DELETE"):
        refused = await client.request(method, url, json={}, headers=root)
        assert refused.status_code == 403
        assert refused.json()["error_id"] == "managed-by-confd"
    group = (await client.post("/0.1/groups", json={"name": "crew"}, headers=root)).json()
    member = f"/0.1/groups/{group['uuid']}/users/{user.uuid}"
    assert (await client.put(member, headers=root)).status_code == 204
    groups = await client.get(f"{url}/groups", headers=root)
    assert [each["name"] for each in groups.json()["items"]] == ["crew"]
    users = await client.get(f"/0.1/groups/{group['uuid']}/users", headers=root)
    assert [each["uuid"] for each in users.json()["items"]] == [str(user.uuid)]
    assert (await client.delete(member, headers=root)).status_code == 204
    assert (await client.get(f"{url}/groups", headers=root)).json()["total"] == 0


async def test_one_finds_out_who_one_is(root: Headers, client: AsyncClient) -> None:
    me = await client.get("/0.1/users/me", headers=root)
    assert me.status_code == 200
    assert me.json()["type"] == "root"
    tenants = await client.get(f"/0.1/users/{me.json()['uuid']}/tenants", headers=root)
    assert tenants.json()["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": ""},
        {"username": "x" * 255},
        {"username": "a\0"},
        {"username": "x", "password": ""},
        {"username": "x", "email_address": "no address"},
        {"username": "x", "type": "king"},
        {"username": "x", "purpose": "fun"},
        {"username": "x", "enabled": "yes"},
        {"username": "x", "host": "not a host!"},
        {"username": "x", "host": "300.1.1.1"},
        {"username": "x", "host": "10.0.0.0/40"},
        {"username": "x", "acl": ["{{ oops"]},
        {"username": "x", "acl": None},
        {"username": "x", "entity_id": 0},
        {"username": "x", "tenant_uuid": str(uuid4())},
        {"username": "x", "uuid": "no uuid"},
    ],
)
async def test_a_wrong_user_is_refused(
    root: Headers, client: AsyncClient, body: dict[str, Any]
) -> None:
    response = await client.post("/0.1/users", json=body, headers=root)
    assert response.status_code == 400, response.text


async def test_names_and_addresses_are_used_once(
    alice: Any, root: Headers, client: AsyncClient
) -> None:
    user = await alice
    made = await a_made_user(client, root, username="zoe", email_address="zoe@example.org")
    for body, column in (
        ({"username": "ZOE"}, "username"),
        ({"username": "other", "email_address": "Zoe@example.org"}, "email_address"),
        ({"username": "other", "uuid": made["uuid"]}, "uuid"),
        ({"username": "other", "uuid": str(user.uuid)}, "uuid"),
    ):
        response = await client.post("/0.1/users", json=body, headers=root)
        assert response.status_code == 409
        assert response.json()["error_id"] == "conflict"
        assert response.json()["details"]["column"] == column
    program = await a_made_user(client, root, username="zoe", purpose="internal")
    renamed = await client.put(
        f"/0.1/users/{program['uuid']}", json={"username": "zoe", "name": None}, headers=root
    )
    assert renamed.json()["name"] == "zoe"


async def test_a_denial_of_me_holds_for_the_own_uuid_in_any_spelling(
    client: AsyncClient, an_account: Any, log_in: Any
) -> None:
    acl = ["auth.users.*.read", "!auth.users.me.read"]
    account = await an_account(kind="admin", is_root=False, acl=acl)
    token = (await log_in("xivo_admin", account.login)).json()["data"]["token"]
    for own in ("me", str(account.uuid), str(account.uuid).upper()):
        answer = await client.get(f"/0.1/users/{own}", headers={"X-Auth-Token": token})
        assert answer.status_code == 401, own


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", ""), ("PUT", ""), ("PUT", "/emails")],
)
async def test_an_account_that_is_deleted_meanwhile_is_unknown(
    method: str,
    path: str,
    root: Headers,
    client: AsyncClient,
    an_account: Any,
    sessions: Sessions,
) -> None:
    account = await an_account(kind="user")
    async with sessions() as session:
        await session.execute(delete(Account).where(Account.id == account.id))
        url = f"/0.1/users/{account.uuid}{path}"
        second = asyncio.create_task(client.request(method, url, json={"emails": []}, headers=root))
        await _somebody_waits(session)
        await session.commit()
    answer = await second
    assert (answer.status_code, answer.json()["error_id"]) == (404, "unknown-user")


async def _somebody_waits(session: AsyncSession) -> None:
    """Return once another transaction waits for a lock of this one."""
    waits = text(
        "SELECT EXISTS (SELECT FROM pg_stat_activity"
        " WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
    )
    async with asyncio.timeout(30):
        while not await session.scalar(waits):  # noqa: ASYNC110 - the database tells it
            await asyncio.sleep(0.01)
