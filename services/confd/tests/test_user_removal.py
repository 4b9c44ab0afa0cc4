"""What goes with a user who is deleted with all that is his (features.md: I-03)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import CallLog, Device, Line, LineRegistration
from ovix_web import Sessions
from sqlalchemy import update

Confd = Any
Save = Callable[..., Awaitable[Any]]
Announced = Callable[[], Awaitable[list[str]]]
NOWHERE = {"type": "none"}
LISTS = ("users", "lines", "extensions?context=default", "endpoints/sip", "voicemails")


async def everything(confd: Confd, save: Save, sessions: Sessions) -> dict[str, Any]:
    """A user with phone, number, box, keys, agent and group, and what leads to him."""
    user: dict[str, Any] = await confd.user(lastname="Martin")
    line = await confd.phone(user)
    await save(Device(id="a" * 32, document={"id": "a" * 32}))
    async with sessions.begin() as session:
        await session.execute(update(Line).where(Line.id == line["id"]).values(device_id="a" * 32))
    box = await confd.make("/voicemails", name="x", number="1000", context="default")
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{box['id']}")
    key = {"destination": {"type": "parking"}}
    await confd.do("PUT", f"/users/{user['id']}/funckeys", keys={"1": key})
    agent, group = await confd.make("/agents", number="8"), await confd.make("/groups", name="all")
    await confd.do("PUT", f"/users/{user['id']}/agents/{agent['id']}")
    await confd.do("PUT", f"/users/{user['id']}/groups", groups=[{"id": group["id"]}])
    return user | {"line": line, "box": box, "agent_id": agent["id"], "group_id": group["id"]}


async def totals(confd: Confd) -> dict[str, int]:
    return {name: (await confd.read(f"/{name}"))["total"] for name in LISTS}


async def test_a_dry_run_tells_what_would_go_and_changes_nothing(
    confd: Confd, api: AsyncClient, save: Save, sessions: Sessions, announced: Announced
) -> None:
    user = await everything(confd, save, sessions)
    before, told = await totals(confd), await announced()
    shown = await confd.read(f"/users/{user['id']}")
    answer = await api.delete(f"/users/{user['id']}?recursive=true&dry_run=true")
    assert answer.status_code == 200
    plan = answer.json()
    found = [(each["action"], each["resource"], each["id"]) for each in plan["items"]]
    line, keys = user["line"], found[6][2]
    assert found == [
        ("unlinked", "group", user["group_id"]),
        ("freed", "device", "a" * 32),
        ("deleted", "endpoint_sip", line["endpoint"]),
        ("deleted", "line", line["id"]),
        ("deleted", "extension", line["extension"]),
        ("deleted", "voicemail", user["box"]["id"]),
        ("deleted", "func_key_template", keys),
        ("unlinked", "agent", user["agent_id"]),
        ("deleted", "user", user["id"]),
    ]
    assert plan["total"] == len(plan["items"])
    assert await totals(confd) == before
    assert await announced() == told
    assert await confd.read(f"/users/{user['id']}") == shown


async def test_a_user_goes_with_all_that_is_his(
    confd: Confd, save: Save, sessions: Sessions, announced: Announced
) -> None:
    user = await everything(confd, save, sessions)
    before = len(await announced())
    await confd.do("DELETE", f"/users/{user['uuid']}?recursive=true")
    assert set((await totals(confd)).values()) == {0}
    assert (await confd.read(f"/agents/{user['agent_id']}"))["users"] == []
    assert (await confd.read(f"/groups/{user['group_id']}"))["members"]["users"] == []
    assert (await announced())[before:] == [
        "groups_associated", "line_dissociated", "line_extension_dissociated",
        "line_device_dissociated", "sip_endpoint_deleted", "line_deleted", "extension_deleted",
        "voicemail_dissociated", "voicemail_deleted", "user_deleted",
    ]  # fmt: skip
    async with sessions() as session:
        assert await session.get(Device, "a" * 32) is not None


async def test_no_destination_is_left_that_led_to_what_is_gone(
    confd: Confd, api: AsyncClient
) -> None:
    user, other = await confd.user(), await confd.user()
    line = await confd.phone(user)
    box = await confd.make("/voicemails", name="x", number="1000", context="default")
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{box['id']}")
    to_him = {"type": "user", "user_id": user["id"]}
    to_box = {"type": "voicemail", "voicemail_id": box["id"]}
    to_number = {"type": "extension", "exten": line["exten"], "context": "default"}
    closed = await confd.make("/schedules", name="closed", closed_destination=to_him)
    holidays = {"hours_start": "00:00", "hours_end": "23:59", "destination": to_box}
    holiday = await confd.make(
        "/schedules", name="holiday", closed_destination=NOWHERE, exceptional_periods=[holidays]
    )
    group = await confd.make("/groups", name="sales")
    await confd.do("PUT", f"/groups/{group['id']}/fallbacks", noanswer_destination=to_number)
    await confd.do(
        "PUT", f"/users/{other['id']}/fallbacks",
        busy_destination=to_him, noanswer_destination=to_box,
    )  # fmt: skip
    template = await confd.make(
        "/funckeys/templates", name="all", keys={"1": {"destination": to_him}}
    )
    answer = await api.delete(f"/users/{user['id']}?recursive=true&dry_run=1")
    unlinked = [
        (each["resource"], each["id"])
        for each in answer.json()["items"]
        if each["action"] == "unlinked"
    ]
    assert unlinked == [
        ("group_fallback", group["id"]),
        ("user_fallback", other["id"]),
        ("schedule", holiday["id"]),
        ("func_key_template", template["id"]),
        ("user_fallback", other["id"]),
        ("schedule", closed["id"]),
    ]
    await confd.do("DELETE", f"/users/{user['id']}?recursive=true")
    assert set((await confd.read(f"/users/{other['id']}/fallbacks")).values()) == {None}
    assert set((await confd.read(f"/groups/{group['id']}/fallbacks")).values()) == {None}
    shown = [await confd.read(f"/schedules/{each['id']}") for each in (closed, holiday)]
    assert shown[0]["closed_destination"]["type"] == "none"
    assert shown[1]["exceptional_periods"][0]["destination"]["type"] == "none"
    assert (await confd.read(f"/funckeys/templates/{template['id']}"))["keys"] == {}


async def test_what_is_shared_stays_with_the_others(confd: Confd) -> None:
    boss, partner = await confd.user(), await confd.user()
    line = await confd.phone(boss)
    box = await confd.make("/voicemails", name="x", number="1000", context="default")
    for user in (boss, partner):
        await confd.do("PUT", f"/users/{user['id']}/voicemails/{box['id']}")
    await confd.do("PUT", f"/users/{partner['id']}/lines/{line['id']}")
    secondary = "Resource Error - There are secondary users associated to the line"
    for query in ("recursive=true", "recursive=true&dry_run=true"):
        await confd.refused("DELETE", f"/users/{boss['id']}?{query}", secondary)
    await confd.do("DELETE", f"/users/{partner['id']}?recursive=true")
    assert [
        each["user_id"] for each in (await confd.read(f"/lines/{line['id']}/users"))["items"]
    ] == [boss["id"]]
    assert (await confd.read(f"/users/{boss['id']}"))["voicemail"]["id"] == box["id"]


async def test_a_number_that_two_of_his_lines_share_goes_once(confd: Confd) -> None:
    user = await confd.user()
    first, second = await confd.phone(user), await confd.line_with_endpoint()
    await confd.do("PUT", f"/users/{user['id']}/lines/{second['id']}")
    await confd.do("PUT", f"/lines/{second['id']}/extensions/{first['extension']}")
    await confd.do("DELETE", f"/users/{user['id']}?recursive=true")
    assert (await confd.read("/lines"))["total"] == 0
    assert (await confd.read(f"/extensions?exten={first['exten']}"))["total"] == 0


async def test_without_being_asked_nothing_goes_along(confd: Confd) -> None:
    user = await confd.user()
    await confd.phone(user)
    kept = "Resource Error - User is associated with a Line"
    for query in ("", "?recursive=false", "?dry_run=true"):
        await confd.refused("DELETE", f"/users/{user['id']}{query}", kept)
    wrong = "Input Error - parameter 'recursive': 'perhaps' is not valid"
    await confd.refused("DELETE", f"/users/{user['id']}?recursive=perhaps", wrong)


@pytest.mark.parametrize("path", ["/contexts", "/callpermissions"])
async def test_any_deletion_can_be_tried_first(confd: Confd, api: AsyncClient, path: str) -> None:
    made = await confd.make(path, name="abroad")
    answer = await api.delete(f"{path}/{made['id']}?dry_run=true")
    assert answer.json()["total"] == 1
    assert (await confd.read(f"{path}/{made['id']}")) == made


async def test_usage_tells_the_last_calls_and_the_last_registration(
    confd: Confd, save: Save
) -> None:
    user, other = await confd.user(), await confd.user()
    path = f"/users/{user['id']}/usage"
    assert await confd.read(path) == {
        "last_call_in": None, "last_call_out": None, "last_registered": None,
        "created_at": user["created_at"],
    }  # fmt: skip
    for day, source, destination in ((1, user, other), (2, user, other), (3, other, user)):
        await save(
            CallLog(
                conversation_id=str(day), date=datetime(2026, 3, day, 9, tzinfo=UTC),
                source_user_uuid=source["uuid"], destination_user_uuid=destination["uuid"],
            )
        )  # fmt: skip
    line = await confd.phone(user)
    await save(LineRegistration(line_id=line["id"], seen_at=datetime(2026, 3, 4, 9, tzinfo=UTC)))
    found = await confd.read(path)
    assert found["last_registered"].startswith("2026-03-04T09:00:00")
    assert found["last_call_out"].startswith("2026-03-02T09:00:00")
    assert found["last_call_in"].startswith("2026-03-03T09:00:00")
