"""Boxes and who has them: reference/confd/voicemails.md, and "Voicemail" of users.md."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import Context, DialAction, Entity, OutboxMessage, User
from ovix_web import Sessions
from sqlalchemy import select

Confd = Any
Save = Callable[..., Awaitable[Any]]
Client = Callable[..., Awaitable[AsyncClient]]


async def box(confd: Confd, **body: Any) -> dict[str, Any]:
    """A box of the context ``default``."""
    given = {"name": "Zoé", "number": "1000", "context": "default", **body}
    made: dict[str, Any] = await confd.make("/voicemails", **given)
    return made


async def test_a_box_is_in_a_context_that_exists(confd: Confd) -> None:
    made = await box(confd)
    because = "Input Error - field 'context': Context was not found"
    await confd.refused("POST", "/voicemails", because, name="x", number="2000", context="nowhere")
    await confd.refused("PUT", f"/voicemails/{made['id']}", because, context="nowhere")


async def test_a_box_is_in_a_time_zone_that_exists(confd: Confd) -> None:
    made = await box(confd)
    because = "Input Error - field 'timezone': Timezone was not found"
    await confd.refused(
        "POST", "/voicemails", because,
        name="x", number="2000", context="default", timezone="mars",
    )  # fmt: skip
    await confd.refused("PUT", f"/voicemails/{made['id']}", because, timezone="mars")


async def test_a_number_is_that_of_one_box_in_its_context(confd: Confd) -> None:
    await confd.make("/contexts", name="lyon")
    await box(confd)
    other = await box(confd, context="lyon")
    taken = "Resource Error - Voicemail already exists"
    await confd.refused("POST", "/voicemails", taken, name="x", number="1000", context="default")
    await confd.refused("PUT", f"/voicemails/{other['id']}", taken, context="default")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "12a"), ("number", ""), ("number", "1" * 41), ("password", "secret"),
        ("language", "french"), ("max_messages", -1), ("attach_audio", "yes"),
        ("options", [["a"]]), ("options", [["a", "x" * 2001]]),
        ("options", [["a", "b"]] * 65), ("name", "x" * 81), ("email", "x" * 81),
    ],
)  # fmt: skip
async def test_a_field_out_of_its_limits_is_refused(confd: Confd, field: str, value: Any) -> None:
    made = await box(confd)
    await confd.refused("PUT", f"/voicemails/{made['id']}", "Input Error - ", **{field: value})


async def test_options_keep_their_order(confd: Confd) -> None:
    options = [["saycid", "yes"], ["review", "no"], ["saycid", "no"]]
    assert (await box(confd, options=options))["options"] == options


async def test_a_user_has_one_box(confd: Confd) -> None:
    user, first, second = await confd.user(), await box(confd), await box(confd, number="1001")
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{first['id']}")
    taken = "Resource Error - User is associated with a Voicemail"
    for each in (first, second):
        await confd.refused("PUT", f"/users/{user['id']}/voicemails/{each['id']}", taken)
        await confd.refused(
            "POST", f"/users/{user['id']}/voicemail", taken, voicemail_id=each["id"]
        )


async def test_a_box_may_be_that_of_several_users(confd: Confd) -> None:
    made, users = await box(confd), [await confd.user() for _ in range(2)]
    for user in users:
        await confd.do("PUT", f"/users/{user['id']}/voicemails/{made['id']}")
    found = (await confd.read(f"/voicemails/{made['id']}/users"))["items"]
    assert [each["user_id"] for each in found] == [user["id"] for user in users]
    shown = await confd.read(f"/voicemails/{made['id']}")
    assert [each["uuid"] for each in shown["users"]] == [user["uuid"] for user in users]


async def test_the_old_form_names_a_box_that_must_exist(confd: Confd, api: AsyncClient) -> None:
    user, made = await confd.user(), await box(confd)
    path = f"/users/{user['id']}/voicemail"
    await confd.refused(
        "POST", path, "Input Error - field 'voicemail_id': Voicemail was not found",
        voicemail_id=99999,
    )  # fmt: skip
    answer = await api.post(path, json={"voicemail_id": made["id"]})
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/users/{user['id']}/voicemails/{made['id']}")
    assert answer.json() == await confd.read(path)


@pytest.mark.parametrize("form", ["voicemail", "voicemails"])
async def test_a_user_without_box_has_none_to_show_or_take_away(confd: Confd, form: str) -> None:
    user = await confd.user()
    because = "Resource Not Found - UserVoicemail was not found"
    for method in ("GET", "DELETE"):
        await confd.refused(method, f"/users/{user['id']}/{form}", because, status=404)


async def test_a_box_switches_the_service_on_and_stays_when_it_is_taken_away(
    confd: Confd, sessions: Sessions
) -> None:
    user, made = await confd.user(), await box(confd)

    async def service() -> bool:
        async with sessions() as session:
            return (await session.get_one(User, user["id"])).voicemail_enabled

    assert not await service()
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{made['id']}")
    assert await service()
    await confd.do("DELETE", f"/users/{user['id']}/voicemails")
    assert not await service()
    assert (await confd.read(f"/voicemails/{made['id']}"))["users"] == []


async def test_a_box_in_use_is_kept(confd: Confd) -> None:
    user, made = await confd.user(), await box(confd)
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{made['id']}")
    await confd.refused(
        "DELETE",
        f"/voicemails/{made['id']}",
        "Resource Error - Voicemail is associated with a User",
    )


async def test_destinations_to_a_deleted_box_are_unlinked(confd: Confd, sessions: Sessions) -> None:
    user, made = await confd.user(), await box(confd)
    destination = {"type": "voicemail", "voicemail_id": made["id"]}
    path = f"/users/{user['id']}/fallbacks"
    await confd.do("PUT", path, busy_destination=destination)
    assert (await confd.read(path))["busy_destination"]["voicemail_id"] == made["id"]
    await confd.do("DELETE", f"/voicemails/{made['id']}")
    async with sessions() as session:
        assert list(await session.scalars(select(DialAction.linked))) == [False]
    assert (await confd.read(path))["busy_destination"] is None


async def test_each_user_of_a_box_hears_of_its_edit(
    confd: Confd, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    made = await box(confd)
    for _ in range(2):
        user = await confd.user()
        await confd.do("PUT", f"/users/{user['id']}/voicemails/{made['id']}")
    before = len(await announced())
    await confd.do("PUT", f"/voicemails/{made['id']}", ask_password=False)
    told = sorted((await announced())[before:])
    assert told == ["user_voicemail_edited", "user_voicemail_edited", "voicemail_edited"]


async def test_a_box_renamed_with_its_user_is_told_of(
    confd: Confd, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    user, made = await confd.user(firstname="Zoé", lastname="Martin"), await box(confd, name="x")
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{made['id']}")
    before = len(await announced())
    await confd.do("PUT", f"/users/{user['id']}", lastname="D" * 128)
    told = sorted((await announced())[before:])
    assert told == ["user_edited", "user_voicemail_edited", "voicemail_edited"]
    shown = await confd.read(f"/voicemails/{made['id']}")
    assert shown["name"] == f"Zoé {'D' * 76}"
    await confd.do("PUT", f"/users/{user['id']}", lastname="D" * 128)
    assert (await announced())[before + 3 :] == ["user_edited"]


async def test_a_box_bears_the_name_of_its_user(confd: Confd) -> None:
    user, made = await confd.user(firstname="Zoé", lastname="Martin"), await box(confd, name="x")
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{made['id']}")
    await confd.do("PUT", f"/users/{user['id']}", lastname="Durand")
    assert (await confd.read(f"/voicemails/{made['id']}"))["name"] == "Zoé Durand"


async def test_a_box_stays_in_the_entity_of_its_users(confd: Confd, save: Save) -> None:
    other = await save(Entity(name="other"))
    await save(Context(name="foreign", entity_id=other.id))
    user, made = await confd.user(), await box(confd)
    await confd.do("PUT", f"/users/{user['id']}/voicemails/{made['id']}")
    not_permitted = "Resource Error - Operation not permitted"
    await confd.refused("PUT", f"/voicemails/{made['id']}", not_permitted, context="foreign")


@pytest.mark.parametrize("option", ["callback", "dialout", "exitcontext"])
async def test_who_listens_to_a_box_does_not_get_into_another_entity(
    confd: Confd, client: Client, entity: Entity, save: Save, option: str
) -> None:
    other = await save(Entity(name="other"))
    await save(Context(name="foreign", entity_id=other.id))
    path = f"/voicemails/{(await box(confd))['id']}"
    bound = await client("confd.#", entity_id=entity.id)
    refused = await bound.put(path, json={"options": [[option, "foreign"]]})
    assert refused.status_code == 400
    assert refused.json()[0].startswith("Input Error - field 'options': Context was not found")
    own = await bound.put(path, json={"options": [[option, "default"]]})
    assert own.status_code == 204
    await confd.do("PUT", path, options=[[option, "foreign"]])
    renamed = await bound.put(path, json={"name": "Chloé"})
    assert renamed.status_code == 204


async def test_the_platform_is_told_where_a_boxs_messages_go(
    confd: Confd, sessions: Sessions
) -> None:
    """Internal: its folder has to follow, whatever else becomes of the box."""
    await confd.make("/contexts", name="lyon")
    made = await box(confd)
    item = f"/voicemails/{made['id']}"
    await confd.do("PUT", item, name="Chloé")
    await confd.do("PUT", item, number="1500")
    await confd.do("PUT", item, context="lyon")
    await confd.do("DELETE", item)
    async with sessions() as session:
        rows = await session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.name == "voicemail_vacated")
            .order_by(OutboxMessage.id)
        )
        bodies = [row.body for row in rows]
    assert [body["data"] for body in bodies] == [
        {"id": made["id"], "number": number, "context": context,
         "new_number": new_number, "new_context": new_context}
        for number, context, new_number, new_context in (
            ("1000", "default", "1500", "default"),
            ("1500", "default", "1500", "lyon"),
            ("1500", "lyon", None, None),
        )
    ]  # fmt: skip
    assert not [body for body in bodies if "required_acl" in body]
