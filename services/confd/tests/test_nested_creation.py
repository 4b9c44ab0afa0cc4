"""A user created with lines: the flow of single requests, by one, or not at all."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from httpx import AsyncClient
from ovix_schema import Context, Entity

Save = Callable[..., Awaitable[Any]]
ZOE: dict[str, Any] = {
    "firstname": "Zoé",
    "lines": [
        {
            "context": "default",
            "endpoint_sip": {"username": "zoe", "secret": "ring-ring"},
            "extensions": [{"exten": "1500", "context": "default"}],
        }
    ],
}


@pytest_asyncio.fixture(autouse=True)
async def _context(api: AsyncClient) -> None:
    ranges = [{"start": "1000", "end": "1999"}]
    answer = await api.post("/contexts", json={"name": "default", "user_ranges": ranges})
    assert answer.status_code == 201


def line(**changes: Any) -> dict[str, Any]:
    """Zoé with another line."""
    return {**ZOE, "lines": [{**ZOE["lines"][0], **changes}]}


async def totals(api: AsyncClient) -> dict[str, int]:
    """How many there are of each thing the request creates."""
    paths = ("/users", "/lines", "/endpoints/sip", "/extensions")
    return {path: (await api.get(path)).json()["total"] for path in paths}


async def test_a_user_is_created_with_a_phone(api: AsyncClient) -> None:
    """F-120."""
    answer = await api.post("/users", json=ZOE)
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()["lines"]
    assert made["endpoint_sip"]["username"] == "zoe"
    assert [each["exten"] for each in made["extensions"]] == ["1500"]
    endpoint = (await api.get(f"/endpoints/sip/{made['endpoint_sip']['id']}")).json()
    assert endpoint["secret"] == "ring-ring"
    assert ["callerid", '"Zoé" <1500>'] in endpoint["options"]


async def test_what_exists_is_announced_before_what_links_it(
    api: AsyncClient, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    before = len(await announced())
    await api.post("/users", json=ZOE)
    names = (await announced())[before:]
    assert names[0] == "user_created"
    created = [index for index, name in enumerate(names) if name.endswith("_created")]
    linked = [index for index, name in enumerate(names) if name.endswith("_associated")]
    assert len(created) == 4
    assert len(linked) == 3
    assert max(created) < min(linked)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (line(context="nowhere"), "nowhere"),
        (line(extensions=[{"exten": "2500", "context": "default"}]), "outside of range"),
        (line(endpoint_sip=None), "Line must be associated with"),
        (line(extensions=[ZOE["lines"][0]["extensions"][0]] * 2), "extensions"),
        ({**ZOE, "lines": [ZOE["lines"][0]] * 11}, "lines"),
    ],
)
async def test_what_one_request_would_refuse_refuses_all_of_it(
    api: AsyncClient, body: dict[str, Any], reason: str
) -> None:
    before = await totals(api)
    answer = await api.post("/users", json=body)
    assert answer.status_code == 400
    assert reason in answer.text
    assert await totals(api) == before


async def test_a_number_that_is_taken_refuses_all_of_it(api: AsyncClient) -> None:
    assert (await api.post("/users", json=ZOE)).status_code == 201
    before = await totals(api)
    answer = await api.post("/users", json=line(endpoint_sip={"username": "other"}))
    assert answer.status_code == 400
    assert "Extension" in answer.text
    assert await totals(api) == before


async def test_the_line_must_be_of_the_users_entity(
    api: AsyncClient,
    client: Callable[..., Awaitable[AsyncClient]],
    entity: Entity,
    save: Save,
) -> None:
    other = await save(Entity(name="other"))
    await save(Context(name="theirs", entity_id=other.id))
    answer = await api.post("/users", json=line(context="theirs", extensions=[]))
    assert answer.status_code == 400
    bound = await client("confd.#", entity_id=entity.id)
    answer = await bound.post("/users", json=line(context="theirs", extensions=[]))
    assert answer.status_code == 400


async def test_an_edit_does_not_take_lines(api: AsyncClient) -> None:
    user = (await api.post("/users", json={"firstname": "Zoé"})).json()
    assert user["lines"] == []
    answer = await api.put(f"/users/{user['id']}", json={"lines": ZOE["lines"]})
    assert answer.status_code == 204
    assert (await api.get(f"/users/{user['id']}")).json()["lines"] == []
