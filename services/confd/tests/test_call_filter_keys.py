"""Keys that switch a filter: devices-funckeys.md, "bsfilter" (F-203, F-428)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient

from .provisioning import Provisioning, a_phone, phones

__all__ = ["phones"]

Confd = Any
Announced = Callable[[], Awaitable[list[str]]]
Client = Callable[..., Awaitable[AsyncClient]]
NO_MEMBER = "Input Error - field 'filter_member_id': FilterMember was not found"


def key(member_id: int, **more: Any) -> dict[str, Any]:
    return {"destination": {"type": "bsfilter", "filter_member_id": member_id}, **more}


async def a_filter(confd: Confd, boss: Any, *secretaries: Any) -> tuple[dict[str, Any], list[int]]:
    """A filter of these people, and the ids of the secretaries' memberships."""
    made = await confd.make("/callfilters", name="direction", strategy="all", source="all")
    path = f"/callfilters/{made['id']}"
    await confd.do("PUT", f"{path}/recipients/users", users=[{"uuid": boss["uuid"]}])
    users = [{"uuid": each["uuid"]} for each in secretaries]
    await confd.do("PUT", f"{path}/surrogates/users", users=users)
    shown = (await confd.read(path))["surrogates"]["users"]
    return made, [each["member_id"] for each in shown]


async def test_boss_and_secretary_have_a_key_each(confd: Confd) -> None:
    boss, secretary = await confd.user(), await confd.user()
    _, [member] = await a_filter(confd, boss, secretary)
    for user in (boss, secretary):
        path = f"/users/{user['id']}/funckeys"
        await confd.do("PUT", path, keys={"1": key(member, label="Filter")})
        shown = (await confd.read(path))["keys"]["1"]
        assert shown["destination"] == {
            "type": "bsfilter", "filter_member_id": member, "href": None,
        }  # fmt: skip
        assert (shown["blf"], shown["label"]) == (True, "Filter")
        await confd.do("PUT", f"{path}/1", **key(member, blf=False))
        assert (await confd.read(f"{path}/1"))["blf"] is False


async def test_only_whoever_is_in_a_filter_has_such_a_key(confd: Confd) -> None:
    boss, secretary, stranger = [await confd.user() for _ in range(3)]
    made, [member] = await a_filter(confd, boss, secretary)
    path = f"/users/{stranger['id']}/funckeys"
    because = "Resource Error - User must be associated with a BSFilter"
    await confd.refused("PUT", path, because, keys={"1": key(member)})
    await confd.refused("PUT", f"{path}/1", because, **key(member))
    await confd.refused("PUT", f"{path}/1", NO_MEMBER, **key(member + 1000))
    excluded = 'Input Error - The "bsfilter" funckey are excluded'
    await confd.refused("POST", "/funckeys/templates", excluded, keys={"1": key(member)})
    users = [{"uuid": stranger["uuid"]}]
    await confd.do("PUT", f"/callfilters/{made['id']}/recipients/users", users=users)
    await confd.do("PUT", f"{path}/1", **key(member))


async def test_a_member_of_another_entity_is_not_there(confd: Confd, client: Client) -> None:
    other = await confd.make("/entities", name="lyon")
    stranger = await client("confd.#", entity_id=other["id"])
    _, [member] = await a_filter(confd, await confd.user(), await confd.user())
    theirs = (await stranger.post("/users", json={"firstname": "Zoé"})).json()
    path = f"/users/{theirs['id']}/funckeys/1"
    assert NO_MEMBER in (await stranger.put(path, json=key(member))).json()[0]
    await confd.refused("PUT", path, "Resource Error - Operation not permitted", **key(member))


@pytest.mark.parametrize("end", ["the secretary leaves", "she is deleted", "the filter goes"])
async def test_a_key_goes_with_what_it_switches_and_its_phone_is_told(
    confd: Confd, announced: Announced, end: str
) -> None:
    boss, one, two = [await confd.user() for _ in range(3)]
    made, [first, second] = await a_filter(confd, boss, one, two)
    path = f"/users/{boss['id']}/funckeys"
    await confd.do("PUT", path, keys={"1": key(first), "2": key(second)})
    before = len(await announced())
    if end == "the secretary leaves":
        users = [{"uuid": two["uuid"]}]
        await confd.do("PUT", f"/callfilters/{made['id']}/surrogates/users", users=users)
        event = "call_filter_surrogate_users_associated"
    elif end == "she is deleted":
        await confd.do("DELETE", f"/users/{one['id']}")
        event = "user_deleted"
    else:
        await confd.do("DELETE", f"/callfilters/{made['id']}")
        event = "call_filter_deleted"
    left = {} if end == "the filter goes" else {"2"}
    assert set((await confd.read(path))["keys"]) == set(left)
    assert (await announced())[before:] == ["func_key_template_edited", event]


async def test_the_key_reaches_the_phone_with_the_code_of_its_member(
    confd: Confd, phones: Provisioning
) -> None:
    device, line = await a_phone(confd, phones)
    boss = line["user"]
    made, [member] = await a_filter(confd, boss, await confd.user())

    async def keys() -> Any:
        await phones.follow()
        config = await phones.config(device["id"])
        assert config is not None
        return config["raw_config"]["funckeys"]

    await confd.do("PUT", f"/users/{boss['id']}/funckeys/3", **key(member, label="Filter"))
    assert await keys() == {
        "3": {"label": "Filter", "line": 1, "type": "blf", "value": f"*37{member}"}
    }
    await confd.do("PUT", f"/callfilters/{made['id']}/surrogates/users", users=[])
    assert await keys() == {}
