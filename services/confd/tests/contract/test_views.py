"""What every view and every section does."""

from collections.abc import Awaitable, Callable
from typing import Any

import jsonschema_rs
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_confd.kit import Schema, SectionSpec, ViewSpec
from ovix_schema import Entity
from ovix_testkit import QueryRecorder
from ovix_web import Sessions

View = ViewSpec[Any]
Section = SectionSpec[Any]
Client = Callable[..., Awaitable[AsyncClient]]
Announced = Callable[[], Awaitable[list[str]]]


async def prepared(view: View, sessions: Sessions, entity_id: int) -> str:
    """The path of the view, on a parent in the entity."""
    async with sessions.begin() as session:
        parent = await view.example.prepare(session, entity_id)
    return f"{view.parent.path}/{parent}{view.path}"


def fits(schema: type[Schema] | None, value: object) -> None:
    assert schema is not None
    described = schema.model_json_schema(mode="serialization")
    jsonschema_rs.validator_for(described).validate(value)


async def test_a_view_shows_and_takes_what_it_describes(
    view: View, api: AsyncClient, app: FastAPI, entity: Entity, sessions: Sessions,
    announced: Announced,
) -> None:  # fmt: skip
    path = await prepared(view, sessions, entity.id)
    if view.write is not None:
        assert view.example.body is not None
        with QueryRecorder(app.state.engine) as queries:
            answer = await api.put(path, json=view.example.body)
        assert (answer.status_code, answer.content) == (204, b""), answer.text
        assert await announced()
        assert sum("INTO outbox" in each for each in queries.statements) == 1
    else:
        assert (await api.put(path, json={})).status_code == 405
    with QueryRecorder(app.state.engine) as queries:
        answer = await api.get(path)
    if view.shows is None:
        assert answer.status_code == 405
        return
    assert answer.status_code == 200, answer.text
    fits(view.read, answer.json())
    assert len([each for each in queries.statements if "FROM tokens" not in each]) == 1


async def test_a_view_needs_its_parent(view: View, api: AsyncClient) -> None:
    path = f"{view.parent.path}/2147483647{view.path}"
    for method, offered in (("GET", view.shows is not None), ("PUT", view.write is not None)):
        answer = await api.request(method, path, json=view.example.body or {})
        assert answer.status_code == (404 if offered else 405), answer.text
        if offered:
            assert answer.json()[0].startswith(
                f"Resource Not Found - {view.parent.title} was not found"
            )


async def test_a_view_needs_access(
    view: View, client: Client, entity: Entity, sessions: Sessions
) -> None:
    path = await prepared(view, sessions, entity.id)
    for asking in (await client(), await client("confd.something.else")):
        for method in ("GET", "PUT"):
            answer = await asking.request(method, path, content=b"{}")
            assert answer.status_code in (401, 405)
    scope = "confd" + path.replace("/", ".")
    if view.shows is not None and not view.read_scopes:
        assert (await (await client(f"{scope}.read")).get(path)).status_code == 200
    if view.write is not None and not view.update_scopes:
        editing = await client(f"{scope}.update")
        assert (await editing.put(path, json=view.example.body)).status_code == 204


async def test_a_view_of_another_entity_is_not_there(
    view: View, client: Client, entity: Entity, save: Any, sessions: Sessions, announced: Announced
) -> None:
    path = await prepared(view, sessions, entity.id)
    stranger = await client("confd.#", entity_id=(await save(Entity(name="second"))).id)
    if view.shows is not None:
        assert (await stranger.get(path)).status_code == 404
    if view.write is not None:
        assert (await stranger.put(path, json=view.example.body)).status_code == 404
    assert await announced() == []


async def test_a_view_refuses_what_is_no_object(
    view: View, api: AsyncClient, entity: Entity, sessions: Sessions, announced: Announced
) -> None:
    if view.write is None:
        return
    path = await prepared(view, sessions, entity.id)
    for content in (b"[]", b"{", b'"text"'):
        answer = await api.put(path, content=content)
        assert answer.status_code == 400
        assert answer.json()[0].startswith("Input Error - ")
    assert await announced() == []


async def test_a_section_is_replaced_and_read(
    section: Section, api: AsyncClient, client: Client, announced: Announced
) -> None:
    before = (await api.get(section.path)).json()
    fits(section.read, before)
    assert (await (await client("confd.other")).get(section.path)).status_code == 401
    assert (await (await client("confd.other")).put(section.path, json={})).status_code == 401
    assert (await api.put(section.path, content=b"[]")).status_code == 400
    (reads,), (writes,) = (each.scopes or () for each in section.operations())
    reading, writing = await client(reads), await client(writes)
    assert (await writing.put(section.path, json=section.example)).status_code == 204
    assert (await reading.get(section.path)).json() == section.example
    assert len(await announced()) == 1
    assert (await api.put(section.path, json=before)).status_code == 204
