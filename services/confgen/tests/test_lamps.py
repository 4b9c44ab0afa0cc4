"""Lamps of keys follow what is switched: reference/agid.md 8.2 and phoned.md C6 (F-204, F-347)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from ovix_bus import Message
from ovix_confgen.lamps import Lamps
from ovix_schema import (
    UserLine,
)
from ovix_testkit.builders import a_context, a_line, a_user
from sqlalchemy import text

from .lit_lamps import (
    DND,
    VOICEMAIL,
    Asterisk,
    Sessions,
    asterisk,
    forward,
    give,
    lamps,
    services_event,
    switch,
    until,
)

__all__ = ["asterisk", "lamps"]


async def test_an_event_lights_the_lamps_of_its_user_alone(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk
) -> None:
    await give(sessions, company.alice, DND, forward("busy", "1001"), forward("busy"))
    await give(sessions, company.bob, DND)
    await switch(sessions, company.bob, dnd_enabled=True)
    alice = await switch(
        sessions, company.alice, dnd_enabled=True, busy_enabled=True, busy_destination="1002"
    )
    await lamps.on_event(services_event(alice))
    of_alice = f"*735{company.alice}"
    await until(lambda: len(asterisk.told) == 3)
    assert asterisk.remembered == {
        f"{of_alice}***225": "INUSE",
        f"{of_alice}***223*1001": "NOT_INUSE",
        f"{of_alice}***223": "INUSE",
    }


async def test_e19_a_forward_to_1002_lights_two_lamps_of_user_5(
    sessions: Sessions, company: Any, lamps: Lamps, asterisk: Asterisk
) -> None:
    """phoned.md, C6 and E19: with its destination and without, and nothing else."""
    async with sessions.begin() as session:
        context, user = a_context(), a_user(id=5)
        session.add_all([context, user])
        await session.flush()
        line = a_line(context.name)
        session.add(line)
        await session.flush()
        session.add(UserLine(user_id=5, line_id=line.id, main_user=True, main_line=True))
    await give(sessions, 5, DND, forward("busy", "1002"), forward("busy"), forward("busy", "1003"))
    five = await switch(sessions, 5, busy_enabled=True, busy_destination="1002")
    key = f"config.users.{five}.forwards.busy.updated"
    data = {"user_uuid": str(five), "enabled": True, "destination": "1002"}
    await lamps.on_event(Message(uuid4(), "users_forwards_busy_updated", key, {"data": data}))
    await until(lambda: len(asterisk.told) == 4)
    assert asterisk.remembered == {
        "*7355***223*1002": "INUSE",
        "*7355***223": "INUSE",
        "*7355***223*1003": "NOT_INUSE",
        "*7355***225": "NOT_INUSE",
    }
    five = await switch(sessions, 5, busy_enabled=False, dnd_enabled=True)
    await lamps.on_event(services_event(five))
    await until(lambda: len(asterisk.told) == 8)
    assert {device for device, state in asterisk.remembered.items() if state == "INUSE"} == {
        "*7355***225"
    }


@pytest.mark.parametrize(
    ("service", "column", "device"),
    [("enablednd", "dnd_enabled", "***225"), ("incallfilter", "incallfilter_enabled", "***227")],
)
async def test_e19_services_light_the_lamp_of_their_code(
    sessions: Sessions,
    company: Any,
    lamps: Lamps,
    asterisk: Asterisk,
    service: str,
    column: str,
    device: str,
) -> None:
    """phoned.md, C6."""
    await give(sessions, company.alice, {"type": "service", "service": service})
    alice = await switch(sessions, company.alice, **{column: True})
    await lamps.on_event(services_event(alice))
    await until(lambda: asterisk.remembered == {f"*735{company.alice}{device}": "INUSE"})


EditCode = Callable[[str, str], Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session")
async def edit_code(sessions: Sessions) -> AsyncIterator[EditCode]:
    """Gives a feature another code, which it has until the end of the test."""
    edited: list[tuple[str, str]] = []

    async def edit(old: str, new: str) -> None:
        async with sessions.begin() as session:
            rows = await session.scalars(
                text("UPDATE feature_codes SET exten = :new WHERE exten = :old RETURNING feature"),
                {"new": new, "old": old},
            )
            assert len(rows.all()) == 1
        edited.append((old, new))

    yield edit
    for old, new in list(reversed(edited)):
        await edit(new, old)


@pytest.mark.parametrize(
    ("kind", "code"), [("unconditional", "*21"), ("noanswer", "*22"), ("busy", "*23")]
)
async def test_e20_after_a_feature_code_was_edited_the_next_state_bears_the_new_one(
    sessions: Sessions,
    company: Any,
    lamps: Lamps,
    asterisk: Asterisk,
    edit_code: EditCode,
    kind: str,
    code: str,
) -> None:
    """phoned.md, C6 and E20: no code is remembered, of the feature or of the keys' prefix."""
    await give(sessions, company.alice, forward(kind, "1002"), forward(kind))
    fields = {f"{kind}_enabled": True, f"{kind}_destination": "1002"}
    alice = await switch(sessions, company.alice, **fields)
    await lamps.on_event(services_event(alice))
    await until(lambda: len(asterisk.told) == 2)
    assert set(asterisk.remembered) == {
        f"*735{company.alice}***2{code[1:]}", f"*735{company.alice}***2{code[1:]}*1002"
    }  # fmt: skip
    for old, new, devices in (
        (f"_{code}.", "_*44.", {"*735{}***244", "*735{}***244*1002"}),
        ("_*735.", "_*888.", {"*888{}***244", "*888{}***244*1002"}),
    ):
        await edit_code(old, new)
        asterisk.remembered.clear()
        asterisk.told.clear()
        await lamps.on_event(services_event(alice))
        await until(lambda: len(asterisk.told) == 2)
        named = {each.format(company.alice) for each in devices}
        assert asterisk.remembered == dict.fromkeys(named, "INUSE")


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("config.user.edited", {"id": 1, "uuid": "{uuid}"}),
        ("config.users.{uuid}.forwards.busy.updated", {"user_uuid": "{uuid}"}),
        ("config.users.{uuid}.voicemails.updated", {"user_uuid": "{uuid}", "voicemail_id": 1}),
        ("config.users.{uuid}.voicemails.deleted", {"user_uuid": "{uuid}", "voicemail_id": 1}),
    ],
)
async def test_every_event_about_switches_is_heard(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk, key: str, body: Any
) -> None:
    await give(sessions, company.alice, VOICEMAIL)
    uuid = str(await switch(sessions, company.alice, voicemail_enabled=True))
    data = {name: str(value).format(uuid=uuid) for name, value in body.items()}
    await lamps.on_event(Message(uuid4(), "x", key.format(uuid=uuid), {"data": data}))
    await until(lambda: asterisk.remembered == {f"*735{company.alice}***290": "INUSE"})


async def test_other_events_ask_for_nothing(lamps: Lamps, asterisk: Asterisk) -> None:
    for key in ("config.line.edited", "config.funckey.template.edited", "config.user.created"):
        await lamps.on_event(Message(uuid4(), "x", key, {"data": {"uuid": str(uuid4())}}))
    await asyncio.sleep(0.2)
    assert asterisk.told == []
