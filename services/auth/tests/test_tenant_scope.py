"""The header Wazo-Tenant and ``recurse``: which tenant's objects a request of auth is about."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from ovix_testkit.builders import a_user

from .test_policies import Headers, headers_of, of_acme, root
from .test_tenants import below_acme, made, own_tenant, refused

__all__ = ["below_acme", "of_acme", "root"]


@pytest.fixture
async def north(of_acme: Headers, below_acme: dict[str, Any]) -> Headers:
    """The administrator of acme, about the tenant below."""
    return {**of_acme, "Wazo-Tenant": below_acme["uuid"]}


async def _uuids(client: AsyncClient, headers: Headers, path: str) -> set[str]:
    response = await client.get(f"/0.1{path}", headers=headers)
    assert response.status_code == 200, response.text
    return {each["uuid"] for each in response.json()["items"]}


@pytest.mark.parametrize("kind", ["users", "groups", "policies"])
async def test_an_object_is_made_in_and_shown_to_the_tenant_of_the_header(
    of_acme: Headers, north: Headers, root: Headers, client: AsyncClient, kind: str
) -> None:
    body = {"username": "n", "name": "n"}
    new = (await client.post(f"/0.1/{kind}", json=body, headers=north)).json()
    assert new["tenant_uuid"] == north["Wazo-Tenant"]
    own = (
        await client.post(f"/0.1/{kind}", json={"username": "o", "name": "o"}, headers=of_acme)
    ).json()
    both, mine = {new["uuid"], own["uuid"]}, {own["uuid"]}
    assert await _uuids(client, of_acme, f"/{kind}") & both == mine
    assert await _uuids(client, north, f"/{kind}") & both == {new["uuid"]}
    assert await _uuids(client, of_acme, f"/{kind}?recurse=true") & both == both
    assert await _uuids(client, of_acme, f"/{kind}?recurse=false") & both == mine
    assert both <= await _uuids(client, root, f"/{kind}"), "a token of no tenant sees all"
    of_root = {**root, "Wazo-Tenant": own["tenant_uuid"]}
    assert await _uuids(client, of_root, f"/{kind}") & both == mine
    assert await _uuids(client, of_root, f"/{kind}?recurse=true") & both == both
    url = f"/0.1/{kind}/{new['uuid']}"
    assert (await client.get(url, headers=north)).json() == new
    assert (await client.get(url, headers=of_acme)).status_code == 404
    assert (await client.get(f"{url}?recurse=true", headers=of_acme)).json() == new
    assert (await client.delete(url, headers=of_acme)).status_code == 404
    assert (await client.delete(url, headers=north)).status_code == 204


async def test_sessions_and_refresh_tokens_follow_the_header(
    of_acme: Headers,
    north: Headers,
    below_acme: dict[str, Any],
    client: AsyncClient,
    log_in: Any,
    save: Any,
    password_hash: str,
) -> None:
    entity = below_acme["entity_id"]
    await save(
        a_user(username="zoe", password_hash=password_hash, cti_enabled=True, entity_id=entity)
    )
    data = (await log_in("xivo_user", "zoe", access_type="offline", client_id="app")).json()["data"]
    session, clients = data["session_uuid"], "/0.1/tokens"
    assert session in await _uuids(client, north, "/sessions")
    assert session not in await _uuids(client, of_acme, "/sessions")
    assert session in await _uuids(client, of_acme, "/sessions?recurse=true")
    assert (await client.get(clients, headers=north)).json()["total"] == 1
    assert (await client.get(clients, headers=of_acme)).json()["total"] == 0
    assert (await client.get(f"{clients}?recurse=true", headers=of_acme)).json()["total"] == 1
    assert (await client.delete(f"/0.1/sessions/{session}", headers=of_acme)).status_code == 404
    assert (await client.delete(f"/0.1/sessions/{session}", headers=north)).status_code == 204


async def test_a_tenant_that_the_token_does_not_reach_is_unauthorized(
    of_acme: Headers, below_acme: dict[str, Any], root: Headers, client: AsyncClient, log_in: Any
) -> None:
    stranger = (await made(client, root, "Stranger"))["uuid"]
    for tenant in (stranger, str(uuid4()), "not-a-uuid"):
        response = await client.get("/0.1/users", headers={**of_acme, "Wazo-Tenant": tenant})
        refused(response, 401, "unauthorized-tenant")
    unknown = await client.get("/0.1/users", headers={**root, "Wazo-Tenant": str(uuid4())})
    refused(unknown, 401, "unauthorized-tenant")
    own = {**of_acme, "Wazo-Tenant": await own_tenant(client, of_acme)}
    assert (await client.get("/0.1/users", headers=own)).status_code == 200
    assert (await client.get("/0.1/users", headers={**own, "Wazo-Tenant": ""})).status_code == 200


async def test_who_is_below_does_not_reach_what_is_above(
    of_acme: Headers, below_acme: dict[str, Any], client: AsyncClient, an_account: Any, log_in: Any
) -> None:
    account = await an_account(kind="admin", entity_id=below_acme["entity_id"])
    headers = await headers_of(log_in, "xivo_admin", account.login)
    acme = await own_tenant(client, of_acme)
    refused(
        await client.get("/0.1/users", headers={**headers, "Wazo-Tenant": acme}),
        *(401, "unauthorized-tenant"),
    )
    assert (await client.get(f"/0.1/tenants/{acme}", headers=headers)).status_code == 404
    body = {"username": "x", "tenant_uuid": acme}
    assert (await client.post("/0.1/users", json=body, headers=headers)).status_code == 401


async def test_the_token_check_takes_the_own_tenant_and_those_below(
    of_acme: Headers, below_acme: dict[str, Any], root: Headers, client: AsyncClient
) -> None:
    stranger = (await made(client, root, "Stranger"))["uuid"]
    acme, north = await own_tenant(client, of_acme), below_acme["uuid"]
    token = of_acme["X-Auth-Token"]
    for tenant, status in ((acme, 204), (north, 204), (stranger, 403), (str(uuid4()), 403)):
        url = f"/0.1/token/{token}?tenant={tenant}"
        assert (await client.head(url)).status_code == status
        got = await client.get(url)
        assert got.status_code == (200 if status == 204 else status)
        if status == 403:
            assert got.json()["reason"] == [f"Unauthorized for tenant {tenant}"]
        checked = await client.post(
            f"/0.1/token/{token}/scopes/check", json={"scopes": ["a"], "tenant_uuid": tenant}
        )
        assert checked.status_code == got.status_code
    of_none = root["X-Auth-Token"]
    assert (await client.head(f"/0.1/token/{of_none}?tenant={stranger}")).status_code == 204
    assert (await client.head(f"/0.1/token/{of_none}?tenant={uuid4()}")).status_code == 403
