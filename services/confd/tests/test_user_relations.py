"""What else is asked of users: entity, exact lines, a box of their own, their phone's account."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import Entity, LineExtension

Confd = Any
Announced = Callable[[], Awaitable[list[str]]]
Client = Callable[..., Awaitable[AsyncClient]]
Save = Callable[..., Awaitable[Any]]


async def test_head_tells_whether_a_user_is_there(confd: Confd, api: AsyncClient) -> None:
    user = await confd.user()
    for path, status in ((user["id"], 200), (user["uuid"], 200), (99999, 404)):
        assert (await api.head(f"/users/{path}")).status_code == status


async def test_a_user_moves_to_another_entity(
    confd: Confd, entity: Entity, announced: Announced
) -> None:
    user, other = await confd.user(), await confd.make("/entities", name="lyon")
    path = f"/users/{user['id']}/entities"
    assert (await confd.read(path))["entity_id"] == entity.id
    await confd.do("PUT", f"{path}/{other['id']}")
    assert (await announced())[-1] == "entity_associated"
    assert (await confd.read(path))["entity_id"] == other["id"]
    again = "Resource Error - User is associated with a Entity"
    await confd.refused("PUT", f"{path}/{other['id']}", again)
    await confd.refused("PUT", f"{path}/99999", "Resource Not Found - Entity", status=404)
    await confd.refused("PUT", "/users/99999/entities/1", "Resource Not Found - User", status=404)


async def test_what_stays_behind_keeps_a_user_in_his_entity(confd: Confd) -> None:
    other = await confd.make("/entities", name="lyon")
    with_line, with_box, with_right = [await confd.user() for _ in range(3)]
    await confd.phone(with_line)
    box = {"name": "x", "number": "1000", "context": "default"}
    await confd.make(f"/users/{with_box['id']}/voicemails", **box)
    permission = await confd.make("/callpermissions", name="abroad")
    await confd.do("PUT", f"/users/{with_right['id']}/callpermissions/{permission['id']}")
    for user, linked in (
        (with_line, "Line"), (with_box, "Voicemail"), (with_right, "CallPermission"),
    ):  # fmt: skip
        because = f"Resource Error - User is associated with a {linked}"
        await confd.refused("PUT", f"/users/{user['id']}/entities/{other['id']}", because)


async def test_what_names_others_keeps_a_user_in_his_entity(confd: Confd) -> None:
    other = await confd.make("/entities", name="lyon")
    user, colleague = await confd.user(), await confd.user(firstname="Secret")
    to_colleague = {"type": "user", "user_id": colleague["id"]}
    keys = {"1": {"destination": to_colleague}}
    template = await confd.make("/funckeys/templates", name="office", keys=keys)
    moving, own = f"/users/{user['id']}/entities/{other['id']}", f"/users/{user['id']}/funckeys"
    fallbacks = f"/users/{user['id']}/fallbacks"

    async def is_kept(linked: str) -> None:
        await confd.refused("PUT", moving, f"Resource Error - User is associated with a {linked}")

    await confd.do("PUT", f"{own}/templates/{template['id']}")
    await is_kept("FuncKeyTemplate")
    await confd.do("DELETE", f"{own}/templates/{template['id']}")
    await confd.do("PUT", f"{own}/1", destination=to_colleague)
    await is_kept("FuncKey")
    await confd.do("PUT", f"{own}/1", destination={"type": "service", "service": "enablednd"})
    in_default = {"type": "extension", "exten": "1003", "context": "default"}
    for destination in (to_colleague, in_default):
        await confd.do("PUT", fallbacks, busy_destination=destination)
        await is_kept("Fallback")
    himself = {"type": "user", "user_id": user["id"]}
    await confd.do("PUT", f"{own}/2", destination=himself)
    await confd.do(
        "PUT", fallbacks, busy_destination={"type": "hangup"}, noanswer_destination=himself
    )
    await confd.do("PUT", moving)


async def test_no_one_moves_users_out_of_his_own_entity(
    confd: Confd, client: Client, entity: Entity
) -> None:
    user, other = await confd.user(), await confd.make("/entities", name="lyon")
    bound = await client("confd.#", entity_id=entity.id)
    assert (await bound.put(f"/users/{user['id']}/entities/{other['id']}")).status_code == 404


async def test_a_user_has_exactly_the_lines_that_are_given(
    confd: Confd, announced: Announced
) -> None:
    user = await confd.user()
    old, kept, new = await confd.phone(user), await confd.phone(user), await confd.phone()
    path = f"/users/{user['id']}/lines"
    before = len(await announced())
    await confd.do("PUT", path, lines=[{"id": new["id"]}, {"id": kept["id"]}])
    told = (await announced())[before:]
    assert told == ["line_dissociated", "line_associated", "user_edited"]
    found = [(each["line_id"], each["main_line"]) for each in (await confd.read(path))["items"]]
    assert found == [(new["id"], True), (kept["id"], False)]
    assert (await confd.read(f"/lines/{old['id']}/users"))["total"] == 0
    await confd.do("PUT", path, lines=[])
    assert (await confd.read(path))["total"] == 0


@pytest.mark.parametrize(
    ("lines", "because"),
    [
        ([{"id": 1}, {"id": 1}], "Resource Error - Operation not permitted"),
        ([{"id": 99999}], "Input Error - field 'line_id': Line was not found"),
        ([{}], "Input Error - lines.0.id"),
        (None, "Input Error - lines"),
    ],
)
async def test_lines_that_can_not_be_given_change_nothing(
    confd: Confd, lines: Any, because: str
) -> None:
    user = await confd.user()
    await confd.phone(user)
    path = f"/users/{user['id']}/lines"
    await confd.refused("PUT", path, because, lines=lines)
    assert (await confd.read(path))["total"] == 1


async def test_a_box_is_made_for_a_user(confd: Confd, announced: Announced) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/voicemails"
    before = len(await announced())
    box = await confd.make(path, name="Zoé", number="1000", context="default")
    assert [each["uuid"] for each in box["users"]] == [user["uuid"]]
    assert (await announced())[before:] == ["voicemail_created", "voicemail_associated"]
    assert (await confd.read(path))["voicemail_id"] == box["id"]
    already = "Resource Error - User is associated with a Voicemail"
    await confd.refused("POST", path, already, name="x", number="1001", context="default")
    await confd.refused(
        "POST", "/users/99999/voicemails", "Resource Not Found", status=404,
        name="x", number="1002", context="default",
    )  # fmt: skip
    assert (await confd.read("/voicemails"))["total"] == 1


async def test_a_box_is_not_made_in_another_entity(confd: Confd) -> None:
    other = await confd.make("/entities", name="lyon")
    user = await confd.user()
    await confd.do("PUT", f"/users/{user['id']}/entities/{other['id']}")
    because = "Resource Error - Operation not permitted"
    path = f"/users/{user['id']}/voicemails"
    await confd.refused("POST", path, because, name="x", number="1000", context="default")


async def test_a_softphone_reads_the_account_of_a_line(confd: Confd, api: AsyncClient) -> None:
    """F-110."""
    user, other = await confd.user(), await confd.user()
    line, foreign = await confd.phone(user), await confd.phone(other)
    expected = await confd.read(f"/endpoints/sip/{line['endpoint']}")
    path = f"/users/{user['uuid']}/lines"
    for named in (line["id"], "main"):
        assert await confd.read(f"{path}/{named}/associated/endpoints/sip") == expected
    lineless = await confd.user()
    for missing in (
        f"{path}/{foreign['id']}",
        f"{path}/99999999999",
        f"/users/{lineless['uuid']}/lines/main",
    ):
        answer = await api.get(f"{missing}/associated/endpoints/sip")
        assert (answer.status_code, answer.json()) == (404, "Resource Not Found.")


async def test_the_account_of_a_line_needs_its_own_access(confd: Confd, client: Client) -> None:
    user = await confd.user()
    await confd.phone(user)
    path = f"/users/{user['uuid']}/lines/main/associated/endpoints/sip"
    scope = "confd" + path.replace("/", ".")
    assert (await (await client(f"{scope}.read")).get(path)).status_code == 200
    assert (await (await client("confd.users.read")).get(path)).status_code == 401


async def test_a_list_for_directories_and_one_for_the_administration(confd: Confd) -> None:
    """F-145, F-146."""
    user = await confd.user(lastname="Martin", userfield="sales")
    line = await confd.phone(user)
    (shown,) = (await confd.read("/users?view=directory"))["items"]
    assert list(shown) == [
        "id", "uuid", "line_id", "agent_id", "firstname", "lastname", "email", "exten",
        "mobile_phone_number", "voicemail_number", "userfield", "description", "context",
    ]  # fmt: skip
    assert (shown["line_id"], shown["exten"]) == (line["id"], line["exten"])
    (shown,) = (await confd.read("/users?view=summary&search=martin"))["items"]
    assert (shown["entity"], shown["protocol"], shown["context"]) == ("first", "sip", "default")
    assert shown["provisioning_code"] == line["provisioning_code"]
    assert "services" in (await confd.read("/users?view=other"))["items"][0]


async def test_users_are_filtered_by_what_their_main_line_has(confd: Confd, save: Save) -> None:
    await confd.make("/contexts", name="lyon", user_ranges=[{"start": "2000", "end": "2999"}])
    zoe, paul = await confd.user(lastname="A"), await confd.user(lastname="B")
    line, second = await confd.phone(zoe), await confd.phone(zoe)
    await confd.do("PUT", f"/users/{paul['id']}/lines/{line['id']}")
    other = await confd.extension(exten="1900")
    await save(LineExtension(line_id=line["id"], extension_id=other["id"], main_extension=False))
    box = await confd.make("/voicemails", name="box", number="1800", context="default")
    await confd.do("PUT", f"/users/{paul['id']}/voicemails/{box['id']}")
    for query, found in (
        (f"exten={line['exten']}", [zoe, paul]),
        (f"extension={line['exten']}", [zoe, paul]),
        (f"exten={line['exten']}&lastname=B", [paul]),
        (f"exten={line['exten']}&search=b&order=exten", [paul]),
        (f"exten={line['exten'][:3]}", []),
        (f"exten={second['exten']}", []),
        ("exten=1900", []),
        ("context=default", [zoe, paul]),
        ("context=lyon", []),
        (f"provisioning_code={line['provisioning_code']}", [zoe, paul]),
        (f"provisioning_code={second['provisioning_code']}", []),
        ("voicemail_number=1800", [paul]),
        ("voicemail_number=180", []),
    ):
        answer = await confd.read(f"/users?{query}")
        assert [each["id"] for each in answer["items"]] == [each["id"] for each in found], query
        assert answer["total"] == len(found)


async def test_a_list_for_whoever_shows_presence(confd: Confd) -> None:
    user = await confd.user()
    line, second = await confd.phone(user), await confd.line()
    endpoint = await confd.make("/endpoints/sccp")
    await confd.do("PUT", f"/lines/{second['id']}/endpoints/sccp/{endpoint['id']}")
    number = await confd.extension()
    await confd.do("PUT", f"/lines/{second['id']}/extensions/{number['id']}")
    await confd.do("PUT", f"/users/{user['id']}/lines/{second['id']}")
    await confd.do("PUT", f"/users/{user['id']}/services/dnd", enabled=True)
    (shown,) = (await confd.read("/users?view=line_presence"))["items"]
    sip = (await confd.read(f"/endpoints/sip/{line['endpoint']}"))["username"]
    assert shown == {
        "uuid": user["uuid"],
        "lines": [
            {"id": line["id"], "name": sip, "protocol": "sip"},
            {"id": second["id"], "name": number["exten"], "protocol": "sccp"},
        ],
        "services": {"dnd": {"enabled": True}},
    }
    await confd.do("PUT", f"/users/{user['id']}/lines", lines=[{"id": second["id"]}])
    (shown,) = (await confd.read("/users?view=summary"))["items"]
    # The code is one of SIP lines.
    assert (shown["protocol"], shown["provisioning_code"]) == ("sccp", None)


async def test_the_oldest_search_looks_at_full_names_only(confd: Confd) -> None:
    zoe = await confd.user(lastname="Martin")
    await confd.user(firstname="Paul", description="a friend of Zoé Martin")
    found = await confd.read("/users?q=zoé mart&limit=1&offset=5&order=id")
    assert (found["total"], [each["id"] for each in found["items"]]) == (1, [zoe["id"]])
    assert (await confd.read("/users?q=nobody"))["total"] == 0
