"""Bodies and query strings that make no sense: a clear 4xx, and never a failure of the service."""

import json
from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_confd.kit import ResourceSpec, SectionSpec, ViewSpec
from ovix_schema import Entity
from ovix_web import Sessions

Spec = ResourceSpec[Any]
Make = Callable[..., Awaitable[list[dict[str, Any]]]]
PathOf = Callable[[Spec, dict[str, Any]], str]
Prepared = Callable[[Spec, int], Awaitable[dict[str, Any]]]

VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, 10**400, 1.5, 1e308, "", "\0", "\ud800", "x" * 70_000,
    "１２", "'; --", [], {}, [None], [[[]]], {"": None}, [{}], {"a": {"b": []}},
)  # fmt: skip
"""What a field may be given by a client that is broken, or means harm."""
BODIES = (
    b"{", b"nul", b"\xff\xfe", b"\xef\xbb\xbf{}", '{"é": 1}'.encode("utf-16"), b'{"a": NaN}',
    b'{"a": Infinity}', b'{"name": "\\ud800"}', b'{"name": "\xed\xa0\x80"}', b'{"name": 1e999}',
    b'{"a": 1}{"a": 2}', b'{"a": ' * 5000 + b"1" + b"}" * 5000, b"[" * 100_000, b"\0" * 100,
    b'{"name": "a", "name": "b", "name": {}}', b"//{}", b"{'a': 1}",
    b'{"a": ' + b"9" * 50_000 + b"}",
)  # fmt: skip
KINDS = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
    "a/b; c=\xff",
)
QUERIES = (
    "limit=-1", "limit=0", "limit=99999999999999999999", "limit=1e3", "limit=%D9%A3", "limit=",
    "limit=2147483647&offset=2147483647", "offset=-1", "offset=4294967296", "skip=x", "order=",
    "order=nothing", "order=id;drop", "order=%00", "direction=up", "direction=", "search=%00",
    "search=%ff%fe", "search=%ED%A0%80", "search=" + "x" * 20_000, "search=%25%5C_", "a" * 20_000,
    "id=%ED%A0%80", "id=1&id=2", "name=%ED%A0%80", "name=a&name=b", "view=nothing", "view=%00",
    "&".join(f"k{n}=v" for n in range(3000)), "limit=1&limit=2", "=", "%", "%zz",
    "search=%F0%9F%93%9E",
)  # fmt: skip


def changed(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The body with each of its values, at any depth, replaced by each of `VALUES`."""
    found = body
    for key in path:
        found = found[key]
    # Of a list the first member stands for all.
    keys = (
        found if isinstance(found, dict) else range(1) if isinstance(found, list) and found else ()
    )
    for key in keys:
        for value in VALUES:
            other = deepcopy(body)
            within = other
            for each in path:
                within = within[each]
            within[key] = value
            yield (*path, key), other
        yield from changed(body, (*path, key))


async def answers(api: AsyncClient, method: str, path: str, body: Any) -> None:
    """Each changed body is taken, or refused in the words of confd."""
    for where, other in changed(body):
        content = json.dumps(other).encode()
        told = await api.request(method, path, content=content)
        assert told.status_code < 500, (method, path, where, content[:300], told.text)
        if told.status_code >= 400:
            assert told.status_code == 400, (method, path, where, content[:300], told.text)
            assert all(isinstance(each, str) for each in told.json())
    for content in BODIES:
        told = await api.request(method, path, content=content)
        assert told.status_code < 500, (method, path, content[:100], told.text)
    for kind in KINDS:
        headers = {b"content-type": kind.encode("latin-1")}
        told = await api.request(method, path, content=json.dumps(body), headers=headers)
        assert told.status_code < 500, (method, path, kind, told.text)


async def test_a_creation_of_nonsense(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared
) -> None:
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    await answers(api, "POST", creatable.path, body)


async def test_an_edit_of_nonsense(
    editable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared, make: Make,
    path_of: PathOf,
) -> None:  # fmt: skip
    [item] = await make(editable)
    body = {**editable.example.body, **editable.example.change, **editable.example.vary(1)}
    await answers(api, "PUT", path_of(editable, item), body)


async def test_a_list_asked_for_nonsense(resource: Spec, api: AsyncClient, make: Make) -> None:
    await make(resource)
    for query in (*QUERIES, *(f"{name}=%ED%A0%80" for name in resource.rows.columns)):
        told = await api.get(f"{resource.path}?{query}")
        assert told.status_code in (200, 400, 414), (query[:100], told.text)


async def test_a_view_written_with_nonsense(
    view: ViewSpec[Any], api: AsyncClient, entity: Entity, sessions: Sessions
) -> None:
    if view.write is None:
        return
    async with sessions.begin() as session:
        parent = await view.example.prepare(session, entity.id)
    await answers(api, "PUT", f"{view.parent.path}/{parent}{view.path}", view.example.body)


@pytest.mark.usefixtures("as_installed")
async def test_a_section_written_with_nonsense(section: SectionSpec[Any], api: AsyncClient) -> None:
    await answers(api, "PUT", section.path, section.example)


OWN = (
    ("POST", "/lines_sip", {"username": "zoe", "secret": "abc", "callerid": '"Zoé" <1000>',
                            "device_slot": 2, "context": "default",
                            "provisioning_extension": "123456"}),
    ("POST", "/lines/{line}/extension", {"extension_id": 1}),
    ("POST", "/lines/{line}/extensions", {"extension_id": 1}),
    ("POST", "/lines/{line}/extensions", {"exten": "1000", "context": "default", "enabled": True}),
    ("POST", "/users/{user}/lines", {"line_id": 1}),
    ("POST", "/users/{user}/voicemail", {"voicemail_id": 1}),
    ("PUT", "/users/{user}/funckeys/1",
     {"label": "a", "blf": True, "destination": {"type": "custom", "exten": "1000"}}),
    ("PUT", "/funckeys/templates/{template}/1",
     {"label": "a", "blf": True, "destination": {"type": "user", "user_id": 1}}),
)  # fmt: skip
"""Written endpoints that no spec stands for."""


@pytest.mark.parametrize(("method", "path", "body"), OWN, ids=[each[1] for each in OWN])
async def test_an_endpoint_of_its_own_written_with_nonsense(
    confd: Any, api: AsyncClient, method: str, path: str, body: dict[str, Any]
) -> None:
    ids = {
        "line": (await confd.line())["id"],
        "user": (await confd.user())["id"],
        "template": (await confd.make("/funckeys/templates"))["id"],
    }
    await answers(api, method, path.format(**ids), body)


@pytest.mark.parametrize(
    "path", ["/lines_sip", "/contexts/{context}/ranges/user", "/timezones", "/call_logs", "/infos",
             "/funckeys/destinations", "/users/export", "/asterisk/pjsip/doc"],
)  # fmt: skip
async def test_what_is_only_read_asked_for_nonsense(
    confd: Any, api: AsyncClient, path: str
) -> None:
    [context] = (await confd.read("/contexts"))["items"]
    more = (
        "availability=x", "availability=%00", "start_date=x", "start_date=%ED%A0%80&end_date=x",
        "start_date=99999-01-01T00:00:00&end_date=0001-01-01T00:00:00", "search=" + "1" * 5000,
        "start_date=0001-01-01T00:00:00%2B14:00&end_date=9999-12-31T23:59:59-14:00",
    )  # fmt: skip
    for query in (*QUERIES, *more):
        told = await api.get(f"{path.format(context=context['id'])}?{query}")
        assert told.status_code in (200, 400, 414), (query[:100], told.text)


@pytest.mark.parametrize(
    "given", ["%00", "%ED%A0%80", "%FF", "%2e%2e%2f", "a%2Fb", "%20", "a" * 1500, "9" * 400, "-",
              "%F0%9F%93%9E", "+1", "1;2", "1%0d%0aX: y"],
)  # fmt: skip
async def test_a_path_that_names_nothing(api: AsyncClient, entity: Entity, given: str) -> None:
    for path in ("/registrars", "/users", "/lines", "/endpoints/sip/templates", "/sip/transports"):
        for method in ("GET", "PUT", "DELETE"):
            told = await api.request(method, f"{path}/{given}", json={})
            assert told.status_code in (400, 404, 405, 414), (method, path, told.text)


async def test_headers_of_nonsense(api: AsyncClient, confd: Any) -> None:
    line = await confd.line()
    for name in ("If-Match", "If-None-Match", "Content-Type", "Accept", "Host", "Origin",
                 "X-Forwarded-Proto", "X-Forwarded-For", "X-Request-ID", "X-Auth-Token",
                 "Content-Length", "Idempotency-Key", "Range"):  # fmt: skip
        for value in (
            b"",
            b"\xff\xfe",
            b'"' * 5000,
            b"a\tb",
            b"[::1",
            b"a:b:c",
            b'W/"\xe9"',
            b"*" * 900,
        ):
            for method in ("GET", "PUT"):
                told = await api.request(
                    method, f"/lines/{line['id']}", content=b"{}",
                    headers={name.encode(): value},
                )  # fmt: skip
                assert told.status_code < 500, (method, name, value, told.text)
