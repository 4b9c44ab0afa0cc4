"""Rules of every resource: media types, access, errors, finding, parameters, plugins (F)."""

import base64
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_provd.media import MEDIA_TYPE
from ovix_schema import Entity
from ovix_testkit import QueryRecorder
from ovix_web import Sessions

BODY = b'{"device": {}}'


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (MEDIA_TYPE, 201), (f"{MEDIA_TYPE}; charset=utf-8", 201), ("application/json", 201),
        ("text/plain", 415), ("", 415),
    ],
)  # fmt: skip
async def test_bodies_are_of_the_vendors_type_or_json(
    api: AsyncClient, content_type: str, status: int
) -> None:
    """F1."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await api.post("/dev_mgr/devices", content=BODY, headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert answer.text == f'Entity must be in media type "{MEDIA_TYPE}".'


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (MEDIA_TYPE, MEDIA_TYPE), ("*/*", MEDIA_TYPE), ("application/*", MEDIA_TYPE),
        ("text/html, */*;q=0.8", MEDIA_TYPE), ("application/json", "application/json"),
        ("text/html", None),
    ],
)  # fmt: skip
async def test_answers_are_of_the_type_the_client_takes(
    api: AsyncClient, accept: str, answered: str | None
) -> None:
    """F2."""
    answer = await api.get("/dev_mgr/devices", headers={"Accept": accept})
    assert answer.status_code == (406 if answered is None else 200)
    if answered is not None:
        assert answer.headers["Content-Type"] == answered
        assert answer.content == b'{"devices":[]}'


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"device": 1}', b'{"device": null}', b"[" * 5000,
     b'{"device": ' + b'{"a":' * 100 + b"1" + b"}" * 101, b'{"device": {"x": "\xff"}}'],
)  # fmt: skip
async def test_a_body_that_is_no_document_is_400(api: AsyncClient, body: bytes) -> None:
    """F3."""
    for method, path in (("POST", "/dev_mgr/devices"), ("PUT", "/dev_mgr/devices/x")):
        answer = await api.request(method, path, content=body, headers={"Content-Type": MEDIA_TYPE})
        assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/", "provd.read"),
        ("GET", "/dev_mgr/devices", "provd.dev_mgr.devices.read"),
        ("GET", "/dev_mgr/devices/x.y", "provd.dev_mgr.devices.x_y.read"),
        ("DELETE", "/cfg_mgr/configs/x", "provd.cfg_mgr.configs.x.delete"),
        ("GET", "/cfg_mgr/configs/x/raw", "provd.cfg_mgr.configs.x.raw.read"),
        ("GET", "/dev_mgr/synchronize/5", "provd.operation.read"),
        ("PUT", "/configure/NAT", "provd.configure.NAT.update"),
        ("GET", "/pg_mgr/install/installed", "provd.pg_mgr.install.installed.read"),
    ],
)
async def test_access_strings_are_those_of_the_reference(
    client: Any, method: str, path: str, scope: str
) -> None:
    for refused in (await client(), await client("provd.something.else")):
        answer = await refused.request(method, path)
        assert (answer.status_code, answer.text) == (401, "Unauthorized")
    granted = await (await client(scope)).request(method, path)
    assert granted.status_code in (200, 404, 415), granted.text


async def test_a_token_of_an_entity_sees_no_phones(client: Any, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        entity = Entity(name="one")
        session.add(entity)
        await session.flush()
    bound = await client("provd.#", entity_id=entity.id)
    assert (await bound.get("/dev_mgr/devices")).status_code == 401


async def test_the_key_of_the_installation_opens_all(client: Any) -> None:
    nobody = await client()
    key = {"X-Auth-Token": "the key of this installation"}
    assert (await nobody.get("/dev_mgr/devices", headers=key)).status_code == 200
    wrong = {"X-Auth-Token": "the key of this installatioN"}
    assert (await nobody.get("/dev_mgr/devices", headers=wrong)).status_code == 401


async def test_intermediate_paths_tell_what_lies_below(api: AsyncClient) -> None:
    found = (await api.get("/cfg_mgr")).json()
    assert found == {
        "links": [
            {"rel": "cfg.configs", "href": "/provd/cfg_mgr/configs"},
            {"rel": "cfg.autocreate", "href": "/provd/cfg_mgr/autocreate"},
        ]
    }
    for path in ("/", "/dev_mgr", "/pg_mgr", "/pg_mgr/install", "/pg_mgr/plugins/notes"):
        assert (await api.get(path)).json()["links"]
    assert (await api.head("/dev_mgr")).status_code == 200
    assert (await api.delete("/dev_mgr")).status_code == 405


async def find(api: AsyncClient, **query: Any) -> list[Any]:
    texts = {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in query.items()}
    answer = await api.get("/cfg_mgr/configs", params=texts)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["configs"]
    return found


async def ids(api: AsyncClient, **query: Any) -> list[str]:
    return [each["id"] for each in await find(api, **query)]


async def test_finding(provd: Any, api: AsyncClient) -> None:
    """F10."""
    for name, raw_config in (
        ("p1", {"n": 1, "t": "ab", "lines": [{"user": "zoe"}, {"user": "bob"}], "b": True}),
        ("p2", {"n": 5, "t": "b", "b": False, "o": {"x": "y"}}),
        ("p3", {"n": None, "t": "c"}),
    ):
        await provd.add("config", id=name, X_test="t", raw_config=raw_config, parent_ids=["base"])
    mine = {"X_test": "t"}
    assert await ids(api, q=mine) == ["p1", "p2", "p3"]
    encoded = base64.b64encode(orjson.dumps({"id": "p2"})).decode()
    assert await ids(api, q=mine, q64=encoded) == ["p2"]
    for condition, expected in (
        ({"raw_config.n": 5}, ["p2"]),
        ({"raw_config.n": True}, []),
        ({"raw_config.b": True}, ["p1"]),
        ({"raw_config.n": None}, ["p3"]),
        ({"raw_config.o": {"x": "y"}}, ["p2"]),
        ({"raw_config.lines.user": "bob"}, ["p1"]),
        ({"id": {"$in": ["p3", "p1", "no"]}}, ["p1", "p3"]),
        ({"id": {"$nin": ["p3"]}}, ["p1", "p2"]),
        ({"raw_config.t": {"$contains": "b"}}, ["p1", "p2"]),
        ({"parent_ids": {"$contains": "base"}}, ["p1", "p2", "p3"]),
        ({"parent_ids": ["base"]}, ["p1", "p2", "p3"]),
        ({"raw_config.n": {"$gt": 1}}, ["p2"]),
        ({"raw_config.n": {"$ge": 1, "$lt": 5}}, ["p1"]),
        ({"raw_config.b": {"$ne": True}}, ["p2", "p3"]),
        ({"raw_config.o": {"$exists": True}}, ["p2"]),
        ({"raw_config.o": {"$exists": False}}, ["p1", "p3"]),
    ):
        assert await ids(api, q=mine | condition) == expected, condition
    assert await find(api, q=mine, fields="raw_config.n,no", sort="raw_config.n") == [
        {"id": "p3", "raw_config": {"n": None}},
        {"id": "p1", "raw_config": {"n": 1}},
        {"id": "p2", "raw_config": {"n": 5}},
    ]
    assert await ids(api, q=mine, sort="raw_config.n", sort_ord="DESC", limit="1") == ["p2"]
    # Sorted after the projection: by nothing, hence in the order of ids.
    assert await ids(api, q=mine, fields="X_test", sort="raw_config.n") == ["p1", "p2", "p3"]
    assert await ids(api, q=mine, skip="1", limit="1") == ["p2"]
    assert len(await ids(api, q="{", limit="x", sort_ord="up")) == 7
    assert await ids(api, skip="6") == ["template"]
    unclear: tuple[Any, ...] = ({"id": {"$regex": "."}}, {"id": {"$in": "p1"}}, [])
    for bad in unclear:
        refused = await api.get("/cfg_mgr/configs", params={"q": orjson.dumps(bad).decode()})
        assert refused.status_code == 400
    answer = await api.get("/cfg_mgr/configs", params={"q": '{"id": {"$regex": "."}}'})
    assert answer.text == "invalid operator: $regex"


async def test_parameters_are_kept_and_checked(provd: Any, api: AsyncClient) -> None:
    """F14."""
    params = (await api.get("/configure")).json()["params"]
    assert {each["id"]: each["value"] for each in params} == {
        "plugin_server": None, "http_proxy": None, "ftp_proxy": None, "https_proxy": None,
        "locale": None, "NAT": 0,
    }  # fmt: skip
    for name, given, kept in (
        ("plugin_server", "http://repo.test/1", "http://repo.test/1/"),
        ("http_proxy", "http://proxy.test:3128", "http://proxy.test:3128"),
        ("https_proxy", "proxy.test:3128", "proxy.test:3128"),
        ("locale", "fr_FR", "fr_FR"),
        ("NAT", "1", 1),
        ("locale", None, None),
        ("http_proxy", "", None),
    ):
        await provd.done("PUT", f"/configure/{name}", {"param": {"value": given}})
        assert await provd.read(f"/configure/{name}", "param") == {"value": kept}
    for name, value in (
        ("NAT", "2"), ("locale", "french"), ("plugin_server", "abc"), ("ftp_proxy", 5),
        ("http_proxy", "http://proxy.test/path"), ("https_proxy", "http://proxy.test:80"),
        ("https_proxy", ""), ("plugin_server", "http://[::1"),
    ):  # fmt: skip
        await provd.refused("PUT", f"/configure/{name}", {"param": {"value": value}}, "needed"
                            if name != "plugin_server" or value == "abc" else "IPv6")  # fmt: skip
    await provd.refused("PUT", "/configure/NAT", {"param": {}}, "Wrong information in entity")
    await provd.refused("PUT", "/configure/no", {"param": {"value": 1}}, "No such resource", 404)


async def test_plugins_are_listed(provd: Any, api: AsyncClient) -> None:
    plugins = await provd.read("/pg_mgr/plugins", "plugins")
    assert list(plugins) == ["notes"]
    assert (await provd.read("/pg_mgr/plugins/notes/info", "plugin_info"))["version"] == "1.0"
    assert await provd.read("/pg_mgr/install/installed", "pkgs") == {}
    assert await provd.read("/pg_mgr/install/installable", "pkgs") == {}
    assert (await api.get("/pg_mgr/plugins/no")).status_code == 404


async def test_requests_take_few_statements(provd: Any, api: AsyncClient, app: FastAPI) -> None:
    device_id = await provd.add("device", mac="00:15:65:00:00:01")
    await provd.add("config", id="mine", parent_ids=["base"])
    for path, most in (
        ("/dev_mgr/devices", 1), (f"/dev_mgr/devices/{device_id}", 1), ("/cfg_mgr/configs", 1),
        ("/cfg_mgr/configs/mine", 1), ("/cfg_mgr/configs/mine/raw", 2), ("/configure", 1),
    ):  # fmt: skip
        with QueryRecorder(app.state.engine) as queries:
            assert (await api.get(path)).status_code == 200
        own = [each for each in queries.statements if "FROM tokens" not in each]
        assert len(own) <= most, own
    with QueryRecorder(app.state.engine) as queries:
        await provd.done("PUT", f"/dev_mgr/devices/{device_id}", {"device": {"ip": "192.0.2.1"}})
    own = [each for each in queries.statements if "FROM tokens" not in each]
    assert len(own) <= 4, own
