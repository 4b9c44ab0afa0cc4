"""Users and groups by REST: made, listed, changed, linked, within one's entity and rights."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from ovix_schema import Account, AuditRecord, Entity
from ovix_testkit.builders import a_user
from ovix_web import Sessions
from sqlalchemy import select

from .test_policies import Headers, headers_of, of_acme, root

__all__ = ["of_acme", "root"]

SECRET = "a long enough secret"


async def _made(client: AsyncClient, headers: Headers, **body: Any) -> dict[str, Any]:
    response = await client.post("/0.1/users", json=body, headers=headers)
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


async def test_f001_the_list_tells_administrators_with_their_attributes(
    root: Headers, client: AsyncClient, save: Any
) -> None:
    entity = await save(Entity(name="acme"))
    await _made(client, root, username="boss", password=SECRET, type="admin", entity_id=entity.id)
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
    boss = await _made(client, root, username="boss", password=SECRET, type="admin")
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
    made = await _made(
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

    await _made(
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
    made = await _made(
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
    await _made(client, root, username="zoe@example.org", password="another secret")
    assert (await log_in("wazo_user", "zoe@example.org", "another secret")).status_code == 200


async def test_a_user_without_a_password_can_not_log_in(
    root: Headers, client: AsyncClient, log_in: Any
) -> None:
    await _made(client, root, username="nopass")
    for password in ("", "None", SECRET):
        assert (await log_in("wazo_user", "nopass", password)).status_code == 401


async def test_a_changed_or_deleted_user_loses_the_tokens(
    root: Headers, client: AsyncClient, log_in: Any
) -> None:
    made = await _made(client, root, username="zoe", password=SECRET)
    url = f"/0.1/users/{made['uuid']}"
    token = (await log_in("wazo_user", "zoe", SECRET)).json()["data"]["token"]
    own = await client.get("/0.1/users/me/sessions", headers={"X-Auth-Token": token})
    assert own.json()["total"] == 1
    assert (await client.put(url, json={"password": "another"}, headers=root)).status_code == 200
    assert (await client.head(f"/0.1/token/{token}")).status_code == 404
    token = (await log_in("wazo_user", "zoe", "another")).json()["data"]["token"]
    disabled = await client.put(url, json={"enabled": False}, headers=root)
    assert disabled.json()["enabled"] is False
    assert (await client.head(f"/0.1/token/{token}")).status_code == 404
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
    made = await _made(client, root, username="zoe", email_address="zoe@example.org")
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
    program = await _made(client, root, username="zoe", purpose="internal")
    renamed = await client.put(
        f"/0.1/users/{program['uuid']}", json={"username": "zoe", "name": None}, headers=root
    )
    assert renamed.json()["name"] == "zoe"


async def test_who_lacks_a_right_can_neither_make_nor_become_somebody_who_has_it(
    root: Headers, client: AsyncClient, an_account: Any, log_in: Any
) -> None:
    clerk = await an_account(acl=["auth.users.#", "auth.groups.#", "confd.users.read"])
    headers = await headers_of(log_in, "xivo_service", clerk.login)
    powerful = await _made(client, root, username="p", purpose="internal", acl=["confd.#"])
    boss = (await client.get("/0.1/users/me", headers=root)).json()
    policy = (
        await client.post("/0.1/policies", json={"name": "all", "acl": ["#"]}, headers=root)
    ).json()
    group = (await client.post("/0.1/groups", json={"name": "kings"}, headers=root)).json()
    of_group = f"/0.1/groups/{group['uuid']}"
    await client.put(f"{of_group}/policies/{policy['uuid']}", headers=root)
    own = f"/0.1/users/{clerk.uuid}"
    for method, url, body in (
        ("POST", "/0.1/users", {"username": "x", "type": "root"}),
        ("POST", "/0.1/users", {"username": "x", "acl": ["confd.#"]}),
        ("PUT", own, {"acl": ["#"]}),
        ("PUT", f"/0.1/users/{powerful['uuid']}", {"password": SECRET}),
        ("PUT", f"/0.1/users/{boss['uuid']}", {"password": SECRET}),
        ("PUT", f"/0.1/users/{boss['uuid']}", {"enabled": False}),
        ("DELETE", f"/0.1/users/{boss['uuid']}", {}),
        ("PUT", f"{own}/policies/{policy['uuid']}", {}),
        ("PUT", f"{of_group}/users/{clerk.uuid}", {}),
        ("PUT", f"{of_group}/policies/{policy['uuid']}", {}),
    ):
        refused = await client.request(method, url, json=body, headers=headers)
        assert refused.status_code == 401, (method, url, body)
    plain = await _made(client, headers, username="x", type="admin", acl=["confd.users.read"])
    assert plain["acl"] == ["confd.users.read"]


async def test_an_administrator_of_an_entity_stays_within_it(
    root: Headers, of_acme: Headers, client: AsyncClient, save: Any, an_account: Any
) -> None:
    other = await save(Entity(name="other"))
    own = await _made(client, of_acme, username="local", password=SECRET)
    assert own["entity_id"] is not None
    theirs = await an_account(entity_id=other.id)
    everybodys = await an_account()
    abroad = await save(
        a_user(username="abroad", password_hash="x", cti_enabled=True, entity_id=other.id)
    )
    names = {
        each["username"]
        for each in (await client.get("/0.1/users", headers=of_acme)).json()["items"]
    }
    assert "local" in names
    assert not names & {theirs.login, everybodys.login, "abroad"}
    for uuid in (theirs.uuid, everybodys.uuid, abroad.uuid):
        for method in ("GET", "PUT", "DELETE"):
            hidden = await client.request(
                method, f"/0.1/users/{uuid}", headers=of_acme, json={"password": SECRET}
            )
            assert hidden.status_code == 404
    for body in ({"entity_id": other.id}, {"tenant_uuid": str(other.uuid)}):
        for response in (
            await client.post("/0.1/users", headers=of_acme, json={"username": "x", **body}),
            await client.post("/0.1/groups", headers=of_acme, json={"name": "x", **body}),
            await client.put(f"/0.1/users/{own['uuid']}", headers=of_acme, json=body),
        ):
            assert response.status_code == 401
    tenants = (await client.get("/0.1/tenants", headers=of_acme)).json()["items"]
    assert [each["slug"] for each in tenants] == ["acme"]
    assert (await client.get(f"/0.1/tenants/{other.uuid}", headers=of_acme)).status_code == 404
    assert (await client.get(f"/0.1/tenants/{other.uuid}", headers=root)).json()["slug"] == "other"


async def test_an_entitys_root_makes_another_one_of_that_entity(
    of_acme: Headers, client: AsyncClient, sessions: Sessions
) -> None:
    made = await _made(client, of_acme, username="deputy", type="root")
    async with sessions() as session:
        stored = (await session.scalars(select(Account).where(Account.uuid == made["uuid"]))).one()
    assert stored.entity_id is not None


async def test_a_group_lives_and_dies(root: Headers, client: AsyncClient) -> None:
    made = await client.post("/0.1/groups", json={"name": "crew", "slug": "c"}, headers=root)
    assert made.status_code == 200
    group = made.json()
    assert (group["name"], group["slug"], group["read_only"]) == ("crew", "c", False)
    url = f"/0.1/groups/{group['uuid']}"
    again = await client.post("/0.1/groups", json={"name": "crew"}, headers=root)
    assert again.status_code == 409
    assert (await client.get(url, headers=root)).json() == group
    renamed = await client.put(url, json={"name": "team"}, headers=root)
    assert renamed.json() == {**group, "name": "team"}
    await client.post("/0.1/groups", json={"name": "crew"}, headers=root)
    assert (await client.put(url, json={"name": "crew"}, headers=root)).status_code == 409
    assert (await client.put(url, json={"name": None}, headers=root)).status_code == 400
    listed = (await client.get("/0.1/groups?order=name", headers=root)).json()
    assert [each["name"] for each in listed["items"]] == ["crew", "team"]
    policy = (
        await client.post("/0.1/policies", json={"name": "p", "acl": ["x"]}, headers=root)
    ).json()
    link = f"{url}/policies/{policy['slug']}"
    assert (await client.put(link, headers=root)).status_code == 204
    assert (await client.get(f"{url}/policies", headers=root)).json()["total"] == 1
    assert (await client.delete(link, headers=root)).status_code == 204
    assert (await client.delete(link, headers=root)).status_code == 204
    assert (await client.delete(url, headers=root)).status_code == 204
    gone = await client.get(url, headers=root)
    assert gone.status_code == 404
    assert gone.json()["error_id"] == "unknown-group"


async def test_changes_are_on_record_with_who_made_them(
    root: Headers, client: AsyncClient, sessions: Sessions
) -> None:
    me = (await client.get("/0.1/users/me", headers=root)).json()["uuid"]
    group = (await client.post("/0.1/groups", json={"name": "g"}, headers=root)).json()["uuid"]
    member = f"/0.1/groups/{group}/users/{me}"
    await client.put(member, headers=root)
    await client.delete(member, headers=root)
    made = await _made(client, root, username="zoe", password=SECRET)
    await client.delete(f"/0.1/users/{made['uuid']}", headers=root)
    async with sessions() as session:
        records = (
            await session.scalars(
                select(AuditRecord)
                .where(AuditRecord.by_auth_id == me, AuditRecord.action != "token_granted")
                .order_by(AuditRecord.id)
            )
        ).all()
    assert [each.action for each in records] == [
        *("group_created", "group_account_created", "group_account_deleted"),
        *("account_created", "account_deleted"),
    ]
    assert all(each.address for each in records)
    assert SECRET not in str([each.details for each in records])


async def test_links_to_what_is_not_there_are_404(root: Headers, client: AsyncClient) -> None:
    me = (await client.get("/0.1/users/me", headers=root)).json()["uuid"]
    group = (await client.post("/0.1/groups", json={"name": "g"}, headers=root)).json()["uuid"]
    nobody = uuid4()
    for url in (
        f"/0.1/groups/{group}/users/{nobody}",
        f"/0.1/groups/{nobody}/users/{me}",
        f"/0.1/groups/{group}/policies/{nobody}",
        f"/0.1/users/{me}/policies/{nobody}",
        f"/0.1/users/{nobody}/policies/{nobody}",
    ):
        for method in ("PUT", "DELETE"):
            assert (await client.request(method, url, headers=root)).status_code == 404, url


async def test_every_operation_asks_for_its_right(
    app: Any, client: AsyncClient, an_account: Any, log_in: Any
) -> None:
    from ovix_web.operations import OperationRoute

    account = await an_account(acl=["websocketd"])
    headers = await headers_of(log_in, "xivo_service", account.login)
    operations = [
        (route.path, operation)
        for route in app.router.routes
        if isinstance(route, OperationRoute)
        for operation in route.operations.values()
        if operation.scopes is not None
    ]
    assert len(operations) > 30
    for path, operation in operations:
        url = path
        for name in ("user:uuid_or_me", "user:uuid", "group:uuid", "session:uuid", "tenant:uuid"):
            url = url.replace(f"{{{name}}}", str(uuid4()))
        url = url.replace("{policy}", "p").replace("{access}", "a").replace("{client_id}", "c")
        if "{" in url:
            continue
        assert (await client.request(operation.method, url)).status_code == 401, url
        refused = await client.request(operation.method, url, headers=headers)
        assert refused.status_code == 401, url
        assert refused.json()["details"]["reason"] == "missing_permission"
        assert refused.json()["details"]["required_access"].startswith("auth.")
