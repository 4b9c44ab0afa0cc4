"""Lamps of keys that switch something: reference/agid.md 8.2 and phoned.md C6 (F-204, F-347)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from ovix_asterisk.ami import Answer
from ovix_asterisk.ami import Message as Reply
from ovix_asterisk.ami_client import AmiClient, AmiDisconnected, AmiRefused
from ovix_bus import Message
from ovix_bus.catalogue import call_filters
from ovix_confgen.app import build
from ovix_confgen.figures import Figures
from ovix_confgen.lamps import Lamps
from ovix_confgen.settings import ConfgenSettings
from ovix_schema import (
    CallFilterMember,
    FuncKey,
    FuncKeyTemplate,
    OutboxMessage,
    User,
    UserFuncKeyTemplate,
    UserLine,
)
from ovix_testkit.builders import a_call_filter, a_context, a_line, a_user
from ovix_testkit.queries import QueryRecorder
from ovix_web import running
from prometheus_client import CollectorRegistry
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

Sessions = async_sessionmaker[AsyncSession]
DND = {"type": "service", "service": "enablednd"}
VOICEMAIL = {"type": "service", "service": "enablevm"}


def forward(name: str, exten: str | None = None) -> dict[str, Any]:
    return {"type": "forward", "forward": name, "exten": exten}


class Asterisk:
    """A manager with a database of custom device states."""

    def __init__(self, **states: str) -> None:
        self.connected = True
        self.failures = 0
        """How many of the next actions are not answered."""
        self.remembered = dict(states)
        self.told: list[tuple[str, str]] = []

    async def send(self, action: str, **headers: str) -> Reply:
        if self.failures:
            self.failures -= 1
            raise AmiDisconnected("gone")
        assert action == "Setvar"
        device = headers["Variable"].removeprefix("DEVICE_STATE(Custom:").removesuffix(")")
        self.remembered[device] = headers["Value"]
        self.told.append((device, headers["Value"]))
        return Reply(())

    async def members(self, action: str, **headers: str) -> list[Reply]:
        assert (action, headers) == ("DBGetTree", {"Family": "CustomDevstate"})
        return [
            Reply((("Key", f"/CustomDevstate/{device}"), ("Val", state)))
            for device, state in self.remembered.items()
        ]


@pytest_asyncio.fixture(loop_scope="session")
async def lamps(engine: AsyncEngine) -> Lamps:
    return Lamps(engine, Figures(CollectorRegistry()))


@pytest_asyncio.fixture(loop_scope="session")
async def asterisk(lamps: Lamps) -> AsyncIterator[Asterisk]:
    """An Asterisk whose lamps are kept."""
    manager = Asterisk()
    task = asyncio.create_task(lamps.run(manager))
    yield manager
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the manager is a plain dictionary
            await asyncio.sleep(0.02)


async def give(sessions: Sessions, user: int, *destinations: dict[str, Any]) -> None:
    """Keys of the user's own."""
    async with sessions.begin() as session:
        template = FuncKeyTemplate(user_id=user)
        session.add(template)
        await session.flush()
        session.add_all(
            FuncKey(template_id=template.id, position=at, destination=each)
            for at, each in enumerate(destinations, start=1)
        )


async def switch(sessions: Sessions, user: int, **fields: Any) -> UUID:
    """Change a user; gives his uuid."""
    async with sessions.begin() as session:
        await session.execute(update(User).where(User.id == user).values(**fields))
        uuid = await session.scalar(select(User.uuid).where(User.id == user))
    assert uuid is not None
    return uuid


def services_event(user: UUID | str) -> Message:
    data = {"user_uuid": str(user), "enabled": True}
    key = f"config.users.{user}.services.dnd.updated"
    return Message(uuid4(), "users_services_dnd_updated", key, {"data": data})


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
