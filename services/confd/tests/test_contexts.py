"""Contexts, their inclusions and free numbers, and the entities that own them."""

from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import Entity
from ovix_testkit.builders import an_extension

INTERNAL = {"name": "default", "user_ranges": [{"start": "1000", "end": "1019"}]}


async def a_context(api: AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/contexts", json=INTERNAL | fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_range_without_end_is_a_single_number(api: AsyncClient) -> None:
    context = await a_context(api, user_ranges=[{"start": "1000"}, {"start": "2000", "end": None}])
    assert context["user_ranges"] == [
        {"start": "1000", "end": "1000"},
        {"start": "2000", "end": "2000"},
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"start": "10", "end": "9"}, {"start": "1", "end": "10"}, {"start": "x"}, {"end": "1"}],
)
async def test_a_range_that_makes_no_sense_is_refused(
    api: AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await api.post("/contexts", json=INTERNAL | {"user_ranges": [wrong]})
    assert answer.status_code == 400
    assert answer.json()[0].startswith("Input Error - user_ranges.0")


async def test_ranges_are_replaced_kind_by_kind(api: AsyncClient) -> None:
    context = await a_context(api, group_ranges=[{"start": "2000", "end": "2099"}])
    path = f"/contexts/{context['id']}"
    assert (await api.put(path, json={"user_ranges": [{"start": "3000"}]})).status_code == 204
    changed = (await api.get(path)).json()
    assert changed["user_ranges"] == [{"start": "3000", "end": "3000"}]
    assert changed["group_ranges"] == context["group_ranges"]


async def test_a_context_only_has_ranges_of_its_type(api: AsyncClient) -> None:
    did = {"incall_ranges": [{"start": "0123456000", "end": "0123456999", "did_length": 4}]}
    assert (await api.post("/contexts", json=INTERNAL | did)).status_code == 400
    incall = await a_context(api, name="from-extern", type="incall", user_ranges=[], **did)
    assert incall["incall_ranges"] == did["incall_ranges"]
    internal = await a_context(api)
    assert (
        await api.put(f"/contexts/{internal['id']}", json={"type": "incall"})
    ).status_code == 400
    both = {"type": "outcall", "user_ranges": []}
    assert (await api.put(f"/contexts/{internal['id']}", json=both)).status_code == 204


async def test_a_name_is_unique_and_does_not_change(api: AsyncClient) -> None:
    context = await a_context(api)
    again = await api.post("/contexts", json=INTERNAL)
    assert (again.status_code, again.json()) == (400, ["Resource Error - Context already exists"])
    assert (await api.put(f"/contexts/{context['id']}", json={"name": "new"})).status_code == 204
    assert (await api.get(f"/contexts/{context['id']}")).json()["name"] == "default"


@pytest.mark.parametrize("name", ["a]b", "a\nb", "a b", "", "x" * 40, "é"])
async def test_a_name_can_not_break_out_of_its_section(api: AsyncClient, name: str) -> None:
    assert (await api.post("/contexts", json=INTERNAL | {"name": name})).status_code == 400


async def test_inclusions_are_kept_in_order(api: AsyncClient, announced: Any) -> None:
    first, second, third = [await a_context(api, name=name) for name in ("a", "b", "c")]
    path = f"/contexts/{first['id']}"
    wanted = {"contexts": [{"id": third["id"]}, {"id": second["id"]}]}
    assert (await api.put(f"{path}/contexts", json=wanted)).status_code == 204
    included = (await api.get(path)).json()["contexts"]
    assert [each["name"] for each in included] == ["c", "b"]
    assert included[0]["links"] == third["links"]
    assert (await announced())[-1] == "contexts_associated"
    assert (await api.put(f"{path}/contexts", json={"contexts": []})).status_code == 204
    assert (await api.get(path)).json()["contexts"] == []


async def test_impossible_inclusions_are_refused(api: AsyncClient, save: Any) -> None:
    first, second = [await a_context(api, name=name) for name in ("a", "b")]
    other = await save(Entity(name="second"))
    for ids, message in (
        ([999], "Input Error - field 'contexts': Context was not found ('id': 999)"),
        ([first["id"]], "Resource Error - Operation not permitted. A context can't include itself"),
        ([second["id"]] * 2, "Resource Error - Operation not permitted. A context can be included"),
    ):
        body = {"contexts": [{"id": each} for each in ids]}
        answer = await api.put(f"/contexts/{first['id']}/contexts", json=body)
        assert answer.status_code == 400
        assert answer.json()[0].startswith(message)
    assert other.id != first["id"]


async def test_free_numbers_are_those_without_an_extension(api: AsyncClient, save: Any) -> None:
    context = await a_context(api)
    await save(*(an_extension("default", exten=number) for number in ("1000", "1010", "_10XX")))
    path = f"/contexts/{context['id']}/ranges/user"
    free = (await api.get(path)).json()
    assert free == {
        "total": 2,
        "items": [{"start": "1001", "end": "1009"}, {"start": "1011", "end": "1019"}],
    }
    everything = (await api.get(path, params={"availability": "all"})).json()
    assert everything["items"] == [{"start": "1000", "end": "1019"}]
    found = (await api.get(path, params={"search": "15"})).json()
    assert found["items"] == [{"start": "1015", "end": "1015"}]
    page = (await api.get(path, params={"limit": 1, "direction": "desc"})).json()
    assert page == {"total": 2, "items": [{"start": "1011", "end": "1019"}]}


async def test_incall_numbers_are_offered_as_they_are_received(api: AsyncClient) -> None:
    ranges = [{"start": "0123456700", "end": "0123456799", "did_length": 4}]
    context = await a_context(
        api, name="from-extern", type="incall", user_ranges=[], incall_ranges=ranges
    )
    free = (await api.get(f"/contexts/{context['id']}/ranges/incall")).json()
    assert free["items"] == [{"start": "6700", "end": "6799"}]


async def test_free_numbers_need_a_context_and_a_sense(api: AsyncClient) -> None:
    assert (await api.get("/contexts/999/ranges/user")).status_code == 404
    context = await a_context(api, user_ranges=[{"start": "0" * 16, "end": "9" * 16}])
    path = f"/contexts/{context['id']}/ranges/user"
    assert (await api.get(path)).json()["total"] == 1
    assert (await api.get(path, params={"availability": "some"})).status_code == 400
    assert (await api.get(path, params={"search": "7"})).status_code == 400
    assert (await api.get(f"/contexts/{context['id']}/ranges/nobody")).status_code == 404


async def test_a_token_of_an_entity_sees_that_entity_alone(
    client: Any, entity: Entity, save: Any
) -> None:
    other = await save(Entity(name="second"))
    mine = await client("confd.#", entity_id=entity.id)
    found = (await mine.get("/entities")).json()
    assert [each["id"] for each in found["items"]] == [entity.id]
    assert (await mine.get(f"/entities/{other.id}")).status_code == 404
    assert (await mine.post("/entities", json={"name": "third"})).status_code == 400
    assert (await mine.delete(f"/entities/{entity.id}")).status_code == 400


async def test_a_new_object_gets_the_entity_of_the_token(
    api: AsyncClient, client: Any, entity: Entity, save: Any
) -> None:
    other = await save(Entity(name="second"))
    theirs = await client("confd.#", entity_id=other.id)
    default = await a_context(api)
    second = await a_context(theirs, name="theirs")
    assert (await theirs.get(f"/contexts/{default['id']}")).status_code == 404
    assert (await theirs.get(f"/contexts/{second['id']}")).status_code == 200
    mine = await client("confd.#", entity_id=entity.id)
    assert [c["name"] for c in (await mine.get("/contexts")).json()["items"]] == ["default"]
    body = {"contexts": [{"id": second["id"]}]}
    across = await api.put(f"/contexts/{default['id']}/contexts", json=body)
    assert across.status_code == 400
