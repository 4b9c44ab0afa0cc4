"""How many SQL statements a request takes: few, and no more where there is more to show."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_confd.kit import LinkSpec, ResourceSpec, SectionSpec
from ovix_schema import Entity
from ovix_testkit import QueryRecorder
from ovix_testkit.databases import SERVER_VARIABLE, clone_template
from ovix_web import Sessions

from .many import Many

Spec = ResourceSpec[Any]
Link = LinkSpec[Any, Any]
Make = Callable[..., Awaitable[list[dict[str, Any]]]]
Prepared = Callable[[Spec, int], Awaitable[dict[str, Any]]]
PathOf = Callable[[Spec, dict[str, Any]], str]
Forms = Callable[[Link, str], list[str]]
Counted = Callable[..., Awaitable[int]]
Client = Callable[..., Awaitable[AsyncClient]]
OF_A_LIST, OF_AN_ITEM, OF_A_CHANGE = 2, 1, 6
MAY_READ_ALL = "voicemail_zones"
"""Zones change once in years: no index is kept of the boxes in each."""


@pytest.fixture(scope="session")
def url_of_many() -> str:
    """Another empty database."""
    return clone_template(os.environ[SERVER_VARIABLE], f"ovix_test_many_{os.getpid()}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def many(url_of_many: str) -> AsyncIterator[Many]:
    """Tells how PostgreSQL would find what a statement asks for among many rows."""
    made = await Many.filled(url_of_many)
    yield made
    await made.close()


@pytest.fixture
def counted(api: AsyncClient, app: FastAPI, many: Many) -> Counted:
    """Sends a request that must succeed; gives the statements it took.

    None of a change reads the whole of a table that grows with the company.

    The look-up of the token does not count: a running service caches it. What changes something
    writes all its events by one statement.
    """

    async def sent(method: str, path: str, *, changes: bool = True, **given: Any) -> int:
        with QueryRecorder(app.state.engine) as queries:
            answer = await api.request(method, path, **given)
        assert answer.is_success, (method, path, answer.text)
        own = [each for each in queries.statements if "FROM tokens" not in each]
        told = sum("INTO outbox" in each for each in own)
        assert told == (method != "GET" and changes), own
        for each in own if method != "GET" else ():
            if each.startswith("LOCK") or MAY_READ_ALL in each:
                continue
            assert not (whole := await many.read_whole(each)), (whole, each)
        return len(own)

    return sent


async def test_a_list_and_an_item(
    resource: Spec, counted: Counted, make: Make, path_of: PathOf
) -> None:
    items = await make(resource, 5)
    for parameters in ({}, {"limit": "2"}, {"limit": "2", "search": "1", "offset": "1"}):
        assert await counted("GET", resource.path, params=parameters) <= OF_A_LIST
    assert await counted("GET", path_of(resource, items[0])) == OF_AN_ITEM


async def test_what_is_found_among_many_is_found_by_indexes(
    app: FastAPI, api: AsyncClient, client: Client, entity: Entity, many: Many
) -> None:
    theirs = await client("confd.#", entity_id=entity.id)
    numbers = "ix_extensions_exten_trgm ix_line_extensions_extension_id"
    for asking, path, indexes in (
        (api, "/users?search=x", f"{numbers} ix_users_search_trgm ix_user_lines_line_id"),
        (api, "/users?search=x", "ix_lines_provisioning_code_trgm"),
        (api, "/users?exten=x", "uq_extensions_exten_context ix_user_lines_line_id"),
        (api, "/users?extension=x", "uq_extensions_exten_context ix_user_lines_line_id"),
        (api, "/users?provisioning_code=x", "uq_lines_provisioning_code"),
        (api, "/users?voicemail_number=x", "uq_voicemails_number_context"),
        (api, "/lines?search=x", f"{numbers} ix_lines_search_trgm"),
        (api, "/lines?search=x", "ix_endpoints_sip_search_trgm uq_lines_endpoint_sip_id"),
        (api, "/lines?search=x", "ix_endpoints_sccp_search_trgm uq_lines_endpoint_sccp_id"),
        (api, "/lines?search=x", "ix_endpoints_custom_search_trgm uq_lines_endpoint_custom_id"),
        (api, "/lines_sip?search=x", "ix_lines_search_trgm"),
        (api, "/extensions?search=x", "ix_extensions_exten_trgm ix_extensions_context"),
        (api, "/voicemails?search=x", "ix_voicemails_search_trgm"),
        (theirs, "/lines", "ix_contexts_entity_id"),
        (theirs, "/lines_sip", "ix_contexts_entity_id"),
        (theirs, "/extensions", "ix_contexts_entity_id"),
        (theirs, "/voicemails", "ix_contexts_entity_id"),
    ):
        with QueryRecorder(app.state.engine) as queries:
            assert (await asking.get(path)).is_success
        [keys] = [each for each in queries.statements if " AS total" in each]
        assert set(indexes.split()) <= await many.indexes(keys), (path, keys)


async def test_a_creation_an_edit_and_a_deletion(
    creatable: Spec, counted: Counted, api: AsyncClient, entity: Entity, prepared: Prepared,
    path_of: PathOf,
) -> None:  # fmt: skip
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    assert await counted("POST", creatable.path, json=body) <= OF_A_CHANGE
    found = (await api.get(creatable.path)).json()["items"]
    path = path_of(creatable, max(found, key=lambda each: each.get("id", "")))
    if creatable.update is not None:
        assert await counted("PUT", path, json=creatable.example.change) <= OF_A_CHANGE
    if creatable.announces.deleted is not None:
        assert await counted("DELETE", path) <= OF_A_CHANGE


async def test_a_link_made_and_dissolved_in_every_form(
    link: Link, counted: Counted, entity: Entity, sessions: Sessions, forms: Forms
) -> None:
    async with sessions.begin() as session:
        left, right = await link.example.prepare(session, entity.id)
    below = f"{link.left.path}/{left}"
    its = f"{below}{link.path}/{right}"
    dissolving = [its] if link.names_right_on_delete else []
    dissolving += [f"{below}{path}" for path in forms(link, "delete")]
    for path in dissolving:
        assert await counted("PUT", its) <= OF_A_CHANGE
        assert await counted("DELETE", path) <= OF_A_CHANGE
    for path in forms(link, "post"):
        given = {link.names_right: right}
        assert await counted("POST", f"{below}{path}", json=given) <= OF_A_CHANGE
        assert await counted("DELETE", dissolving[0]) <= OF_A_CHANGE


@pytest.mark.usefixtures("as_installed")
async def test_a_section(section: SectionSpec[Any], counted: Counted) -> None:
    assert await counted("GET", section.path) == OF_AN_ITEM
    assert await counted("PUT", section.path, json=section.example) <= OF_A_CHANGE


async def test_relations_take_no_statement_of_their_own(confd: Any, counted: Counted) -> None:
    for _ in range(3):
        user = await confd.user()
        line = await confd.phone(user)
        for _ in range(2):
            other = await confd.line_with_endpoint()
            await confd.do("PUT", f"/users/{user['id']}/lines/{other['id']}")
    for path, item in (
        ("/users", user["id"]),
        ("/lines", line["id"]),
        ("/extensions", line["extension"]),
        ("/endpoints/sip", line["endpoint"]),
        ("/lines_sip", line["id"]),
    ):
        assert await counted("GET", path) <= OF_A_LIST
        assert await counted("GET", f"{path}/{item}") == OF_AN_ITEM
    assert await counted("GET", f"/users/{user['id']}/lines") == OF_AN_ITEM
    assert await counted("GET", f"/lines/{line['id']}/users") == OF_AN_ITEM


@pytest.mark.usefixtures("as_installed")
async def test_parts_of_a_resource_are_stored_at_once(confd: Any, counted: Counted) -> None:
    numbers = [{"start": str(start), "end": str(start + 9)} for start in range(1000, 1500, 10)]
    kinds = {f"{kind}_ranges": numbers for kind in ("user", "group", "queue", "conference_room")}
    assert await counted("POST", "/contexts", json={"name": "many", **kinds}) <= OF_A_CHANGE
    keys = {
        str(n): {
            "label": f"{n}" if n % 2 else None,
            "destination": {"type": "custom", "exten": f"{n}"},
        }
        for n in range(1, 100)
    }
    assert await counted("POST", "/funckeys/templates", json={"keys": keys}) <= OF_A_CHANGE
    hours = {"hours_start": "08:00", "hours_end": "12:00"}
    users = [(await confd.user())["id"] for _ in range(5)]
    closed = [
        {**hours, "destination": {"type": "none"}},
        *({**hours, "destination": {"type": "user", "user_id": each}} for each in users),
        {**hours, "destination": {"type": "extension", "exten": "1000", "context": "default"}},
    ] * 10
    body = {
        "closed_destination": {"type": "none"},
        "open_periods": [hours] * 20,
        "exceptional_periods": closed,
    }
    assert await counted("POST", "/schedules", json={"name": "many", **body}) <= OF_A_CHANGE
    zones = [
        {"name": f"zone{n}", "timezone": "UTC", "message": "q" if n % 2 else None}
        for n in range(50)
    ]
    path = "/asterisk/voicemail/zonemessages"
    assert await counted("PUT", path, json={"items": zones}) <= OF_A_CHANGE


async def test_the_lines_of_a_user_are_replaced_at_once(confd: Any, counted: Counted) -> None:
    user = await confd.user()
    had = [(await confd.phone(user))["id"] for _ in range(2)]
    new = [(await confd.phone())["id"] for _ in range(4)]
    path = f"/users/{user['id']}/lines"
    before = had
    for wanted in (new[:1], [*new, *had], [new[3], had[1], new[0]], had[::-1], had, had, [], new):
        body = {"lines": [{"id": each} for each in wanted]}
        changes = wanted != before
        assert await counted("PUT", path, json=body, changes=changes) <= OF_A_CHANGE, wanted
        found = (await confd.read(path))["items"]
        assert {each["line_id"] for each in found} == set(wanted)
        assert [each["line_id"] for each in found if each["main_line"]] == wanted[:1]
        before = wanted
