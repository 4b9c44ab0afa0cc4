"""The deprecated view of a line with its SIP endpoint: reference/confd, "lines_sip"."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_schema import Context, Entity
from ovix_testkit import QueryRecorder

Confd = Any
Save = Callable[..., Awaitable[Any]]
Client = Callable[..., Awaitable[AsyncClient]]
Announced = Callable[[], Awaitable[list[str]]]
NOT_FOUND = "Resource Not Found - LineSIP was not found"
ZOE = {
    "username": "zoe",
    "secret": "ringring",
    "callerid": '"Zoé" <1000>',
    "device_slot": 2,
    "context": "default",
    "provisioning_extension": "123456",
}


async def line(confd: Confd, **body: Any) -> Any:
    return await confd.make("/lines_sip", **{"context": "default", **body})


async def test_a_line_is_made_with_its_endpoint(
    confd: Confd, api: AsyncClient, announced: Announced
) -> None:
    """F-109."""
    before = len(await announced())
    answer = await api.post("/lines_sip", json=ZOE)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert {name: made[name] for name in ZOE} == ZOE
    assert answer.headers["Location"].endswith(f"/1.1/lines_sip/{made['id']}")
    assert [each["rel"] for each in made["links"]] == ["lines", "lines_sip"]
    assert await confd.read(f"/lines_sip/{made['id']}") == made
    shown = await confd.read(f"/lines/{made['id']}")
    assert (shown["name"], shown["protocol"], shown["position"]) == ("zoe", "sip", 2)
    assert (shown["caller_id_name"], shown["caller_id_num"]) == ("Zoé", "1000")
    assert (await announced())[before:] == [
        "sip_endpoint_created",
        "line_created",
        "line_endpoint_sip_associated",
    ]


async def test_what_is_not_given_is_generated(confd: Confd) -> None:
    for given in ({}, {"username": None, "secret": None, "provisioning_extension": None}):
        made = await line(confd, **given)
        assert re.fullmatch("[a-z0-9]{8}", made["username"])
        assert re.fullmatch("[a-z0-9]{8}", made["secret"])
        assert re.fullmatch("[1-8]{6}", made["provisioning_extension"])
        assert (made["callerid"], made["device_slot"]) == (None, 1)


async def test_slot_0_is_the_first_one(confd: Confd) -> None:
    made = await line(confd, device_slot=0)
    assert made["device_slot"] == 1
    await confd.do("PUT", f"/lines_sip/{made['id']}", device_slot=0)


@pytest.mark.parametrize(
    "body",
    [
        {"username": "a_b"}, {"username": "x" * 41}, {"secret": "a b"}, {"secret": ""},
        {"callerid": "Zoé"}, {"callerid": '"Zoé" 1000'}, {"callerid": '"\n"'},
        {"device_slot": -1}, {"device_slot": 2**31}, {"provisioning_extension": "12345"},
        {"context": None}, {"context": "nowhere"},
    ],
)  # fmt: skip
async def test_a_field_out_of_its_kind_is_refused(confd: Confd, body: dict[str, Any]) -> None:
    made = await line(confd)
    await confd.refused("POST", "/lines_sip", "Input Error - ", **{"context": "default", **body})
    await confd.refused("PUT", f"/lines_sip/{made['id']}", "Input Error - ", **body)


async def test_a_context_is_required_and_names_and_codes_belong_to_one(confd: Confd) -> None:
    await confd.refused("POST", "/lines_sip", "Input Error - context", username="zoe")
    await line(confd, **ZOE)
    other = await line(confd)
    for body, title in (
        ({"username": "zoe"}, "SIPEndpoint"),
        ({"provisioning_extension": "123456"}, "Line"),
    ):
        taken = f"Resource Error - {title} already exists"
        await confd.refused("POST", "/lines_sip", taken, context="default", **body)
        await confd.refused("PUT", f"/lines_sip/{other['id']}", taken, **body)


async def test_an_edit_changes_both_and_nothing_else(confd: Confd, announced: Announced) -> None:
    made = await line(confd, **ZOE)
    endpoint = (await confd.read(f"/lines/{made['id']}"))["endpoint_sip"]["id"]
    options = (await confd.read(f"/endpoints/sip/{endpoint}"))["options"]
    change = {"secret": "other", "device_slot": 3, "callerid": '"Jo"'}
    await confd.do("PUT", f"/lines_sip/{made['id']}", **change)
    assert await confd.read(f"/lines_sip/{made['id']}") == made | change
    assert (await announced())[-2:] == ["sip_endpoint_edited", "line_edited"]
    await confd.do("PUT", f"/lines_sip/{made['id']}", callerid=None)
    assert (await confd.read(f"/lines_sip/{made['id']}"))["callerid"] is None
    left = (await confd.read(f"/endpoints/sip/{endpoint}"))["options"]
    assert sorted(left) == sorted(each for each in options if each[0] != "callerid")


async def test_a_line_goes_with_its_endpoint(confd: Confd, announced: Announced) -> None:
    made = await line(confd)
    path = f"/lines_sip/{made['id']}"
    await confd.do("DELETE", path)
    assert (await confd.read("/endpoints/sip"))["total"] == 0
    assert sorted((await announced())[-2:]) == ["line_deleted", "sip_endpoint_deleted"]
    await confd.refused("GET", path, NOT_FOUND, status=404)


async def test_lines_of_other_kinds_are_skipped_and_counted(confd: Confd) -> None:
    made, bare = await line(confd), await confd.line()
    listed = await confd.read("/lines_sip")
    assert (listed["total"], listed["items"]) == (2, [made])
    for method in ("GET", "PUT", "DELETE"):
        await confd.refused(method, f"/lines_sip/{bare['id']}", NOT_FOUND, status=404)
        await confd.refused(method, "/lines_sip/2147483647", NOT_FOUND, status=404)
        await confd.refused(method, "/lines_sip/99999999999", NOT_FOUND, status=404)
    assert (await confd.read("/lines_sip?search=no+such"))["total"] == 0
    await confd.refused("GET", "/lines_sip?order=secret", "Input Error - order")


async def test_only_who_may_do_anything_has_access(
    confd: Confd, client: Client, save: Save
) -> None:
    made = await line(confd)
    path = f"/lines_sip/{made['id']}"
    for asking in (await client(), await client("confd.lines_sip.read", "confd.lines.#")):
        for method, url in (
            ("GET", "/lines_sip"), ("POST", "/lines_sip"),
            ("GET", path), ("PUT", path), ("DELETE", path),
        ):  # fmt: skip
            assert (await asking.request(method, url, json={})).status_code == 401
    other = await save(Entity(name="other"))
    stranger = await client("confd.#", entity_id=other.id)
    assert (await stranger.get("/lines_sip")).json() == {"total": 0, "items": []}
    for method in ("GET", "PUT", "DELETE"):
        assert (await stranger.request(method, path, json={})).status_code == 404


async def test_a_line_is_in_the_entity_of_its_context(
    confd: Confd, client: Client, save: Save
) -> None:
    other = await save(Entity(name="other"))
    await save(Context(name="theirs", entity_id=other.id))
    made = await line(confd, context="theirs")
    theirs = await client("confd.#", entity_id=other.id)
    assert (await theirs.get(f"/lines_sip/{made['id']}")).json()["id"] == made["id"]
    assert (await theirs.get("/endpoints/sip")).json()["total"] == 1


async def test_statements_are_few(confd: Confd, api: AsyncClient, app: FastAPI) -> None:
    with QueryRecorder(app.state.engine) as queries:
        made = (await api.post("/lines_sip", json=ZOE)).json()
    assert sum("INTO outbox" in each for each in queries.statements) == 1
    for path, most in (("/lines_sip", 2), (f"/lines_sip/{made['id']}", 1)):
        with QueryRecorder(app.state.engine) as queries:
            await api.get(path)
        own = [each for each in queries.statements if "FROM tokens" not in each]
        assert len(own) <= most
