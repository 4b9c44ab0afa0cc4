"""Call pickups: call-permissions-filters-pickups.md (F-431)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient

Confd = Any
Announced = Callable[[], Awaitable[list[str]]]
Client = Callable[..., Awaitable[AsyncClient]]
UNKNOWN_UUID = "00000000-0000-4000-8000-000000000000"
REFUSED = "Resource Error - Operation not permitted"
SIDES = ("interceptors", "targets")


async def test_each_side_has_its_users_and_groups_and_is_replaced_alone(
    confd: Confd, announced: Announced
) -> None:
    made = await confd.make("/callpickups", name="office")
    path = f"/callpickups/{made['id']}"
    nobody: dict[str, Any] = {"groups": [], "users": []}
    assert (made["enabled"], made["interceptors"], made["targets"]) == (True, nobody, nobody)
    one, two = await confd.user(firstname="One"), await confd.user(firstname="Two")
    group = await confd.make("/groups", name="sales")
    before = len(await announced())
    await confd.do(
        "PUT", f"{path}/interceptors/users", users=[{"uuid": one["uuid"]}, {"uuid": two["uuid"]}]
    )
    await confd.do("PUT", f"{path}/targets/users", users=[{"uuid": one["uuid"]}])
    for side in SIDES:
        await confd.do("PUT", f"{path}/{side}/groups", groups=[{"id": group["id"]}])
    assert (await announced())[before:] == [
        "call_pickup_interceptor_users_associated", "call_pickup_target_users_associated",
        "call_pickup_interceptor_groups_associated", "call_pickup_target_groups_associated",
    ]  # fmt: skip
    shown = await confd.read(path)
    assert [each["firstname"] for each in shown["interceptors"]["users"]] == ["One", "Two"]
    assert [each["uuid"] for each in shown["targets"]["users"]] == [one["uuid"]]
    for side in SIDES:
        assert [(each["id"], each["name"]) for each in shown[side]["groups"]] == [
            (group["id"], "sales")
        ]
    await confd.do("PUT", f"{path}/interceptors/users", users=[])
    again = await confd.read(path)
    assert again == {**shown, "interceptors": {**shown["interceptors"], "users": []}}
    await confd.do("DELETE", f"/groups/{group['id']}")
    await confd.do("DELETE", f"/users/{one['id']}")
    gone = await confd.read(path)
    assert (gone["interceptors"], gone["targets"]) == (nobody, nobody)
    await confd.do("DELETE", path)


@pytest.mark.parametrize("side", SIDES)
async def test_members_who_can_not_be_are_refused(confd: Confd, side: str) -> None:
    made, user = await confd.make("/callpickups", name="office"), await confd.user()
    group = await confd.make("/groups", name="sales")
    path = f"/callpickups/{made['id']}/{side}"
    missing = "Input Error - field '{0}s': {1} was not found"
    for who, members, because in (
        ("users", [{"uuid": user["uuid"]}] * 2, REFUSED),
        ("users", [{"uuid": UNKNOWN_UUID}], missing.format("user", "User")),
        ("users", [{"id": user["id"]}], "Input Error - users"),
        ("groups", [{"id": group["id"]}] * 2, REFUSED),
        ("groups", [{"id": group["id"] + 1}], missing.format("group", "Group")),
    ):
        await confd.refused("PUT", f"{path}/{who}", because, **{who: members})
    await confd.make("/callpickups", name="other")
    taken = "Resource Error - CallPickup already exists"
    await confd.refused("PUT", f"/callpickups/{made['id']}", taken, name="other")


async def test_a_user_shows_whose_calls_he_may_pick_up(confd: Confd) -> None:
    """Through a user or a group on either side, each person once."""
    one, two, three = [await confd.user(firstname=name) for name in ("One", "Two", "Three")]
    for user in (one, two, three):
        await confd.phone(user)
    group = await confd.make("/groups", name="sales")
    members = [{"uuid": each["uuid"]} for each in (two, three)]
    await confd.do("PUT", f"/groups/{group['id']}/members/users", users=members)
    made = await confd.make("/callpickups", name="office")
    path = f"/callpickups/{made['id']}"

    async def may(user: Any) -> list[str]:
        shown = (await confd.read(f"/users/{user['id']}"))["call_pickup_target_users"]
        return [each["firstname"] for each in shown]

    await confd.do("PUT", f"{path}/interceptors/users", users=[{"uuid": one["uuid"]}])
    await confd.do("PUT", f"{path}/targets/groups", groups=[{"id": group["id"]}])
    await confd.do("PUT", f"{path}/targets/users", users=[{"uuid": three["uuid"]}])
    assert [await may(user) for user in (one, two)] == [["Three", "Two"], []]
    await confd.do("PUT", f"{path}/interceptors/groups", groups=[{"id": group["id"]}])
    assert await may(two) == ["Three", "Two"]
    await confd.do("PUT", path, enabled=False)
    assert await may(one) == []


async def test_a_pickup_keeps_to_its_entity(confd: Confd, client: Client) -> None:
    other = await confd.make("/entities", name="lyon")
    stranger = await client("confd.#", entity_id=other["id"])
    theirs = (await stranger.post("/callpickups", json={"name": "lyon"})).json()
    user, group = await confd.user(), await confd.make("/groups", name="sales")
    for side in SIDES:
        path = f"/callpickups/{theirs['id']}/{side}"
        for who, member in (("users", {"uuid": user["uuid"]}), ("groups", {"id": group["id"]})):
            await confd.refused("PUT", f"{path}/{who}", REFUSED, **{who: [member]})
            hidden = await stranger.put(f"{path}/{who}", json={who: [member]})
            assert f"{who.title()[:-1]} was not found" in hidden.text
    because = "Resource Error - Entity is associated with a CallPickup"
    await confd.refused("DELETE", f"/entities/{other['id']}", because)
    ours = await confd.make("/callpickups", name="office")
    await confd.do(
        "PUT", f"/callpickups/{ours['id']}/targets/users", users=[{"uuid": user["uuid"]}]
    )
    because = "Resource Error - User is associated with a CallPickup"
    await confd.refused("PUT", f"/users/{user['id']}/entities/{other['id']}", because)
