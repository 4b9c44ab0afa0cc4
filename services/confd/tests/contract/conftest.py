"""What the contract tests do with an example: make it, several times, in an entity."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_confd import domains
from ovix_confd.kit import Registry, ResourceSpec
from ovix_schema import Entity
from ovix_web import Sessions

REGISTRY = Registry.discovered(domains)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with an argument ``resource``, ``link``, ``view`` or ``section`` for each spec."""
    kinds = {
        "resource": REGISTRY.resources,
        "creatable": [each for each in REGISTRY.resources if each.create],
        "editable": [each for each in REGISTRY.resources if each.update],
        "link": REGISTRY.links,
        "view": REGISTRY.views,
        "section": REGISTRY.sections,
    }
    for name, specs in kinds.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, specs, ids=lambda spec: spec.name)


Make = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def make(api: AsyncClient, entity: Entity, sessions: Sessions) -> Make:
    """Creates ``count`` examples of a resource through the API; gives the answers' JSON.

    A resource that can't be created gives those it has from the start.
    """

    async def made(
        spec: ResourceSpec[Any], count: int = 1, client: AsyncClient | None = None
    ) -> list[dict[str, Any]]:
        asking = client or api
        if spec.create is None:
            found = await asking.get(spec.path, params={"limit": count})
            return list(found.json()["items"])
        prepared = await prepare_body(sessions, spec, entity.id)
        items = []
        for number in range(count):
            answer = await asking.post(spec.path, json=spec.example.nth(number, prepared))
            assert answer.status_code == 201, answer.text
            items.append(answer.json())
        return items

    return made


async def prepare_body(
    sessions: Sessions, spec: ResourceSpec[Any], entity_id: int
) -> dict[str, Any]:
    async with sessions.begin() as session:
        return await spec.example.prepare(session, entity_id)


@pytest.fixture
def prepared(sessions: Sessions) -> Callable[[ResourceSpec[Any], int], Awaitable[dict[str, Any]]]:
    """Adds the rows an example refers to; gives the members of the body that name them."""

    async def ready(spec: ResourceSpec[Any], entity_id: int) -> dict[str, Any]:
        return await prepare_body(sessions, spec, entity_id)

    return ready


@pytest.fixture
def path_of() -> Callable[[ResourceSpec[Any], dict[str, Any]], str]:
    """The path of an item, from its JSON."""

    def path(spec: ResourceSpec[Any], item: dict[str, Any]) -> str:
        return f"{spec.path}/{item[spec.rows.key.column.key]}"

    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A kind of spec that no domain has is nothing left out."""
    items[:] = [
        item
        for item in items
        if not any("empty parameter set" in str(mark.kwargs) for mark in item.iter_markers("skip"))
    ]
