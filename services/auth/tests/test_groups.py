"""Groups by REST, their links, and what is on record of changes."""

from typing import Any
from uuid import uuid4

from httpx import AsyncClient
from ovix_schema import AuditRecord, Entity
from ovix_web import Sessions
from sqlalchemy import select

from .test_policies import Headers, headers_of, of_acme, root
from .test_users import SECRET, a_made_user

__all__ = ["of_acme", "root"]


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


async def test_a_name_is_used_once_in_each_entity(
    root: Headers, of_acme: Headers, client: AsyncClient, save: Any
) -> None:
    """That one is taken elsewhere tells nobody what another entity has."""
    other = await save(Entity(name="other"))
    crew = {"name": "crew", "slug": "crew"}
    for headers, body in (
        (root, crew),
        (root, {**crew, "entity_id": other.id}),
        (of_acme, crew),
    ):
        assert (await client.post("/0.1/groups", json=body, headers=headers)).status_code == 200
        again = await client.post("/0.1/groups", json=body, headers=headers)
        assert again.status_code == 409
    second = await client.post("/0.1/groups", json={"name": "second"}, headers=of_acme)
    url = f"/0.1/groups/{second.json()['uuid']}"
    assert (await client.put(url, json={"name": "crew"}, headers=of_acme)).status_code == 409
    assert (await client.put(url, json={"name": "third"}, headers=of_acme)).status_code == 200
    # A name that only another entity has is free here.
    await client.post("/0.1/groups", json={"name": "x", "entity_id": other.id}, headers=root)
    assert (await client.put(url, json={"name": "x"}, headers=of_acme)).status_code == 200


async def test_changes_are_on_record_with_who_made_them(
    root: Headers, client: AsyncClient, sessions: Sessions
) -> None:
    me = (await client.get("/0.1/users/me", headers=root)).json()["uuid"]
    group = (await client.post("/0.1/groups", json={"name": "g"}, headers=root)).json()["uuid"]
    member = f"/0.1/groups/{group}/users/{me}"
    await client.put(member, headers=root)
    await client.delete(member, headers=root)
    made = await a_made_user(client, root, username="zoe", password=SECRET)
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
