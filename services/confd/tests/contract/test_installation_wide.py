"""What belongs to the whole installation: a token of one entity reads it and changes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

from httpx import AsyncClient
from ovix_confd.kit import ResourceSpec, SectionSpec
from ovix_schema import Entity

Spec = ResourceSpec[Any]
Client = Callable[..., Awaitable[AsyncClient]]
Make = Callable[..., Awaitable[list[dict[str, Any]]]]
Announced = Callable[[], Awaitable[list[str]]]


async def test_a_section_is_not_changed_by_a_token_of_an_entity(
    section: SectionSpec[Any],
    api: AsyncClient,
    client: Client,
    entity: Entity,
    announced: Announced,
) -> None:
    bound = await client("confd.#", entity_id=entity.id)
    before = (await api.get(section.path)).json()
    assert (await bound.get(section.path)).json() == before
    assert (await bound.put(section.path, json=section.example)).status_code == 401
    assert (await api.get(section.path)).json() == before
    assert await announced() == []


async def test_a_resource_without_entity_is_not_changed_by_a_token_of_an_entity(
    resource: Spec,
    client: Client,
    entity: Entity,
    make: Make,
    path_of: Callable[[Spec, dict[str, Any]], str],
    announced: Announced,
) -> None:
    if resource.entity_of_row is not None:
        return  # that its rows are not even seen is tested beside
    [item] = await make(resource)
    bound = await client("confd.#", entity_id=entity.id)
    path, before = path_of(resource, item), await announced()
    for method, url in (("POST", resource.path), ("PUT", path), ("DELETE", path)):
        answer = await bound.request(method, url, content=b"{}")
        assert answer.status_code in (401, 405), (method, answer.text)
    assert (await bound.get(path)).json() == item
    assert await announced() == before
