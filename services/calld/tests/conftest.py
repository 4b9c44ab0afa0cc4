"""Recorded sessions of real Asterisks, an Asterisk manager that plays them, and a running calld."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_asterisk.ami import AmiParser, Message
from ovix_calld.app import create_app
from ovix_calld.live.changes import ChannelEvent
from ovix_calld.settings import CalldSettings
from ovix_schema import (
    Context,
    EndpointSip,
    Entity,
    Extension,
    Line,
    LineExtension,
    Token,
    User,
    UserLine,
)
from ovix_testkit.inbox import eventually
from ovix_web import hash_of, running
from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

SESSIONS = Path(__file__).parent / "sessions"
USER_UUIDS = {
    name: f"7f3a5f9e-000{number}-4000-8000-00000000000{number}"
    for number, name in enumerate(("alice", "bob", "carol"), start=1)
}
NUMBERS = {"alice": "1001", "bob": "1002", "carol": "1003"}


def messages_of(data: bytes) -> list[Message]:
    """The messages of a recording, which begins after the banner."""
    return AmiParser().feed(b"Asterisk Call Manager/7.0.3\r\n" + data)


@dataclass(frozen=True)
class Recording:
    """What one Asterisk said during one scenario."""

    data: bytes

    @property
    def messages(self) -> list[Message]:
        return messages_of(self.data)

    @property
    def events(self) -> list[ChannelEvent]:
        """Its channel events, without answers to actions."""
        return [
            ChannelEvent(each.event, dict(each.fields), each.variables())
            for each in self.messages
            if each.event and not each.action_id
        ]

    @property
    def live(self) -> bytes:
        """The bytes of its events, as they would come again."""
        return b"".join(
            "".join(f"{key}: {value}\r\n" for key, value in each.fields).encode() + b"\r\n"
            for each in self.messages
            if each.event and not each.action_id
        )


@pytest.fixture(params=["16", "22"])
def asterisk_version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def recording(asterisk_version: str) -> Callable[[str], Recording]:
    """``recording("answered")``: a scenario as that version of Asterisk told it."""

    def load(name: str) -> Recording:
        return Recording((SESSIONS / asterisk_version / f"{name}.ami").read_bytes())

    return load


@pytest.fixture
def cel_csv(asterisk_version: str) -> bytes:
    """The CEL spool of the same scenarios."""
    return (SESSIONS / asterisk_version / "cel.csv").read_bytes()


Answer = Callable[[dict[str, str]], str]


@dataclass
class ScriptedAmi:
    """A manager on a port of its own: answers actions from a table, says what a test tells it."""

    answers: dict[str, Answer] = field(default_factory=dict)
    actions: list[dict[str, str]] = field(default_factory=list)
    channels: str = ""
    """What ``Status`` lists: ``Event: Status`` blocks."""
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As when Asterisk dies."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    def say(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    def named(self, action: str) -> list[dict[str, str]]:
        """The actions of that name it was asked for."""
        return [each for each in self.actions if each["Action"] == action]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        writer.write(b"Asterisk Call Manager/7.0.3\r\n")
        try:
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = [line.partition(": ") for line in block.strip().split("\r\n")]
                action: dict[str, str] = {}
                for key, _, value in lines:
                    action[key] = f"{action[key]}\n{value}" if key in action else value
                self.actions.append(action)
                writer.write(self._answer(action).encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, action: dict[str, str]) -> str:
        name, action_id = action["Action"], action["ActionID"]
        if name in self.answers:
            return self.answers[name](action).replace("{id}", action_id)
        if name == "Login":
            return f"Response: Success\r\nActionID: {action_id}\r\n\r\n" + (
                "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n"
            )
        if name == "Status":
            listed = self.channels.replace(
                "Event: Status\r\n", f"Event: Status\r\nActionID: {action_id}\r\n"
            )
            return (
                f"Response: Success\r\nActionID: {action_id}\r\nEventList: start\r\n\r\n{listed}"
                f"Event: StatusComplete\r\nActionID: {action_id}\r\nEventList: Complete\r\n\r\n"
            )
        return f"Response: Success\r\nActionID: {action_id}\r\n\r\n"


@pytest_asyncio.fixture(loop_scope="session")
async def ami() -> AsyncIterator[ScriptedAmi]:
    made = ScriptedAmi()
    await made.start()
    yield made
    await made.stop()


@dataclass
class Company:
    """Alice, Bob and Carol, with phones ``PJSIP/alice`` …, as in the recordings."""

    sessions: async_sessionmaker[AsyncSession]
    entity_id: int
    other_entity_id: int
    line_ids: dict[str, int]

    async def token(
        self,
        *acl: str,
        user: str | None = None,
        entity_id: int | None = None,
        lives_s: float = 3600,
    ) -> str:
        """A token as auth would store it."""
        token = str(uuid4())
        async with self.sessions.begin() as session:
            session.add(
                Token(
                    token_hash=hash_of(token),
                    auth_id=USER_UUIDS[user] if user else "script",
                    user_uuid=UUID(USER_UUIDS[user]) if user else None,
                    entity_id=entity_id,
                    acl=list(acl),
                    expires_at=func.now() + text(f"interval '{lives_s} s'"),
                )
            )
        return token

    async def other_tenant(self) -> str:
        """What the header calls the other entity."""
        async with self.sessions() as session:
            return str((await session.get_one(Entity, self.other_entity_id)).uuid)

    async def revoke(self, token: str) -> None:
        async with self.sessions.begin() as session:
            held = await session.get(Token, hash_of(token))
            await session.delete(held)


@pytest_asyncio.fixture(loop_scope="session")
async def company(clean_database: str, sessions: async_sessionmaker[AsyncSession]) -> Company:
    async with sessions.begin() as session:
        entity, other = Entity(name="acme"), Entity(name="globex")
        session.add_all([entity, other])
        await session.flush()
        session.add_all([Context(name="default", type="internal", entity_id=entity.id)])
        await session.flush()
        line_ids: dict[str, int] = {}
        for position, (name, user_uuid) in enumerate(USER_UUIDS.items(), start=1):
            user = User(
                uuid=UUID(user_uuid),
                firstname=name.title(),
                caller_id=f'"{name.title()}"',
                userfield=f"{name},paris",
                entity_id=entity.id if name != "carol" else other.id,
            )
            endpoint = EndpointSip(username=name, secret="secret", entity_id=entity.id)
            extension = Extension(exten=NUMBERS[name], context="default")
            session.add_all([user, endpoint, extension])
            await session.flush()
            line = Line(
                context="default",
                provisioning_code=str(100000 + position),
                endpoint_sip_id=endpoint.id,
            )
            session.add(line)
            await session.flush()
            session.add_all(
                [
                    UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True),
                    LineExtension(line_id=line.id, extension_id=extension.id, main_extension=True),
                ]
            )
            line_ids[name] = line.id
        session.add(EndpointSip(username="trunk", secret="secret", type="peer"))
        return Company(sessions, entity.id, other.id, line_ids)


@dataclass
class Calld:
    """A running calld and a client for its API."""

    app: FastAPI
    api: AsyncClient

    @property
    def websocket_port(self) -> int:
        return int(self.app.state.websocket.port)

    async def in_step(self) -> None:
        await eventually(lambda: self.app.state.follower.in_step, "calld follows Asterisk")
        await eventually(lambda: self.app.state.fanout.active, "calld hears the bus")


StartCalld = Callable[..., Any]


@pytest.fixture
def start_calld(
    company: Company, ami: ScriptedAmi, database_url: str, tmp_path: Path
) -> StartCalld:
    """``async with start_calld() as calld``: once it follows Asterisk and hears the bus."""

    @asynccontextmanager
    async def start(*, wait: bool = True, **settings: Any) -> AsyncIterator[Calld]:
        given = {
            "database_url": database_url,
            "bus_url": database_url,
            "host": "127.0.0.1",
            "websocket_port": 0,
            "ami_port": ami.port,
            "dird_url": "",
            "access_log": False,
            **settings,
        }
        app = create_app(CalldSettings(**given))
        async with (
            running(app),
            AsyncClient(transport=ASGITransport(app), base_url="http://calld") as api,
        ):
            calld = Calld(app, api)
            if wait:
                await calld.in_step()
            yield calld

    return start


@pytest_asyncio.fixture(loop_scope="session")
async def calld(start_calld: StartCalld) -> AsyncIterator[Calld]:
    async with start_calld() as started:
        yield started
