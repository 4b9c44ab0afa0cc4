"""What is told of keys, and of what keys switch: reference/confd/events.md, word for word."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import FuncKeyTemplate, OutboxMessage
from ovix_web import Sessions
from sqlalchemy import delete, select

Confd = Any
Told = Callable[[], Awaitable[list[tuple[str, str, dict[str, Any]]]]]
TEMPLATES = "/funckeys/templates"
PARKING = {"destination": {"type": "parking"}}


@pytest.fixture
def told(sessions: Sessions, clean_database: str) -> Told:
    """Name, routing key and data of each event since the last time; all have the right to hear."""

    async def read() -> list[tuple[str, str, dict[str, Any]]]:
        async with sessions.begin() as session:
            rows = list(await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
            await session.execute(delete(OutboxMessage))
        for row in rows:
            assert row.body["required_acl"] == f"events.{row.routing_key}"
            assert row.body["name"] == row.name
        return [(row.name, row.routing_key, row.body["data"]) for row in rows]

    return read


def template_event(verb: str, template_id: int) -> tuple[str, str, dict[str, Any]]:
    return f"func_key_template_{verb}", f"config.funckey.template.{verb}", {"id": template_id}


async def test_a_template_and_each_of_its_keys_are_told(confd: Confd, told: Told) -> None:
    await told()
    template = await confd.make(TEMPLATES, name="All", keys={"1": PARKING})
    path = f"{TEMPLATES}/{template['id']}"
    assert await told() == [template_event("created", template["id"])]
    edited = [template_event("edited", template["id"])]
    for method, at, body in (
        ("PUT", path, {"name": "None"}),
        ("PUT", f"{path}/2", {"destination": {"type": "onlinerec"}}),
        ("DELETE", f"{path}/2", {}),
    ):
        await confd.do(method, at, **body)
        assert await told() == edited
    await confd.do("DELETE", f"{path}/2")
    assert await told() == [], "an empty position was left as it was"
    await confd.do("DELETE", path)
    assert await told() == [template_event("deleted", template["id"])]


async def test_a_users_own_keys_are_told_as_his_private_template(
    confd: Confd, told: Told, sessions: Sessions
) -> None:
    user = await confd.user()
    await told()
    path = f"/users/{user['id']}/funckeys"
    await confd.do("PUT", f"{path}/1", **PARKING)
    async with sessions() as session:
        private = await session.scalar(select(FuncKeyTemplate.id))
    assert private is not None
    edited = [template_event("edited", private)]
    assert await told() == edited, "that it was made is nobody's business"
    await confd.do("PUT", path, keys={})
    assert await told() == edited
    await confd.do("DELETE", f"/users/{user['id']}")
    assert [name for name, _, _ in await told()] == ["user_deleted"]


async def test_giving_a_template_tells_whose_keys_changed_and_edits_none(
    confd: Confd, told: Told
) -> None:
    user = await confd.user()
    template = await confd.make(TEMPLATES, name="All")
    await told()
    path = f"/users/{user['id']}/funckeys/templates/{template['id']}"
    key = f"config.users.{user['uuid']}.funckeys.templates"
    data = {"user_uuid": user["uuid"], "template_id": template["id"]}
    await confd.do("PUT", path)
    assert await told() == [("func_key_template_associated", f"{key}.updated", data)]
    lost = ("func_key_template_dissociated", f"{key}.deleted", data)
    await confd.do("DELETE", path)
    assert await told() == [lost]
    await confd.do("PUT", path)
    await told()
    await confd.do("DELETE", f"{TEMPLATES}/{template['id']}")
    assert await told() == [lost, template_event("deleted", template["id"])]


@pytest.mark.parametrize("kind", ["user", "agent"])
async def test_keys_that_led_to_what_is_deleted_are_told_as_the_templates_they_were_in(
    confd: Confd, api: AsyncClient, told: Told, sessions: Sessions, kind: str
) -> None:
    user, agent = await confd.user(), await confd.make("/agents", number="8000")
    path = f"/agents/{agent['id']}" if kind == "agent" else f"/users/{user['id']}"
    to_him: dict[str, Any] = {"type": "user", "user_id": user["id"]}
    if kind == "agent":
        to_him = {"type": "agent", "agent_id": agent["id"], "action": "login"}
    holders = [(await confd.user())["id"] for _ in range(2)]
    # His own keys go with him: there is no phone to be told.
    for holder in holders if kind == "agent" else (*holders, user["id"]):
        await confd.do("PUT", f"/users/{holder}/funckeys/1", destination=to_him)
    async with sessions() as session:
        of_holders = FuncKeyTemplate.user_id.in_(holders)
        ids = sorted(await session.scalars(select(FuncKeyTemplate.id).where(of_holders)))
    await told()
    if kind == "user":
        plan = (await api.delete(f"{path}?dry_run=true")).json()["items"]
        assert [each["id"] for each in plan if each["action"] == "unlinked"] == ids
    await confd.do("DELETE", path)
    events = await told()
    assert events[:-1] == [template_event("edited", each) for each in ids]
    assert events[-1][0] == f"{kind}_deleted"


@pytest.mark.parametrize("service", ["dnd", "incallfilter"])
async def test_a_service_that_is_switched_is_told(confd: Confd, told: Told, service: str) -> None:
    user = await confd.user()
    await told()
    for enabled in (True, False):
        await confd.do("PUT", f"/users/{user['id']}/services/{service}", enabled=enabled)
        assert await told() == [
            (
                f"users_services_{service}_updated",
                f"config.users.{user['uuid']}.services.{service}.updated",
                {"user_uuid": user["uuid"], "enabled": enabled},
            )
        ]


@pytest.mark.parametrize("forward", ["busy", "noanswer", "unconditional"])
async def test_a_forward_that_is_changed_is_told(confd: Confd, told: Told, forward: str) -> None:
    user = await confd.user()
    await told()
    path = f"/users/{user['id']}/forwards/{forward}"
    for body, enabled, destination in (
        ({"enabled": True, "destination": "1002"}, True, "1002"),
        ({"enabled": False}, False, "1002"),
    ):
        await confd.do("PUT", path, **body)
        assert await told() == [
            (
                f"users_forwards_{forward}_updated",
                f"config.users.{user['uuid']}.forwards.{forward}.updated",
                {"user_uuid": user["uuid"], "enabled": enabled, "destination": destination},
            )
        ]


async def test_all_services_or_forwards_at_once_are_told_one_by_one(
    confd: Confd, told: Told
) -> None:
    user = await confd.user()
    await told()
    await confd.do("PUT", f"/users/{user['id']}/services", dnd={"enabled": True})
    assert [(name, data["enabled"]) for name, _, data in await told()] == [
        ("users_services_dnd_updated", True),
        ("users_services_incallfilter_updated", False),
    ]
    busy = {"enabled": True, "destination": "1002"}
    await confd.do("PUT", f"/users/{user['id']}/forwards", busy=busy)
    assert [(name, data["enabled"], data["destination"]) for name, _, data in await told()] == [
        ("users_forwards_busy_updated", True, "1002"),
        ("users_forwards_noanswer_updated", False, None),
        ("users_forwards_unconditional_updated", False, None),
    ]
