"""By which back end a user may prove a login: his own method, or the tenant's."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from ovix_auth.idp import proves
from ovix_schema import Account, User
from ovix_testkit.builders import a_user
from ovix_web import Sessions
from sqlalchemy import select

from .test_policies import Headers, root
from .test_tenants import made, refused

__all__ = ["root"]


@pytest.mark.parametrize(
    ("backend", "method", "may"),
    [
        ("xivo_user", None, True),
        ("ldap_user", None, True),
        ("badge", None, True),
        ("xivo_user", "native", True),
        ("wazo_user", "native", True),
        ("ldap_user", "native", False),
        ("badge", "native", False),
        ("ldap_user", "ldap", True),
        ("xivo_user", "ldap", False),
        ("oidc", "oidc", True),
        ("oidc", "saml", False),
        ("saml", "saml", True),
    ],
)
def test_a_back_end_proves_logins_of_its_method(
    backend: str, method: str | None, may: bool
) -> None:
    assert proves(backend, method) is may


async def test_the_methods_are_listed(root: Headers, client: AsyncClient) -> None:
    listed = (await client.get("/0.1/idp", headers=root)).json()
    assert listed["items"] == ["default", "native", "ldap", "saml", "oidc"]
    assert (listed["total"], listed["filtered"]) == (5, 5)


async def test_a_user_logs_in_by_his_method_alone(
    alice: Any, root: Headers, client: AsyncClient, log_in: Any
) -> None:
    user = await alice
    url = f"/0.1/idp/ldap/users/{user.uuid}"
    offline = await log_in("xivo_user", "alice", access_type="offline", client_id="app")
    refresh_token = offline.json()["data"]["refresh_token"]
    assert (await client.put(url, headers=root)).status_code == 204
    shown = (await client.get(f"/0.1/users/{user.uuid}", headers=root)).json()
    assert shown["authentication_method"] == "ldap"
    assert (await log_in("xivo_user", "alice")).status_code == 401
    again = await client.post(
        "/0.1/token", json={"refresh_token": refresh_token, "client_id": "app"}
    )
    assert again.status_code == 200, "a refresh token is excepted"
    other = await client.delete(f"/0.1/idp/native/users/{user.uuid}", headers=root)
    assert other.status_code == 204
    assert (await log_in("xivo_user", "alice")).status_code == 401, "native was not the method"
    assert (await client.delete(url, headers=root)).status_code == 204
    assert (await log_in("xivo_user", "alice")).status_code == 200


async def test_default_is_the_tenants_method(
    root: Headers, client: AsyncClient, log_in: Any, save: Any, password_hash: str, an_account: Any
) -> None:
    tenant = await made(client, root, "Acme", default_authentication_method="ldap")
    of_acme = {"password_hash": password_hash, "entity_id": tenant["entity_id"]}
    user = await save(a_user(username="zoe", cti_enabled=True, **of_acme))
    admin = await an_account(kind="admin", **of_acme)
    program = await an_account(**of_acme)
    own = await an_account(kind="user", **of_acme)
    assert (await log_in("xivo_user", "zoe")).status_code == 401
    assert (await log_in("wazo_user", own.login)).status_code == 401
    assert (await log_in("xivo_admin", admin.login)).status_code == 200, "no lock-out"
    assert (await log_in("xivo_service", program.login)).status_code == 200
    url = f"/0.1/tenants/{tenant['uuid']}"
    for method, status in (("native", 200), ("saml", 401), (None, 200)):
        body = {"default_authentication_method": method}
        assert (await client.put(url, json=body, headers=root)).status_code == 200
        assert (await log_in("xivo_user", "zoe")).status_code == status
    body = {"default_authentication_method": "ldap"}
    assert (await client.put(url, json=body, headers=root)).status_code == 200
    native = await client.put(f"/0.1/idp/native/users/{user.uuid}", headers=root)
    assert native.status_code == 204
    assert (await log_in("xivo_user", "zoe")).status_code == 200, "his own comes first"


async def test_many_users_get_a_method_at_once_and_others_keep_theirs(
    alice: Any, root: Headers, client: AsyncClient, an_account: Any, sessions: Sessions
) -> None:
    user, account, other = await alice, await an_account(kind="user"), await an_account(kind="user")
    assert (await client.put(f"/0.1/idp/ldap/users/{other.uuid}", headers=root)).status_code == 204
    body = {"users": [{"uuid": str(user.uuid)}, {"uuid": str(account.uuid)}]}
    assert (await client.put("/0.1/idp/ldap/users", json=body, headers=root)).status_code == 204
    async with sessions() as session:
        methods = [
            *await session.scalars(select(User.authentication_method)),
            *await session.scalars(
                select(Account.authentication_method).where(Account.kind == "user")
            ),
        ]
    assert methods == ["ldap"] * 3
    unknown = {"users": [{"uuid": str(user.uuid)}, {"uuid": str(uuid4())}]}
    refused(
        await client.put("/0.1/idp/native/users", json=unknown, headers=root), 404, "unknown-user"
    )
    assert (await client.put("/0.1/idp/ldap/users", json={}, headers=root)).status_code == 400
    for method, path in (
        ("PUT", "users"), ("PUT", f"users/{user.uuid}"), ("DELETE", f"users/{user.uuid}")
    ):  # fmt: skip
        response = await client.request(method, f"/0.1/idp/nope/{path}", json=body, headers=root)
        refused(response, 404, "unknown-idp-type")


@pytest.mark.parametrize(
    ("body", "method"),
    [
        ({}, "default"),
        ({"purpose": "internal"}, "native"),
        ({"purpose": "external_api"}, "native"),
        ({"type": "admin"}, "native"),
        ({"authentication_method": "ldap"}, "ldap"),
        ({"authentication_method": "saml", "purpose": "internal"}, "saml"),
    ],
)
async def test_a_new_user_has_the_method_of_its_purpose(
    root: Headers, client: AsyncClient, body: dict[str, Any], method: str
) -> None:
    new = await client.post("/0.1/users", json={"username": "new", **body}, headers=root)
    assert new.json()["authentication_method"] == method
    url = f"/0.1/users/{new.json()['uuid']}"
    changed = await client.put(url, json={"authentication_method": "native"}, headers=root)
    assert changed.json()["authentication_method"] == "native"
    nothing = await client.put(url, json={"authentication_method": None}, headers=root)
    assert nothing.status_code == 400


async def test_only_who_has_every_right_changes_the_method_of_a_root(
    root: Headers, client: AsyncClient, an_account: Any, log_in: Any
) -> None:
    boss = await an_account(kind="admin")
    lesser = await an_account(acl=["auth.idp.#"])
    token = (await log_in("xivo_service", lesser.login)).json()["data"]["token"]
    url = f"/0.1/idp/ldap/users/{boss.uuid}"
    assert (await client.put(url, headers={"X-Auth-Token": token})).status_code == 401
    assert (await client.put(url, headers=root)).status_code == 204
