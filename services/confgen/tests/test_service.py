"""The service: from a committed change to Asterisk's memory, through outages of everything."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from ovix_bus import Message
from ovix_confgen.app import build
from ovix_confgen.documents import DOCUMENTS
from ovix_confgen.settings import ConfgenSettings
from ovix_schema import (
    EndpointIax,
    EndpointSip,
    EndpointSipTemplate,
    Installation,
    OutboxMessage,
    OutcallExtension,
    OutcallTrunk,
    SipTemplate,
    SipTemplateParent,
    SipTransport,
    Trunk,
)
from ovix_testkit.builders import a_context, a_line, a_sip_endpoint
from ovix_web import running
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


def an_event(routing_key: str) -> OutboxMessage:
    """A row of the outbox, as confd writes it."""
    return OutboxMessage(
        name="changed", routing_key=routing_key, body={"name": "changed", "data": {}}
    )


async def eventually(check: Any, seconds: float = 60.0) -> None:
    """Return when the check holds."""
    async with asyncio.timeout(seconds):
        while True:
            held = check()
            if asyncio.iscoroutine(held):
                held = await held
            if held:
                return
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture(loop_scope="session")
async def service(settings: ConfgenSettings, company: Any) -> AsyncIterator[Any]:
    """A service that has written everything once; no Asterisk answers."""
    app = build(settings)
    async with running(app):
        await asyncio.wait_for(app.state.regeneration.complete.wait(), 60)
        yield app


async def test_a_change_reaches_the_file_and_no_other(
    service: Any, settings: ConfgenSettings, sessions: async_sessionmaker[AsyncSession]
) -> None:
    lines = settings.asterisk_config_dir / "pjsip_lines.conf"
    before = {path: path.stat().st_mtime_ns for path in settings.asterisk_config_dir.glob("*.conf")}
    async with sessions.begin() as session:
        await session.execute(
            update(EndpointSip)
            .where(EndpointSip.username == "alice")
            .values(native_options={"dtmfmode": "info"})
        )
        session.add(an_event("config.sip_endpoint.edited"))
    await eventually(lambda: "dtmf_mode = info" in lines.read_text())
    after = {path: path.stat().st_mtime_ns for path in settings.asterisk_config_dir.glob("*.conf")}
    assert [path.name for path in before if before[path] != after[path]] == ["pjsip_lines.conf"]
    assert service.state.generation.pending >= {"res_pjsip.so"}


async def test_templates_and_transports_reach_the_devices_that_have_them(
    service: Any, settings: ConfgenSettings, sessions: async_sessionmaker[AsyncSession]
) -> None:
    async with sessions.begin() as session:
        lan = SipTransport(name="lan", options=[["protocol", "udp"], ["bind", "127.0.0.1:5099"]])
        session.add(lan)
        await session.flush()
        top = SipTemplate(name="top", endpoint_section_options=[["tone_zone", "de"]])
        low = SipTemplate(name="low", transport_uuid=lan.uuid)
        session.add_all([top, low])
        await session.flush()
        session.add(SipTemplateParent(template_uuid=low.uuid, parent_uuid=top.uuid, position=0))
        alice = await session.scalar(select(EndpointSip.id).where(EndpointSip.username == "alice"))
        assert alice is not None
        session.add(EndpointSipTemplate(endpoint_id=alice, parent_uuid=low.uuid, position=0))
        session.add(an_event("config.sip.transports.created"))
    directory = settings.asterisk_config_dir
    await eventually(lambda: "tone_zone = de" in (directory / "pjsip_lines.conf").read_text())
    assert "transport = lan" in (directory / "pjsip_lines.conf").read_text()
    assert "[lan]" in (directory / "pjsip.conf").read_text()


async def test_help_is_called_through_an_iax_trunk_under_its_present_name(
    settings: ConfgenSettings, company: Any, sessions: async_sessionmaker[AsyncSession]
) -> None:
    async with sessions.begin() as session:
        iax = EndpointIax(name="lyon", host="192.0.2.1")
        session.add(iax)
        await session.flush()
        trunk = Trunk(endpoint_iax_id=iax.id)
        session.add(trunk)
        await session.flush()
        route = select(OutcallExtension.outcall_id).where(OutcallExtension.id == company.route)
        outcall_id = (await session.scalars(route)).one()
        session.add(OutcallTrunk(outcall_id=outcall_id, trunk_id=trunk.id, position=1))
    fallbacks = settings.asterisk_config_dir / "extensions_fallbacks.conf"
    app = build(settings)
    async with running(app):
        await asyncio.wait_for(app.state.regeneration.complete.wait(), 60)
        assert "Set(XIVO_INTERFACE1=IAX2/lyon)" in fallbacks.read_text()
        async with sessions.begin() as session:
            await session.execute(update(EndpointIax).values(name="paris"))
            session.add(an_event("config.iax_endpoint.edited"))
        await eventually(lambda: "Set(XIVO_INTERFACE1=IAX2/paris)" in fallbacks.read_text())


async def test_a_mass_change_is_rendered_a_few_times(
    service: Any, sessions: async_sessionmaker[AsyncSession]
) -> None:
    regeneration = service.state.regeneration
    rounds = regeneration.rounds
    async with sessions.begin() as session:
        session.add(a_context(name="many"))
        await session.flush()
        endpoints = [a_sip_endpoint(username=f"many{number}") for number in range(500)]
        session.add_all(endpoints)
        await session.flush()
        session.add_all(a_line("many", endpoint_sip_id=endpoint.id) for endpoint in endpoints)
    for _ in range(500):
        await regeneration.on_event(Message(uuid4(), "user_created", "config.user.created", {}))
        await asyncio.sleep(0)
    lines = service.state.generation.directory / "pjsip_lines.conf"
    await eventually(lambda: "[many499]" in lines.read_text())
    assert regeneration.rounds - rounds <= 4


async def test_an_event_that_no_file_knows_of_renders_nothing(service: Any) -> None:
    rounds = service.state.regeneration.rounds
    for key in ("config.users.x.services.dnd.updated", "config.callpermission.created"):
        await service.state.regeneration.on_event(Message(uuid4(), "x", key, {}))
    await asyncio.sleep(0.3)
    assert service.state.regeneration.rounds == rounds


class ReloadsAsked:
    """A manager that is there, and does what it is asked."""

    connected = True

    def __init__(self) -> None:
        self.modules: list[str] = []

    async def send(self, action: str, **fields: str) -> None:
        self.modules.append(fields["Module"])


async def test_nothing_is_reloaded_until_live_reload_is_on_again(
    service: Any, sessions: async_sessionmaker[AsyncSession]
) -> None:
    regeneration, manager = service.state.regeneration, ReloadsAsked()

    async def switch(*, on: bool) -> None:
        rounds = regeneration.rounds
        async with sessions.begin() as session:
            await session.execute(update(Installation).values(live_reload=on))
            session.add(an_event("config.live_reload.edited"))
        await eventually(lambda: regeneration.rounds > rounds)

    await switch(on=False)
    reloading = asyncio.create_task(regeneration.run_reloading(manager))
    try:
        regeneration.reload_soon()
        await asyncio.sleep(0.2)
        assert manager.modules == []
        assert service.state.generation.pending >= {"res_pjsip.so", "pbx_config.so"}
        await switch(on=True)
        await eventually(lambda: "pbx_config.so" in manager.modules)
        await eventually(lambda: not service.state.generation.unread)
    finally:
        reloading.cancel()
        await switch(on=True)


async def test_reloading_goes_on_after_a_disk_that_was_full(
    service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation, regeneration = service.state.generation, service.state.regeneration
    manager = ReloadsAsked()
    real = generation._save_pending
    failures = 0

    def full() -> None:
        nonlocal failures
        failures += 1
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generation, "_save_pending", full)
    reloading = asyncio.create_task(regeneration.run_reloading(manager))
    try:
        regeneration.reload_soon()
        await eventually(lambda: failures >= 2)
        monkeypatch.setattr(generation, "_save_pending", real)
        await eventually(lambda: not generation.unread)
        assert len(manager.modules) > 2
    finally:
        reloading.cancel()


async def test_what_was_not_reloaded_is_remembered_by_the_next_process(
    settings: ConfgenSettings, company: Any
) -> None:
    for _ in range(2):  # the second finds every file in its place, and the reloads still to do
        app = build(settings)
        async with running(app):
            await asyncio.wait_for(app.state.regeneration.complete.wait(), 60)
            assert app.state.generation.pending >= {"res_pjsip.so", "pbx_config.so"}


async def test_the_last_good_files_stay_while_the_database_is_away(
    service: Any, settings: ConfgenSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation, regeneration = service.state.generation, service.state.regeneration
    kept = (settings.asterisk_config_dir / "pjsip_lines.conf").read_text()
    real = generation._snapshot
    failures = 0

    def away() -> Any:
        nonlocal failures
        failures += 1
        raise OSError("no database")

    monkeypatch.setattr(generation, "_snapshot", away)
    rounds = regeneration.rounds
    regeneration.ask(DOCUMENTS)
    await eventually(lambda: failures >= 2)
    assert (settings.asterisk_config_dir / "pjsip_lines.conf").read_text() == kept
    monkeypatch.setattr(generation, "_snapshot", real)
    await eventually(lambda: regeneration.rounds > rounds)
    assert not list(settings.asterisk_config_dir.glob(".*.new"))


async def test_rendering_goes_on_after_a_fault_nobody_expected(
    service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation, regeneration = service.state.generation, service.state.regeneration
    real = generation._snapshot
    failures = 0

    def faulty() -> Any:
        nonlocal failures
        failures += 1
        raise ValueError("is longer than 4000 bytes")

    monkeypatch.setattr(generation, "_snapshot", faulty)
    rounds = regeneration.rounds
    regeneration.ask(DOCUMENTS)
    await eventually(lambda: failures >= 2)
    monkeypatch.setattr(generation, "_snapshot", real)
    await eventually(lambda: regeneration.rounds > rounds)


@pytest.mark.asterisk
async def test_asterisk_knows_a_new_device_and_number_soon_after_the_commit(
    exchange: Any, sessions: async_sessionmaker[AsyncSession]
) -> None:
    asterisk = exchange.asterisk
    app = build(exchange.settings)
    async with running(app):
        await asyncio.wait_for(app.state.regeneration.complete.wait(), 60)
        await eventually(lambda: not app.state.generation.unread)
        name = f"new{uuid4().hex[:8]}"
        async with sessions.begin() as session:
            context = a_context(name=name)
            endpoint = a_sip_endpoint(username=name)
            session.add_all([context, endpoint])
            await session.flush()
            session.add(a_line(name, endpoint_sip_id=endpoint.id))
            session.add(an_event("config.line.created"))
            session.add(an_event("config.contexts.created"))

        async def known() -> bool:
            devices = await asterisk.cli(f"pjsip show endpoint {name}")
            contexts = await asterisk.cli(f"dialplan show {name}")
            return (
                f"{name}" in devices
                and "Unable to find" not in devices
                and (re.search(rf"\[ (Context|Included context) '{name}'", contexts) is not None)
            )

        await eventually(known)


@pytest.mark.asterisk
async def test_a_restarted_asterisk_is_told_what_changed_meanwhile(
    exchange: Any, sessions: async_sessionmaker[AsyncSession]
) -> None:
    app = build(exchange.settings)
    async with running(app):
        await asyncio.wait_for(app.state.regeneration.complete.wait(), 60)
        await eventually(lambda: not app.state.generation.unread)
        await exchange.asterisk.stop()
        await eventually(lambda: not app.state.ami.connected)
        name = f"new{uuid4().hex[:8]}"
        async with sessions.begin() as session:
            session.add(a_context(name=name))
            session.add(an_event("config.contexts.created"))
        await eventually(lambda: "pbx_config.so" in app.state.generation.pending)
        await exchange.asterisk.start()
        await eventually(lambda: app.state.ami.connected and not app.state.generation.unread)
        assert name in await exchange.asterisk.cli(f"dialplan show {name}")
