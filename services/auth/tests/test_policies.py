"""Policies by REST, and what a token holds of them."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from ovix_auth.builtin_policies import POLICIES, XIVO_ADMIN, XIVO_USER
from ovix_auth.policies import bring_builtin
from ovix_schema import Agent, Entity, Policy, User
from ovix_web import Sessions
from sqlalchemy import select, update

Headers = dict[str, str]


async def headers_of(log_in: Any, backend: str, login: str) -> Headers:
    response: Response = await log_in(backend, login)
    assert response.status_code == 200, response.text
    return {"X-Auth-Token": response.json()["data"]["token"]}


@pytest.fixture
async def root(an_account: Any, log_in: Any) -> Headers:
    """Headers of an administrator with every right."""
    account = await an_account(kind="admin", acl=["#"])
    return await headers_of(log_in, "xivo_admin", account.login)


@pytest.fixture
async def of_acme(an_account: Any, log_in: Any, save: Any) -> Headers:
    """Headers of the administrator of one entity."""
    entity = await save(Entity(name="acme"))
    account = await an_account(kind="admin", entity_id=entity.id)
    return await headers_of(log_in, "xivo_admin", account.login)


async def _created(client: AsyncClient, headers: Headers, **body: Any) -> dict[str, Any]:
    response = await client.post("/0.1/policies", json={"name": "calls", **body}, headers=headers)
    assert response.status_code == 200, response.text
    created: dict[str, Any] = response.json()
    return created


async def test_a_policy_lives_and_dies(root: Headers, client: AsyncClient) -> None:
    made = await _created(
        client, root, slug="calls", description="All calls", acl_templates=["calld.#"]
    )
    assert made["acl"] == made["acl_templates"] == ["calld.#"]
    assert (made["slug"], made["read_only"], made["tenant_uuid"]) == ("calls", False, None)
    for name in (made["uuid"], made["uuid"].upper(), "calls"):
        assert (await client.get(f"/0.1/policies/{name}", headers=root)).json() == made
    url = f"/0.1/policies/{made['uuid']}"
    changed = await client.put(url, json={"name": "talks", "acl": ["a", "a"]}, headers=root)
    assert changed.status_code == 200
    assert changed.json() == {**made, "name": "talks", "acl": ["a"], "acl_templates": ["a"]}
    assert (await client.put(url, json={}, headers=root)).json() == changed.json()
    assert (await client.delete(url, headers=root)).status_code == 204
    gone = await client.get(url, headers=root)
    assert gone.status_code == 404
    assert gone.json()["reason"] == [f"No such policy {made['uuid']}"]


@pytest.mark.parametrize("member", ["acl_templates", "acl"])
async def test_single_accesses_are_put_in_and_taken_out(
    root: Headers, client: AsyncClient, member: str
) -> None:
    made = await _created(client, root, acl=["a"])
    url = f"/0.1/policies/{made['uuid']}/{member}"
    assert (await client.put(f"{url}/b.%23", headers=root)).status_code == 204
    again = await client.put(f"{url}/b.%23", headers=root)
    assert again.status_code == 409
    assert again.json()["reason"] == ["Policy already associated to b.#"]
    assert (await client.delete(f"{url}/a", headers=root)).status_code == 204
    assert (await client.delete(f"{url}/a", headers=root)).status_code == 204
    read = await client.get(f"/0.1/policies/{made['uuid']}", headers=root)
    assert read.json()["acl"] == ["b.#"]
    wrong = await client.put(f"{url}/%7B%7B%20nobody%20%7D%7D", headers=root)
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 81},
        {"name": None},
        {"name": "a\0"},
        {"name": "x", "acl": "a"},
        {"name": "x", "acl": [1]},
        {"name": "x", "acl": [""]},
        {"name": "x", "acl": ["{{ oops"]},
        {"name": "x", "acl": ["a"] * 1001},
        {"name": "x", "slug": "a b"},
        {"name": "x", "entity_id": 999_999},
        {"name": "x", "tenant_uuid": str(uuid4())},
    ],
)
async def test_a_wrong_body_is_refused(
    root: Headers, client: AsyncClient, body: dict[str, Any]
) -> None:
    response = await client.post("/0.1/policies", json=body, headers=root)
    assert response.status_code == 400


async def test_a_name_or_slug_is_used_once(root: Headers, client: AsyncClient) -> None:
    made = await _created(client, root, slug="calls")
    for body in ({"name": "calls"}, {"name": "other", "slug": "calls"}):
        response = await client.post("/0.1/policies", json=body, headers=root)
        assert response.status_code == 409
        assert response.json()["reason"] == [f'Policy "{body["name"]}" already exists']
    other = await _created(client, root, name="other")
    url = f"/0.1/policies/{other['uuid']}"
    assert (await client.put(url, json={"name": "calls"}, headers=root)).status_code == 409
    assert made["slug"] == "calls"


async def test_names_and_slugs_are_used_once_in_each_entity(
    root: Headers, of_acme: Headers, client: AsyncClient, save: Any, sessions: Sessions
) -> None:
    """That one is taken elsewhere tells nobody what another entity has."""
    other = await save(Entity(name="other"))
    theirs = await _created(client, root, slug="calls", acl=["a"], entity_id=other.id)
    own = await _created(client, of_acme, slug="calls", acl=["confd.#"])
    for headers, entity_id in ((of_acme, None), (root, other.id)):
        for body in ({"name": "calls"}, {"name": "different", "slug": "calls"}):
            response = await client.post(
                "/0.1/policies", json={**body, "entity_id": entity_id}, headers=headers
            )
            assert response.status_code == 409
    # By a slug everybody means his own; who has none of his own must say which.
    assert (await client.get("/0.1/policies/calls", headers=of_acme)).json() == own
    assert (await client.get("/0.1/policies/calls", headers=root)).status_code == 404
    shared = await _created(client, root, slug="calls")
    assert (await client.get("/0.1/policies/calls", headers=root)).json() == shared
    assert (await client.get("/0.1/policies/calls", headers=of_acme)).json() == own
    for made in (theirs, own, shared):
        named = await client.get(f"/0.1/policies/{made['uuid']}", headers=root)
        assert named.json() == made
    # What all see, no entity has once more.
    await bring_builtin(sessions)
    for body in ({"name": "x", "slug": XIVO_USER}, {"name": XIVO_USER}):
        taken = await client.post("/0.1/policies", json=body, headers=of_acme)
        assert taken.status_code == 409


async def test_a_slug_like_anothers_uuid_takes_nothing_over(
    root: Headers, client: AsyncClient
) -> None:
    first = await _created(client, root, name="first")
    await _created(client, root, name="second", slug=first["uuid"])
    assert (await client.get(f"/0.1/policies/{first['uuid']}", headers=root)).json() == first


async def test_policies_of_ours_are_there_and_read_only(
    root: Headers, client: AsyncClient, sessions: Sessions
) -> None:
    """F-003: a right per group of XiVO's menus."""
    for _ in range(2):  # a second start changes nothing
        await bring_builtin(sessions)
    async with sessions.begin() as session:
        await session.execute(
            update(Policy).where(Policy.slug == XIVO_USER).values(acl=["an", "older", "release's"])
        )
    await bring_builtin(sessions)
    listed = (await client.get("/0.1/policies?read_only=true", headers=root)).json()
    assert {each["name"]: each["acl"] for each in listed["items"]} == {
        slug: list(policy.acl) for slug, policy in POLICIES.items()
    }
    menus = {slug for slug in POLICIES if "default" not in slug}
    assert len(menus) == 7
    url = f"/0.1/policies/{XIVO_ADMIN}"
    deletion = await client.delete(url, headers=root)
    assert deletion.status_code == 403
    uuid = POLICIES[XIVO_ADMIN].uuid
    assert deletion.json()["reason"] == [f'Forbidden policy deletion: "{uuid}"']
    assert (await client.put(url, json={"acl": []}, headers=root)).status_code == 403
    assert (await client.put(f"{url}/acl/x", headers=root)).status_code == 403


async def test_f19_nobody_gives_away_what_he_does_not_hold(
    an_account: Any, log_in: Any, client: AsyncClient, root: Headers
) -> None:
    editor = await an_account(acl=["auth.policies.#", "confd.users.read", "!confd.users.9.#"])
    headers = await headers_of(log_in, "xivo_service", editor.login)
    made = await _created(client, headers, name="mine", acl=["confd.users.read", "!confd.#"])
    url = f"/0.1/policies/{made['uuid']}"
    for response in (
        await client.put(f"{url}/acl/%23", headers=headers),
        await client.put(url, json={"acl": ["#"]}, headers=headers),
        await client.post("/0.1/policies", json={"name": "x", "acl": ["#"]}, headers=headers),
    ):
        assert response.status_code == 401
        assert response.json()["details"]["required_access"] == "#"
        assert response.json()["error_id"] == "unauthorized"
    # A denial that is lost grants as much as an entry that is won.
    assert (await client.put(url, json={"acl": []}, headers=headers)).status_code == 401
    assert (await client.delete(f"{url}/acl/!confd.%23", headers=headers)).status_code == 401
    assert (await client.delete(url, headers=headers)).status_code == 401
    # What root wrote may be shortened by whoever edits policies.
    wide = await _created(client, root, name="wide", acl=["#"])
    shorter = await client.put(f"/0.1/policies/{wide['uuid']}", json={"acl": []}, headers=headers)
    assert shorter.status_code == 200


@pytest.mark.parametrize(
    ("held", "given", "allowed"),
    [
        (["auth.#", "a.#"], "a.b.#", True),
        (["auth.#", "a.*"], "a.*", True),
        (["auth.#", "a.*"], "a.#", False),
        (["auth.#", "a.b"], "a.*", False),
        (["auth.#", "a.#", "!a.secret.#"], "a.#", False),
        (["auth.#", "a.#", "!a.secret.#"], "a.*.read", False),
        (["auth.#", "a.#", "!a.secret.#"], "a.secret.x", False),
        (["auth.#", "a.#", "!a.secret.#"], "a.open.#", True),
        (["auth.#", "a.me.x"], "a.me.x", True),
        (["auth.#", "a.#"], "a.{{ uuid }}.x", True),
        (["auth.#", "a.me.x"], "a.{{ uuid }}.x", False),
        (["auth.#", "a.#"], "{% if lines %}a.x{% endif %}", False),
        (["#"], "{% if lines %}a.x{% endif %}", True),
    ],
)
async def test_what_may_be_handed_out(
    an_account: Any, log_in: Any, client: AsyncClient, held: list[str], given: str, allowed: bool
) -> None:
    editor = await an_account(acl=held)
    headers = await headers_of(log_in, "xivo_service", editor.login)
    response = await client.post(
        "/0.1/policies", json={"name": "x", "acl": [given]}, headers=headers
    )
    assert response.status_code == (200 if allowed else 401)


async def test_an_entity_sees_shared_policies_and_changes_its_own(
    of_acme: Headers, root: Headers, client: AsyncClient, save: Any
) -> None:
    shared = await _created(client, root, name="shared", acl=["confd.#"])
    other = await save(Entity(name="other"))
    hidden = await _created(client, root, name="hidden", entity_id=other.id)
    assert hidden["tenant_uuid"] == str(other.uuid)
    assert (shared["shared"], hidden["shared"]) == (True, False)
    own = await _created(client, of_acme, name="own", acl=["confd.#"])
    assert own["entity_id"] is not None
    names = (await client.get("/0.1/policies", headers=of_acme)).json()["items"]
    assert [each["name"] for each in names if not each["read_only"]] == ["own", "shared"]
    url = "/0.1/policies/{}"
    assert (await client.get(url.format(hidden["uuid"]), headers=of_acme)).status_code == 404
    for method in ("PUT", "DELETE"):
        refused = await client.request(method, url.format(shared["uuid"]), headers=of_acme, json={})
        assert refused.status_code == 401
    elsewhere = await client.post(
        "/0.1/policies", json={"name": "x", "entity_id": other.id}, headers=of_acme
    )
    assert elsewhere.status_code == 401


async def test_a_token_holds_the_policies_of_its_holder_and_of_the_groups(
    an_account: Any, log_in: Any, client: AsyncClient, root: Headers
) -> None:
    account = await an_account(acl=["own.one"])
    direct = await _created(client, root, name="direct", acl=["x.{{ username }}", "shared.one"])
    by_group = await _created(client, root, name="by group", acl=["g.{{ id }}", "shared.one"])
    group = (await client.post("/0.1/groups", json={"name": "crew"}, headers=root)).json()
    for url in (
        f"/0.1/users/{account.uuid}/policies/{direct['uuid']}",
        f"/0.1/groups/{group['uuid']}/policies/{by_group['slug']}",
        f"/0.1/groups/{group['uuid']}/users/{account.uuid}",
    ):
        for _ in range(2):
            assert (await client.put(url, headers=root)).status_code == 204, url
    data = (await log_in("xivo_service", account.login)).json()["data"]
    assert data["acls"] == ["own.one", f"g.{account.id}", "shared.one", f"x.{account.login}"]


async def test_rights_of_a_token_do_not_change_with_the_policy(
    an_account: Any, log_in: Any, client: AsyncClient, root: Headers
) -> None:
    account = await an_account(acl=[])
    made = await _created(client, root, acl=["a.b"])
    await client.put(f"/0.1/users/{account.uuid}/policies/{made['uuid']}", headers=root)
    token = (await log_in("xivo_service", account.login)).json()["data"]["token"]
    await client.put(f"/0.1/policies/{made['uuid']}", json={"acl": ["c.d"]}, headers=root)
    assert (await client.head(f"/0.1/token/{token}?scope=a.b")).status_code == 204
    assert (await log_in("xivo_service", account.login)).json()["data"]["acls"] == ["c.d"]


async def test_a_telephony_users_policies_name_lines_and_agent(
    alice: Any, save: Any, log_in: Any, client: AsyncClient, root: Headers, sessions: Sessions
) -> None:
    user = await alice
    made = await _created(
        client,
        root,
        acl=[
            "agentd.agents.by-number.{{ agent.number }}.read",
            "{% for line in lines %}confd.lines.{{ line }}.read\n{% endfor %}",
            "confd.users.{{ uuid }}.read",
        ],
    )
    url = f"/0.1/users/{user.uuid}/policies/{made['uuid']}"
    assert (await client.put(url, headers=root)).status_code == 204
    listed = await client.get(f"/0.1/users/{user.uuid}/policies", headers=root)
    assert [each["uuid"] for each in listed.json()["items"]] == [made["uuid"]]
    without = (await log_in("xivo_user", "alice")).json()["data"]["acls"]
    assert f"confd.users.{user.uuid}.read" in without
    assert "by-number" not in str(without)
    agent = await save(Agent(number="1002"))
    async with sessions.begin() as session:
        await session.execute(update(User).where(User.id == user.id).values(agent_id=agent.id))
    acls = (await log_in("xivo_user", "alice")).json()["data"]["acls"]
    assert "agentd.agents.by-number.1002.read" in acls


async def test_a_back_end_gives_another_policy_where_the_settings_say_so(
    alice: Any, log_in: Any, client: AsyncClient, root: Headers, app: Any, monkeypatch: Any
) -> None:
    await alice
    await _created(client, root, slug="little", acl=["a.{{ uuid }}"])
    for slug, expected in (("little", 1), ("xivo_control_system", 5), ("no_such_policy", 0)):
        monkeypatch.setattr(app.state.login, "_default_policies", {"xivo_user": slug})
        acls = (await log_in("xivo_user", "alice")).json()["data"]["acls"]
        assert len(acls) == expected


async def test_a_policy_stays_known_to_whom_it_was_given_until_it_is_deleted(
    an_account: Any, log_in: Any, client: AsyncClient, root: Headers, sessions: Sessions
) -> None:
    account = await an_account(acl=[])
    made = await _created(client, root, acl=["a.b"])
    await client.put(f"/0.1/users/{account.uuid}/policies/{made['uuid']}", headers=root)
    assert (await client.delete(f"/0.1/policies/{made['uuid']}", headers=root)).status_code == 204
    async with sessions() as session:
        assert (await session.scalars(select(Policy).where(Policy.name == "calls"))).all() == []
    assert (await log_in("xivo_service", account.login)).json()["data"]["acls"] == []
