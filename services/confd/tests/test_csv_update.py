"""``PUT /users/import`` and ``GET /users/export``: users changed and read by rows."""

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

from httpx import AsyncClient, Response
from ovix_schema import Entity

Confd = Any
Announced = Callable[[], Awaitable[list[str]]]
Client = Callable[..., Awaitable[AsyncClient]]
CSV = {"Content-Type": "text/csv"}


async def sent(api: AsyncClient, *lines: str) -> Response:
    return await api.put("/users/import", content="\n".join(lines).encode(), headers=CSV)


async def updated(api: AsyncClient, *lines: str) -> list[dict[str, Any]]:
    answer = await sent(api, *lines)
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["updated"]
    return found


async def refused(api: AsyncClient, *lines: str) -> list[tuple[int, str]]:
    answer = await sent(api, *lines)
    assert answer.status_code == 400, answer.text
    return [(each["details"]["row_number"], each["message"]) for each in answer.json()["errors"]]


async def exported(api: AsyncClient) -> list[dict[str, str]]:
    answer = await api.get("/users/export", headers={"Accept": "text/csv; charset=utf-8"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_absent_columns_stay_and_empty_cells_are_null(
    confd: Confd, api: AsyncClient, announced: Announced
) -> None:
    user = await confd.user(lastname="Martin", email="zoe@example.org", userfield="sales")
    before = len(await announced())
    (ids,) = await updated(api, "uuid,email,ring_seconds", f"{user['uuid']},,25")
    assert (ids["user_id"], ids["user_uuid"]) == (user["id"], user["uuid"])
    found = await confd.read(f"/users/{user['id']}")
    assert (found["email"], found["ring_seconds"], found["userfield"]) == (None, 25, "sales")
    assert (await announced())[before:] == ["user_edited"]


async def test_each_wrong_row_is_told_and_none_is_changed(
    confd: Confd, api: AsyncClient, announced: Announced
) -> None:
    user, other = await confd.user(email="a@example.org"), await confd.user(email="b@example.org")
    before = await announced()
    found = await refused(
        api, "uuid,firstname,email,ring_seconds",
        f"{user['uuid']},Changed,,20", ",Zoé,,20", "none,Zoé,,20",
        "00000000-0000-4000-8000-000000000000,Zoé,,20", f"{user['uuid']},,,20",
        f"{other['uuid']},Zoé,C@example.org,61", f"{user['uuid']},Zoé,B@example.org,20",
        f"{other['uuid']},Zoé,c@example.org,20",
    )  # fmt: skip
    assert [number for number, _ in found] == [2, 3, 4, 5, 6, 7]
    told = dict(found)
    assert told[4].startswith("Resource Not Found - User was not found")
    assert told[5].startswith("Input Error - firstname: ")
    assert told[7] == "Resource Error - User already exists"
    assert await announced() == before
    assert (await confd.read(f"/users/{user['id']}"))["firstname"] == "Zoé"


async def test_what_is_his_follows_the_cells(confd: Confd, api: AsyncClient) -> None:
    user = await confd.user()
    phone = await confd.phone(user)
    box = {"name": "x", "number": "1000", "context": "default"}
    made = await confd.make(f"/users/{user['id']}/voicemails", **box)
    (ids,) = await updated(
        api, "uuid,exten,context,line_protocol,sip_username,sip_secret,voicemail_number",
        f"{user['uuid']},1900,default,sip,zoe,new,1900",
    )  # fmt: skip
    assert (ids["line_id"], ids["sip_id"]) == (phone["id"], phone["endpoint"])
    assert (ids["extension_id"], ids["voicemail_id"]) == (phone["extension"], made["id"])
    assert (await confd.read(f"/extensions/{phone['extension']}"))["exten"] == "1900"
    endpoint = await confd.read(f"/endpoints/sip/{phone['endpoint']}")
    assert (endpoint["username"], endpoint["secret"]) == ("zoe", "new")
    assert ["callerid", '"Zoé" <1900>'] in endpoint["options"]
    assert (await confd.read(f"/voicemails/{made['id']}"))["number"] == "1900"


async def test_what_is_missing_is_made(confd: Confd, api: AsyncClient) -> None:
    user = await confd.user()
    header = "uuid,exten,context,line_protocol,voicemail_name,voicemail_number,voicemail_context"
    (ids,) = await updated(api, header, f"{user['uuid']},1001,default,sip,Zoé,1001,default")
    found = await confd.read(f"/users/{user['id']}")
    assert [line["id"] for line in found["lines"]] == [ids["line_id"]]
    assert found["lines"][0]["extensions"][0]["id"] == ids["extension_id"]
    assert found["voicemail"]["id"] == ids["voicemail_id"]


async def test_the_protocol_of_a_line_stays(confd: Confd, api: AsyncClient) -> None:
    user, line = await confd.user(), await confd.line()
    endpoint = await confd.make("/endpoints/custom", interface="Local/1@default")
    await confd.do("PUT", f"/lines/{line['id']}/endpoints/custom/{endpoint['id']}")
    await confd.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
    ((_, because),) = await refused(
        api, "uuid,line_protocol,context", f"{user['uuid']},sip,default"
    )
    assert because.startswith("Input Error - field 'line_protocol'")


async def test_a_cisco_phone_is_made_and_keeps_its_protocol(confd: Confd, api: AsyncClient) -> None:
    user = await confd.user()
    header = "uuid,exten,context,line_protocol"
    (ids,) = await updated(api, header, f"{user['uuid']},1001,default,sccp")
    line = await confd.read(f"/lines/{ids['line_id']}")
    assert line["endpoint_sccp"]["id"] == ids["sccp_id"]
    (again,) = await updated(api, header, f"{user['uuid']},1002,default,sccp")
    assert (again["line_id"], again["sccp_id"]) == (ids["line_id"], ids["sccp_id"])
    assert (await confd.read(f"/lines/{ids['line_id']}"))["name"] == "1002"
    ((_, because),) = await refused(api, header, f"{user['uuid']},1002,default,sip")
    assert because.startswith("Input Error - field 'line_protocol'")


async def test_permissions_are_replaced_as_a_whole(confd: Confd, api: AsyncClient) -> None:
    user = await confd.user()
    ids = {name: (await confd.make("/callpermissions", name=name))["id"] for name in "abc"}
    await confd.do("PUT", f"/users/{user['id']}/callpermissions/{ids['a']}")
    (made,) = await updated(api, "uuid,call_permissions", f"{user['uuid']},c;b")
    assert made["call_permission_ids"] == [ids["c"], ids["b"]]
    await updated(api, "uuid,firstname", f"{user['uuid']},Léa")
    path = f"/users/{user['id']}/callpermissions"
    assert (await confd.read(path))["total"] == 2
    await updated(api, "uuid,call_permissions", f"{user['uuid']},")
    assert (await confd.read(path))["total"] == 0


async def test_an_export_has_xivos_columns(confd: Confd, api: AsyncClient) -> None:
    user = await confd.user(lastname="Martin", username="zoe", password="sesame")
    await confd.phone(user)
    for name in ("b", "a"):
        permission = await confd.make("/callpermissions", name=name)
        await confd.do("PUT", f"/users/{user['id']}/callpermissions/{permission['id']}")
    (row,) = await exported(api)
    assert ",".join(row) == (
        "uuid,entity_id,firstname,lastname,email,mobile_phone_number,outgoing_caller_id,language,"
        "call_permission_password,enabled,ring_seconds,simultaneous_calls,supervision_enabled,"
        "call_transfer_enabled,dtmf_hangup_enabled,call_record_enabled,online_call_record_enabled,"
        "userfield,username,password,cti_profile_name,cti_profile_enabled,voicemail_name,"
        "voicemail_number,voicemail_context,voicemail_password,voicemail_email,"
        "voicemail_attach_audio,voicemail_delete_messages,voicemail_ask_password,line_protocol,"
        "provisioning_code,context,sip_username,sip_secret,exten,incall_exten,incall_context,"
        "call_permissions"
    )
    assert (row["uuid"], row["enabled"], row["dtmf_hangup_enabled"]) == (user["uuid"], "1", "0")
    assert (row["call_permissions"], row["line_protocol"], row["email"]) == ("a;b", "sip", "")
    assert (row["username"], row["password"]) == ("zoe", "")


async def test_an_export_can_be_imported_again(confd: Confd, api: AsyncClient) -> None:
    user = await confd.user(outgoing_caller_id="anonymous", username="zoe", password="sesame")
    await confd.phone(user)
    await confd.do("PUT", f"/users/{user['id']}/cti", enabled=True)
    box = {"name": "x", "number": "1000", "context": "default", "password": "1234"}
    await confd.make(f"/users/{user['id']}/voicemails", **box)
    before = await exported(api), await confd.read(f"/users/{user['id']}")
    answer = await api.get("/users/export")
    assert len(await updated(api, *answer.text.splitlines())) == 1
    assert (await exported(api), await confd.read(f"/users/{user['id']}")) == before


async def test_an_export_is_csv_of_the_callers_own_entity(
    confd: Confd, client: Client, save: Callable[..., Awaitable[Any]]
) -> None:
    await confd.user()
    other = await save(Entity(name="other"))
    assert await exported(await client("confd.users.export.read", entity_id=other.id)) == []
    asking = await client("confd.users.export.read")
    assert (await asking.get("/users/export", headers={"Accept": "image/png"})).status_code == 406
    assert (await (await client("confd.users.read")).get("/users/export")).status_code == 401
