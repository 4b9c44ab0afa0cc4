"""Phones at addresses of choice, and a directory whose contacts a test writes down."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_dird.app import create_dird_app
from ovix_dird.backend import Contact, Viewer
from ovix_dird.engine import Column, FailedSource, Found, Hit, SourceName
from ovix_dird.errors import UnknownProfile
from ovix_dird.phones.app import create_phones_app
from ovix_dird.settings import DirdSettings
from ovix_testkit.builders import a_user, an_entity
from ovix_web import Sessions

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
    dird_settings: Mapping[str, Any], directory: WrittenDirectory
) -> AsyncIterator[FastAPI]:
    """dird's main application; not started, so that events stay in the outbox."""
    app = create_dird_app(DirdSettings(**dird_settings))
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
