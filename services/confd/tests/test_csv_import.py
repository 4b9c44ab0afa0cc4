"""``POST /users/import``: many users by one request, or none."""

import csv
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from ovix_schema import Context, Entity
from ovix_testkit import QueryRecorder

Confd = Any
Announced = Callable[[], Awaitable[list[str]]]
Client = Callable[..., Awaitable[AsyncClient]]
CSV = {"Content-Type": "text/csv; charset=utf-8"}
PHONE = (
    "firstname,lastname,email,exten,context,line_protocol,sip_username,sip_secret,"
    "voicemail_name,voicemail_number,voicemail_context,ring_seconds,enabled"
)


async def sent(api: AsyncClient, *lines: str, **headers: str) -> Response:
    content = "\n".join(lines).encode()
    return await api.post("/users/import", content=content, headers=CSV | headers)


async def created(api: AsyncClient, *lines: str) -> list[dict[str, Any]]:
    answer = await sent(api, *lines)
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["created"]
    return found


async def refused(api: AsyncClient, *lines: str) -> list[tuple[int, str]]:
    """The number and the message of each row that was refused."""
    answer = await sent(api, *lines)
    assert answer.status_code == 400, answer.text
    return [(each["details"]["row_number"], each["message"]) for each in answer.json()["errors"]]


async def test_a_row_is_a_user_with_phone_number_and_box(confd: Confd, api: AsyncClient) -> None:
    row = "Zoé,Martin,zoe@example.org,1001,default,sip,zoe,s3cret,Zoé,1001,default,20,1"
    (ids,) = await created(api, PHONE, row)
    assert ids["row_number"] == 1
    assert ids["sccp_id"] is None
    assert ids["call_permission_ids"] == []
    user = await confd.read(f"/users/{ids['user_id']}")
    assert user["uuid"] == ids["user_uuid"]
    assert (user["caller_id"], user["ring_seconds"]) == ('"Zoé Martin"', 20)
    assert user["voicemail"]["id"] == ids["voicemail_id"]
    (line,) = user["lines"]
    assert (line["id"], line["endpoint_sip"]["id"]) == (ids["line_id"], ids["sip_id"])
    assert [(each["id"], each["exten"]) for each in line["extensions"]] == [
        (ids["extension_id"], "1001")
    ]
    endpoint = await confd.read(f"/endpoints/sip/{ids['sip_id']}")
    assert (endpoint["username"], endpoint["secret"]) == ("zoe", "s3cret")
    assert ["callerid", '"Zoé Martin" <1001>'] in endpoint["options"]


async def test_a_row_may_have_a_cisco_phone(
    confd: Confd, api: AsyncClient, announced: Announced
) -> None:
    before = len(await announced())
    header = "firstname,exten,context,line_protocol"
    sccp, sip = await created(api, header, "Zoé,1001,default,sccp", "Anne,1002,default,sip")
    assert (sccp["sip_id"], sip["sccp_id"]) == (None, None)
    line = await confd.read(f"/lines/{sccp['line_id']}")
    assert line["endpoint_sccp"]["id"] == sccp["sccp_id"]
    assert (line["name"], line["caller_id_name"], line["caller_id_num"]) == ("1001", "Zoé", "1001")
    told = (await announced())[before:]
    assert {"sccp_endpoint_created", "line_endpoint_sccp_associated"} <= set(told)
    exported = await api.get("/users/export", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(exported.text.splitlines()))
    assert [row["line_protocol"] for row in rows] == ["sccp", "sip"]


async def test_it_announces_what_the_single_requests_announce(
    confd: Confd, api: AsyncClient, announced: Announced
) -> None:
    before = len(await announced())
    await created(api, PHONE, "Zoé,,,1001,default,sip,,,Zoé,1001,default,,")
    told = (await announced())[before:]
    assert told[0] == "user_created"
    assert sorted(told) == [
        "extension_created", "line_associated", "line_created", "line_endpoint_sip_associated",
        "line_extension_associated", "sip_endpoint_created", "user_created",
        "voicemail_associated", "voicemail_created",
    ]  # fmt: skip
    first_link = min(told.index(name) for name in told if name.endswith("_associated"))
    assert all(name.endswith("_associated") for name in told[first_link:])


async def test_all_rows_are_tried_and_none_is_kept(
    confd: Confd, api: AsyncClient, announced: Announced
) -> None:
    before = await announced()
    found = await refused(
        api, PHONE,
        ",,,,,,,,,,,,",
        "Zoé,,,1001,default,sip,,,,,,,",
        "Zoé,,,2999,default,sip,,,,,,,",
        "Zoé,,,1002,nowhere,sip,,,,,,,",
        "Zoé,,,1003,default,h323,,,,,,,",
        "Zoé,,,,,,,,,1001,,,",
        "Zoé,,,,,,,,,,,61,",
        "Zoé,,,,,,,,,,,many,",
        "Zoé,,,,,,,,,,,,yes",
        "Zoé,,,,,,,,,,,,,,",
    )  # fmt: skip
    messages = dict(found)
    assert sorted(messages) == [1, 3, 4, 5, 6, 7, 8, 9, 10]
    for number, part in (
        (1, "Input Error - firstname: "), (3, "outside of range"),
        (4, "Input Error - field 'context': Context was not found"),
        (5, "Input Error - field 'line_protocol'"), (6, "voicemail_context"),
        (7, "Input Error - ring_seconds: "), (8, "Input Error - field 'ring_seconds'"),
        (9, "Input Error - field 'enabled'"), (10, "15 cells for 13 columns"),
    ):  # fmt: skip
        assert part in messages[number], messages[number]
    assert await announced() == before
    for path in ("/users", "/lines", "/extensions?exten=1001", "/endpoints/sip"):
        assert (await confd.read(path))["total"] == 0


async def test_a_refused_row_is_shown_as_it_was_sent(confd: Confd, api: AsyncClient) -> None:
    answer = await sent(api, "firstname,ring_seconds,note", "Zoé,61,a note")
    (error,) = answer.json()["errors"]
    assert error["details"] == {
        "row": {"firstname": "Zoé", "ring_seconds": "61", "note": "a note"}, "row_number": 1,
    }  # fmt: skip
    assert error["timestamp"] > 0


async def test_an_address_is_that_of_one_user(confd: Confd, api: AsyncClient) -> None:
    await confd.user(email="zoe@example.org")
    found = await refused(
        api, "firstname,email,username", "Zoé,ZOE@example.org,", "Paul,paul@example.org,paul",
        "Paul,,PAUL", "Léa,,",
    )  # fmt: skip
    already = "Resource Error - User already exists"
    assert found == [(1, already), (3, already)]


async def test_what_is_there_is_used_again(confd: Confd, api: AsyncClient) -> None:
    extension = await confd.extension(exten="1001")
    box = await confd.make("/voicemails", name="x", number="1001", context="default")
    endpoint = await confd.make("/endpoints/sip", username="zoe", secret="kept")
    (ids,) = await created(api, PHONE, "Zoé,,,1001,default,sip,zoe,new,Zoé,1001,default,,")
    assert ids["extension_id"] == extension["id"]
    assert ids["voicemail_id"] == box["id"]
    assert ids["sip_id"] == endpoint["id"]
    found = await confd.read(f"/endpoints/sip/{endpoint['id']}")
    assert found["secret"] == "kept"
    assert ["callerid", '"Zoé" <1001>'] in found["options"]


async def test_what_the_links_refuse_is_refused_of_the_row(confd: Confd, api: AsyncClient) -> None:
    owner = await confd.user()
    line = await confd.phone(owner)
    account = (await confd.read(f"/endpoints/sip/{line['endpoint']}"))["username"]
    found = await refused(
        api, "firstname,exten,context,line_protocol,sip_username",
        f"Zoé,{line['exten']},default,sip,zoe", f"Zoé,1500,default,sip,{account}",
        "Zoé,1501,default,sip,léa!", "Zoé,1502,default,sip,zoe2",
        "Zoé,1502,default,sip,zoe3", "Zoé,1503,default,sip,zoe2",
    )  # fmt: skip
    assert [number for number, _ in found] == [1, 2, 3, 5, 6]
    told = dict(found)
    assert told[1].startswith("Resource Error - User is associated with a Line")
    assert told[2].startswith("Resource Error - Line is associated with a Endpoint")
    assert told[3].startswith("Input Error - sip_username: ")


async def test_a_number_of_a_line_is_in_an_internal_context(confd: Confd, api: AsyncClient) -> None:
    ranges = [{"start": "0100", "end": "0199", "did_length": 4}]
    await confd.make("/contexts", name="from-extern", type="incall", incall_ranges=ranges)
    header = "firstname,exten,context,line_protocol"
    ((_, because),) = await refused(api, header, "Zoé,0100,from-extern,sip")
    assert because.startswith("Resource Error - ContextType 'incall' cannot be associated")


async def test_column_names_without_rows_create_nothing(api: AsyncClient) -> None:
    assert await created(api, "firstname,lastname") == []


async def test_two_rows_may_share_a_box(confd: Confd, api: AsyncClient) -> None:
    header = "firstname,voicemail_name,voicemail_number,voicemail_context"
    first, second = await created(api, header, "A,team,1000,default", "B,team,1000,default")
    assert first["voicemail_id"] == second["voicemail_id"]


async def test_permissions_are_named_and_must_be_there(confd: Confd, api: AsyncClient) -> None:
    ids = [(await confd.make("/callpermissions", name=name))["id"] for name in ("a", "b")]
    (made,) = await created(api, "firstname,call_permissions", "Zoé,a;b; a")
    assert made["call_permission_ids"] == ids
    assert len((await confd.read(f"/users/{made['user_id']}"))["call_permissions"]) == 2
    ((_, because),) = await refused(api, "firstname,call_permissions", "Zoé,a;c")
    assert because.startswith(
        "Input Error - field 'call_permissions': CallPermission was not found"
    )


async def test_what_can_not_be_stored_is_not_passed_over(confd: Confd, api: AsyncClient) -> None:
    header = "firstname,incall_exten,cti_profile_name,labels,uuid,entity_id"
    found = await refused(
        api, header, "Zoé,0123,,,,", "Zoé,,Nobody,,,", "Zoé,,,boss,,", "Zoé,,,,none,", "Zoé,,,,,99",
        "Zoé,,,,,0", "Zoé,,,,,9999999999",
    )  # fmt: skip
    assert [number for number, _ in found] == [1, 2, 3, 4, 5, 6, 7]
    assert found[4][1].startswith("Resource Not Found - Entity was not found")


async def test_the_profile_of_xivos_client_is_named(confd: Confd, api: AsyncClient) -> None:
    [profile, *_] = (await confd.read("/cti_profiles"))["items"]
    header = "firstname,username,password,cti_profile_name,cti_profile_enabled"
    (ids,) = await created(api, header, f"Zoé,zoe,sesame,{profile['name']},1")
    assert ids["cti_profile_id"] == profile["id"]
    shown = await confd.read(f"/users/{ids['user_id']}/cti")
    assert (shown["cti_profile_id"], shown["enabled"]) == (profile["id"], True)
    ((_, because),) = await refused(api, header, "Zoé,,,No such profile,")
    assert because.startswith("Input Error - field 'cti_profile_name': CtiProfile was not found")


async def test_who_may_log_in_has_name_and_password(confd: Confd, api: AsyncClient) -> None:
    header = "firstname,username,password,cti_profile_enabled"
    (ids,) = await created(api, header, "Zoé,zoe,sesame,1")
    assert (await confd.read(f"/users/{ids['user_id']}/cti"))["enabled"]
    ((_, because),) = await refused(api, header, "Zoé,,,1")
    assert because.startswith("Resource Error - User must have a username and password")


async def test_no_one_imports_into_another_entity(
    confd: Confd, client: Client, entity: Entity, save: Callable[..., Awaitable[Any]]
) -> None:
    other = await save(Entity(name="other"))
    await save(Context(name="theirs", entity_id=other.id))
    bound = await client("confd.#", entity_id=other.id)
    header = "firstname,entity_id,exten,context,line_protocol"
    found = await refused(bound, header, f"Zoé,{entity.id},,,", "Zoé,,1001,default,sip")
    assert found[0][1].startswith("Resource Not Found - Entity was not found")
    assert found[1][1].startswith("Input Error - field 'context': Context was not found")
    everyone = await client("confd.#")
    ((_, because),) = await refused(everyone, header, f"Zoé,{other.id},1001,default,sip")
    assert because.startswith("Resource Error - Operation not permitted. User and Line")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400), (b"firstname,firstname\nx,y", {}, 400), (b"firstname\n\xff", {}, 400),
        (b'firstname\n"x', {}, 400), (b"firstname\nx", {"Content-Type": "application/json"}, 415),
        (b"firstname\nx", {"Content-Type": "text/csv; charset=hex"}, 415),
        (b"firstname\n" + b"x\n" * 20_001, {}, 400), (b"firstname\n" + b"x" * 200_000, {}, 400),
        (b"firstname\n\0", {}, 400),
    ],
)  # fmt: skip
async def test_what_is_no_csv_is_refused(
    confd: Confd, api: AsyncClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await api.post("/users/import", content=content, headers=CSV | headers)
    assert answer.status_code == status, answer.text
    assert (await confd.read("/users"))["total"] == 0


async def test_other_charsets_and_line_ends_are_read(confd: Confd, api: AsyncClient) -> None:
    content = 'firstname,userfield\r\nZoé,"a, ""b"""\r\n\r\nLéa,\r\n'.encode("latin-1")
    headers = {"Content-Type": "text/csv; charset=ISO-8859-1"}
    answer = await api.post("/users/import", content=content, headers=headers)
    assert [each["row_number"] for each in answer.json()["created"]] == [1, 2]
    names = [
        (each["firstname"], each["userfield"]) for each in (await confd.read("/users"))["items"]
    ]
    assert names == [("Zoé", 'a, "b"'), ("Léa", None)]


async def test_it_needs_its_own_access(confd: Confd, client: Client) -> None:
    assert (await sent(await client("confd.users.create"), "firstname", "Zoé")).status_code == 401
    assert (await sent(await client("confd.users.import.create"), "firstname", "Zoé")).is_success


async def test_a_row_of_long_names_is_imported(confd: Confd, api: AsyncClient) -> None:
    (ids,) = await created(api, "firstname,lastname", f"{'F' * 128},{'L' * 128}")
    assert len((await confd.read(f"/users/{ids['user_id']}"))["caller_id"]) == 160


async def test_many_rows_take_few_statements(
    confd: Confd, api: AsyncClient, app: FastAPI, announced: Announced
) -> None:
    rows = [
        f"Zoé,{n},z{n}@example.org,{n},default,sip,zoe{n},,Zoé,{n},default,,"
        for n in range(1000, 1400)
    ]
    with QueryRecorder(app.state.engine) as queries:
        assert len(await created(api, PHONE, *rows)) == 400
    assert len(queries.statements) <= 60, queries.statements
    told = await announced()
    assert told.count("user_created") == 400
