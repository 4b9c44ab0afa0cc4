"""Fields of lines, endpoints and voicemails: defaults, and what is out of their kind.

Source: reference/confd, the field tables of lines-endpoints-extensions.md and voicemails.md.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest
from ovix_schema import (
    Device,
    EndpointCustom,
    EndpointSccp,
    EndpointSip,
    Extension,
    Line,
    LineExtension,
)

Confd = Any
Save = Callable[..., Awaitable[Any]]

REFUSED: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "/lines": (
        {"context": "default"},
        (
            {"context": None}, {"context": 1}, {"context": "x" * 40},
            {"provisioning_code": "12345"}, {"provisioning_code": "1234567"},
            {"provisioning_code": "12345a"}, {"provisioning_code": 123456},
            {"provisioning_code": "１23456"}, {"position": 0}, {"position": -1}, {"position": "a"},
            {"position": 1.5}, {"position": 2**31}, {"registrar": "x" * 129}, {"registrar": 1},
            {"registrar": "nowhere"}, {"caller_id_num": "12a"}, {"caller_id_name": "x" * 81},
        ),
    ),
    "/endpoints/sip": (
        {},
        (
            {"username": ""}, {"username": "a b"}, {"username": "é"}, {"username": "x" * 41},
            {"username": "a.b"}, {"username": "a]b"}, {"username": 1}, {"secret": ""},
            {"secret": "x" * 81}, {"secret": "é"}, {"secret": "a\tb"}, {"secret": 1},
            {"type": "other"}, {"type": None}, {"host": "x" * 256}, {"host": 1},
            {"options": None}, {"options": {}}, {"options": [["secret", "a"]]},
            {"options": [["host", "a"]]}, {"options": [["type", "peer"]]},
            {"options": [["context", "default"]]}, {"options": [["category", "user"]]},
            {"options": [["protocol", "sip"]]}, {"options": [["name", "zoe"]]},
        ),
    ),
    "/endpoints/custom": (
        {"interface": "Local/1@default"},
        (
            {"interface": None}, {"interface": ""}, {"interface": "x" * 129}, {"interface": "a b"},
            {"interface": "é"}, {"interface": "a&b"}, {"interface": "a,b"}, {"interface": 1},
            {"interface_suffix": "x" * 33}, {"interface_suffix": 1}, {"enabled": 1},
            {"interface_suffix": "@d,,G(b^06^1)"}, {"interface_suffix": "&PJSIP/x"},
            {"enabled": "true"}, {"enabled": None},
        ),
    ),
    "/voicemails": (
        {"name": "box", "number": "1000", "context": "default"},
        (
            {"name": None}, {"name": "x" * 81}, {"number": None}, {"number": "1" * 41},
            {"number": "12a"}, {"number": ""}, {"number": 1000}, {"context": None},
            {"context": "nowhere"}, {"password": "12a"}, {"password": ""}, {"password": "1" * 81},
            {"email": "x" * 81}, {"language": "fr"}, {"language": "FR_fr"}, {"language": "fr_FRA"},
            {"timezone": "nowhere"}, {"pager": "x" * 81}, {"max_messages": -1},
            {"max_messages": "many"}, {"attach_audio": "yes"}, {"attach_audio": 1},
            {"delete_messages": 0}, {"delete_messages": None}, {"ask_password": "true"},
            {"ask_password": None}, {"enabled": 1}, {"enabled": None}, {"options": None},
            {"options": [["a"]]}, {"options": [["a", 1]]}, {"options": {"a": "b"}},
            {"options": [["emailbody", "${FILE(/etc/asterisk/manager.conf)}"]]},
            {"options": [["dialout", "to-ext|ern-b"]]}, {"options": [["callback", "x "]]},
            {"accesstype": "everybody"},
        ),
    ),
}  # fmt: skip
CASES = [(path, valid, wrong) for path, (valid, many) in REFUSED.items() for wrong in many]


@pytest.mark.parametrize(
    ("path", "valid", "wrong"), CASES, ids=[f"{path} {wrong}" for path, _valid, wrong in CASES]
)
async def test_a_field_out_of_its_kind_is_refused(
    confd: Confd, path: str, valid: dict[str, Any], wrong: dict[str, Any]
) -> None:
    await confd.refused("POST", path, "Input Error - ", **(valid | wrong))
    made = await confd.make(path, **valid)
    await confd.refused("PUT", f"{path}/{made['id']}", "Input Error - ", **wrong)
    assert await confd.read(f"{path}/{made['id']}") == made


DEFAULTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "/lines": (
        {"context": "default"},
        {"name": None, "protocol": None, "position": 1, "device_slot": 1, "device_id": None,
         "caller_id_name": None, "caller_id_num": None, "registrar": "default",
         "endpoint_sip": None, "endpoint_sccp": None, "endpoint_custom": None, "extensions": [],
         "users": []},
    ),
    "/endpoints/sip": ({}, {"type": "friend", "host": "dynamic", "line": None, "trunk": None}),
    "/endpoints/sccp": ({}, {"options": [], "line": None}),
    "/endpoints/custom": (
        {"interface": "Local/1@default"},
        {"interface_suffix": None, "enabled": True, "line": None, "trunk": None},
    ),
    "/endpoints/iax": ({}, {"type": "friend", "host": "dynamic", "trunk": None}),
    "/voicemails": (
        {"name": "box", "number": "1000", "context": "default"},
        {"password": None, "email": None, "language": None, "timezone": None, "pager": None,
         "max_messages": None, "attach_audio": None, "delete_messages": False,
         "ask_password": True, "enabled": True, "options": [], "accesstype": "personal",
         "users": []},
    ),
    "/registrars": (
        {"main_host": "192.0.2.1", "proxy_main_host": "192.0.2.1"},
        {"deletable": True, "name": None, "main_port": None, "backup_host": None,
         "backup_port": None, "proxy_main_port": None, "proxy_backup_host": None,
         "proxy_backup_port": None, "outbound_proxy_host": None, "outbound_proxy_port": None},
    ),
    "/funckeys/templates": ({}, {"name": None, "keys": {}}),
}  # fmt: skip


@pytest.mark.parametrize("path", DEFAULTS)
async def test_what_is_not_given_has_the_default(confd: Confd, path: str) -> None:
    body, expected = DEFAULTS[path]
    made = await confd.make(path, **body)
    assert {name: made[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/lines", {"context": "default", "position": None, "registrar": None,
                    "provisioning_code": None}),
        ("/endpoints/sip", {"username": None, "secret": None, "host": None}),
        ("/voicemails", {"name": "b", "number": "1", "context": "default", "password": None,
                         "email": None, "language": None, "timezone": None, "pager": None,
                         "max_messages": None, "attach_audio": None}),
    ],
)  # fmt: skip
async def test_null_is_the_default_on_creation_where_xivo_says_so(
    confd: Confd, path: str, body: dict[str, Any]
) -> None:
    made = await confd.make(path, **body)
    for name in body.keys() & {"position", "registrar", "provisioning_code", "username", "host"}:
        assert made[name]
        await confd.refused(
            "PUT", f"{path}/{made['id']}", f"Input Error - {name}: ", **{name: None}
        )


async def test_what_is_read_only_is_ignored(confd: Confd) -> None:
    line = await confd.line()
    path = f"/lines/{line['id']}"
    await confd.do(
        "PUT", path, id=1, name="other", protocol="sccp", device_slot=9, device_id="x" * 32,
        provisioning_extension="999999", endpoint_sip={"id": 1}, users=[{"id": 1}], links=[],
    )  # fmt: skip
    assert await confd.read(path) == line


async def test_the_main_ones_come_first(confd: Confd) -> None:
    """The main user of a line, and the main line of a user, whatever the order of their ids."""
    second, first = await confd.user(), await confd.user()
    other, line = await confd.line_with_endpoint(), await confd.line_with_endpoint()
    for user in (first, second):
        await confd.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
    await confd.do("PUT", f"/users/{first['id']}/lines/{other['id']}")
    shown = await confd.read(f"/lines/{line['id']}")
    assert [each["uuid"] for each in shown["users"]] == [first["uuid"], second["uuid"]]
    his = await confd.read(f"/users/{first['id']}")
    assert [each["id"] for each in his["lines"]] == [line["id"], other["id"]]
    listed = await confd.read(f"/users/{first['id']}/lines")
    assert [each["main_line"] for each in listed["items"]] == [True, False]


async def test_who_is_not_on_a_line_hears_first_of_those_who_are(confd: Confd) -> None:
    """XiVO looks for secondary users before it looks for the link itself."""
    first, second, stranger = [await confd.user() for _ in range(3)]
    line = await confd.phone(first)
    await confd.do("PUT", f"/users/{second['id']}/lines/{line['id']}")
    path = f"/users/{stranger['id']}/lines/{line['id']}"
    because = "Resource Error - There are secondary users associated to the line"
    await confd.refused("DELETE", path, because)
    await confd.do("DELETE", f"/users/{second['id']}/lines/{line['id']}")
    gone = "Resource Not Found - UserLine was not found"
    await confd.refused("DELETE", path, gone, status=404)


async def test_a_search_of_voicemails_looks_at_name_number_and_addresses(confd: Confd) -> None:
    await confd.make(
        "/voicemails", name="Jeanne", number="1000", context="default", email="j@example.org",
        pager="p@example.net", language="fr_FR", timezone="eu-fr", password="4711",
    )  # fmt: skip
    await confd.make("/contexts", name="lyon")
    await confd.make("/voicemails", name="Zoé", number="1999", context="lyon")
    for text, total in (("jeann", 1), ("100", 1), ("EXAMPLE.org", 1), ("example.net", 1),
                        ("zoe", 1), ("9", 1), ("example", 1), ("default", 0), ("fr_FR", 0),
                        ("eu-fr", 0), ("4711", 0)):  # fmt: skip
        assert (await confd.read(f"/voicemails?search={text}"))["total"] == total, text
    for column, value in (("language", "fr_FR"), ("timezone", "eu-fr"), ("context", "default")):
        assert (await confd.read(f"/voicemails?{column}={value}"))["total"] == 1


async def test_a_custom_endpoint_is_found_by_the_context_of_its_line(confd: Confd) -> None:
    line = await confd.line()
    endpoint = await confd.make("/endpoints/custom", interface="Local/1@nowhere")
    await confd.do("PUT", f"/lines/{line['id']}/endpoints/custom/{endpoint['id']}")
    for query in (
        "context=default",
        "search=defaul",
        "interface=Local/1@nowhere",
        "search=local/1",
    ):
        assert (await confd.read(f"/endpoints/custom?{query}"))["total"] == 1, query
    assert (await confd.read("/endpoints/custom?context=other"))["total"] == 0


async def test_lines_are_found_by_caller_id_and_number(confd: Confd) -> None:
    user = await confd.user(firstname="Jeanne", lastname="Martin")
    line = await confd.phone(user)
    await confd.line()
    for query in (f"exten={line['exten']}", f"search={line['exten']}", "search=jeanne",
                  "caller_id_name=Jeanne Martin", f"caller_id_num={line['exten']}"):  # fmt: skip
        found = await confd.read(f"/lines?{query}")
        assert [each["id"] for each in found["items"]] == [line["id"]], query


async def test_a_line_is_found_by_each_of_its_columns_alone(confd: Confd, save: Save) -> None:
    await confd.make("/contexts", name="lyon")
    caller_id = {"callerid": '"Rémi" <0977>'}
    await save(
        Device(id="d0" * 16, document={"id": "d0" * 16, "configured": False}),
        EndpointSip(id=1, username="téléphone", secret="s", native_options=caller_id),
        EndpointSccp(id=2, cid_name="Inès", cid_num="0855"),
        EndpointCustom(id=3, interface="Local/Hôtel"),
        Line(id=1, context="default", provisioning_code="222222", endpoint_sip_id=1),
        Line(id=2, context="default", provisioning_code="333333", endpoint_sccp_id=2),
        Line(id=3, context="default", provisioning_code="444444", endpoint_custom_id=3),
        Line(id=40404, context="lyon", provisioning_code="555555", position=90909),
        Line(id=5, context="default", provisioning_code="666666", device_id="d0" * 16),
        Extension(id=90001, exten="1777", context="default"),
        Extension(id=90002, exten="_18XX", context="default"),
        Extension(id=90003, exten="1999", context="default"),
        LineExtension(line_id=1, extension_id=90001, main_extension=True),
        LineExtension(line_id=2, extension_id=90002, main_extension=True),
        LineExtension(line_id=1, extension_id=90003, main_extension=False),
    )
    for search, found in (
        ("sip", [1]), ("SCCP", [2]), ("custom", [3]), ("33333", [2]), ("4040", [40404]),
        ("LYO", [40404]), ("0909", [40404]), ("d0d0", [5]), ("Télé", [1]), ("REMI", [1]),
        ("977", [1]), ("ines", [2]), ("855", [2]), ("local/ho", [3]), ("1777", [1]),
        ("18xx", [2]), ("1999", []), (" <0977", []), ("5555556", []), ("%", []),
        ("default", [1, 2, 3, 5]), ("7", [1]),
    ):  # fmt: skip
        answer = await confd.read(f"/lines?order=id&search={quote(search)}")
        assert [each["id"] for each in answer["items"]] == found, search
        assert answer["total"] == len(found)
        assert (await confd.read(f"/lines_sip?search={quote(search)}"))["total"] == len(found)
        filtered = await confd.read(f"/lines?protocol=sip&search={quote(search)}")
        assert filtered["total"] == found.count(1), search
