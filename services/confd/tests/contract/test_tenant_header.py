"""``Wazo-Tenant``: the entity that a request is about; and entities told of as tenants."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from httpx import AsyncClient
from ovix_confd.kit import ResourceSpec
from ovix_schema import Entity, OutboxMessage
from ovix_web import Sessions
from sqlalchemy import select

Spec = ResourceSpec[Any]
Prepared = Callable[[Spec, int], Awaitable[dict[str, Any]]]


async def test_what_is_another_entitys_is_hidden_by_the_header(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared, save: Any
) -> None:
    if creatable.entity_of_row is None:
        return
    other = await save(Entity(name="other"))
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    made = await api.post(creatable.path, json=body)
    location = made.headers["Location"]
    before = (await api.get(creatable.path)).json()["total"]
    about = {"Wazo-Tenant": str(other.uuid)}
    listed = (await api.get(creatable.path, headers=about)).json()
    assert listed["total"] < before
    for method in ("GET", "PUT", "DELETE"):
        hidden = await api.request(method, location, json={}, headers=about)
        assert hidden.status_code in (400, 404, 405), hidden.text
    own = {"Wazo-Tenant": str(entity.uuid)}
    if creatable.name != "entity":  # bound to one, nobody makes or deletes any
        assert (await api.get(location, headers=own)).json() == made.json()
        assert (await api.delete(location, headers=own)).status_code == 204


async def test_a_new_object_is_of_the_headers_entity(
    api: AsyncClient, client: Any, save: Any, entity: Entity
) -> None:
    below = await save(Entity(name="below", parent_id=entity.id))
    for who in (api, await client("confd.#", entity_id=entity.id)):
        about = {"Wazo-Tenant": str(below.uuid)}
        user = (await who.post("/users", json={"firstname": "Zoe"}, headers=about)).json()
        of_user = await api.get(f"/users/{user['id']}/entities")
        assert of_user.json()["entity_id"] == below.id
    key = {"Idempotency-Key": "once"}
    first = await api.post("/users", json={"firstname": "A"}, headers={**about, **key})
    again = await api.post("/users", json={"firstname": "A"}, headers={**about, **key})
    assert first.json() == again.json()
    elsewhere = await api.post("/users", json={"firstname": "A"}, headers=key)
    assert elsewhere.status_code == 422, "the same key about another entity"


async def test_a_header_that_is_out_of_reach_is_unauthorized(
    client: Any, save: Any, entity: Entity
) -> None:
    below = await save(Entity(name="below", parent_id=entity.id))
    stranger = await save(Entity(name="stranger"))
    bound = await client("confd.#", entity_id=entity.id)
    for uuid, status in (
        (entity.uuid, 200), (below.uuid, 200), (stranger.uuid, 401), (uuid4(), 401), ("x", 401)
    ):  # fmt: skip
        response = await bound.get("/users", headers={"Wazo-Tenant": str(uuid)})
        assert response.status_code == status, response.text
    of_below = await client("confd.#", entity_id=below.id)
    above = await of_below.get("/users", headers={"Wazo-Tenant": str(entity.uuid)})
    assert above.status_code == 401
    assert above.json()[0].startswith("Unauthorized (")


async def test_an_entity_is_told_of_as_a_tenant_too(
    api: AsyncClient, sessions: Sessions, clean_database: str
) -> None:
    made = (await api.post("/entities", json={"name": "acme", "display_name": "Acme SA"})).json()
    async with sessions() as session:
        uuid = str(await session.scalar(select(Entity.uuid).where(Entity.id == made["id"])))
    await api.delete(f"/entities/{made['id']}")
    async with sessions() as session:
        rows = (await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all()
    told = {row.name: row.body["data"] for row in rows}
    assert told == {
        "entity_created": {"id": made["id"]},
        "auth_tenant_added": {
            "uuid": uuid,
            "name": "Acme SA",
            "slug": "acme",
            "domain_names": [],
        },
        "auth_tenant_deleted": {"uuid": uuid},
        "entity_deleted": {"id": made["id"]},
    }


async def test_an_entity_with_others_below_it_is_kept(
    api: AsyncClient, save: Any, entity: Entity
) -> None:
    await save(Entity(name="below", parent_id=entity.id))
    kept = await api.delete(f"/entities/{entity.id}")
    assert kept.status_code == 400
    assert "Entity is associated with a Entity" in kept.text
