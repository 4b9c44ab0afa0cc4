"""A tenant's own directory: kept without showing its password, and used by logins that name it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from ovix_auth.tenant_ldap import filled
from ovix_schema import LoginFailure
from ovix_testkit.builders import a_user
from ovix_testkit.ldap import ADMIN_DN, ADMIN_PASSWORD, BASE_DN, PrivateSlapd, a_person
from ovix_web import Sessions
from sqlalchemy import func, update

from .test_policies import Headers, of_acme, root
from .test_tenants import made, refused

__all__ = ["of_acme", "root"]

PEOPLE = "".join(
    [
        a_person("alice", password="of alice", mail="alice@acme.example"),
        a_person("bob", password="of bob", mail="bob@other.example"),
    ]
)
BODY = {
    "host": "127.0.0.1",
    "port": 389,
    "user_base_dn": BASE_DN,
    "user_login_attribute": "uid",
    "user_email_attribute": "mail",
}
PATH = "/0.1/backends/ldap"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSlapd]:
    server = PrivateSlapd(tmp_path_factory.mktemp("slapd"))
    server.start()
    server.add(PEOPLE)
    yield server
    server.stop()


@pytest.fixture
async def acme(root: Headers, client: AsyncClient, save: Any) -> dict[str, Any]:
    """A tenant with a domain and alice, who has no password of ours; bob is another tenant's."""
    tenant = await made(
        client, root, "Acme", domain_names=["acme.example"], default_authentication_method="ldap"
    )
    other = await made(client, root, "Other", default_authentication_method="ldap")
    for tenant_of, mail in ((tenant, "alice@acme.example"), (other, "bob@other.example")):
        await save(
            a_user(
                username=mail.split("@")[0],
                email=mail,
                cti_enabled=True,
                entity_id=tenant_of["entity_id"],
            )
        )
    return tenant


async def _put(client: AsyncClient, headers: Headers, **body: Any) -> dict[str, Any]:
    response = await client.put(PATH, json={**BODY, **body}, headers=headers)
    assert response.status_code == 200, response.text
    config: dict[str, Any] = response.json()
    return config


async def _log_in(client: AsyncClient, login: str, password: str, **body: Any) -> Response:
    return await client.post("/0.1/token", json=body, auth=(login, password))


async def test_a_directory_is_kept_shown_without_its_password_and_forgotten(
    acme: dict[str, Any], root: Headers, client: AsyncClient
) -> None:
    headers = {**root, "Wazo-Tenant": acme["uuid"]}
    refused(await client.get(PATH, headers=headers), 404, "unknown-ldap-config")
    config = await _put(client, headers, bind_dn=ADMIN_DN, bind_password=ADMIN_PASSWORD)
    assert config == {
        **BODY,
        "tenant_uuid": acme["uuid"],
        "protocol_version": 3,
        "protocol_security": None,
        "bind_dn": ADMIN_DN,
        "search_filters": None,
    }
    assert (await client.get(PATH, headers=headers)).json() == config
    assert (await _put(client, headers, protocol_version=2, bind_dn=None))["bind_dn"] is None
    assert (await client.delete(PATH, headers=headers)).status_code == 204
    for method in ("GET", "DELETE"):
        refused(await client.request(method, PATH, headers=headers), 404, "unknown-ldap-config")


async def test_each_tenant_has_its_own_and_a_token_of_none_means_the_default_one(
    of_acme: Headers, root: Headers, client: AsyncClient
) -> None:
    other = await made(client, root, "Other")
    await _put(client, of_acme, host="ldap.acme.example")
    await _put(client, {**root, "Wazo-Tenant": other["uuid"]}, host="ldap.other.example")
    assert (await client.get(PATH, headers=root)).json()["host"] == "ldap.acme.example"
    assert (await client.get(PATH, headers=of_acme)).json()["host"] == "ldap.acme.example"


async def test_where_there_is_no_tenant_there_is_no_directory(
    root: Headers, client: AsyncClient
) -> None:
    refused(await client.put(PATH, json=BODY, headers=root), 404, "unknown-tenant")


@pytest.mark.parametrize(
    "body",
    [
        {"host": "two words"},
        {"host": ""},
        {"port": 0},
        {"port": 65536},
        {"protocol_version": 4},
        {"protocol_security": "ssl"},
        {"user_login_attribute": "uid=x)(y"},
        {"user_base_dn": None},
        {"search_filters": "(uid={username}"},
        {"search_filters": ""},
        {"bind_dn": "a\x00b"},
    ],
)
async def test_a_body_that_can_not_be_is_refused(
    of_acme: Headers, client: AsyncClient, body: dict[str, Any]
) -> None:
    response = await client.put(PATH, json={**BODY, **body}, headers=of_acme)
    assert response.status_code == 400, response.text


@pytest.mark.parametrize(
    "named", [{"domain_name": "Acme.Example"}, {"tenant_id": None}], ids=["domain", "tenant"]
)
@pytest.mark.parametrize("backend", [{}, {"backend": "ldap_user"}, {"backend": "wazo_user"}])
async def test_a_login_that_names_the_tenant_is_proven_by_its_directory(
    directory: PrivateSlapd,
    acme: dict[str, Any],
    root: Headers,
    client: AsyncClient,
    named: dict[str, Any],
    backend: dict[str, str],
) -> None:
    named = {name: value or acme["uuid"] for name, value in named.items()}
    port = int(directory.uri.rpartition(":")[2])
    await _put(client, {**root, "Wazo-Tenant": acme["uuid"]}, port=port)
    right = await _log_in(client, "alice", "of alice", **named, **backend)
    assert right.status_code == 200, right.text
    assert right.json()["data"]["metadata"]["tenant_uuid"] == acme["uuid"]
    assert (await _log_in(client, "alice", "of bob", **named, **backend)).status_code == 401
    assert (await _log_in(client, "bob", "of bob", **named, **backend)).status_code == 401, (
        "a user of another tenant"
    )


async def test_the_tenants_filter_and_account_find_the_login(
    directory: PrivateSlapd, acme: dict[str, Any], root: Headers, client: AsyncClient
) -> None:
    headers = {**root, "Wazo-Tenant": acme["uuid"]}
    settings = {
        "port": int(directory.uri.rpartition(":")[2]),
        "bind_dn": ADMIN_DN,
        "bind_password": ADMIN_PASSWORD,
    }
    by_mail = (
        "(&(objectClass=inetOrgPerson)(|({user_login_attribute}={username})(mail={username})))"
    )
    await _put(client, headers, **settings, search_filters=by_mail)
    named = {"domain_name": "acme.example"}
    assert (await _log_in(client, "alice@acme.example", "of alice", **named)).status_code == 200
    assert (await _log_in(client, "*", "of alice", **named)).status_code == 401
    nobody = "(&(uid={username})(sn=nobody))"
    await _put(client, headers, **settings, search_filters=nobody)
    assert (await _log_in(client, "alice", "of alice", **named)).status_code == 401
    del settings["bind_password"]
    await _put(client, headers, **settings)
    assert (await _log_in(client, "alice", "of alice", **named)).status_code == 200, "it stayed"
    await _put(client, headers, **{**settings, "host": "localhost"})
    assert (await _log_in(client, "alice", "of alice", **named)).status_code == 401, (
        "no other server gets the password"
    )


async def test_logins_that_name_no_tenant_with_a_directory_are_refused(
    acme: dict[str, Any], client: AsyncClient
) -> None:
    for named in (
        {"domain_name": "acme.example"},
        {"domain_name": "unknown.example"},
        {"tenant_id": "6b0c1c52-4f5e-4d0c-8f0c-0d7d7a9b2f11"},
    ):
        assert (await _log_in(client, "alice", "of alice", **named)).status_code == 401
    both = {"domain_name": "acme.example", "tenant_id": acme["uuid"]}
    assert (await _log_in(client, "alice", "of alice", **both)).status_code == 400
    wrong = {"tenant_id": "not-a-uuid"}
    assert (await _log_in(client, "alice", "of alice", **wrong)).status_code == 400
    nul = {"domain_name": "a\x00b"}
    assert (await _log_in(client, "alice", "of alice", **nul)).status_code == 400


async def test_the_same_login_of_another_tenant_counts_apart(
    directory: PrivateSlapd,
    acme: dict[str, Any],
    root: Headers,
    client: AsyncClient,
    sessions: Sessions,
) -> None:
    port = int(directory.uri.rpartition(":")[2])
    other = await made(client, root, "Third", domain_names=["third.example"])
    for tenant in (acme, other):
        await _put(client, {**root, "Wazo-Tenant": tenant["uuid"]}, port=port)
    for _ in range(6):
        refusal = await _log_in(client, "alice", "wrong", domain_name="third.example")
        assert refusal.status_code == 401
    async with sessions.begin() as session:  # the wait outlasts the test, however slow
        await session.execute(
            update(LoginFailure)
            .where(LoginFailure.key.startswith("account:ldap_user/"))
            .values(blocked_until=func.now() + timedelta(hours=1))
        )
    held_back = await _log_in(client, "alice", "wrong", domain_name="THIRD.example")
    assert held_back.status_code == 429
    own = await _log_in(client, "alice", "of alice", domain_name="acme.example")
    assert own.status_code == 200
    held_back = await _log_in(client, "alice", "wrong", domain_name="third.example")
    assert held_back.status_code == 429, "a success elsewhere forgets nothing here"


async def test_a_directory_that_is_away_refuses_within_the_time_out(
    acme: dict[str, Any], root: Headers, client: AsyncClient
) -> None:
    headers = {**root, "Wazo-Tenant": acme["uuid"]}
    named = {"domain_name": "acme.example"}
    for body in ({"port": 1}, {"host": "::1", "port": 1, "protocol_security": "ldaps"}):
        await _put(client, headers, **body)
        assert (await _log_in(client, "alice", "of alice", **named)).status_code == 401


@pytest.mark.parametrize("login", ["*", "a)(uid=*", "é", "{user_login_attribute}", "\\2a"])
def test_a_login_can_not_change_what_a_filter_means(login: str) -> None:
    written = filled("(&({user_login_attribute}={username})(x=y))", login, "uid")
    assert written.startswith("(&(uid=")
    assert written.endswith(")(x=y))")
    inner = written[len("(&(uid=") : -len(")(x=y))")]
    assert not set(inner) & set("()*{}")
