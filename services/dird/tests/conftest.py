"""dird under test: the application on a real database, people, and directories of any behaviour."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_dird.app import create_dird_app
from ovix_dird.backend import (
    Contact,
    Remembering,
    Resources,
    SourceFailed,
    SourceSettings,
    Viewer,
)
from ovix_dird.engine.sources import installed_backends
from ovix_dird.matching import rank
from ovix_dird.settings import DirdSettings
from ovix_dird.templates import compile_columns
from ovix_schema import (
    DirectoryDisplay,
    DirectoryProfile,
    DirectoryProfileSource,
    DirectorySource,
    Extension,
    Line,
    LineExtension,
    Table,
    Token,
    User,
    UserLine,
)
from ovix_testkit.announced import Announced, announced
from ovix_testkit.builders import a_context, a_line, a_user, an_extension
from ovix_web import Sessions, hash_of, running
from pydantic import Field

NAMES = {"name": "{firstname} {lastname}", "reverse": "{firstname} {lastname}"}
COLUMNS: list[dict[str, Any]] = [
    {"title": "Name", "type": "name", "field": "name"},
    {"title": "Number", "type": "number", "field": "phone"},
    {"title": "Mobile", "type": "callable", "field": "phone_mobile", "default": "none"},
    {"title": "Favorite", "type": "favorite", "field": "favorite"},
    {"title": "Personal", "type": "personal", "field": "personal"},
]
SERVICES = ("lookup", "reverse", "favorites")


class ListedSettings(SourceSettings):
    """A directory whose contacts are in its settings, and whose faults too."""

    contacts: list[dict[str, Any]] = Field(default_factory=list)
    fails: str = ""
    crashes: bool = False
    sleeps_s: float = 0.0


class FarSettings(ListedSettings):
    """The same behind a network: whose number it was is remembered."""

    remembering: ClassVar[Remembering | None] = Remembering(fresh_s=60, by_user=False)


@dataclass
class Listed:
    """The back end ``listed``; what was asked is counted by the source's name."""

    settings: type[ListedSettings] = ListedSettings
    asked: dict[str, int] = field(default_factory=dict)
    mended: set[str] = field(default_factory=set)
    """Names of sources that do not fail any more."""
    open_sources: int = 0

    async def open(self, settings: ListedSettings, resources: Resources) -> "ListedSource":
        self.open_sources += 1
        return ListedSource(self, settings)


class ListedSource:
    """Behaves as it is told to."""

    def __init__(self, backend: Listed, settings: ListedSettings) -> None:
        self.backend, self.settings = backend, settings
        self.formatted = compile_columns(settings.format_columns)

    async def _behave(self) -> None:
        name = self.settings.name
        self.backend.asked[name] = self.backend.asked.get(name, 0) + 1
        if name in self.backend.mended:
            return
        await asyncio.sleep(self.settings.sleeps_s)
        if self.settings.crashes:
            raise ZeroDivisionError(name)
        if self.settings.fails:
            raise SourceFailed(self.settings.fails)

    def _contact(self, fields: Mapping[str, Any], how: int = 0) -> Contact:
        unique = self.settings.unique_column
        entry_id = str(fields[unique]) if unique and fields.get(unique) else None
        return Contact(self.formatted(fields), entry_id, rank=how)

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        await self._behave()
        columns = self.settings.searched_columns
        found = []
        for fields in self.settings.contacts:
            how = rank(term, [fields.get(name) for name in columns], viewer.country)
            if how is not None:
                found.append(self._contact(fields, how))
        return found

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        return (await self.first_matches([number], viewer)).get(number)

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        await self._behave()
        return {
            number: self._contact(fields)
            for number in numbers
            for fields in self.settings.contacts
            if number in [fields.get(name) for name in self.settings.first_matched_columns]
        }

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        await self._behave()
        found = map(self._contact, self.settings.contacts)
        return [each for each in found if each.entry_id in entry_ids]

    async def close(self) -> None:
        self.backend.open_sources -= 1


@pytest.fixture(scope="module")
def listed() -> Listed:
    """The back end of directories that behave as they are told to."""
    return Listed()


@pytest.fixture(scope="module")
def far() -> Listed:
    """The back end ``far``: directories whose answers about numbers are remembered."""
    return Listed(FarSettings)


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> DirdSettings:
    return DirdSettings(
        source_networks=("any", "127.0.0.0/8", "::1/128"),
        csv_directories=(str(tmp_path_factory.getbasetemp()),),
        database_url=database_url,
        bus_url=database_url,
        access_log=False,
        breaker_pause_s=0.2,
        breaker_pause_max_s=0.4,
    )


# No longer than the module: its relay would take the events that other tests wait for.
@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(settings: DirdSettings, listed: Listed, far: Listed) -> AsyncIterator[FastAPI]:
    backends: dict[str, Any] = {**installed_backends(), "listed": listed, "far": far}
    async with running(create_dird_app(settings, backends)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def http(app: FastAPI, clean_database: str) -> AsyncIterator[AsyncClient]:
    """A client without token, of a dird on an empty database."""
    app.state.live.changed()
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://dird") as client:
        yield client


@dataclass
class Directories:
    """Stores what a test needs, and gives clients."""

    app: FastAPI
    sessions: Sessions
    http: AsyncClient

    async def save(self, *rows: Table) -> None:
        async with self.sessions.begin() as session:
            session.add_all(rows)
        self.app.state.live.changed()

    async def source(self, backend: str, name: str, **settings: Any) -> DirectorySource:
        entity_id = settings.pop("entity_id", None)
        given = {"format_columns": NAMES, **settings}
        row = DirectorySource(backend=backend, name=name, settings=given, entity_id=entity_id)
        await self.save(row)
        return row

    async def profile(
        self,
        *sources: DirectorySource,
        name: str = "default",
        columns: list[dict[str, Any]] | None = None,
        services: Sequence[str] = SERVICES,
        entity_id: int | None = None,
        **options: Any,
    ) -> DirectoryProfile:
        display = DirectoryDisplay(
            name=f"display of {name} {uuid4()}", columns=columns or COLUMNS, entity_id=entity_id
        )
        await self.save(display)
        profile = DirectoryProfile(
            name=name,
            display_uuid=display.uuid,
            services={each: {"options": options} for each in services},
            entity_id=entity_id,
        )
        await self.save(profile)
        await self.save(
            *(
                DirectoryProfileSource(
                    profile_uuid=profile.uuid,
                    service=service,
                    source_uuid=source.uuid,
                    position=position,
                )
                for service in services
                for position, source in enumerate(sources)
            )
        )
        return profile

    async def user(self, firstname: str, lastname: str = "", **fields: Any) -> User:
        """A user; ``exten`` gives them a line in the context ``context``."""
        exten, context = fields.pop("exten", None), fields.pop("context", "default")
        user = a_user(firstname=firstname, lastname=lastname, **fields)
        await self.save(user)
        if exten is not None:
            await self.number(user, exten, context)
        return user

    async def number(self, user: User, exten: str, context: str) -> Line:
        async with self.sessions.begin() as session:
            known = await session.get(User, user.id)
            assert known is not None
            extension: Extension = an_extension(context, exten=exten)
            line: Line = a_line(context)
            session.add_all([extension, line])
            await session.flush()
            session.add(UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True))
            session.add(
                LineExtension(line_id=line.id, extension_id=extension.id, main_extension=True)
            )
        return line

    async def context(self, name: str, **fields: Any) -> None:
        await self.save(a_context(name=name, **fields))

    async def client(
        self,
        user: User | None = None,
        *,
        acl: Sequence[str] = ("dird.#",),
        entity_id: int | None = None,
    ) -> AsyncClient:
        """A client with a token of the user, or of a program."""
        token = str(uuid4())
        await self.save(
            Token(
                token_hash=hash_of(token),
                auth_id=str(user.uuid) if user is not None else "program",
                user_uuid=user.uuid if user is not None else None,
                entity_id=user.entity_id if user is not None else entity_id,
                acl=list(acl),
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
        )
        transport = ASGITransport(self.app, raise_app_exceptions=False)
        return AsyncClient(
            transport=transport, base_url="http://dird/0.1", headers={"X-Auth-Token": token}
        )


@pytest.fixture
def directories(app: FastAPI, sessions: Sessions, http: AsyncClient) -> Directories:
    """What is there to be found, and who looks."""
    return Directories(app, sessions, http)


async def holds(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = asyncio.get_running_loop().time() + 60
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(what)
        await asyncio.sleep(0.02)


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    """``await eventually("what must happen", condition)``: waits until the condition holds."""

    async def wait(what: str, condition: Callable[[], Awaitable[bool]]) -> None:
        await holds(condition, what)

    return wait


Told = Callable[[], Awaitable[list[Announced]]]


@pytest.fixture
def told(sessions: Sessions) -> Told:
    """What was announced by now."""
    return lambda: announced(sessions)
