"""What the contract tests do with an example: make it, several times, in an entity."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_confd import domains
from ovix_confd.kit import LinkSpec, Operation, Registry, ResourceSpec, SectionSpec, ViewSpec
from ovix_schema import Entity
from ovix_web import Sessions

REGISTRY = Registry.discovered(domains)
RESOURCES: tuple[ResourceSpec[Any], ...] = REGISTRY.all(ResourceSpec)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with an argument ``resource``, ``link``, ``view`` or ``section`` for each spec."""
    kinds = {
        "resource": RESOURCES,
        "creatable": [each for each in RESOURCES if each.create],
        "editable": [each for each in RESOURCES if each.update],
        "link": REGISTRY.all(LinkSpec),
        "view": REGISTRY.all(ViewSpec),
        "section": REGISTRY.all(SectionSpec),
    }
    for name, specs in kinds.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, specs, ids=lambda spec: spec.name)


Make = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def make(api: AsyncClient, entity: Entity, sessions: Sessions) -> Make:
    """Creates ``count`` examples of a resource through the API; gives the answers' JSON.

    A resource without a spec of its creation gives those it has, or that its example prepares.
    """

    async def made(
        spec: ResourceSpec[Any], count: int = 1, client: AsyncClient | None = None
    ) -> list[dict[str, Any]]:
        asking = client or api
        if spec.create is None:
            await prepare_body(sessions, spec, entity.id)
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


@pytest.fixture
def forms() -> Callable[[LinkSpec[Any, Any], str], list[str]]:
    """The older forms of a link, ``post`` or ``delete``: what follows the left side's id."""

    def found(spec: LinkSpec[Any, Any], verb: str) -> list[str]:
        above = spec.left.below(spec.left.parameter_name)
        named = re.compile(rf"{verb}_{spec.name}(_\d)?")
        return [
            each.path.removeprefix(above)
            for each in REGISTRY.all(Operation)
            if named.fullmatch(each.name)
        ]

    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A kind of spec that no domain has is nothing left out."""
    items[:] = [
        item
        for item in items
        if not any("empty parameter set" in str(mark.kwargs) for mark in item.iter_markers("skip"))
    ]
