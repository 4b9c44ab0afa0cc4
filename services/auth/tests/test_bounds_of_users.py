"""Users by REST, within one's rights and one's entity."""

from typing import Any

from httpx import AsyncClient
from ovix_schema import Account, Entity
from ovix_testkit.builders import a_user
from ovix_web import Sessions
from sqlalchemy import select

from .test_policies import Headers, headers_of, of_acme, root
from .test_users import SECRET, a_made_user

__all__ = ["of_acme", "root"]


async def test_who_lacks_a_right_can_neither_make_nor_become_somebody_who_has_it(
    root: Headers, client: AsyncClient, an_account: Any, log_in: Any
) -> None:
    clerk = await an_account(acl=["auth.users.#", "auth.groups.#", "confd.users.read"])
    headers = await headers_of(log_in, "xivo_service", clerk.login)
    powerful = await a_made_user(client, root, username="p", purpose="internal", acl=["confd.#"])
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
    plain = await a_made_user(client, headers, username="x", type="admin", acl=["confd.users.read"])
    assert plain["acl"] == ["confd.users.read"]


async def test_an_administrator_of_an_entity_stays_within_it(
    root: Headers, of_acme: Headers, client: AsyncClient, save: Any, an_account: Any
) -> None:
    other = await save(Entity(name="other"))
    own = await a_made_user(client, of_acme, username="local", password=SECRET)
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
    made = await a_made_user(client, of_acme, username="deputy", type="root")
    async with sessions() as session:
        stored = (await session.scalars(select(Account).where(Account.uuid == made["uuid"]))).one()
    assert stored.entity_id is not None
