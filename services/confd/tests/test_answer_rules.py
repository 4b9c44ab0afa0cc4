"""The shape of answers, whatever the resource: reference/confd/README.md, "Errors"."""

from typing import Any

import pytest
from httpx import AsyncClient

Confd = Any


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404), ("POST", "/nothing/1", 404), ("GET", "/users/x", 404),
        ("PATCH", "/users", 405), ("DELETE", "/users", 405), ("PUT", "/entities/1", 405),
        ("POST", "/extensions/features", 405), ("PUT", "/timezones", 405),
        ("POST", "/users/import", 415),
    ],
)  # fmt: skip
async def test_what_no_route_answers_is_told_as_a_list_of_texts(
    confd: Confd, api: AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, path, json={} if method != "GET" else None)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/json")
    [told] = answer.json()
    assert isinstance(told, str)


async def test_each_wrong_field_has_a_text_of_its_own(api: AsyncClient, confd: Confd) -> None:
    body = {"name": "x" * 81, "number": "12a", "context": "default", "enabled": "perhaps"}
    answer = await api.post("/voicemails", json=body)
    assert answer.status_code == 400
    told = sorted(each.split(":")[0] for each in answer.json())
    assert told == ["Input Error - enabled", "Input Error - name", "Input Error - number"]


async def test_what_a_path_names_is_404_and_what_a_body_names_is_400(confd: Confd) -> None:
    user = await confd.user()
    for path in ("/users/99999/lines/1", f"/users/{user['id']}/lines/99999"):
        await confd.refused("PUT", path, "Resource Not Found - ", status=404)
    because = "Input Error - field 'line_id': Line was not found"
    await confd.refused("POST", f"/users/{user['id']}/lines", because, line_id=99999)


async def test_the_older_forms_say_where_the_link_is(confd: Confd, api: AsyncClient) -> None:
    user, line, extension = (
        await confd.user(),
        await confd.line_with_endpoint(),
        (await confd.extension()),
    )
    box = await confd.make("/voicemails", name="box", number="1000", context="default")
    base = "http://confd:9486/1.1"
    for path, body, location in (
        (f"/lines/{line['id']}/extensions", {"extension_id": extension["id"]},
         f"/lines/{line['id']}/extensions/{extension['id']}"),
        (f"/users/{user['id']}/lines", {"line_id": line["id"]},
         f"/users/{user['id']}/lines/{line['id']}"),
        (f"/users/{user['id']}/voicemail", {"voicemail_id": box["id"]},
         f"/users/{user['id']}/voicemails/{box['id']}"),
    ):  # fmt: skip
        answer = await api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == base + location
        rels = [each["rel"] for each in answer.json()["links"]]
        assert rels == [path.split("/")[1], location.split("/")[3]]


@pytest.mark.parametrize(
    ("path", "rels"),
    [
        ("/lines/{line}/endpoints/sip", ["lines", "endpoint_sip"]),
        ("/endpoints/sip/{endpoint}/lines", ["lines", "endpoint_sip"]),
        ("/lines/{line}/extensions", ["lines", "extensions"]),
        ("/extensions/{extension}/lines", ["lines", "extensions"]),
        ("/lines/{line}/extension", ["lines", "extensions"]),
        ("/extensions/{extension}/line", ["lines", "extensions"]),
        ("/lines/{line}/users", ["users", "lines"]),
        ("/users/{user}/lines", ["users", "lines"]),
    ],
)
async def test_a_link_leads_to_both_of_its_sides(confd: Confd, path: str, rels: list[str]) -> None:
    user = await confd.user()
    line = await confd.phone(user)
    ids = {
        "line": line["id"],
        "user": user["id"],
        **{k: line[k] for k in ("endpoint", "extension")},
    }
    shown = await confd.read(path.format(**ids))
    item = shown["items"][0] if "items" in shown else shown
    assert [each["rel"] for each in item["links"]] == rels
    for each in item["links"]:
        await confd.read(each["href"])
    assert shown.get("total", 1) == 1
