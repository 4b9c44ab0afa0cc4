"""Phones at addresses of choice, and a directory whose contacts a test writes down."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_asterisk.ami import Answer
from ovix_asterisk.ami import Message as Reply
from ovix_asterisk.ami_client import AmiDisconnected, AmiRefused
from ovix_dird.app import create_dird_app
from ovix_dird.backend import Contact, Viewer
from ovix_dird.engine import Column, FailedSource, Found, Hit, SourceName
from ovix_dird.errors import UnknownProfile
from ovix_dird.phones.app import create_phones_app
from ovix_dird.phones.remote_keys import RemoteKeys
from ovix_dird.settings import DirdSettings
from ovix_schema import Device, Token, UserLine
from ovix_testkit.builders import a_context, a_line, a_sip_endpoint, a_user, an_entity
from ovix_web import Sessions, hash_of
from sqlalchemy import text

INTERNAL = SourceName("11111111-1111-4111-8111-111111111111", "internal", "xivo")
PERSONAL = SourceName("22222222-2222-4222-8222-222222222222", "personal", "personal")
COLUMNS = (
    Column("name", "Nom", "name"),
    Column("phone", "Numéro", "number"),
    Column("phone_mobile", "Mobile", "callable"),
)


@dataclass
class WrittenDirectory:
    """One profile, ``default``, whose contacts match by substring of their name."""

    contacts: list[Mapping[str, Any]] = field(default_factory=list)
    personal: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    """Contacts of single users."""
    columns: Sequence[Column] = COLUMNS
    failed: Sequence[FailedSource] = ()
    stalled: asyncio.Event | None = None
    """Set: answers come when it is."""
    within_s: float | None = None
    asked: list[tuple[str, str, Viewer]] = field(default_factory=list)

    async def lookup(
        self, profile: str, term: str, viewer: Viewer, *, within_s: float | None = None
    ) -> Found:
        self.within_s = within_s
        self.asked.append((profile, term, viewer))
        if profile != "default":
            raise UnknownProfile(profile=profile)
        if self.stalled is not None:
            await self.stalled.wait()
        own = self.personal.get(viewer.user_uuid or "", [])
        hits = [
            Hit(Contact(contact), source)
            for source, contacts in ((INTERNAL, self.contacts), (PERSONAL, own))
            for contact in contacts
            if term.lower() in str(contact.get("name", "")).lower()
        ]
        return Found(self.columns, hits, len(hits), self.failed)


@dataclass
class NotingManager:
    """Asterisk's manager, which notes what it is asked for, or is away."""

    pressed: list[tuple[str, str]] = field(default_factory=list)
    """Endpoint and key, in order."""
    variables: list[str] = field(default_factory=list)
    """Of the last NOTIFY."""
    away: bool = False
    unknown: set[str] = field(default_factory=set)
    """Endpoints that it refuses."""

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
        if self.away:
            raise AmiDisconnected("no Asterisk")
        assert action == "PJSIPNotify"
        if headers["Endpoint"] in self.unknown:
            raise AmiRefused(action, Answer(Reply((("Response", "Error"),))))
        self.variables = headers["Variable"]
        self.pressed.append((headers["Endpoint"], self.variables[-1].removeprefix("Content=key=")))

    async def members(self, action: str, **headers: Any) -> list[Any]:
        raise NotImplementedError

    async def close(self) -> None:
        pass


@pytest.fixture
def manager() -> NotingManager:
    return NotingManager()


@pytest.fixture
def directory() -> WrittenDirectory:
    return WrittenDirectory()


@pytest.fixture
def dird_settings(clean_database: str) -> Mapping[str, Any]:
    """What the service is told; tests override it."""
    return {
        "database_url": clean_database,
        "bus_url": clean_database,
        "access_log": False,
        "phones_networks": "192.168.0.0/16",
    }


@pytest_asyncio.fixture(loop_scope="session")
async def dird(
    dird_settings: Mapping[str, Any], directory: WrittenDirectory, manager: NotingManager
) -> AsyncIterator[FastAPI]:
    """dird's main application; not started, so that events stay in the outbox."""
    app = create_dird_app(DirdSettings(**dird_settings), keys=RemoteKeys(manager))
    app.state.directory = directory
    yield app
    await app.state.engine.dispose()


@pytest.fixture
def phones_app(dird: FastAPI) -> FastAPI:
    return create_phones_app(dird)


@pytest_asyncio.fixture(loop_scope="session")
async def phone_at(phones_app: FastAPI) -> AsyncIterator[Callable[..., AsyncClient]]:
    """A phone at the address given, with headers of its own."""
    clients = []

    def phone(address: str = "192.168.3.4", **headers: str) -> AsyncClient:
        transport = ASGITransport(phones_app, client=(address, 40000), raise_app_exceptions=False)
        client = AsyncClient(
            transport=transport,
            base_url="http://10.20.0.1:9498/0.1",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        clients.append(client)
        return client

    yield phone
    for client in clients:
        await client.aclose()


@pytest.fixture
def phone(phone_at: Callable[..., AsyncClient]) -> AsyncClient:
    return phone_at()


@pytest.fixture
def user(sessions: Sessions, clean_database: str) -> Callable[..., Awaitable[UUID]]:
    """Stores a user of an entity, and gives the uuid."""

    async def stored(country: str = "FR", **fields: Any) -> UUID:
        async with sessions.begin() as session:
            entity = an_entity(country=country)
            session.add(entity)
            await session.flush()
            made = a_user(entity_id=entity.id, **fields)
            session.add(made)
            await session.flush()
            return made.uuid

    return stored


@pytest_asyncio.fixture(loop_scope="session")
async def user_uuid(user: Callable[..., Awaitable[UUID]]) -> UUID:
    """Whose phones most tests are about."""
    return await user()


GiveLine = Callable[..., Awaitable[str]]


@pytest.fixture
def give_line(sessions: Sessions, clean_database: str) -> GiveLine:
    """Gives a user a SIP line with a phone of that vendor (None: without a phone); its endpoint.

    ``main_user``: whether the line is the user's, or one that somebody else shares.
    """

    async def given(
        user_uuid: UUID, vendor: str | None = "Yealink", *, main_user: bool = True, **fields: Any
    ) -> str:
        async with sessions.begin() as session:
            whose = (
                await session.execute(
                    text(
                        "SELECT id, entity_id, (SELECT count(*) FROM user_lines"
                        " WHERE user_id = users.id) AS lines FROM users WHERE uuid = :uuid"
                    ),
                    {"uuid": user_uuid},
                )
            ).one()
            context = a_context(entity_id=whose.entity_id)
            endpoint = a_sip_endpoint(**fields)
            session.add_all([context, endpoint])
            await session.flush()
            line = a_line(context.name, endpoint_sip_id=endpoint.id)
            if vendor is not None:
                device = {"id": f"device of {endpoint.username}", "vendor": vendor}
                session.add(Device(id=device["id"], document=device))
                await session.flush()
                line.device_id = device["id"]
            session.add(line)
            await session.flush()
            session.add(
                UserLine(
                    user_id=whose.id, line_id=line.id, main_user=main_user,
                    main_line=not whose.lines,
                )
            )  # fmt: skip
            return endpoint.username

    return given


Program = Callable[..., Awaitable[AsyncClient]]


@pytest_asyncio.fixture(loop_scope="session")
async def program(phones_app: FastAPI, sessions: Sessions) -> AsyncIterator[Program]:
    """A program far from the phones, with a token of these accesses; no access is no token."""
    clients = []

    async def made(*acl: str, entity_id: int | None = None) -> AsyncClient:
        token = str(uuid4())
        async with sessions.begin() as session:
            session.add(
                Token(
                    token_hash=hash_of(token), auth_id="program", acl=list(acl),
                    entity_id=entity_id, expires_at=datetime.now(UTC) + timedelta(hours=1),
                )
            )  # fmt: skip
        client = AsyncClient(
            transport=ASGITransport(
                phones_app, client=("198.51.100.7", 40000), raise_app_exceptions=False
            ),
            base_url="http://10.20.0.1:9498/0.1",
            headers={"X-Auth-Token": token} if acl else {},
        )
        clients.append(client)
        return client

    yield made
    for client in clients:
        await client.aclose()
