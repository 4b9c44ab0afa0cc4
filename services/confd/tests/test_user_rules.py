"""What a user may be, and what goes with him: reference/confd/users.md."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import DialAction, Entity, Schedule, User
from ovix_web import Sessions
from ovix_web.passwords import verify_password
from sqlalchemy import func, select, text

Confd = Any
Save = Callable[..., Awaitable[Any]]
Announced = Callable[[], Awaitable[list[str]]]
Client = Callable[..., Awaitable[AsyncClient]]
NOWHERE = {"type": "none"}


@pytest.mark.parametrize("field", ["email", "username"])
async def test_address_and_name_belong_to_one_user_whatever_their_case(
    confd: Confd, field: str
) -> None:
    """F-160."""
    mine = "zoe@example.org"
    user, other = await confd.user(**{field: mine}), await confd.user()
    taken = "Resource Error - User already exists"
    for spelled in (mine, mine.upper()):
        await confd.refused("POST", "/users", taken, firstname="x", **{field: spelled})
        await confd.refused("PUT", f"/users/{other['id']}", taken, **{field: spelled})
    await confd.do("PUT", f"/users/{user['id']}", **{field: mine})


DEFAULTS: dict[str, Any] = {
    "lastname": None, "email": None, "timezone": None, "language": None, "description": None,
    "caller_id": '"Zoé"', "outgoing_caller_id": None, "mobile_phone_number": None,
    "username": None, "music_on_hold": None, "preprocess_subroutine": None, "userfield": None,
    "call_transfer_enabled": False, "dtmf_hangup_enabled": False, "call_record_enabled": False,
    "online_call_record_enabled": False, "supervision_enabled": True, "ring_seconds": 30,
    "simultaneous_calls": 5, "call_permission_password": None, "enabled": True,
    "mobile_fallback_enabled": False, "subscription_type": 0, "agent": None, "cti_profile": None,
    "groups": [], "incalls": [], "lines": [], "schedules": [], "switchboards": [],
    "voicemail": None, "call_permissions": [], "queues": [], "labels": [],
    "services": {"dnd": {"enabled": False}, "incallfilter": {"enabled": False}},
}  # fmt: skip
TAKE_NULL_ON_CREATION = (
    "caller_id", "call_transfer_enabled", "dtmf_hangup_enabled", "call_record_enabled",
    "online_call_record_enabled", "supervision_enabled", "ring_seconds", "simultaneous_calls",
    "enabled", "mobile_fallback_enabled", "subscription_type",
)  # fmt: skip


async def test_a_user_has_xivos_defaults(confd: Confd) -> None:
    user = await confd.user()
    assert {name: user[name] for name in DEFAULTS} == DEFAULTS


async def test_of_long_names_the_caller_id_has_the_beginning(confd: Confd) -> None:
    user = await confd.user(firstname="F" * 128, lastname="L" * 128)
    assert user["caller_id"] == f'"{"F" * 128} {"L" * 29}"'


async def test_null_means_the_default_on_creation_and_is_refused_on_an_edit(confd: Confd) -> None:
    user = await confd.user(**dict.fromkeys(TAKE_NULL_ON_CREATION))
    assert {name: user[name] for name in DEFAULTS} == DEFAULTS
    for name in TAKE_NULL_ON_CREATION:
        await confd.refused(
            "PUT", f"/users/{user['id']}", f"Input Error - {name}: ", **{name: None}
        )


async def test_a_user_is_of_the_entity_of_lowest_id_and_of_none_where_there_is_none(
    confd: Confd, entity: Entity, sessions: Sessions
) -> None:
    later = await confd.make("/entities", name="a-later-one")
    user = await confd.user()
    assert later["id"] > entity.id
    assert (await confd.read(f"/users/{user['id']}/entities"))["entity_id"] == entity.id
    await confd.do("DELETE", f"/users/{user['id']}")
    async with sessions.begin() as session:
        await session.execute(text("UPDATE contexts SET entity_id = NULL"))
        await session.execute(text("DELETE FROM entities"))
    alone = await confd.user()
    assert (await confd.read(f"/users/{alone['id']}/entities"))["entity_id"] is None


async def test_a_user_with_a_line_is_kept(confd: Confd) -> None:
    user = await confd.user()
    line = await confd.phone(user)
    kept = "Resource Error - User is associated with a Line"
    await confd.refused("DELETE", f"/users/{user['id']}", kept)
    await confd.do("DELETE", f"/users/{user['id']}/lines/{line['id']}")
    await confd.do("DELETE", f"/users/{user['id']}")


async def test_a_user_with_a_box_is_kept(confd: Confd) -> None:
    user = await confd.user()
    box = await confd.make("/voicemails", name="x", number="1000", context="default")
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{box['id']}")
    kept = "Resource Error - User is associated with a Voicemail"
    await confd.refused("DELETE", f"/users/{user['id']}", kept)
    await confd.do("DELETE", f"/users/{user['id']}/voicemails")
    await confd.do("DELETE", f"/users/{user['id']}")


async def test_all_that_is_only_his_goes_with_him(
    confd: Confd, save: Save, sessions: Sessions
) -> None:
    user, other = await confd.user(), await confd.user()
    permission = await confd.make("/callpermissions", name="abroad")
    schedule = await confd.make("/schedules", name="office", closed_destination=NOWHERE)
    await confd.do("PUT", f"/users/{user['id']}/callpermissions/{permission['id']}")
    await confd.do("PUT", f"/users/{user['id']}/schedules/{schedule['id']}")
    await confd.do("PUT", f"/users/{user['id']}/fallbacks", busy_destination={"type": "none"})
    to_him = {"type": "user", "user_id": user["id"]}
    await confd.do("PUT", f"/users/{other['id']}/fallbacks", busy_destination=to_him)
    await confd.do("DELETE", f"/users/{user['id']}")
    async with sessions() as session:
        for table in ("user_call_permissions", "user_schedules"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        (left,) = await session.scalars(select(DialAction))
        assert (left.category_id, left.linked) == (other["id"], False)
        assert await session.scalar(select(func.count()).select_from(Schedule)) == 1
    assert (await confd.read(f"/users/{other['id']}"))["fallbacks"]["busy_destination"] is None


async def test_a_password_is_kept_as_a_hash_and_never_shown(
    confd: Confd, api: AsyncClient, sessions: Sessions
) -> None:
    secret = "open-sesame"
    answer = await api.post("/users", json={"firstname": "Zoé", "password": secret})
    user = answer.json()
    assert secret not in answer.text
    async with sessions() as session:
        row = await session.scalar(text("SELECT to_jsonb(users)::text FROM users"))
        told = await session.scalars(text("SELECT outbox::text FROM outbox"))
        stored = (await session.get_one(User, user["id"])).password_hash
    assert secret not in str(row) + "".join(told)
    assert stored is not None
    assert await verify_password(stored, secret)
    for path in ("/users", f"/users/{user['id']}", f"/users?search={secret}"):
        assert secret not in (await api.get(path)).text
    await confd.do("PUT", f"/users/{user['id']}", lastname="Martin")
    await confd.do("PUT", f"/users/{user['id']}", password="another")
    async with sessions() as session:
        changed = (await session.get_one(User, user["id"])).password_hash
    assert changed is not None
    assert await verify_password(changed, "another")
    await confd.do("PUT", f"/users/{user['id']}", password=None)
    async with sessions() as session:
        assert (await session.get_one(User, user["id"])).password_hash is None


async def test_the_caller_id_is_his_name_unless_it_is_given(confd: Confd) -> None:
    """F-145, F-153."""
    assert (await confd.user(firstname="Zoé"))["caller_id"] == '"Zoé"'
    user = await confd.user(firstname="Zoé", lastname="Martin", caller_id=None)
    assert user["caller_id"] == '"Zoé Martin"'
    await confd.do("PUT", f"/users/{user['id']}", lastname="Durand")
    assert (await confd.read(f"/users/{user['id']}"))["caller_id"] == '"Zoé Martin"'


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("firstname", None), ("firstname", "x" * 129), ("email", "x" * 255),
        ("language", "french"), ("caller_id", "Zoé"), ("caller_id", '"Zoé" <a>'),
        ("caller_id", None), ("mobile_phone_number", "06 12"), ("username", "z"),
        ("username", "z é"), ("password", "abc"), ("password", "a b c d"),
        ("preprocess_subroutine", "x" * 80), ("ring_seconds", -1), ("ring_seconds", "many"),
        ("simultaneous_calls", 0), ("simultaneous_calls", 21), ("supervision_enabled", 1),
        ("enabled", "true"), ("enabled", None), ("call_permission_password", "12a"),
        ("subscription_type", 11), ("userfield", "x" * 129),
    ],
)  # fmt: skip
async def test_a_field_out_of_its_limits_is_refused(confd: Confd, field: str, value: Any) -> None:
    """F-144, F-148, F-150, F-153, F-157, F-160."""
    user = await confd.user()
    await confd.refused("PUT", f"/users/{user['id']}", "Input Error - ", **{field: value})


async def test_calls_fall_back_to_a_mobile_that_is_there(confd: Confd) -> None:
    because = "Input Error - field 'mobile_fallback_enabled'"
    await confd.refused("POST", "/users", because, firstname="x", mobile_fallback_enabled=True)
    user = await confd.user(mobile_fallback_enabled=True, mobile_phone_number="0612")
    await confd.refused("PUT", f"/users/{user['id']}", because, mobile_phone_number=None)


async def test_one_flag_sets_the_four_of_recording(confd: Confd) -> None:
    """F-188."""
    user = await confd.user(call_record_enabled=True)
    flags = [name for name in user if name.startswith("call_record_")]
    assert len(flags) == 5
    assert all(user[name] for name in flags)
    await confd.do("PUT", f"/users/{user['id']}", call_record_incoming_external_enabled=False)
    assert not (await confd.read(f"/users/{user['id']}"))["call_record_enabled"]


@pytest.mark.parametrize("name", ["dnd", "incallfilter"])
async def test_a_service_is_switched_and_announced_even_when_nothing_changes(
    confd: Confd, announced: Announced, name: str
) -> None:
    """F-190, F-191."""
    user = await confd.user()
    path = f"/users/{user['id']}/services/{name}"
    for body in ({}, {"enabled": None}, {"enabled": 1}, {"enabled": "true"}):
        await confd.refused("PUT", path, "Input Error - ", **body)
    before = len(await announced())
    for _ in range(2):
        await confd.do("PUT", path, enabled=True)
    assert (await announced())[before:] == [f"users_services_{name}_updated"] * 2
    assert (await confd.read(f"/users/{user['id']}/services"))[name] == {"enabled": True}


async def test_services_left_out_stay_and_are_announced(confd: Confd, announced: Announced) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/services"
    await confd.do("PUT", f"{path}/incallfilter", enabled=True)
    before = len(await announced())
    await confd.do("PUT", path, dnd={"enabled": True})
    assert await confd.read(path) == {"dnd": {"enabled": True}, "incallfilter": {"enabled": True}}
    told = (await announced())[before:]
    assert told == ["users_services_dnd_updated", "users_services_incallfilter_updated"]
    await confd.refused("PUT", path, "Input Error - ", dnd={})


@pytest.mark.parametrize("name", ["busy", "noanswer", "unconditional"])
async def test_a_forward_that_is_on_has_a_destination(confd: Confd, name: str) -> None:
    """F-195."""
    user = await confd.user()
    path = f"/users/{user['id']}/forwards/{name}"
    because = "Resource Error - Forward must be disabled to remove destination"
    await confd.refused("PUT", path, because, enabled=True)
    await confd.do("PUT", path, enabled=True, destination="1234")
    await confd.refused("PUT", path, because, destination=None)
    await confd.refused("PUT", path, because, destination="")
    await confd.do("PUT", path, enabled=False)
    assert await confd.read(path) == {"enabled": False, "destination": "1234"}
    await confd.do("PUT", path, destination=None)
    await confd.refused("PUT", path, "Input Error - ", enabled="yes")
    await confd.refused("PUT", path, "Input Error - ", destination="1" * 129)


@pytest.mark.parametrize("destination", ["0899,entity_b", "1(2)", "1;2", "${X}", "1\n", "é"])
async def test_a_forward_leads_to_what_can_be_dialled_in_the_users_context(
    confd: Confd, destination: str
) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/forwards"
    refusal = "Input Error - destination: "
    await confd.refused("PUT", f"{path}/busy", refusal, enabled=True, destination=destination)
    await confd.refused("PUT", path, "Input Error - ", busy={"destination": destination})
    await confd.do("PUT", f"{path}/busy", enabled=True, destination="+33 6-12*#_a.b@c")


async def test_one_forward_that_is_wrong_refuses_all(confd: Confd) -> None:
    user = await confd.user()
    path = f"/users/{user['id']}/forwards"
    await confd.refused(
        "PUT", path, "Resource Error - Forward must be disabled",
        busy={"enabled": True, "destination": "1"}, noanswer={"enabled": True},
    )  # fmt: skip
    assert (await confd.read(path))["busy"] == {"enabled": False, "destination": None}


async def test_fallbacks_are_replaced_as_a_whole(confd: Confd) -> None:
    """F-162."""
    user = await confd.user()
    path = f"/users/{user['id']}/fallbacks"
    extension = {"type": "extension", "exten": "1003", "context": "default"}
    await confd.do("PUT", path, busy_destination=extension, fail_destination={"type": "none"})
    await confd.do("PUT", path, noanswer_destination={"type": "none"}, busy_destination=None)
    found = await confd.read(path)
    assert found.pop("noanswer_destination")["type"] == "none"
    assert set(found.values()) == {None}


@pytest.mark.parametrize(
    "destination",
    [
        {"type": "user", "user_id": 99999}, {"type": "voicemail", "voicemail_id": 99999},
        {"type": "nowhere"}, {"type": "user"}, {}, "1000",
    ],
)  # fmt: skip
async def test_a_fallback_leads_to_what_exists(confd: Confd, destination: Any) -> None:
    """F-170."""
    user = await confd.user()
    path = f"/users/{user['id']}/fallbacks"
    await confd.refused("PUT", path, "Input Error - ", busy_destination=destination)


async def test_only_who_has_name_and_password_may_log_in(confd: Confd) -> None:
    """F-160."""
    user = await confd.user()
    path = f"/users/{user['id']}/cti"
    because = "Resource Error - User must have a username and password"
    await confd.refused("PUT", path, because, enabled=True)
    await confd.do("PUT", f"/users/{user['id']}", username="zoe")
    await confd.refused("PUT", path, because, enabled=True)
    await confd.do("PUT", f"/users/{user['id']}", password="sesame")
    await confd.do("PUT", path, enabled=True)
    await confd.refused("PUT", f"/users/{user['id']}/cti", "Input Error - ", enabled="yes")


async def test_the_profile_of_xivos_client_is_one_that_exists(
    confd: Confd, announced: Announced
) -> None:
    """F-160."""
    user = await confd.user(username="zoe", password="sesame")
    path = f"/users/{user['id']}/cti"
    missing = "Input Error - field 'cti_profile_id': CtiProfile was not found"
    await confd.refused("PUT", path, missing, cti_profile_id=99999)
    assert [each["rel"] for each in (await confd.read(path))["links"]] == ["users"]
    [profile, *_] = (await confd.read("/cti_profiles"))["items"]
    await confd.do("PUT", path, cti_profile_id=profile["id"])
    await confd.do("PUT", path, enabled=True)
    assert (await announced())[-2:] == ["cti_profile_edited"] * 2
    shown = await confd.read(path)
    assert (shown["cti_profile_id"], shown["enabled"]) == (profile["id"], True)
    assert [each["rel"] for each in shown["links"]] == ["cti_profiles", "users"]
    shown = (await confd.read(f"/users/{user['id']}"))["cti_profile"]
    assert (shown["id"], shown["name"]) == (profile["id"], profile["name"])
    await confd.do("PUT", path, cti_profile_id=None)
    assert (await confd.read(f"/users/{user['id']}"))["cti_profile"] is None


async def test_a_permission_is_given_once_and_taken_once(confd: Confd) -> None:
    """F-194."""
    user, permission = await confd.user(), await confd.make("/callpermissions", name="abroad")
    path = f"/users/{user['id']}/callpermissions/{permission['id']}"
    not_there = "Resource Not Found - UserCallPermission was not found"
    await confd.refused("DELETE", path, not_there, status=404)
    await confd.do("PUT", path)
    already = "Resource Error - User is associated with a CallPermission"
    await confd.refused("PUT", path, already)
    await confd.do("DELETE", path)
    await confd.refused("DELETE", path, not_there, status=404)


async def test_a_user_has_one_schedule(confd: Confd) -> None:
    """F-147."""
    user = await confd.user()
    first, second = [
        await confd.make("/schedules", name=name, closed_destination=NOWHERE)
        for name in ("day", "night")
    ]
    path = f"/users/{user['id']}/schedules"
    await confd.do("PUT", f"{path}/{first['id']}")
    for each in (first, second):
        because = "Resource Error - User is associated with a Schedule"
        await confd.refused("PUT", f"{path}/{each['id']}", because)
    not_there = "Resource Not Found - UserSchedule was not found"
    await confd.refused("DELETE", f"{path}/{second['id']}", not_there, status=404)
    await confd.do("DELETE", f"{path}/{first['id']}")
