"""Phones without a line have an account each, as long as they may run with it (F-105)."""

import asyncio
from typing import Any

import pytest_asyncio
from ovix_confgen.app import build
from ovix_confgen.documents import concerned
from ovix_confgen.settings import ConfgenSettings
from ovix_schema import Device, ProvdConfig
from ovix_web import running
from sqlalchemy import delete

from .test_service import an_event, eventually


def a_config(config_id: str, username: str, **more: Any) -> ProvdConfig:
    line = {"username": username, **more.pop("line", {})}
    document = {"id": config_id, "parent_ids": [], "raw_config": {"sip_lines": {"1": line}}, **more}
    return ProvdConfig(id=config_id, document=document)


def a_phone(device_id: str, **document: Any) -> Device:
    return Device(id=device_id, document={"id": device_id, **document})


@pytest_asyncio.fixture(loop_scope="session")
async def rendered(settings: ConfgenSettings, company: Any, sessions: Any) -> Any:
    """Some phones, and a service that has written everything once."""
    async with sessions.begin() as session:
        await session.execute(delete(ProvdConfig))
        session.add_all((
            a_config("autoprov", "apQX2346", role="autocreate", line={"password": "autoprov"}),
            a_config("autoprov1", "apQX23461"),
            a_config("autoprov2", "apQX23462"),
            a_phone("waiting", config="autoprov1", configured=True),
            a_phone("given a line", config="own", remote_state_sip_username="apQX23469"),
            a_phone("runs with its line", config="own", remote_state_sip_username="alice"),
        ))  # fmt: skip
    app = build(settings)
    async with running(app):
        await asyncio.wait_for(app.state.regeneration.complete.wait(), 60)
        yield settings.asterisk_config_dir / "pjsip_lines.conf"


async def test_each_phone_that_waits_can_register_and_dial_codes(
    rendered: Any, sessions: Any
) -> None:
    text = rendered.read_text()
    for name in ("apQX23461", "apQX23469"):
        assert f"[{name}]" in text
    assert "apQX23462" not in text  # no phone has it
    mine = text[text.index("[apQX23461](") :]
    assert "context = xivo-initconfig" in mine
    assert "password = autoprov" in mine
    async with sessions.begin() as session:
        await session.execute(delete(Device).where(Device.id == "waiting"))
        session.add(an_event("config.device.deleted"))
    await eventually(lambda: "apQX23461" not in rendered.read_text())


def test_what_phones_do_concerns_their_accounts_alone() -> None:
    assert [each.name for each in concerned("config.device.created")] == ["pjsip_lines.conf"]
