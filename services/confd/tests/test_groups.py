"""Groups and their members, agents and whom they are: groups-queues-agents-skills.md, users.md."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import Entity

Confd = Any
Announced = Callable[[], Awaitable[list[str]]]
Client = Callable[..., Awaitable[AsyncClient]]
UNKNOWN_UUID = "00000000-0000-4000-8000-000000000000"


async def a_group(confd: Confd, name: str = "sales", **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = await confd.make("/groups", name=name, **body)
    return made


async def with_phone(confd: Confd, **body: Any) -> dict[str, Any]:
    user: dict[str, Any] = await confd.user(**body)
    return user | {"line": await confd.phone(user)}


async def test_a_group_has_xivos_defaults_and_its_name_for_label(confd: Confd) -> None:
    group = await a_group(confd)
    shown = {name: group[name] for name in (
        "label", "ring_strategy", "timeout", "user_timeout", "retry_delay", "ring_in_use",
        "enabled", "ignore_forward", "max_calls", "members", "fallbacks", "extensions",
    )}  # fmt: skip
    assert shown == {
        "label": "sales", "ring_strategy": "all", "timeout": None, "user_timeout": 15,
        "retry_delay": 5, "ring_in_use": True, "enabled": True, "ignore_forward": True,
        "max_calls": 0, "members": {"users": [], "extensions": []}, "extensions": [],
        "fallbacks": {"noanswer_destination": None, "congestion_destination": None},
    }  # fmt: skip
    assert await confd.read(f"/groups/{group['uuid']}") == group


async def test_the_name_of_a_group_is_refused_twice(confd: Confd) -> None:
    await a_group(confd)
    other = await a_group(confd, "support")
    taken = "Resource Error - Group already exists"
    await confd.refused("POST", "/groups", taken, name="sales")
    await confd.refused("PUT", f"/groups/{other['id']}", taken, name="sales")


async def test_members_are_called_in_the_order_of_their_priorities(
    confd: Confd, announced: Announced
) -> None:
    group = await a_group(confd)
    path = f"/groups/{group['id']}/members"
    one, two = await with_phone(confd, firstname="One"), await with_phone(confd, firstname="Two")
    before = len(await announced())
    await confd.do("PUT", f"{path}/users", users=[{"uuid": two["uuid"]}, {"uuid": one["uuid"]}])
    await confd.do(
        "PUT", f"{path}/extensions",
        extensions=[
            {"exten": "0612345678", "context": "outside", "priority": 4},
            {"exten": "1001", "context": "default"},
        ],
    )  # fmt: skip
    assert (await announced())[before:] == ["users_associated", "extensions_associated"]
    members = (await confd.read(f"/groups/{group['id']}"))["members"]
    assert [(each["firstname"], each["priority"]) for each in members["users"]] == [
        ("Two", 0), ("One", 1),
    ]  # fmt: skip
    assert [(each["exten"], each["priority"]) for each in members["extensions"]] == [
        ("1001", 1), ("0612345678", 4),
    ]  # fmt: skip
    [shown] = (await confd.read(f"/users/{one['id']}"))["groups"]
    assert (shown["id"], shown["name"]) == (group["id"], "sales")
    await confd.do("PUT", f"{path}/users", users=[])
    assert (await confd.read(f"/groups/{group['id']}"))["members"]["users"] == []


async def test_users_who_can_not_ring_with_a_group_are_refused(confd: Confd) -> None:
    group = await a_group(confd)
    path = f"/groups/{group['id']}/members/users"
    lineless, user, partner = await confd.user(), await with_phone(confd), await confd.user()
    await confd.do("PUT", f"/users/{partner['id']}/lines/{user['line']['id']}")
    for uuids, because in (
        ([UNKNOWN_UUID], "Input Error - field 'users': User was not found"),
        ([lineless["uuid"]], "Resource Error - User must be associated with a Line"),
        ([user["uuid"]] * 2, "Resource Error - Operation not permitted"),
        ([user["uuid"], partner["uuid"]], "Resource Error - Operation not permitted"),
    ):
        await confd.refused("PUT", path, because, users=[{"uuid": each} for each in uuids])
    assert (await confd.read(f"/groups/{group['id']}"))["members"]["users"] == []


async def test_the_same_number_twice_in_a_group_is_refused(confd: Confd) -> None:
    group = await a_group(confd)
    number = {"exten": "1001", "context": "default"}
    path = f"/groups/{group['id']}/members/extensions"
    twice = "Resource Error - Operation not permitted"
    await confd.refused("PUT", path, twice, extensions=[number, number])


async def test_a_group_does_not_ring_in_another_entity(confd: Confd, client: Client) -> None:
    other = await confd.make("/entities", name="lyon")
    stranger = await client("confd.#", entity_id=other["id"])
    group = (await stranger.post("/groups", json={"name": "lyon"})).json()
    user = await with_phone(confd)
    members = f"/groups/{group['id']}/members"
    refused = "Resource Error - Operation not permitted"
    number = {"exten": "1001", "context": "default"}
    await confd.refused("PUT", f"{members}/extensions", refused, extensions=[number])
    await confd.refused("PUT", f"{members}/users", refused, users=[{"uuid": user["uuid"]}])
    hidden = await stranger.put(f"{members}/users", json={"users": [{"uuid": user["uuid"]}]})
    assert "User was not found" in hidden.text
    joining = f"/users/{user['id']}/groups"
    await confd.refused("PUT", joining, refused, groups=[{"id": group["id"]}])


async def test_a_user_is_in_exactly_the_groups_that_are_given(
    confd: Confd, announced: Announced
) -> None:
    """F-199."""
    first, second, third = [await a_group(confd, name) for name in ("one", "two", "three")]
    user = await with_phone(confd)
    await confd.do(
        "PUT", f"/groups/{second['id']}/members/users",
        users=[{"uuid": user["uuid"], "priority": 7}],
    )  # fmt: skip
    path = f"/users/{user['id']}/groups"
    await confd.do("PUT", path, groups=[{"id": first["id"]}])
    await confd.do("PUT", path, groups=[{"id": third["id"]}, {"id": first["id"]}])
    assert (await announced())[-2:] == ["groups_associated"] * 2
    names = [each["name"] for each in (await confd.read(f"/users/{user['id']}"))["groups"]]
    assert names == ["one", "three"]
    assert (await confd.read(f"/groups/{second['id']}"))["members"]["users"] == []
    await confd.do("DELETE", f"/groups/{first['id']}")
    await confd.do("PUT", path, groups=[])
    assert (await confd.read(f"/users/{user['id']}"))["groups"] == []


async def test_a_user_keeps_his_place_in_a_group_that_he_stays_in(confd: Confd) -> None:
    group, user = await a_group(confd), await with_phone(confd)
    place = {"uuid": user["uuid"], "priority": 7}
    await confd.do("PUT", f"/groups/{group['id']}/members/users", users=[place])
    await confd.do("PUT", f"/users/{user['id']}/groups", groups=[{"id": group["id"]}])
    [member] = (await confd.read(f"/groups/{group['id']}"))["members"]["users"]
    assert member["priority"] == 7


async def test_groups_that_a_user_can_not_join_are_refused(confd: Confd) -> None:
    group, lineless, user = await a_group(confd), await confd.user(), await with_phone(confd)
    mine = [{"id": group["id"]}]
    for who, groups, because in (
        (user, [{"id": 99999}], "Input Error - field 'groups': Group was not found"),
        (lineless, mine, "Resource Error - User must be associated with a Line"),
        (user, mine * 2, "Resource Error - Operation not permitted"),
        (user, [{}], "Input Error - groups.0.id"),
        (user, None, "Input Error - groups"),
    ):
        await confd.refused("PUT", f"/users/{who['id']}/groups", because, groups=groups)
    assert (await confd.read(f"/users/{user['id']}"))["groups"] == []


async def test_a_group_and_a_number_are_each_others_only_one(confd: Confd) -> None:
    group, other = await a_group(confd), await a_group(confd, "support")
    free, second, of_line = await confd.extension(), await confd.extension(), await confd.phone()
    path = f"/groups/{group['id']}/extensions"
    not_there = "Resource Not Found - GroupExtension was not found"
    await confd.refused("DELETE", f"{path}/{free['id']}", not_there, status=404)
    taken = "Resource Error - Extension is associated with a Line"
    await confd.refused("PUT", f"{path}/{of_line['extension']}", taken)
    await confd.do("PUT", f"{path}/{free['id']}")
    already = "Resource Error - Group is associated with a Extension"
    await confd.refused("PUT", f"{path}/{second['id']}", already)
    taken = "Resource Error - Extension is associated with a Group"
    await confd.refused("PUT", f"/groups/{other['id']}/extensions/{free['id']}", taken)
    line = await confd.line_with_endpoint()
    led = "Resource Error - Extension is associated with a group"
    await confd.refused("PUT", f"/lines/{line['id']}/extensions/{free['id']}", led)
    await confd.refused("DELETE", f"/extensions/{free['id']}", led)
    shown = await confd.read(f"/extensions/{free['id']}")
    assert shown["group"]["name"] == "sales"
    assert (await confd.read("/groups?exten=" + free["exten"]))["total"] == 1
    await confd.do("DELETE", f"/groups/{group['id']}")
    await confd.do("PUT", f"/lines/{line['id']}/extensions/{free['id']}")


async def test_a_number_outside_of_internal_contexts_is_refused_to_a_group(confd: Confd) -> None:
    ranges = [{"start": "3000", "end": "3999", "did_length": 4}]
    await confd.make("/contexts", name="from-outside", type="incall", incall_ranges=ranges)
    number = await confd.extension(exten="3000", context="from-outside")
    group = await a_group(confd)
    because = "Resource Error - ContextType 'incall' cannot be associated"
    await confd.refused("PUT", f"/groups/{group['id']}/extensions/{number['id']}", because)


async def test_the_number_of_a_group_does_not_move_to_another_entity(
    confd: Confd, client: Client
) -> None:
    other = await confd.make("/entities", name="lyon")
    stranger = await client("confd.#", entity_id=other["id"])
    ranges = [{"start": "1000", "end": "1999"}]
    await stranger.post("/contexts", json={"name": "lyon", "user_ranges": ranges})
    group, number = await a_group(confd), await confd.extension()
    await confd.do("PUT", f"/groups/{group['id']}/extensions/{number['id']}")
    because = "Resource Error - Operation not permitted. The group of the extension is of another"
    await confd.refused("PUT", f"/extensions/{number['id']}", because, context="lyon")


async def test_what_led_to_a_group_that_is_gone_leads_nowhere(confd: Confd) -> None:
    group, user = await a_group(confd), await confd.user()
    to_group = {"type": "group", "group_id": group["id"], "ring_time": 5}
    fallbacks, keys = f"/users/{user['id']}/fallbacks", f"/users/{user['id']}/funckeys"
    await confd.do("PUT", fallbacks, busy_destination=to_group)
    called = {"destination": {"type": "group", "group_id": group["id"]}}
    joined = {"destination": {"type": "groupmember", "group_id": group["id"], "action": "join"}}
    await confd.do("PUT", keys, keys={"1": called, "2": joined})
    shown = (await confd.read(fallbacks))["busy_destination"]
    assert shown == to_group | {"group_name": "sales"}
    shown = (await confd.read(keys))["keys"]
    assert [each["destination"]["group_name"] for each in shown.values()] == ["sales"] * 2
    assert [each["blf"] for each in shown.values()] == [False, True]
    await confd.do("DELETE", f"/groups/{group['id']}")
    assert (await confd.read(fallbacks))["busy_destination"] is None
    assert (await confd.read(keys))["keys"] == {}


async def test_a_group_has_one_schedule(confd: Confd) -> None:
    group = await a_group(confd)
    first, second = [
        await confd.make("/schedules", name=name, closed_destination={"type": "none"})
        for name in ("day", "night")
    ]
    path = f"/groups/{group['id']}/schedules"
    await confd.do("PUT", f"{path}/{first['id']}")
    because = "Resource Error - Group is associated with a Schedule"
    await confd.refused("PUT", f"{path}/{second['id']}", because)
    assert [g["id"] for g in (await confd.read(f"/schedules/{first['id']}"))["groups"]] == [
        group["id"]
    ]
    not_there = "Resource Not Found - GroupSchedule was not found"
    await confd.refused("DELETE", f"{path}/{second['id']}", not_there, status=404)


async def test_fallbacks_of_a_group_are_replaced_as_a_whole(confd: Confd) -> None:
    group = await a_group(confd)
    path = f"/groups/{group['id']}/fallbacks"
    await confd.do("PUT", path, noanswer_destination={"type": "none"})
    await confd.do("PUT", path, congestion_destination={"type": "none"})
    found = await confd.read(path)
    assert (found["noanswer_destination"], found["congestion_destination"]["type"]) == (
        None,
        "none",
    )
    nobody = {"type": "user", "user_id": 99999}
    await confd.refused("PUT", path, "Input Error - ", noanswer_destination=nobody)


async def test_a_permission_of_a_group_is_shown_on_both_sides(confd: Confd) -> None:
    group, permission = await a_group(confd), await confd.make("/callpermissions", name="abroad")
    await confd.do("PUT", f"/groups/{group['id']}/callpermissions/{permission['id']}")
    [shown] = (await confd.read(f"/groups/{group['id']}"))["call_permissions"]
    assert shown["name"] == "abroad"
    [shown] = (await confd.read(f"/callpermissions/{permission['id']}"))["groups"]
    assert shown["name"] == "sales"


async def test_the_number_of_an_agent_is_refused_twice_and_never_changed(confd: Confd) -> None:
    agent = await confd.make("/agents", number="8000")
    taken = "Resource Error - Agent already exists"
    await confd.refused("POST", "/agents", taken, number="8000")
    await confd.do("PUT", f"/agents/{agent['id']}", number="8001", firstname="Karim")
    shown = await confd.read(f"/agents/{agent['id']}")
    assert (shown["number"], shown["firstname"]) == ("8000", "Karim")


async def test_a_user_is_one_agent_at_most(confd: Confd, announced: Announced) -> None:
    """F-193."""
    user = await confd.user()
    one, two = [await confd.make("/agents", number=number) for number in ("8000", "8001")]
    path = f"/users/{user['id']}/agents"
    shown = await confd.read(path)
    assert (shown["agent_id"], [each["rel"] for each in shown["links"]]) == (None, ["users"])
    not_there = "Resource Not Found - UserAgent was not found"
    await confd.refused("DELETE", path, not_there, status=404)
    await confd.do("PUT", f"{path}/{one['id']}")
    for each in (one, two):
        already = "Resource Error - User is associated with a Agent"
        await confd.refused("PUT", f"{path}/{each['id']}", already)
    shown = await confd.read(f"/users/{user['id']}")
    assert (shown["agent"]["id"], shown["agent"]["number"]) == (one["id"], "8000")
    (listed,) = (await confd.read("/users?view=directory"))["items"]
    assert listed["agent_id"] == str(one["id"])
    [his] = (await confd.read(f"/agents/{one['id']}"))["users"]
    assert his["uuid"] == user["uuid"]
    await confd.do("DELETE", path)
    assert (await announced())[-2:] == ["agent_associated", "agent_dissociated"]


async def test_whoever_was_an_agent_that_is_gone_is_none(confd: Confd) -> None:
    user, agent = await confd.user(), await confd.make("/agents", number="8000")
    keys = f"/users/{user['id']}/funckeys"
    await confd.do("PUT", f"/users/{user['id']}/agents/{agent['id']}")
    key = {"destination": {"type": "agent", "agent_id": agent["id"], "action": "login"}}
    await confd.do("PUT", keys, keys={"1": key})
    await confd.do("DELETE", f"/agents/{agent['id']}")
    assert (await confd.read(f"/users/{user['id']}"))["agent"] is None
    assert (await confd.read(keys))["keys"] == {}


@pytest.mark.parametrize("kind", ["agent", "group"])
async def test_keys_do_not_lead_into_another_entity(
    confd: Confd, client: Client, entity: Entity, kind: str
) -> None:
    other = await confd.make("/entities", name="lyon")
    stranger = await client("confd.#", entity_id=other["id"])
    body = {"number": "8000"} if kind == "agent" else {"name": "lyon"}
    target = (await stranger.post(f"/{kind}s", json=body)).json()
    user = await confd.user()
    more = {"action": "login"} if kind == "agent" else {}
    keys = {"1": {"destination": {"type": kind, f"{kind}_id": target["id"], **more}}}
    path = f"/users/{user['id']}/funckeys"
    await confd.refused("PUT", path, "Resource Error - Operation not permitted", keys=keys)
    bound = await client("confd.#", entity_id=entity.id)
    assert "was not found" in (await bound.put(path, json={"keys": keys})).text


async def test_who_is_an_agent_or_in_a_group_stays_in_his_entity(confd: Confd) -> None:
    other, agent = (
        await confd.make("/entities", name="lyon"),
        await confd.make("/agents", number="8"),
    )
    user = await confd.user()
    await confd.do("PUT", f"/users/{user['id']}/agents/{agent['id']}")
    because = "Resource Error - User is associated with a Agent"
    await confd.refused("PUT", f"/users/{user['id']}/entities/{other['id']}", because)


async def test_who_loses_a_line_is_a_member_no_more(
    confd: Confd, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    group, user, other = await a_group(confd), await with_phone(confd), await with_phone(confd)
    members = [{"uuid": each["uuid"]} for each in (user, other)]
    await confd.do("PUT", f"/groups/{group['id']}/members/users", users=members)
    before = len(await announced())
    await confd.do("DELETE", f"/users/{user['id']}/lines/{user['line']['id']}")
    assert (await announced())[before:] == ["line_dissociated", "groups_associated"]
    left = (await confd.read(f"/groups/{group['id']}"))["members"]["users"]
    assert [each["uuid"] for each in left] == [other["uuid"]]
    assert (await confd.read(f"/users/{user['id']}"))["groups"] == []
    await confd.do("DELETE", f"/lines/{other['line']['id']}")
    assert (await confd.read(f"/groups/{group['id']}"))["members"]["users"] == []
