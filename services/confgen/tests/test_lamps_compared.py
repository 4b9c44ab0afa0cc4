"""What Asterisk remembers of lamps is compared and corrected: reference/agid.md 8.2 (F-204)."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from ovix_asterisk.ami import Answer
from ovix_asterisk.ami import Message as Reply
from ovix_asterisk.ami_client import AmiClient, AmiRefused
from ovix_bus import Message
from ovix_bus.catalogue import call_filters
from ovix_confgen.app import build
from ovix_confgen.lamps import Lamps
from ovix_confgen.settings import ConfgenSettings
from ovix_schema import (
    CallFilterMember,
    FuncKey,
    FuncKeyTemplate,
    OutboxMessage,
    UserFuncKeyTemplate,
)
from ovix_testkit.builders import a_call_filter
from ovix_testkit.queries import QueryRecorder
from ovix_web import running
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine

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


async def test_what_asterisk_remembers_wrongly_is_corrected_and_the_rest_left_alone(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk
) -> None:
    alice, bob = company.alice, company.bob
    await give(sessions, alice, DND, forward("busy", "1001"))
    await give(sessions, bob, DND, forward("busy", "1001"))
    await switch(sessions, alice, dnd_enabled=True, busy_enabled=True, busy_destination="1001")
    asterisk.remembered = {
        f"*735{alice}***225": "NOT_INUSE",  # switched on while nobody looked
        f"*735{alice}***223*1001": "INUSE",  # right
        f"*735{bob}***225": "INUSE",  # switched off while nobody looked
        "*73599***225": "INUSE",  # of somebody who is gone
        f"*735{bob}***221*1002": "INUSE",  # of a key that is gone
        f"*735{bob}***231***35": "INUSE",  # an agent's: not ours to say
        "*37777": "INUSE",  # of a secretary who is in no filter any more
        "night": "INUSE",  # an integrator's
    }
    lamps.ask_for_all()
    await until(lambda: len(asterisk.told) == 5)
    assert sorted(asterisk.told) == sorted(
        [
            ("*37777", "NOT_INUSE"),
            (f"*735{alice}***225", "INUSE"),
            (f"*735{bob}***225", "NOT_INUSE"),
            ("*73599***225", "NOT_INUSE"),
            (f"*735{bob}***221*1002", "NOT_INUSE"),
        ]
    )
    lamps.ask_for_all()
    await asyncio.sleep(0.3)
    assert len(asterisk.told) == 5, "what is right is not said again"


async def test_an_asterisk_that_can_not_tell_is_told_everything(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk, monkeypatch: Any
) -> None:
    async def refused(_self: Any, _action: str, **_headers: str) -> list[Reply]:
        raise AmiRefused("DBGetTree", Answer(Reply((("Response", "Error"),))))

    monkeypatch.setattr(Asterisk, "members", refused)
    await give(sessions, company.alice, DND)
    await give(sessions, company.bob, DND)
    await switch(sessions, company.alice, dnd_enabled=True)
    lamps.ask_for_all()
    await until(lambda: len(asterisk.told) == 2)
    assert dict(asterisk.told) == {
        f"*735{company.alice}***225": "INUSE",
        f"*735{company.bob}***225": "NOT_INUSE",
    }


async def test_nothing_is_sent_while_asterisk_is_away_and_all_once_it_is_back(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk
) -> None:
    await give(sessions, company.alice, DND)
    alice = await switch(sessions, company.alice, dnd_enabled=True)
    asterisk.connected = False
    await lamps.on_event(services_event(alice))
    await asyncio.sleep(0.2)
    assert asterisk.told == []
    asterisk.connected = True
    lamps.ask_for_all()
    await until(lambda: asterisk.told == [(f"*735{company.alice}***225", "INUSE")])


async def test_a_lamp_that_could_not_be_set_is_set_again(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk
) -> None:
    await give(sessions, company.alice, DND)
    alice = await switch(sessions, company.alice, dnd_enabled=True)
    asterisk.failures = 1
    await lamps.on_event(services_event(alice))
    await until(lambda: asterisk.told == [(f"*735{company.alice}***225", "INUSE")])


async def test_an_event_that_names_nobody_has_everything_compared(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk
) -> None:
    await give(sessions, company.alice, DND)
    await switch(sessions, company.alice, dnd_enabled=True)
    await lamps.on_event(services_event("somebody"))
    await until(lambda: asterisk.told == [(f"*735{company.alice}***225", "INUSE")])


async def test_only_lamps_that_have_a_hint_are_set(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk
) -> None:
    async with sessions.begin() as session:
        template = FuncKeyTemplate()
        own = FuncKeyTemplate(user_id=company.alice)
        session.add_all([template, own])
        await session.flush()
        session.add_all(
            [
                FuncKey(template_id=template.id, position=1, destination=DND),
                FuncKey(template_id=own.id, position=1, destination=VOICEMAIL),
                FuncKey(template_id=own.id, position=2, destination=forward("busy"), blf=False),
                UserFuncKeyTemplate(user_id=company.alice, template_id=template.id),
                UserFuncKeyTemplate(user_id=company.bob, template_id=template.id),
            ]
        )
    switched = {"dnd_enabled": True, "busy_enabled": True, "busy_destination": "1"}
    await switch(sessions, company.alice, voicemail_enabled=True, **switched)
    await switch(sessions, company.bob, **switched)
    lamps.ask_for_all()
    await until(lambda: len(asterisk.told) == 2)
    assert dict(asterisk.told) == {
        f"*735{company.alice}***290": "INUSE",
        f"*735{company.bob}***225": "INUSE",
    }
    async with sessions.begin() as session:
        await session.execute(delete(UserFuncKeyTemplate))
    lamps.ask_for_all()
    await until(lambda: asterisk.remembered[f"*735{company.bob}***225"] == "NOT_INUSE")


async def test_lamps_cost_two_statements_however_many(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk, engine: AsyncEngine
) -> None:
    for user in (company.alice, company.bob):
        await give(sessions, user, DND, VOICEMAIL, forward("busy"), forward("noanswer"))
    alice = await switch(sessions, company.alice, dnd_enabled=True)
    bob = await switch(sessions, company.bob, dnd_enabled=True)
    with QueryRecorder(engine) as queries:
        await lamps.on_event(services_event(alice))
        await lamps.on_event(services_event(bob))
        await until(lambda: len(asterisk.told) == 8)
    assert len(queries) == 2


async def a_filter(sessions: Sessions, *secretaries: int, active: bool) -> list[int]:
    """A filter that these users serve; the ids of their memberships."""
    async with sessions.begin() as session:
        made = a_call_filter()
        session.add(made)
        await session.flush()
        members = [
            CallFilterMember(call_filter_id=made.id, user_id=each, role="surrogate", active=active)
            for each in secretaries
        ]
        session.add_all(members)
        await session.flush()
        return [each.id for each in members]


async def test_the_lamp_of_a_secretary_follows_her_event(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk, engine: AsyncEngine
) -> None:
    """F-428: nobody need have a key for it yet."""
    alice, bob = await a_filter(sessions, company.alice, company.bob, active=False)

    async def becomes(state: str) -> None:
        await until(lambda: asterisk.remembered.get(f"*37{bob}") == state)

    for active in (True, False):
        async with sessions.begin() as session:
            await session.execute(
                update(CallFilterMember).where(CallFilterMember.id == bob).values(active=active)
            )
        event = call_filters.call_filter_surrogate_switched(
            call_filter_id=1, member_id=bob, user_uuid=company.bob_uuid, active=not active
        )
        with QueryRecorder(engine) as queries:
            body = {"data": event.data}
            await lamps.on_event(Message(uuid4(), event.name, event.routing_key, body))
            await becomes("INUSE" if active else "NOT_INUSE")
        assert len(queries) == 2
    assert f"*37{alice}" not in asterisk.remembered


async def test_lamps_of_filters_are_compared_with_the_others(
    company: Any, sessions: Sessions, lamps: Lamps, asterisk: Asterisk
) -> None:
    on, also = await a_filter(sessions, company.alice, company.bob, active=True)
    (off,) = await a_filter(sessions, company.alice, active=False)
    asterisk.remembered = {f"*37{off}": "INUSE", f"*37{also}": "INUSE"}
    lamps.ask_for_all()
    await until(lambda: len(asterisk.told) == 2)
    assert sorted(asterisk.told) == sorted([(f"*37{on}", "INUSE"), (f"*37{off}", "NOT_INUSE")])


async def test_a_new_hint_has_its_lamp_compared(
    settings: ConfgenSettings, company: Any, sessions: Sessions
) -> None:
    app = build(settings)
    asked = asyncio.Event()
    async with running(app):
        await asyncio.wait_for(app.state.regeneration.complete.wait(), 60)
        app.state.lamps.ask_for_all = asked.set
        await give(sessions, company.alice, DND)
        async with sessions.begin() as session:
            body = {"name": "changed", "data": {}}
            key = "config.funckey.template.edited"
            session.add(OutboxMessage(name="changed", routing_key=key, body=body))
        await asyncio.wait_for(asked.wait(), 60)


@pytest.mark.asterisk
async def test_a_real_asterisk_remembers_and_is_corrected(exchange: Any, lamps: Lamps) -> None:
    settings, alice = exchange.settings, exchange.company.alice
    password = settings.ami_password.get_secret_value()
    account = ("127.0.0.1", settings.ami_port, settings.ami_username, password)
    device = f"*735{alice}***225"
    read = {"Variable": f"DEVICE_STATE(Custom:{device})"}
    stale = {"Variable": "DEVICE_STATE(Custom:*73599***221*+33612345678)"}
    async with AmiClient(*account) as client:
        await client.wait_connected(60)

        async def becomes(wanted: dict[str, str], state: str) -> None:
            async with asyncio.timeout(60):
                while (await client.send("Getvar", **wanted)).get("Value") != state:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

        task = asyncio.create_task(lamps.run(client))
        try:
            lamps.ask_for_all()
            await client.send("Setvar", **read, Value="INUSE")
            await client.send("Setvar", **stale, Value="INUSE")
            lamps.ask_for_all()
            await becomes(read, "NOT_INUSE")
            await becomes(stale, "NOT_INUSE")
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
