"""confd with provd behind it: the real service, on the same database, without a network."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport
from ovix_bus import Message
from ovix_confd.phones import Following
from ovix_confd.provd import Provd
from ovix_provd.app import create_provd_app
from ovix_provd.plugins import HttpRequest, NoPlugins, Notify, Plugin, TftpRequest
from ovix_provd.settings import ProvdSettings
from ovix_schema import OutboxMessage, ProvdConfig, Registrar
from ovix_web import Sessions
from pydantic import SecretStr
from sqlalchemy import delete, select

KEY = "shared"
MAC = "00:15:65:aa:bb:cc"
Document = dict[str, Any]


@dataclass
class NotingPlugin:
    """A plugin that configures everything, and remembers which phones it told to fetch."""

    synchronized: list[str] = field(default_factory=list)
    packages: None = None
    parameters: None = None

    @property
    def info(self) -> Mapping[str, Any]:
        return {"version": "1"}

    async def configure(self, device: Document, raw_config: Document) -> None:
        pass

    async def deconfigure(self, device: Document) -> None:
        pass

    async def synchronize(self, device: Document, raw_config: Document, notify: Notify) -> None:
        self.synchronized.append(device["id"])

    async def http(self, request: HttpRequest, device: Document) -> None:
        return None

    async def tftp(self, request: TftpRequest, device: Document) -> None:
        return None

    async def trigger_filename(self, device: Document) -> str | None:
        return None

    async def is_sensitive(self, filename: str) -> bool:
        return False


@dataclass
class Switch(httpx.AsyncBaseTransport):
    """The way to provd; ``away``: nobody answers. ``fails_after``: so many requests from now."""

    inner: httpx.AsyncBaseTransport
    away: bool = False
    fails_after: int | None = None
    requests: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.fails_after is not None:
            self.fails_after -= 1
            self.away = self.away or self.fails_after < 0
        if self.away:
            raise httpx.ConnectError("provd is away")
        self.requests.append(f"{request.method} {request.url.path}")
        return await self.inner.handle_async_request(request)


@dataclass
class Provisioning:
    """provd, the way to it, and what follows from events."""

    way: Switch
    plugin: NotingPlugin
    provd: Provd
    following: Following
    sessions: Sessions

    async def follow(self) -> list[str]:
        """Hand every waiting event to the consumer; their names."""
        async with self.sessions() as session:
            rows = (await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all()
        for row in rows:
            body = row.body
            message = Message(row.event_uuid, row.name, row.routing_key, body)
            await self.following.on_event(message)
            async with self.sessions.begin() as session:
                await session.execute(delete(OutboxMessage).where(OutboxMessage.id == row.id))
        return [row.name for row in rows]

    async def config(self, config_id: str) -> Document | None:
        found = await self.provd.config(config_id)
        return None if found is None else found.document

    async def device(self, device_id: str) -> Document:
        found = await self.provd.device(device_id)
        assert found is not None
        return found.document


class NotingPlugins(NoPlugins):
    """The one of the id ``notes``."""

    def __init__(self, plugin: NotingPlugin) -> None:
        self._loaded: dict[str, Plugin] = {"notes": plugin}

    def __getitem__(self, plugin_id: str) -> Plugin:
        return self._loaded[plugin_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


def provd_app(database_url: str, plugin: NotingPlugin) -> Any:
    """The real provd."""
    settings = ProvdSettings(
        database_url=database_url,
        bus_url=database_url,
        access_log=False,
        key=SecretStr(KEY),
        external_ip="192.0.2.1",
    )
    return create_provd_app(settings, NotingPlugins(plugin))


SEEDS: tuple[Document, ...] = (
    {"id": "base", "X_type": "internal", "parent_ids": [], "raw_config": {}},
    {"id": "defaultconfigdevice", "X_type": "device", "parent_ids": [], "raw_config": {}},
    {"id": "other", "X_type": "device", "parent_ids": [], "raw_config": {"locale": "fr_FR"}},
    {
        "id": "autoprov",
        "X_type": "internal",
        "role": "autocreate",
        "parent_ids": ["base", "defaultconfigdevice"],
        "raw_config": {"sip_lines": {"1": {"username": "ap", "password": "autoprov"}}},
    },
)


async def seed(sessions: Sessions) -> None:
    """The configs that migrations put into every installation, and another template."""
    async with sessions.begin() as session:
        for each in SEEDS:
            session.add(ProvdConfig(id=each["id"], document={**each, "deletable": False}))


@pytest_asyncio.fixture
async def phones(
    app: FastAPI, database_url: str, sessions: Sessions, confd: Any
) -> AsyncIterator[Provisioning]:
    """provd behind confd, with its configurations, and the default registrar."""
    plugin = NotingPlugin()
    made = provd_app(database_url, plugin)
    way = Switch(ASGITransport(made, raise_app_exceptions=False))
    client = httpx.AsyncClient(
        transport=way, base_url="http://provd:8666/provd/", headers={"X-Auth-Token": KEY}
    )
    await seed(sessions)
    async with sessions.begin() as session:
        session.add(
            Registrar(
                id="default",
                deletable=False,
                name="local",
                main_host="192.0.2.1",
                proxy_main_host="192.0.2.1",
            )
        )
    before, app.state.provd = app.state.provd, Provd(client)
    following = Following(app.state.sessions, app.state.provd)
    yield Provisioning(way, plugin, app.state.provd, following, sessions)
    app.state.provd = before
    await client.aclose()
    await made.state.synchronizations.close()
    await made.state.engine.dispose()


async def a_phone(confd: Any, phones: Provisioning, **device: Any) -> tuple[Any, Any]:
    """A device, and a line on it whose phone is configured."""
    user = await confd.user(firstname="Zoé", lastname="Martin")
    line = await confd.phone(user)
    made = await confd.make("/devices", **{"mac": MAC, "plugin": "notes", **device})
    await confd.do("PUT", f"/lines/{line['id']}/devices/{made['id']}")
    await phones.follow()
    return made, line | {"user": user}
