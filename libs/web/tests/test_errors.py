"""Whatever a client sends, the answer is clear, in the service's shape, and never a 500."""

import json
from typing import Any

import pytest
from httpx import AsyncClient

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nowhere", 404, "Not Found"),
        ("PATCH", "/1.1/entities", 405, "Method Not Allowed"),
        ("GET", "/1.1/number/abc", 404, "Not Found"),
    ],
)
async def test_errors_of_the_framework_have_the_services_shape(
    client: AsyncClient, method: str, path: str, status: int, message: str
) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert response.json() == [message]


async def test_405_tells_what_is_allowed(client: AsyncClient) -> None:
    assert "POST" in (await client.patch("/1.1/entities")).headers["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"{bad",
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b'{"name": 1}',
        b'{"name": null}',
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000b"}',
        b'{"name": ' + b"9" * 5000 + b"}",
        b"[" * 20_000 + b"]" * 20_000,
        b'{"name": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"name": "x", "country": "\\ud83d"}',
        json.dumps({"name": "x" * 90_000}).encode(),
        b'{"name": "ok", "country": "too long"}',
    ],
)
async def test_a_body_that_can_not_be_is_400(
    client: AsyncClient, clean_database: str, body: bytes
) -> None:
    response = await client.post("/1.1/entities", content=body, headers=JSON)
    assert response.status_code == 400, response.text
    assert isinstance(response.json(), list)
    assert response.json()[0].startswith("Input Error - ")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "é", ""])
async def test_a_body_of_another_kind_is_told_what_is_wanted(
    client: AsyncClient, kind: str
) -> None:
    headers = {b"Content-Type": kind.encode()}
    response = await client.post("/1.1/entities", content=b'{"name": "x"}', headers=headers)
    assert response.status_code == 400
    assert response.json() == ["Input Error - body: send JSON, with Content-Type: application/json"]


async def test_offending_fields_are_named_one_by_one(client: AsyncClient) -> None:
    response = await client.post("/1.1/entities", json={"name": 1, "country": []})
    assert [each.split(":")[0] for each in response.json()] == [
        "Input Error - name",
        "Input Error - country",
    ]


@pytest.mark.parametrize("path", ["/1.1/users/a%00b", "/1.1/entities?search=%00", "/%00"])
async def test_a_nul_in_the_url_is_400(client: AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 400


async def test_a_url_longer_than_any_path_is_414(client: AsyncClient) -> None:
    response = await client.get(f"/1.1/number/{'9' * 5000}")
    assert response.status_code == 414
    assert response.json() == ["Input Error - the URL's path is longer than 2000 characters"]


async def test_a_number_no_column_holds_is_400(client: AsyncClient) -> None:
    response = await client.get(f"/1.1/number/{2**40}")
    assert response.status_code == 400


async def test_a_constraint_gives_the_domains_error(
    client: AsyncClient, clean_database: str
) -> None:
    assert (await client.post("/1.1/entities", json={"name": "acme"})).status_code == 201
    response = await client.post("/1.1/entities", json={"name": "acme"})
    assert response.status_code == 400
    assert response.json() == ["Resource Error - Entity already exists"]


async def test_a_crash_tells_nothing_but_where_to_look(client: AsyncClient) -> None:
    response = await client.get("/1.1/boom", headers={"X-Request-ID": "abc-1"})
    assert response.status_code == 500
    assert response.json() == ["Unexpected error: see request abc-1 in the log"]
    assert response.headers["X-Request-ID"] == "abc-1"


async def test_a_request_that_takes_too_long_is_503(hasty_client: AsyncClient) -> None:
    response = await hasty_client.get("/1.1/slow")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"


async def test_a_request_that_says_it_is_getting_on_is_given_more_time(client: AsyncClient) -> None:
    first, *later = (await client.get("/1.1/parts")).json()
    assert first < later[0] < later[1] < later[2]


async def test_an_answer_that_has_begun_may_go_on(client: AsyncClient) -> None:
    first, *later = (await client.get("/1.1/stream")).text.split()
    assert float(first) > 0
    assert later == ["None", "None"]


async def test_a_large_body_is_refused_unread(client: AsyncClient) -> None:
    read = 0

    async def body() -> Any:
        nonlocal read
        for _ in range(1000):
            read += 50_000
            yield b" " * 50_000

    announced = await client.post(
        "/1.1/entities", content=body(), headers={**JSON, "Content-Length": "50000000"}
    )
    assert announced.status_code == 413
    assert announced.json() == ["Input Error - the request body is larger than 100000 bytes"]
    chunked = await client.post("/1.1/entities", content=body(), headers=JSON)
    assert chunked.status_code == 413


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=x", "Input Error - field 'limit': wrong type. Should be a positive number"),
        ("limit=0", "Input Error - field 'limit': wrong type. Should be a positive number"),
        (
            "limit=99999999999",
            "Input Error - field 'limit': wrong type. Should be a positive number",
        ),
        ("offset=-1", "Input Error - field 'offset': wrong type. Should be a positive number"),
        ("skip=²", "Input Error - field 'skip': wrong type. Should be a positive number"),
        ("order=nope", "Input Error - order: column 'nope' was not found"),
        ("direction=up", "Input Error - direction: must be 'asc' or 'desc'"),
    ],
)
async def test_list_parameters_are_refused_in_xivos_words(
    client: AsyncClient, query: str, message: str
) -> None:
    response = await client.get(f"/1.1/entities?{query}")
    assert response.status_code == 400
    assert response.json() == [message]


async def test_skip_is_the_old_name_of_offset(client: AsyncClient) -> None:
    response = await client.get("/1.1/entities?skip=5&limit=2&order=name")
    assert response.json() == {"limit": 2, "offset": 5, "order": "name"}
