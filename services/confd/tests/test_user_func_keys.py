"""The keys of users: reference/confd/devices-funckeys.md (F-201, F-202, F-204)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_schema import Entity, FuncKey, FuncKeyTemplate, UserFuncKeyTemplate
from ovix_testkit import QueryRecorder
from ovix_web import Sessions
from sqlalchemy import func, select

Confd = Any
Save = Callable[..., Awaitable[Any]]
Client = Callable[..., Awaitable[AsyncClient]]
Announced = Callable[[], Awaitable[list[str]]]
TEMPLATES = "/funckeys/templates"
PARKING = {"destination": {"type": "parking"}}
DND = {"destination": {"type": "service", "service": "enablednd"}}


def forward(exten: str | None = None) -> dict[str, Any]:
    return {
        "destination": {"type": "forward", "forward": "unconditional", "exten": exten},
        "label": "Support",
    }


def labels(keys: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """What each key does, and whether it comes from the public template."""
    return {at: (key["destination"]["type"], key["inherited"]) for at, key in keys.items()}


async def test_own_keys_stand_before_those_of_the_template(confd: Confd) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys"
    assert await confd.read(path) == {"id": None, "name": None, "keys": {}}
    template = await confd.make(TEMPLATES, name="All", keys={"1": DND, "2": PARKING})
    other = await confd.user()
    await confd.do("PUT", f"/users/{other['id']}/funckeys", keys={"1": PARKING})
    await confd.do("PUT", f"{path}/templates/{template['id']}")
    await confd.do("PUT", f"{path}/2", **forward("30051"))
    await confd.do("PUT", f"{path}/10", **PARKING)
    merged = await confd.read(path)
    assert (merged["id"], merged["name"]) == (None, None)
    assert "links" not in merged
    assert labels(merged["keys"]) == {
        "1": ("service", True),
        "2": ("forward", False),
        "10": ("parking", False),
    }
    assert await confd.read(f"{path}/2") == merged["keys"]["2"]
    assert await confd.read(f"{path}/1") == merged["keys"]["1"]
    await confd.do("DELETE", f"{path}/2")
    assert labels((await confd.read(path))["keys"])["2"] == ("parking", True)
    await confd.do("DELETE", f"{path}/1")
    assert labels((await confd.read(path))["keys"])["1"] == ("service", True)
    template_keys = (await confd.read(f"{TEMPLATES}/{template['id']}"))["keys"]
    assert labels(template_keys) == {"1": ("service", False), "2": ("parking", False)}


async def test_a_key_may_lead_to_what_the_template_leads_to(confd: Confd) -> None:
    user = await confd.user()
    template = await confd.make(TEMPLATES, keys={"1": DND})
    await confd.do("PUT", f"/users/{user['id']}/funckeys/templates/{template['id']}")
    await confd.do("PUT", f"/users/{user['id']}/funckeys/3", **DND)
    taken = "Resource Error - destination already exists"
    await confd.refused("PUT", f"/users/{user['id']}/funckeys/4", taken, **DND)
    keys = {"5": PARKING, "6": PARKING}
    await confd.refused("PUT", f"/users/{user['id']}/funckeys", taken, keys=keys)


async def test_all_own_keys_are_replaced_and_what_is_inherited_stays(confd: Confd) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys"
    template = await confd.make(TEMPLATES, keys={"1": DND})
    await confd.do("PUT", f"{path}/templates/{template['id']}")
    await confd.do("PUT", path, keys={"2": {**PARKING, "inherited": True, "id": 7}, "3": DND})
    assert labels((await confd.read(path))["keys"]) == {
        "1": ("service", True), "2": ("parking", False), "3": ("service", False)
    }  # fmt: skip
    await confd.do("PUT", path, keys={"4": forward()})
    assert set((await confd.read(path))["keys"]) == {"1", "4"}
    await confd.do("PUT", path, keys={})
    assert set((await confd.read(path))["keys"]) == {"1"}


async def test_a_user_is_named_by_id_or_uuid(confd: Confd) -> None:
    user = await confd.user()
    template = await confd.make(TEMPLATES, keys={"1": DND})
    by_uuid, by_id = (f"/users/{user[name]}/funckeys" for name in ("uuid", "id"))
    await confd.do("PUT", f"{by_uuid}/2", **PARKING)
    await confd.do("PUT", f"{by_uuid}/templates/{template['id']}")
    assert await confd.read(by_uuid) == await confd.read(by_id)
    assert await confd.read(f"{by_uuid}/2") == await confd.read(f"{by_id}/2")
    assert await confd.read(f"{by_uuid}/templates") == await confd.read(f"{by_id}/templates")
    await confd.do("DELETE", f"{by_uuid}/2")
    await confd.do("DELETE", f"{by_uuid}/templates/{template['id']}")
    assert (await confd.read(by_id))["keys"] == {}


async def test_a_change_of_own_keys_is_told_of_the_private_template(
    confd: Confd, announced: Announced, sessions: Sessions
) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys"
    before = await announced()
    await confd.do("DELETE", f"{path}/1")
    assert await announced() == before
    await confd.do("PUT", f"{path}/1", **DND)
    await confd.do("PUT", path, keys={"1": PARKING})
    await confd.do("DELETE", f"{path}/1")
    await confd.do("DELETE", f"{path}/1")
    assert (await announced())[len(before) :] == ["func_key_template_edited"] * 3
    async with sessions() as session:
        (private,) = await session.scalars(select(FuncKeyTemplate))
    assert (private.user_id, private.entity_id) == (user["id"], None)
    assert await confd.read(f"{TEMPLATES}/{private.id}") == {
        "id": private.id,
        "name": None,
        "keys": {},
        "links": [
            {
                "rel": "func_keys_templates",
                "href": f"http://confd:9486/1.1{TEMPLATES}/{private.id}",
            }
        ],
    }


async def test_first_keys_set_at_once_make_one_private_template(
    confd: Confd, sessions: Sessions
) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys"
    told = await confd.at_once("PUT", (f"{path}/1", DND), (f"{path}/2", PARKING))
    assert told == ["", ""]
    assert set((await confd.read(path))["keys"]) == {"1", "2"}


@pytest.mark.parametrize(
    ("destination", "because"),
    [
        ({"type": "agent", "agent_id": 1, "action": "login"}, "field 'agent_id': Agent was not"),
        ({"type": "bsfilter", "filter_member_id": 1}, "field 'filter_member_id': FilterMember"),
        ({"type": "user", "user_id": 999}, "field 'user_id': User was not found"),
        ({"type": "queue", "queue_id": 1}, "field 'queue_id': Queue was not found"),
        ({"type": "conference", "conference_id": 1}, "field 'conference_id': Conference was"),
        ({"type": "paging", "paging_id": 1}, "field 'paging_id': Paging was not found"),
        ({"type": "park_position", "position": 800}, "Parking position '800' is outside"),
        ({"type": "coffee"}, "destination"),
    ],
)
async def test_a_destination_that_is_none_is_refused(
    confd: Confd, destination: dict[str, Any], because: str
) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys"
    key = {"destination": destination}
    await confd.refused("PUT", f"{path}/1", f"Input Error - {because}", **key)
    because = because.replace("destination", "keys.1.destination")
    await confd.refused("PUT", path, f"Input Error - {because}", keys={"1": key})
    assert (await confd.read(path))["keys"] == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_key_needs_its_user_and_its_position(confd: Confd, method: str) -> None:
    body = DND if method == "PUT" else {}
    missing = "Resource Not Found - User was not found"
    await confd.refused(method, "/users/999/funckeys/1", missing, status=404, **body)
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys"
    if method == "GET":
        missing = "Resource Not Found - FuncKey was not found"
        await confd.refused("GET", f"{path}/1", missing, status=404)
    else:
        wrong = "Input Error - field 'position': wrong type"
        await confd.refused(method, f"{path}/0", wrong, **body)


async def test_a_new_template_takes_the_place_of_the_former(confd: Confd) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys/templates"
    first, second = await confd.make(TEMPLATES, name="1"), await confd.make(TEMPLATES, name="2")
    await confd.do("PUT", f"{path}/{first['id']}")
    there = "Resource Error - User is associated with a FuncKeyTemplate"
    await confd.refused("PUT", f"{path}/{first['id']}", there)
    await confd.do("PUT", f"{path}/{second['id']}")
    told = await confd.read(path)
    assert told == {
        "total": 1,
        "items": [
            {
                "user_id": user["id"],
                "template_id": second["id"],
                "links": [
                    {"rel": "users", "href": f"http://confd:9486/1.1/users/{user['id']}"},
                    {
                        "rel": "func_keys_templates",
                        "href": f"http://confd:9486/1.1{TEMPLATES}/{second['id']}",
                    },
                ],
            }
        ],
    }
    assert await confd.read(f"{TEMPLATES}/{second['id']}/users") == told
    assert (await confd.read(f"{TEMPLATES}/{first['id']}/users"))["total"] == 0
    missing = "Resource Not Found - FuncKeyTemplate was not found"
    await confd.refused("DELETE", f"{path}/{first['id']}", missing, status=404)
    await confd.do("DELETE", f"{path}/{second['id']}")
    assert await confd.read(path) == {"total": 0, "items": []}


async def test_a_private_template_is_given_to_nobody(confd: Confd, save: Save) -> None:
    user, other = await confd.user(), await confd.user()
    private = await save(FuncKeyTemplate(user_id=user["id"]))
    for each in (user, other):
        await confd.refused(
            "PUT", f"/users/{each['id']}/funckeys/templates/{private.id}",
            "Resource Error - Operation not permitted. ",
        )  # fmt: skip


async def test_users_lose_a_template_that_is_deleted(confd: Confd) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys"
    template = await confd.make(TEMPLATES, keys={"1": DND})
    await confd.do("PUT", f"{path}/templates/{template['id']}")
    await confd.do("DELETE", f"{TEMPLATES}/{template['id']}")
    assert (await confd.read(path))["keys"] == {}
    assert (await confd.read(f"{path}/templates"))["total"] == 0


async def test_private_template_and_keys_to_him_go_with_a_user(
    confd: Confd, sessions: Sessions
) -> None:
    user, other = await confd.user(), await confd.user()
    template = await confd.make(TEMPLATES)
    to_him = {"destination": {"type": "user", "user_id": user["id"]}}
    await confd.do("PUT", f"/users/{user['id']}/funckeys", keys={"1": to_him, "2": DND})
    await confd.do("PUT", f"/users/{user['id']}/funckeys/templates/{template['id']}")
    await confd.do("PUT", f"/users/{other['id']}/funckeys", keys={"1": to_him, "2": PARKING})
    await confd.do("DELETE", f"/users/{user['id']}")
    assert set((await confd.read(f"/users/{other['id']}/funckeys"))["keys"]) == {"2"}
    assert (await confd.read(f"{TEMPLATES}/{template['id']}"))["name"] is None
    async with sessions() as session:
        for model, left in ((FuncKeyTemplate, 2), (FuncKey, 1), (UserFuncKeyTemplate, 0)):
            assert await session.scalar(select(func.count()).select_from(model)) == left


async def test_own_keys_do_not_lead_to_another_entity(
    confd: Confd, client: Client, entity: Entity, save: Save
) -> None:
    user = await confd.user()
    other = await save(Entity(name="second"))
    theirs = await client("confd.#", entity_id=other.id)
    stranger = (await theirs.post("/users", json={"firstname": "Eve"})).json()
    key = {"destination": {"type": "user", "user_id": stranger["id"]}}
    foreign = "Resource Error - Operation not permitted. The template and the user are of different"
    await confd.refused("PUT", f"/users/{user['id']}/funckeys/1", foreign, **key)
    for method in ("GET", "PUT", "DELETE"):
        answer = await theirs.request(method, f"/users/{user['id']}/funckeys/1", json=DND)
        assert answer.status_code == 404, answer.text
    mine = await client("confd.#", entity_id=entity.id)
    assert (await mine.put(f"/users/{user['id']}/funckeys/1", json=DND)).status_code == 204
    assert (await mine.get(f"/users/{user['id']}/funckeys/1")).status_code == 200


@pytest.mark.parametrize(("method", "verb"), [("GET", "read"), ("DELETE", "delete")])
async def test_access_to_own_keys_is_that_of_the_reference(
    confd: Confd, client: Client, method: str, verb: str
) -> None:
    user = await confd.user()
    path = f"/users/{user['uuid']}/funckeys/1"
    scope = f"confd.users.{user['uuid']}.funckeys.1"
    setting = await client(f"{scope}.update")
    assert (await setting.request(method, path)).status_code == 401
    assert (await setting.put(path, json=DND)).status_code == 204
    allowed = await client(f"{scope}.{verb}")
    assert (await allowed.put(path, json=DND)).status_code == 401
    assert (await allowed.request(method, path)).is_success
    assert (await (await client()).request(method, path)).status_code == 401


async def test_setting_a_key_takes_at_most_six_statements(
    confd: Confd, api: AsyncClient, app: FastAPI
) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/funckeys/1"
    key = {"destination": {"type": "user", "user_id": user["id"]}}
    for method, most in (("PUT", 6), ("GET", 1), ("DELETE", 4)):
        with QueryRecorder(app.state.engine) as queries:
            answer = await api.request(method, path, json=key if method == "PUT" else None)
        assert answer.is_success, answer.text
        own = [each for each in queries.statements if "FROM tokens" not in each]
        assert len(own) <= most, own
