"""provd under test: the application on a real database, with phones' plugins that take notes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_asterisk.ami_client import AmiDisconnected
from ovix_provd.app import create_provd_app
from ovix_provd.media import MEDIA_TYPE
from ovix_provd.notification import SipNotifier
from ovix_provd.plugins import HttpRequest, NoPlugins, Notify, PluginError, TftpRequest
from ovix_provd.settings import ProvdSettings
from ovix_schema import OutboxMessage, ProvdConfig, Registrar, Token
from ovix_web import Sessions, hash_of
from pydantic import SecretStr
from sqlalchemy import select

from .phones_office import PhonesOffice, an_office

KEY = "the key of this installation"
Client = Callable[..., Awaitable[AsyncClient]]
Document = dict[str, Any]


@dataclass
class NotingPlugin:
    """Writes no file: remembers what it was asked for."""

    info: Document = field(default_factory=lambda: {"version": "1.0", "description": "notes"})
    configured: dict[str, Document] = field(default_factory=dict)
    """The raw config of each device that has files now."""
    told: list[str] = field(default_factory=list)
    fails: bool = False
    packages: None = None
    parameters: None = None

    async def configure(self, device: Document, raw_config: Document) -> None:
        if self.fails or "impossible" in raw_config:
            raise PluginError("no")
        self.told.append(f"configure {device['id']}")
        self.configured[device["id"]] = raw_config

    async def deconfigure(self, device: Document) -> None:
        self.told.append(f"deconfigure {device['id']}")
        self.configured.pop(device["id"], None)
        if self.fails:
            raise PluginError("no")

    async def synchronize(self, device: Document, raw_config: Document, notify: Notify) -> None:
        if self.fails:
            raise PluginError("no")
        await notify(device, ["Event=check-sync"])
        self.told.append(f"synchronize {device['id']}")

    async def http(self, request: HttpRequest, device: Document) -> None:
        return None

    async def tftp(self, request: TftpRequest, device: Document) -> None:
        return None

    async def trigger_filename(self, device: Document) -> str | None:
        return None

    async def is_sensitive(self, filename: str) -> bool:
        return False


class Loaded(NoPlugins):
    """These plugins, of which none knows a phone by what it asks for."""

    def __init__(self, plugins: Mapping[str, Any]) -> None:
        self._plugins = plugins

    def __getitem__(self, plugin_id: str) -> Any:
        return self._plugins[plugin_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._plugins)

    def __len__(self) -> int:
        return len(self._plugins)


@dataclass
class NotingManager:
    """Asterisk's manager, which does what it is asked for, or is away."""

    sent: list[tuple[str, Document]] = field(default_factory=list)
    away: bool = False
    registered: dict[str, list[str]] = field(default_factory=dict)
    """The contacts of endpoints."""
    asked: list[Document] = field(default_factory=list)

    @property
    def connected(self) -> bool:
        return not self.away

    def start(self) -> None:
        pass

    async def wait_tried(self) -> None:
        pass

    async def wait_connected(self, timeout_s: float | None = None) -> None:
        if self.away:
            raise AmiDisconnected("no Asterisk")

    async def send(self, action: str, **headers: Any) -> None:
        self.sent.append((action, headers))

    async def members(self, action: str, **headers: Any) -> list[Document]:
        self.asked.append(headers)
        uris = self.registered.get(headers.get("Endpoint", ""), [])
        return [{"Event": "ContactStatusDetail", "URI": uri} for uri in uris]

    async def close(self) -> None:
        pass


@pytest.fixture
def manager() -> NotingManager:
    return NotingManager()


@pytest.fixture
def plugin() -> NotingPlugin:
    """The one installed plugin, ``notes``."""
    return NotingPlugin()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> ProvdSettings:
    return ProvdSettings(
        storage_dir=tmp_path / "provd",
        shipped_plugins=None,
        database_url=database_url,
        bus_url=database_url,
        access_log=False,
        key=SecretStr(KEY),
        external_ip="192.0.2.1",
        http_port=0,
        tftp_port=0,
        phones_host="127.0.0.1",
    )


@pytest_asyncio.fixture
async def installed(sessions: Sessions, clean_database: str) -> None:
    """The configs of an installation."""
    async with sessions.begin() as session:
        for each in (
            {"id": "base", "X_type": "internal", "raw_config": {"ntp_enabled": True}},
            {"id": "template", "X_type": "device", "raw_config": {"locale": "fr_FR"}},
        ):
            document = {"parent_ids": [], "deletable": False, **each}
            session.add(ProvdConfig(id=each["id"], document=document))
        line = {"username": "apQX", "password": "autoprov"}
        document = {
            "id": "autoprov",
            "role": "autocreate",
            "parent_ids": ["base", "template"],
            "deletable": False,
            "raw_config": {"sip_lines": {"1": line}},
        }
        session.add(ProvdConfig(id="autoprov", document=document))
        session.add(
            Registrar(id="default", deletable=False, main_host="a.test", proxy_main_host="a.test")
        )


@pytest_asyncio.fixture
async def app(
    settings: ProvdSettings, plugin: NotingPlugin, manager: NotingManager, installed: None
) -> AsyncIterator[FastAPI]:
    """The service; its lifespan is not started."""
    made = create_provd_app(settings, Loaded({"notes": plugin}), SipNotifier(manager))
    yield made
    await made.state.synchronizations.close()
    await made.state.engine.dispose()


@pytest.fixture
def client(app: FastAPI, sessions: Sessions) -> Client:
    """Makes clients: ``await client("provd.#")``; no scope is no token."""

    async def made(*acl: str, entity_id: int | None = None) -> AsyncClient:
        token = str(uuid4())
        if acl:
            async with sessions.begin() as session:
                session.add(
                    Token(
                        token_hash=hash_of(token),
                        auth_id=str(uuid4()),
                        entity_id=entity_id,
                        acl=list(acl),
                        expires_at=datetime.now(UTC) + timedelta(hours=1),
                    )
                )
        return AsyncClient(
            transport=ASGITransport(app, raise_app_exceptions=False),
            base_url="http://provd:8666/provd",
            headers={"X-Auth-Token": token} if acl else {},
        )

    return made


@pytest_asyncio.fixture
async def api(client: Client) -> AsyncClient:
    """A client who may do anything."""
    return await client("provd.#")


class Requests:
    """Requests whose outcome is known beforehand."""

    def __init__(self, api: AsyncClient) -> None:
        self.api = api

    async def send(self, method: str, path: str, body: Any) -> Any:
        """Any request with a body of the vendor's type."""
        return await self.api.request(method, path, json=body, headers={"Content-Type": MEDIA_TYPE})

    async def add(self, kind: str, **document: Any) -> str:
        """POST a device or config; its id."""
        path = {"device": "/dev_mgr/devices", "config": "/cfg_mgr/configs"}[kind]
        if kind == "config":
            document = {"parent_ids": [], "raw_config": {}, **document}
        answer = await self.send("POST", path, {kind: document})
        assert answer.status_code == 201, answer.text
        made = str(answer.json()["id"])
        assert answer.headers["Location"] == f"/provd{path}/{made}"
        return made

    async def device(self, device_id: str) -> Document:
        found: Document = await self.read(f"/dev_mgr/devices/{device_id}", "device")
        return found

    async def read(self, path: str, key: str, **query: str) -> Any:
        answer = await self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()[key]

    async def done(self, method: str, path: str, body: Any = None) -> None:
        """204."""
        answer = (
            await self.api.request(method, path)
            if body is None
            else await self.send(method, path, body)
        )
        assert answer.status_code == 204, answer.text

    async def refused(
        self, method: str, path: str, body: Any, because: str, status: int = 400
    ) -> None:
        answer = await self.send(method, path, body)
        assert answer.status_code == status, answer.text
        assert because in answer.text
        assert answer.headers["Content-Type"] == "text/plain; charset=ascii"


@pytest.fixture
def provd(api: AsyncClient) -> Requests:
    return Requests(api)


@pytest.fixture
def announced(sessions: Sessions) -> Callable[[], Awaitable[list[str]]]:
    """The names of the events announced so far, in order."""

    async def names() -> list[str]:
        async with sessions() as session:
            found = await session.scalars(select(OutboxMessage.name).order_by(OutboxMessage.id))
            return list(found)

    return names


@pytest_asyncio.fixture
async def office_with(
    settings: ProvdSettings,
    sessions: Sessions,
    manager: NotingManager,
    installed: None,
    tmp_path: Path,
) -> AsyncIterator[Callable[..., Awaitable[PhonesOffice]]]:
    """Starts provd with its phones' servers: ``await office_with(strict=False)``."""
    token = str(uuid4())
    async with sessions.begin() as session:
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        session.add(
            Token(token_hash=hash_of(token), auth_id=str(uuid4()), acl=["provd.#"],
                  expires_at=expires_at)
        )  # fmt: skip
    async with AsyncExitStack() as stack:

        async def started(**chosen: Any) -> PhonesOffice:
            own = {"trusted_proxies_count": 1, **chosen}
            root = tmp_path / "tftpboot"
            root.mkdir(exist_ok=True)
            office = an_office(settings.model_copy(update=own), root, manager, token)
            return await stack.enter_async_context(office)

        yield started


@pytest_asyncio.fixture
async def office(office_with: Callable[..., Awaitable[PhonesOffice]]) -> PhonesOffice:
    """provd with its phones' servers, as it is installed."""
    return await office_with()
