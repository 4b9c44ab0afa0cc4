"""Tenants by REST: made, seen as entities, moved, deleted, within what the caller reaches."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response
from ovix_schema import Account, Context, Entity
from ovix_testkit.announced import announced
from ovix_testkit.builders import a_user
from ovix_web import Sessions
from sqlalchemy import select

from .test_policies import Headers, headers_of, of_acme, root

__all__ = ["of_acme", "root"]

SECRET = "a long enough secret"


async def made(client: AsyncClient, headers: Headers, name: str, **body: Any) -> dict[str, Any]:
    response = await client.post("/0.1/tenants", json={"name": name, **body}, headers=headers)
    assert response.status_code == 200, response.text
    tenant: dict[str, Any] = response.json()
    return tenant


async def names(client: AsyncClient, headers: Headers, query: str = "") -> list[str]:
    response = await client.get(f"/0.1/tenants{query}", headers=headers)
    assert response.status_code == 200, response.text
    return [each["name"] for each in response.json()["items"]]


async def own_tenant(client: AsyncClient, headers: Headers) -> str:
    uuid: str = (await client.get("/0.1/tenants", headers=headers)).json()["items"][0]["uuid"]
    return uuid


def refused(response: Response, status: int, error_id: str) -> None:
    assert (response.status_code, response.json()["error_id"]) == (status, error_id), response.text


@pytest.fixture
async def below_acme(of_acme: Headers, client: AsyncClient) -> dict[str, Any]:
    """A tenant below that of the administrator of acme."""
    return await made(client, of_acme, "Acme North", slug="north")


async def test_a_tenant_lives_and_dies(root: Headers, client: AsyncClient) -> None:
    boss = await client.post("/0.1/users", json={"username": "boss"}, headers=root)
    whole = {
        "uuid": str(uuid4()),
        "slug": "acme",
        "contact": boss.json()["uuid"],
        "phone": "+33140000000",
        "domain_names": ["Sip.acme.example", "acme.example", "acme.example"],
        "default_authentication_method": "ldap",
        "address": {"line_1": "1 rue de la Paix", "city": "Paris", "zip_code": "75002"},
    }
    tenant = await made(client, root, "Acme France", **whole)
    assert tenant == {
        **whole,
        "name": "Acme France",
        "entity_id": tenant["entity_id"],
        "parent_uuid": None,
        "domain_names": ["acme.example", "sip.acme.example"],
        "address": {**whole["address"], "line_2": None, "state": None, "country": None},
    }
    url = f"/0.1/tenants/{tenant['uuid']}"
    assert (await client.get(url, headers=root)).json() == tenant
    domains = (await client.get(f"{url}/domains", headers=root)).json()
    assert [each["name"] for each in domains["items"]] == tenant["domain_names"]
    changed = await client.put(
        url, json={"phone": None, "slug": "other", "domain_names": ["acme.test"]}, headers=root
    )
    assert changed.json() == {**tenant, "phone": None, "domain_names": ["acme.test"]}
    assert (await client.put(url, json={}, headers=root)).json() == changed.json()
    assert (await client.delete(f"/0.1/users/{tenant['contact']}", headers=root)).status_code == 204
    assert (await client.get(url, headers=root)).json()["contact"] is None, "nobody any more"
    assert (await client.delete(url, headers=root)).status_code == 204
    for method in ("GET", "PUT", "DELETE"):
        refused(await client.request(method, url, json={}, headers=root), 404, "unknown-tenant")


async def test_a_name_is_enough_and_the_method_is_native(
    root: Headers, client: AsyncClient
) -> None:
    tenant = await made(client, root, "Müller & Söhne")
    assert tenant["slug"] == "m-ller-s-h"
    assert tenant["default_authentication_method"] == "native"
    assert tenant["domain_names"] == []
    other = await made(client, root, "Müller + Söhne")
    assert len(other["slug"]) == 10
    assert other["slug"] != tenant["slug"]


async def test_a_tenant_is_an_entity_and_both_are_told_of(
    root: Headers, client: AsyncClient, sessions: Sessions
) -> None:
    tenant = await made(client, root, "Acme", slug="acme", domain_names=["acme.example"])
    url = f"/0.1/tenants/{tenant['uuid']}"
    async with sessions() as session:
        entity = (await session.scalars(select(Entity))).one()
    assert (entity.id, entity.name, entity.display_name) == (tenant["entity_id"], "acme", "Acme")
    assert entity.uuid == UUID(tenant["uuid"])
    await client.put(url, json={"name": "Acme SA"}, headers=root)
    await client.delete(url, headers=root)
    uuid, told = {"uuid": tenant["uuid"]}, await announced(sessions)
    for event in (
        (
            "auth_tenant_added",
            f"auth.tenants.{tenant['uuid']}.created",
            {**uuid, "name": "Acme", "slug": "acme", "domain_names": ["acme.example"]},
        ),
        ("entity_created", "config.entity.created", {"id": entity.id}),
        (
            "auth_tenant_updated",
            f"auth.tenants.{tenant['uuid']}.updated",
            {**uuid, "name": "Acme SA"},
        ),
        ("entity_edited", "config.entity.edited", {"id": entity.id}),
        ("auth_tenant_deleted", f"auth.tenants.{tenant['uuid']}.deleted", uuid),
        ("entity_deleted", "config.entity.deleted", {"id": entity.id}),
    ):
        assert event in told


async def test_what_must_be_unlike_all_others_conflicts(root: Headers, client: AsyncClient) -> None:
    first = await made(client, root, "Acme", slug="acme", domain_names=["acme.example"])
    second = await made(client, root, "Other", slug="other")

    async def post(**body: Any) -> Response:
        return await client.post("/0.1/tenants", json=body, headers=root)

    refused(await post(name="new", slug="acme"), 409, "tenant-identity-conflict")
    refused(await post(name="new", uuid=first["uuid"]), 409, "tenant-identity-conflict")
    refused(await post(name="Acme"), 409, "conflict")
    taken = await post(name="new", domain_names=["ACME.example"])
    refused(taken, 409, "conflict")
    assert taken.json()["message"] == 'The domain_names "acme.example" is already used'
    url = f"/0.1/tenants/{second['uuid']}"
    for body in ({"name": "Acme"}, {"domain_names": ["acme.example"]}):
        refused(await client.put(url, json=body, headers=root), 409, "conflict")
    same = str(uuid4())
    refused(await post(name="new", uuid=same, parent_uuid=same), 403, "master-tenant-duplicate")
    refused(await post(name="new", parent_uuid=same), 404, "unknown-tenant")
    refused(await post(name="new", contact=same), 404, "unknown-user")
    assert await names(client, root, "?order=name") == ["Acme", "Other"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 129},
        {"name": "x", "slug": "elevenchars"},
        {"name": "x", "slug": "UPPER"},
        {"name": "x", "phone": "1" * 33},
        {"name": "x", "domain_names": ["not a domain"]},
        {"name": "x", "domain_names": ["-x.example"]},
        {"name": "x", "domain_names": ["a.example\n"]},
        {"name": "x", "default_authentication_method": "default"},
        {"name": "x", "address": {"zip_code": "1" * 17}},
        {"name": "x", "address": {"city": "a\x00b"}},
        {"name": "x", "contact": "nobody"},
    ],
)
async def test_a_body_that_can_not_be_is_refused(
    root: Headers, client: AsyncClient, body: dict[str, Any]
) -> None:
    response = await client.post("/0.1/tenants", json=body, headers=root)
    assert response.status_code == 400, response.text


async def test_the_list_is_searched_sorted_filtered_and_cut(
    root: Headers, client: AsyncClient
) -> None:
    for name in ("Beta", "Alpha", "Gamma"):
        await made(client, root, name, domain_names=[f"{name}.example"])
    assert await names(client, root) == ["Alpha", "Beta", "Gamma"]
    assert await names(client, root, "?direction=desc&limit=1&offset=1") == ["Beta"]
    assert await names(client, root, "?search=amm") == ["Gamma"]
    assert await names(client, root, "?slug=beta") == ["Beta"]
    assert await names(client, root, "?domain_name=Alpha.Example") == ["Alpha"]
    listed = (await client.get("/0.1/tenants?search=alp", headers=root)).json()
    assert (listed["total"], listed["filtered"]) == (3, 1)
    assert (await client.get("/0.1/tenants?order=nothing", headers=root)).status_code == 400


async def test_who_is_bound_makes_tenants_below_his_own_and_reaches_them(
    of_acme: Headers, below_acme: dict[str, Any], root: Headers, client: AsyncClient
) -> None:
    acme = await own_tenant(client, of_acme)
    assert below_acme["parent_uuid"] == acme
    stranger = await made(client, root, "Stranger")
    assert await names(client, of_acme) == ["acme"]
    assert await names(client, of_acme, "?recurse=true") == ["Acme North", "acme"]
    refused(
        await client.get(f"/0.1/tenants/{stranger['uuid']}", headers=of_acme), 404, "unknown-tenant"
    )
    url = f"/0.1/tenants/{below_acme['uuid']}"
    assert (await client.get(url, headers=of_acme)).status_code == 200
    assert (await client.put(url, json={"phone": "1"}, headers=of_acme)).status_code == 200
    deeper = await made(client, of_acme, "Deeper", parent_uuid=below_acme["uuid"])
    assert await names(client, {**of_acme, "Wazo-Tenant": below_acme["uuid"]}) == ["Acme North"]
    assert deeper["parent_uuid"] == below_acme["uuid"]
    by_header = {**root, "Wazo-Tenant": deeper["uuid"]}
    assert (await made(client, by_header, "Deepest"))["parent_uuid"] == deeper["uuid"]
    elsewhere = {"name": "x", "parent_uuid": stranger["uuid"]}
    refused(
        await client.post("/0.1/tenants", json=elsewhere, headers=of_acme), 404, "unknown-tenant"
    )


async def test_only_what_is_empty_and_not_ones_own_is_deleted(
    of_acme: Headers,
    below_acme: dict[str, Any],
    root: Headers,
    client: AsyncClient,
    save: Any,
) -> None:
    acme = f"/0.1/tenants/{await own_tenant(client, of_acme)}"
    north = f"/0.1/tenants/{below_acme['uuid']}"
    refused(await client.delete(acme, headers=of_acme), 403, "forbidden-tenant-deletion")
    refused(await client.delete(acme, headers=root), 400, "tenant-has-children")
    context = await save(Context(name="north", entity_id=below_acme["entity_id"]))
    used = await client.delete(north, headers=of_acme)
    refused(used, 400, "tenant-in-use")
    assert used.json()["details"]["by"] == "contexts"
    url = f"/0.1/tenants/{(await made(client, of_acme, 'Empty'))['uuid']}"
    assert (await client.delete(url, headers=of_acme)).status_code == 204
    assert context.entity_id == below_acme["entity_id"]


async def test_a_tenant_moves_with_all_below_it_but_in_no_circle(
    of_acme: Headers, below_acme: dict[str, Any], root: Headers, client: AsyncClient
) -> None:
    acme, north = await own_tenant(client, of_acme), below_acme["uuid"]
    south = (await made(client, of_acme, "South"))["uuid"]
    stranger = (await made(client, root, "Stranger"))["uuid"]

    async def move(tenant: str, parent: str, headers: Headers) -> Response:
        return await client.put(f"/0.1/tenants/{tenant}/parent/{parent}", headers=headers)

    assert (await move(south, north, of_acme)).status_code == 204
    shown = (await client.get(f"/0.1/tenants/{south}", headers=of_acme)).json()
    assert shown["parent_uuid"] == north
    refused(await move(north, south, of_acme), 400, "tenant-circle")
    refused(await move(north, north, of_acme), 403, "master-tenant-duplicate")
    refused(await move(acme, north, of_acme), 403, "forbidden-tenant-move")
    refused(await move(north, stranger, of_acme), 404, "unknown-tenant")
    refused(await move(stranger, north, of_acme), 404, "unknown-tenant")
    assert (await move(north, stranger, root)).status_code == 204
    assert await names(client, of_acme, "?recurse=true") == ["acme"], "both have left"
    assert (await client.delete(f"/0.1/tenants/{north}/parent", headers=root)).status_code == 204
    assert (await client.get(f"/0.1/tenants/{north}", headers=root)).json()["parent_uuid"] is None
    assert (await client.delete(f"/0.1/tenants/{acme}/parent", headers=of_acme)).status_code == 401


async def test_accounts_are_bound_to_tenants_and_unbound(
    of_acme: Headers, root: Headers, client: AsyncClient, an_account: Any, log_in: Any, save: Any
) -> None:
    acme = await own_tenant(client, of_acme)
    program = await an_account()
    token = (await log_in("xivo_service", program.login)).json()["data"]["token"]
    url = f"/0.1/tenants/{acme}/users/{program.uuid}"
    assert (await client.put(url, headers=of_acme)).status_code == 404, "not his to give away"
    assert (await client.put(url, headers=root)).status_code == 204
    assert (await client.put(url, headers=root)).status_code == 204, "again"
    assert (await client.head(f"/0.1/token/{token}")).status_code == 404
    listed = (await client.get(f"/0.1/tenants/{acme}/users", headers=of_acme)).json()
    assert program.login in [each["username"] for each in listed["items"]]
    of_user = (await client.get(f"/0.1/users/{program.uuid}/tenants", headers=root)).json()
    assert [each["uuid"] for each in of_user["items"]] == [acme]
    other = (await made(client, root, "Other"))["uuid"]
    elsewhere = await client.put(f"/0.1/tenants/{other}/users/{program.uuid}", headers=root)
    refused(elsewhere, 400, "missmatching-tenant")
    assert (await client.delete(url, headers=of_acme)).status_code == 401, "it would see all"
    assert (await client.delete(url, headers=root)).status_code == 204
    assert (await client.delete(url, headers=root)).status_code == 204, "again"
    user = await save(a_user(username="zoe", cti_enabled=True))
    assert user.entity_id is None
    refused(
        await client.put(f"/0.1/tenants/{acme}/users/{user.uuid}", headers=root),
        *(403, "managed-by-confd"),
    )
    for path in (f"{uuid4()}/users/{program.uuid}", f"{acme}/users/{uuid4()}"):
        for method in ("PUT", "DELETE"):
            response = await client.request(method, f"/0.1/tenants/{path}", headers=root)
            assert response.status_code == 404


async def test_a_group_of_a_tenant_takes_nobody_of_another_one(
    of_acme: Headers, root: Headers, client: AsyncClient, an_account: Any
) -> None:
    other = await made(client, root, "Other")
    group = await client.post("/0.1/groups", json={"name": "crew"}, headers=of_acme)
    for entity_id, status in ((other["entity_id"], 400), (None, 204)):
        account = await an_account(entity_id=entity_id)
        url = f"/0.1/groups/{group.json()['uuid']}/users/{account.uuid}"
        assert (await client.put(url, headers=root)).status_code == status


_ANY = "6b0c1c52-4f5e-4d0c-8f0c-0d7d7a9b2f11"


@pytest.mark.parametrize(
    ("method", "path", "access"),
    [
        ("GET", "/tenants", "auth.tenants.read"),
        ("POST", "/tenants", "auth.tenants.create"),
        ("GET", f"/tenants/{_ANY}", f"auth.tenants.{_ANY}.read"),
        ("PUT", f"/tenants/{_ANY}", f"auth.tenants.{_ANY}.update"),
        ("DELETE", f"/tenants/{_ANY}", f"auth.tenants.{_ANY}.delete"),
        ("GET", f"/tenants/{_ANY}/domains", f"auth.tenants.{_ANY}.domains.read"),
        ("PUT", f"/tenants/{_ANY}/parent/{_ANY}", f"auth.tenants.{_ANY}.parent.{_ANY}.update"),
        ("DELETE", f"/tenants/{_ANY}/parent", f"auth.tenants.{_ANY}.parent.delete"),
        ("GET", f"/tenants/{_ANY}/users", f"auth.tenants.{_ANY}.users.read"),
        ("PUT", f"/tenants/{_ANY}/users/{_ANY}", f"auth.tenants.{_ANY}.users.{_ANY}.create"),
        ("DELETE", f"/tenants/{_ANY}/users/{_ANY}", f"auth.tenants.{_ANY}.users.{_ANY}.delete"),
        ("GET", f"/users/{_ANY}/tenants", f"auth.users.{_ANY}.tenants.read"),
        ("GET", "/idp", "auth.idp.read"),
        ("PUT", "/idp/ldap/users", "auth.idp.ldap.users.update"),
        ("PUT", f"/idp/ldap/users/{_ANY}", f"auth.idp.ldap.users.{_ANY}.create"),
        ("DELETE", f"/idp/ldap/users/{_ANY}", f"auth.idp.ldap.users.{_ANY}.delete"),
        ("GET", "/backends/ldap", "auth.backends.ldap.read"),
        ("PUT", "/backends/ldap", "auth.backends.ldap.update"),
        ("DELETE", "/backends/ldap", "auth.backends.ldap.delete"),
        ("GET", "/config", "auth.config.read"),
        ("PATCH", "/config", "auth.config.update"),
    ],
)
async def test_each_route_asks_for_its_own_right(
    client: AsyncClient, an_account: Any, log_in: Any, method: str, path: str, access: str
) -> None:
    others = await an_account(acl=["#", f"!{access}", f"!{access}".replace(".update", ".edit")])
    own = await an_account(acl=[access])
    assert (await client.request(method, f"/0.1{path}")).status_code == 401
    without = await headers_of(log_in, "xivo_service", others.login)
    refused_one = await client.request(method, f"/0.1{path}", headers=without, json={})
    assert refused_one.status_code == 401
    assert access in refused_one.json()["details"]["required_access"]
    having = await headers_of(log_in, "xivo_service", own.login)
    answer = await client.request(method, f"/0.1{path}", headers=having, json={})
    assert answer.status_code in (200, 204, 400, 403, 404), answer.text


async def test_the_audit_trail_tells_of_tenants_without_secrets(
    root: Headers, client: AsyncClient, an_account: Any, sessions: Sessions
) -> None:
    tenant = await made(client, root, "Acme")
    config = {
        **{"host": "192.0.2.1", "port": 389, "user_base_dn": "dc=x", "bind_password": SECRET},
        **{"user_login_attribute": "uid", "user_email_attribute": "mail", "bind_dn": "cn=x"},
    }
    headers = {**root, "Wazo-Tenant": tenant["uuid"]}
    put = await client.put("/0.1/backends/ldap", json=config, headers=headers)
    assert put.status_code == 200, put.text
    records = (await client.get("/0.1/audit", headers=root)).json()["items"]
    assert {"entity_created", "ldap_config_created"} <= {each["action"] for each in records}
    assert SECRET not in str(records)
    async with sessions() as session:
        assert (await session.scalars(select(Account.id))).all()
