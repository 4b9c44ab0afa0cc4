"""What every resource of the configuration API does (reference/confd/README.md)."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import jsonschema_rs
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_confd.kit import ResourceSpec, Schema
from ovix_schema import Entity

Spec = ResourceSpec[Any]
Client = Callable[..., Awaitable[AsyncClient]]
Make = Callable[..., Awaitable[list[dict[str, Any]]]]
Prepared = Callable[[Spec, int], Awaitable[dict[str, Any]]]
PathOf = Callable[[Spec, dict[str, Any]], str]
Announced = Callable[[], Awaitable[list[str]]]
BASE = "http://confd:9486/1.1"
OF_THE_INSTALLATION = {"access_feature"}
"""What can be created and belongs to no entity."""


def fits(schema: type[Schema], value: object) -> None:
    """The value is what the description promises."""
    described = schema.model_json_schema(mode="serialization")
    jsonschema_rs.validator_for(described).validate(value)


def an_error(answer: Any, status: int, prefix: str) -> None:
    """The answer is an array of texts that start with the class of the error."""
    assert answer.status_code == status, answer.text
    messages = answer.json()
    assert messages
    assert all(isinstance(each, str) and each.startswith(prefix) for each in messages), messages


def unknown_of(spec: Spec) -> str:
    """An id that no row has."""
    return str(uuid4()) if spec.rows.key.id is None else "2147483647"


async def test_a_resource_lives_and_dies(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared, announced: Announced
) -> None:
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    created = await api.post(creatable.path, json=body)
    assert created.status_code == 201, created.text
    fits(creatable.read, created.json())
    location = created.headers["Location"]
    assert location.startswith(f"{BASE}{creatable.path}/")
    read = await api.get(location)
    assert read.json() == created.json()
    assert read.headers["ETag"] == created.headers["ETag"]
    expected = [f"{creatable.name}_created"]
    if creatable.update is not None:
        edited = await api.put(location, json=creatable.example.change)
        assert (edited.status_code, edited.content) == (204, b"")
        expected.append(f"{creatable.name}_edited")
    if creatable.announces.deleted is not None:
        deleted = await api.delete(location)
        assert (deleted.status_code, deleted.content) == (204, b"")
        an_error(await api.get(location), 404, "Resource Not Found - ")
        expected.append(f"{creatable.name}_deleted")
    # What an entity's life also is, for auth's clients: test_tenant_header.py has it.
    assert [each for each in await announced() if not each.startswith("auth_")] == expected


async def test_what_is_sent_is_what_is_read(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared
) -> None:
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    item = (await api.post(creatable.path, json=body)).json()
    assert creatable.create is not None
    checked = creatable.create.model_validate(body).model_dump()
    write_only = {
        name
        for name, schema in creatable.create.model_json_schema()["properties"].items()
        if schema.get("writeOnly")
    }
    for name in (body.keys() & item.keys()) - write_only:
        assert _within(checked[name], item[name]) or _within(body[name], item[name]), name


def _within(sent: Any, read: Any) -> bool:
    """What was sent is there; defaults may have joined it."""
    if isinstance(sent, dict) and isinstance(read, dict):
        return all(name in read and _within(value, read[name]) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(read, list):
        return all(any(_within(each, found) for found in read) for each in sent)
    return bool(sent == read)


async def test_an_edit_changes_what_it_names_and_nothing_else(
    editable: Spec, api: AsyncClient, make: Make, path_of: PathOf
) -> None:
    [item] = await make(editable)
    path = path_of(editable, item)
    assert (await api.put(path, json={})).status_code == 204
    assert (await api.get(path)).json() == item
    assert (await api.put(path, json=editable.example.change)).status_code == 204
    changed = (await api.get(path)).json()
    fits(editable.read, changed)
    for name, value in editable.example.change.items():
        if not isinstance(value, list | dict):
            assert changed[name] == value
    # Derived members, such as the opposite of a flag, may follow; the others stay.
    untouched = item.keys() & editable.create.model_fields.keys() if editable.create else set()
    for name in untouched - editable.example.change.keys():
        if editable.example.body.get(name) is not None:
            assert changed[name] == item[name], name


async def test_read_only_and_unknown_members_are_ignored(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared
) -> None:
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    sent = body | {"links": "mine", "no_such_member": {"a": [1]}}
    if creatable.create is not None and "id" not in creatable.create.model_fields:
        sent["id"] = 424242
    created = await api.post(creatable.path, json=sent)
    assert created.status_code == 201, created.text
    assert created.json().get("id") != 424242
    assert "no_such_member" not in created.json()
    if creatable.update is not None:
        location = created.headers["Location"]
        edited = await api.put(location, json={"id": 424242, "links": [], "no_such_member": 1})
        assert edited.status_code == 204
        assert (await api.get(location)).json() == created.json()


@pytest.mark.parametrize("scopes", [(), ("confd.something.else",)], ids=["no token", "other scope"])
async def test_every_verb_needs_its_access(
    resource: Spec, client: Client, make: Make, path_of: PathOf, scopes: tuple[str, ...]
) -> None:
    [item] = await make(resource)
    path = path_of(resource, item)
    asking = await client(*scopes)
    for method, url in (
        ("GET", resource.path), ("POST", resource.path),
        ("GET", path), ("PUT", path), ("DELETE", path),
    ):  # fmt: skip
        answer = await asking.request(method, url, content=b"{}")
        assert answer.status_code in (401, 405), (method, url, answer.text)
        if answer.status_code == 401:
            assert isinstance(answer.json(), list)


async def test_access_strings_are_those_of_the_reference(
    resource: Spec, client: Client, make: Make, path_of: PathOf
) -> None:
    [item] = await make(resource)
    path = path_of(resource, item)
    prefix = "confd" + resource.path.replace("/", ".")
    identifier = path.rsplit("/", 1)[1]
    assert (await (await client(f"{prefix}.read")).get(resource.path)).status_code == 200
    assert (await (await client(f"{prefix}.{identifier}.read")).get(path)).status_code == 200
    if resource.create is not None:
        assert (
            await (await client(f"{prefix}.create")).post(resource.path, content=b"[]")
        ).status_code == 400
    if resource.update is not None:
        editing = await client(f"{prefix}.{identifier}.update")
        assert (await editing.put(path, json={})).status_code == 204
    if resource.announces.deleted is not None:
        deleting = await client(f"{prefix}.{identifier}.delete")
        assert (await deleting.delete(path)).status_code == 204


async def test_an_unknown_item_is_not_found(resource: Spec, api: AsyncClient) -> None:
    path = f"{resource.path}/{unknown_of(resource)}"
    an_error(await api.get(path), 404, f"Resource Not Found - {resource.title} was not found")
    for method in ("PUT", "DELETE"):
        answer = await api.request(method, path, json={})
        assert answer.status_code in (404, 405)


@pytest.mark.parametrize("identifier", ["0", "99999999999", "2147483648", "-1", "x", "1.5"])
async def test_an_impossible_id_is_not_found(
    resource: Spec, api: AsyncClient, identifier: str
) -> None:
    answer = await api.get(f"{resource.path}/{identifier}")
    assert answer.status_code == 404
    assert isinstance(answer.json(), list)


async def test_verbs_that_are_not_offered_are_refused(
    resource: Spec, api: AsyncClient, app: FastAPI
) -> None:
    # A domain may offer a verb by an endpoint of its own; then it is described all the same.
    described = app.openapi()["paths"]
    collection, item = described[f"/1.1{resource.path}"], described[f"/1.1{resource.path}/{{id}}"]
    assert (await api.patch(resource.path, json={})).status_code == 405
    if resource.create is None and "post" not in collection:
        assert (await api.post(resource.path, json={})).status_code == 405
    if resource.update is None and "put" not in item:
        assert (await api.put(f"{resource.path}/1", json={})).status_code == 405
    if resource.announces.deleted is None and "delete" not in item:
        assert (await api.delete(f"{resource.path}/1")).status_code == 405


async def test_a_missing_required_member_is_named(creatable: Spec, api: AsyncClient) -> None:
    assert creatable.create is not None
    required = [n for n, field in creatable.create.model_fields.items() if field.is_required()]
    for content in (b"", b"null", b"{}"):
        answer = await api.post(creatable.path, content=content)
        if not required:
            assert answer.status_code == 201
            continue
        an_error(answer, 400, "Input Error - ")
        assert len(answer.json()) == len(required)
        for name in required:
            assert any(each.startswith(f"Input Error - {name}: ") for each in answer.json())


@pytest.mark.parametrize("content", [b"{", b"[]", b'"text"', b"1", b"\xff\xfe"])
async def test_a_body_that_is_no_object_is_refused(
    creatable: Spec, api: AsyncClient, content: bytes
) -> None:
    an_error(await api.post(creatable.path, content=content), 400, "Input Error - ")


def _properties(schema: type[Schema]) -> dict[str, dict[str, Any]]:
    described = schema.model_json_schema()
    found: dict[str, dict[str, Any]] = {}
    for name, property_ in described["properties"].items():
        variants = [v for v in property_.get("anyOf", [property_]) if v.get("type") != "null"]
        if len(variants) == 1 and "type" in variants[0]:
            found[name] = variants[0]
    return found


def _beyond(name: str, limits: dict[str, Any]) -> list[tuple[str, Any]]:
    """Values just outside of what the description allows."""
    wrong: list[tuple[str, Any]] = [(name, {"an": "object"})]
    match limits["type"]:
        case "string":
            wrong += [(name, 12), (name, True), (name, "a\0b")]
            if "maxLength" in limits:
                wrong.append((name, "x" * (limits["maxLength"] + 1)))
            if limits.get("minLength"):
                wrong.append((name, "x" * (limits["minLength"] - 1)))
            if "enum" in limits:
                wrong.append((name, "no such choice"))
        case "integer":
            wrong += [(name, "many"), (name, 1.5), (name, 2**31), (name, -(2**31) - 1)]
            wrong += [
                (name, limits[k] + d) for k, d in (("minimum", -1), ("maximum", 1)) if k in limits
            ]
        case "boolean":
            wrong += [(name, "perhaps"), (name, 7)]
        case "array":
            wrong += [(name, "text"), (name, [None])]
    return wrong


async def test_each_field_is_held_to_its_limits(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared
) -> None:
    assert creatable.create is not None
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    for name, limits in _properties(creatable.create).items():
        for field, value in _beyond(name, limits):
            answer = await api.post(creatable.path, json=body | {field: value})
            assert answer.status_code == 400, (field, value, answer.text)
            assert answer.json()[0].startswith("Input Error - "), (field, value, answer.text)


async def test_null_is_taken_only_where_the_description_says_so(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared
) -> None:
    assert creatable.create is not None
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    location = (await api.post(creatable.path, json=body)).headers["Location"]
    for verb, schema in (("POST", creatable.create), ("PUT", creatable.update)):
        if schema is None:
            continue
        for number, (name, limits) in enumerate(schema.model_json_schema()["properties"].items()):
            nullable = any(each.get("type") == "null" for each in limits.get("anyOf", ()))
            if verb == "POST":
                another = creatable.example.nth(10 + number, {}) | {
                    k: v for k, v in body.items() if k not in creatable.example.vary(1)
                }
                answer = await api.post(creatable.path, json=another | {name: None})
                assert answer.status_code == (201 if nullable else 400), (name, answer.text)
            else:
                answer = await api.put(location, json={name: None})
                assert answer.status_code == (204 if nullable else 400), (name, answer.text)


async def test_a_failed_request_leaves_nothing_behind(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared, announced: Announced
) -> None:
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    before = (await api.get(creatable.path)).json()["total"]
    field = next(iter(creatable.example.vary(1)))
    assert (await api.post(creatable.path, json=body | {field: {}})).status_code == 400
    assert (await api.get(creatable.path)).json()["total"] == before
    assert await announced() == []


async def test_entities_do_not_see_each_other(
    creatable: Spec, client: Client, entity: Entity, save: Any, prepared: Prepared,
    announced: Announced,
) -> None:  # fmt: skip
    if creatable.name in OF_THE_INSTALLATION:
        return
    if creatable.rows.entity is None:
        pytest.fail(f"{creatable.name} can be created, hence must belong to an entity")
    if creatable.name == "entity":
        return  # its own test is beside its domain
    other = await save(Entity(name="second"))
    mine = await client("confd.#", entity_id=entity.id)
    theirs = await client("confd.#", entity_id=other.id)
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    created = await mine.post(creatable.path, json=body)
    assert created.status_code == 201, created.text
    location = created.headers["Location"]
    assert (await mine.get(creatable.path)).json()["items"] == [created.json()]
    assert (await theirs.get(creatable.path)).json() == {"total": 0, "items": []}
    assert (await theirs.get(creatable.path, params={"search": "1"})).json()["total"] == 0
    an_error(await theirs.get(location), 404, "Resource Not Found - ")
    if creatable.update is not None:
        an_error(await theirs.put(location, json=creatable.example.change), 404, "Resource Not ")
    an_error(await theirs.delete(location), 404, "Resource Not Found - ")
    assert (await mine.get(location)).json() == created.json()
    assert await announced() == [f"{creatable.name}_created"]


async def test_links_are_absolute_and_lead_back(
    resource: Spec, api: AsyncClient, make: Make, path_of: PathOf
) -> None:
    [item] = await make(resource)
    [own] = item["links"]
    assert own["href"].startswith(f"{BASE}{resource.path}/")
    assert (await api.get(own["href"])).json() == item
    elsewhere = await api.get(path_of(resource, item), headers={"Host": "pbx.example.org"})
    href = elsewhere.json()["links"][0]["href"]
    assert href == own["href"].replace("confd:9486", "pbx.example.org")
