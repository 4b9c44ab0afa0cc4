"""A scripted Asterisk: a real FastAGI client over TCP whose channel is a dictionary."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from ovix_agid.answering import Answering
from ovix_agid.database import Postgres
from ovix_agid.handlers import handlers
from ovix_agid.ring_types import read_ring_rules
from ovix_asterisk.fastagi import FastAgiServer
from ovix_schema import (
    Context,
    EndpointSip,
    Extension,
    Line,
    LineExtension,
    OutboxMessage,
    Table,
    User,
    UserLine,
)
from ovix_testkit import builders
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

_ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_EXPRESSION = re.compile(r"\$\{([^}]*)\}")
_PAIR = re.compile(r'([^=,]+)=(?:"((?:[^"\\]|\\.)*)"|([^,]*))(?:,|$)')
MAX_COMMAND_BYTES = 2_000
MAX_ROUND_TRIPS = 5


@dataclass
class ScriptedChannel:
    """What one AGI() leaves behind: the variables, the commands, and how it ended."""

    variables: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    failing_applications: tuple[str, ...] = ()
    commands: list[list[str]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    invalid_commands: int = 0

    @property
    def status(self) -> str:
        return "FAILURE" if self.invalid_commands else "SUCCESS"

    @property
    def verbose(self) -> list[str]:
        return [command[1] for command in self.commands if command[0] == "VERBOSE"]

    @property
    def jumped_to(self) -> str | None:
        jumps = [c[2] for c in self.commands if c[:2] == ["EXEC", "Goto"]]
        return jumps[-1] if jumps else None

    @property
    def round_trips(self) -> int:
        return len(self.commands)

    async def ask(self, port: int, script: str, arguments: Sequence[str] = ()) -> None:
        """``AGI(agi://127.0.0.1/script,arguments…)`` on this channel."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            request = {
                "agi_network": "yes",
                "agi_network_script": script,
                "agi_request": f"agi://127.0.0.1:{port}/{script}",
                "agi_channel": "PJSIP/test-00000001",
                "agi_language": "fr_FR",
                "agi_type": "PJSIP",
                "agi_uniqueid": "1700000000.1",
                "agi_callerid": "unknown",
                "agi_calleridname": "unknown",
                "agi_callington": "0",
                "agi_context": "user",
                "agi_extension": "s",
                "agi_priority": "1",
                **self.environment,
                **{f"agi_arg_{index}": text for index, text in enumerate(arguments, start=1)},
            }
            lines = "".join(f"{key}: {value}\n" for key, value in request.items())
            writer.write(f"{lines}\n".encode())
            while line := await asyncio.wait_for(reader.readline(), 60):
                assert len(line) <= MAX_COMMAND_BYTES, "Asterisk 16 would lose the thread"
                for answer in self._answers(line.decode().rstrip("\n")):
                    writer.write(f"{answer}\n".encode())
        finally:
            writer.close()
            await writer.wait_closed()

    def _answers(self, line: str) -> list[str]:
        words = [
            re.sub(r"\\(.)", r"\1", quoted) if quoted or not bare else bare
            for quoted, bare in _ARGUMENT.findall(line)
        ]
        match words:
            case ["GET", "FULL", "VARIABLE", expression]:
                self.commands.append(words)
                value = _EXPRESSION.sub(
                    lambda name: self.variables.get(name.group(1), ""), expression
                )
                return [f"200 result=1 ({value})"]
            case ["EXEC", application, argument]:
                self.commands.append(["EXEC", application, argument])
                if application == "MSet":
                    self._set(argument)
                return [f"200 result={-1 if application in self.failing_applications else 0}"]
            case ["SET", "VARIABLE", name, value]:
                self.commands.append(words)
                self.variables[name] = value
                return ["200 result=1"]
            case ["VERBOSE", message, *_]:
                self.commands.append(["VERBOSE", message])
                return ["200 result=1"]
            case ["Status:", *_]:
                self.raw.append(line)
                return []
            case _:
                self.invalid_commands += 1
                return ["510 Invalid or unknown command"]

    def _set(self, argument: str) -> None:
        position = 0
        while position < len(argument):
            pair = _PAIR.match(argument, position)
            assert pair, f"MSet can't read {argument[position:]!r}"
            name, quoted, bare = pair.groups()
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
            self.variables[name.lstrip("_")] = value
            position = pair.end()


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Agid:
    """A running agid over the worker's database."""

    port: int
    database: Postgres
    clock: Clock

    async def ask(
        self,
        script: str,
        *arguments: str,
        statements: int | None = None,
        environment: dict[str, str] | None = None,
        failing: tuple[str, ...] = (),
        **variables: Any,
    ) -> ScriptedChannel:
        """One question; ``failing`` applications end with -1.

        ``statements`` is how many it may cost; never more than two, nor five round trips.
        """
        before = self.database.statements
        channel = ScriptedChannel(
            {name: str(value) for name, value in variables.items()}, environment or {}, failing
        )
        await channel.ask(self.port, script, arguments)
        run = self.database.statements - before
        assert run == (run if statements is None else statements)
        assert run <= 2
        assert channel.round_trips <= MAX_ROUND_TRIPS
        return channel


async def running_agid(
    url: str, clock: Clock, ring_file: Path | None = None
) -> tuple[Agid, FastAgiServer]:
    """agid on a free port; its server is stopped by whoever asked."""
    # A machine full of tests may keep a question waiting; the limit has its own tests.
    database = Postgres(url, connections=4, time_limit_s=60)
    await database.open()
    answering = Answering(
        handlers(read_ring_rules(ring_file)), database, now=clock, registry=CollectorRegistry()
    )
    server = FastAgiServer(answering.answer, port=0)
    await server.start()
    return Agid(server.port, database, clock), server


@pytest_asyncio.fixture(loop_scope="session")
async def agid(clean_database: str, clock: Clock) -> AsyncIterator[Agid]:
    """agid over an empty database."""
    running, server = await running_agid(clean_database, clock)
    yield running
    await server.close()
    await running.database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_channel() -> Callable[..., ScriptedChannel]:
    """``new_channel(XIVO_USERID="1")``: a channel with these variables, for any server."""

    def made(**variables: str) -> ScriptedChannel:
        return ScriptedChannel(variables)

    return made


Save = Callable[..., Awaitable[None]]


@pytest.fixture
def save(sessions: async_sessionmaker[AsyncSession]) -> Save:
    """Commit rows in the order given."""

    async def commit(*rows: Table) -> None:
        async with sessions.begin() as session:
            for row in rows:
                session.add(row)
                await session.flush()

    return commit


@dataclass(frozen=True)
class Person:
    """A user who can be called: his rows, once saved."""

    user: User
    line: Line
    endpoint: EndpointSip
    extension: Extension


@pytest_asyncio.fixture(loop_scope="session")
async def default_context(clean_database: str, save: Save) -> Context:
    """The internal context ``default``."""
    context = builders.a_context(name="default")
    await save(context)
    return context


Hire = Callable[..., Awaitable[Person]]


@pytest.fixture
def hire(default_context: Context, save: Save) -> Hire:
    """``await hire("1001", firstname="Bob")``: a user with a SIP line and that number."""

    async def hired(exten: str, **fields: Any) -> Person:
        user = builders.a_user(**fields)
        endpoint = builders.a_sip_endpoint(username=f"sip{exten}")
        extension = builders.an_extension("default", exten=exten)
        await save(user, endpoint, extension)
        line = builders.a_line("default", endpoint_sip_id=endpoint.id)
        await save(line)
        await save(
            UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True),
            LineExtension(line_id=line.id, extension_id=extension.id, main_extension=True),
        )
        return Person(user, line, endpoint, extension)

    return hired


@pytest.fixture
def announced(sessions: Any) -> Any:
    """The events in the outbox, oldest first, as ``(name, routing_key, body)``."""

    async def read() -> Sequence[tuple[str, str, dict[str, Any]]]:
        async with sessions() as session:
            rows = await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
            return [(row.name, row.routing_key, row.body) for row in rows]

    return read


def as_row(event: Any) -> tuple[str, str, dict[str, Any]]:
    """An event as `announced` reads it."""
    body = {"name": event.name, "data": event.data, "required_acl": event.required_acl}
    return event.name, event.routing_key, body
