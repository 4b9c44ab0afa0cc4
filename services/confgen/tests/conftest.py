"""A small company in the database, and an Asterisk that runs from confgen's files."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from ovix_asterisk.ami_client import AmiClient
from ovix_confgen.generation import Generation
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import snapshot
from ovix_engines.asterisk import Asterisk
from ovix_engines.asterisk_installation import AsteriskMissing, find, releases
from ovix_schema import (
    ContextInclusion,
    ContextRange,
    Extension,
    FeatureCode,
    FuncKey,
    FuncKeyTemplate,
    LineExtension,
    Outcall,
    OutcallExtension,
    OutcallTrunk,
    Trunk,
    UserLine,
)
from ovix_testkit.builders import (
    a_context,
    a_line,
    a_sip_endpoint,
    a_user,
    a_voicemail,
    an_entity,
    an_extension,
)
from ovix_testkit.databases import empty_tables
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

CODES = {
    "phonestatus": "*10",
    "fwdundoall": "*20",
    "fwdunc": "_*21.",
    "fwdrna": "_*22.",
    "fwdbusy": "_*23.",
    "enablednd": "*25",
    "callrecord": "*26",
    "incallfilter": "*27",
    "bsfilter": "_*37.",
    "calluser": "_*666.",
    "pickup": "_*8.",
    "recsnd": "*9",
    "enablevm": "*90",
    "enablevmslt": "_*90.",
    "vmuserslt": "_*96.",
    "vmboxslt": "_*97.",
    "vmusermsg": "*98",
    "vmboxmsgslt": "_*99.",
}


Sections = list[tuple[str, list[tuple[str, str]]]]


@pytest.fixture(scope="session")
def parsed() -> Callable[[str], Sections]:
    """Reads a configuration file as Asterisk's main/config.c does."""

    def read(text: str) -> Sections:
        sections: Sections = []
        for line in text.splitlines():
            meant = re.split(r"(?<!\\);", line)[0].replace("\\;", ";").strip()
            if meant.startswith("["):
                name, _, rest = meant[1:].partition("]")
                own = [options for known, options in sections if rest == f"({known})"]
                sections.append((name, list(own[0]) if own else []))
            elif meant and not meant.startswith("#"):
                name, _, value = meant.partition("=")
                sections[-1][1].append((name.strip(), value.strip()))
        return sections

    return read


TEST_CONTEXTS = """
[globals]
XIVO_OPT_PICKUPWAIT = 0
XIVO_PROMPT_SUBSTITUTES = 0

[test-caller]
exten = s,1,Wait(30)

[test-phones]
exten = answer,1,Answer()
 same = n,Hangup()
exten = busy,1,Busy()
exten = reject,1,Hangup(21)
exten = silent,1,Ringing()
 same = n,Wait(30)

[test-preprocess]
exten = s,1,UserEvent(Integrator,STEP: preprocess)
 same = n,Return()

[xivo-subrgbl-user]
exten = s,1,UserEvent(Integrator,STEP: user)
 same = n,Return()
"""


def a_port() -> int:
    """A port of this host that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Company:
    """Ids of what the tests name."""

    alice: int
    bob: int
    bob_uuid: UUID
    route: int
    entity: int


@pytest_asyncio.fixture(loop_scope="session")
async def company(clean_database: str, sessions: async_sessionmaker[AsyncSession]) -> Company:
    """The company in an otherwise empty database."""
    return await found(sessions)


async def found(sessions: async_sessionmaker[AsyncSession]) -> Company:
    """Alice (1000, with a box) and Bob (1001); calls to the outside start with 0."""
    async with sessions.begin() as session:
        entity = an_entity(country="FR")
        session.add(entity)
        await session.flush()
        inside = a_context(name="default", entity_id=entity.id)
        outside = a_context(name="to-extern", type="outcall", entity_id=entity.id)
        incoming = a_context(name="from-extern", type="incall", entity_id=entity.id)
        session.add_all([inside, outside, incoming])
        await session.flush()
        box = a_voicemail("default", number="1000", name="Alice, Martin", password="1234")
        session.add_all(
            [
                ContextInclusion(context_id=inside.id, included_id=outside.id, position=0),
                ContextRange(context_id=inside.id, kind="user", start="1000", end="1999"),
                ContextRange(
                    context_id=incoming.id, kind="incall", start="6000", end="6999", did_length=4
                ),
                box,
            ]
        )
        codes = {code.feature for code in await session.scalars(select(FeatureCode))}
        session.add_all(
            FeatureCode(feature=feature, exten=exten)
            for feature, exten in CODES.items()
            if feature not in codes
        )
        await session.flush()
        people = []
        for name, number in (("Alice", "1000"), ("Bob", "1001")):
            user = a_user(
                firstname=name,
                lastname="Martin",
                entity_id=entity.id,
                voicemail_id=box.id if name == "Alice" else None,
                voicemail_enabled=name == "Alice",
            )
            endpoint = a_sip_endpoint(username=name.lower(), secret=f"{name}-pass;word")
            exten = an_extension("default", exten=number)
            session.add_all([user, endpoint, exten])
            await session.flush()
            line = a_line("default", endpoint_sip_id=endpoint.id)
            session.add(line)
            await session.flush()
            session.add(UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True))
            session.add(LineExtension(line_id=line.id, extension_id=exten.id, main_extension=True))
            people.append(user)
        carrier = a_sip_endpoint(
            username="carrier", host="127.0.0.9", native_options={"insecure": "port,invite"}
        )
        route = Outcall(name="outside", entity_id=entity.id)
        pattern = Extension(exten="_0X.", context="to-extern", type="outcall")
        session.add_all([carrier, route, pattern])
        await session.flush()
        trunk = Trunk(endpoint_sip_id=carrier.id, context="from-extern")
        dialled = OutcallExtension(outcall_id=route.id, extension_id=pattern.id, strip_digits=1)
        session.add_all([trunk, dialled])
        await session.flush()
        session.add(OutcallTrunk(outcall_id=route.id, trunk_id=trunk.id, position=0))
    return Company(
        alice=people[0].id,
        bob=people[1].id,
        bob_uuid=people[1].uuid,
        route=dialled.id,
        entity=entity.id,
    )


@dataclass
class Exchange:
    """An Asterisk with the settings of its files, and who is in them."""

    asterisk: Asterisk
    settings: ConfgenSettings
    company: Company


class ScriptedAgid:
    """Answers Asterisk's questions with prepared variables, and remembers who asked what.

    The protocol is reference/agid.md part 2; the real agid is met in the end-to-end tests.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, ...]] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: dict[str, str] = {}
        while line := (await reader.readline()).decode().strip():
            name, _, text = line.partition(": ")
            request[name.rstrip(":")] = text
        handler = request["agi_network_script"]
        arguments = (request.get(f"agi_arg_{index}") for index in range(1, 9))
        self.asked.append((handler, *(given for given in arguments if given is not None)))
        for name, text in self.answers.get(handler, {}).items():
            writer.write(f'SET VARIABLE "{name}" "{text}"\n'.encode())
            await writer.drain()
            await reader.readline()
        writer.close()


@dataclass
class Step:
    """An application the dialplan ran."""

    application: str
    data: str


class Switchboard:
    """Places calls through the dialplan and tells what it did with them."""

    def __init__(self, ami: AmiClient) -> None:
        self._ami = ami

    async def call(
        self,
        exten: str,
        context: str = "default",
        *,
        caller: str = "Eve <0199>",
        user_id: int = 0,
        until: str = "",
    ) -> "Story":
        """Dial a number as a device of the context would; gives what happened until the end.

        ``until``: the application at which the caller hangs up.
        """
        story = Story()
        with self._ami.events() as events:
            await self._ami.send(
                "Originate",
                Channel=f"Local/{exten}@{context}/n",
                Context="test-caller",
                Exten="s",
                Priority="1",
                CallerID=caller,
                Timeout="20000",
                Async="true",
                Variable=[f"__XIVO_USERID={user_id}"] if user_id else None,
            )
            alive: set[str] = set()
            async with asyncio.timeout(30):
                async for event in events:
                    kind = event.event
                    if kind == "Newchannel":
                        alive.add(event["Uniqueid"])
                    elif kind == "Newexten":
                        story.steps.append(Step(event["Application"], event.get("AppData")))
                        if event["Application"] == until:
                            await self._ami.send("Hangup", Channel="/^Local/")
                    elif kind == "UserEvent":
                        story.user_events.append(dict(event.fields))
                    elif kind == "Hangup":
                        alive.discard(event["Uniqueid"])
                        if not alive:
                            return story
        raise AssertionError("the connection to Asterisk ended")


@dataclass
class Story:
    """What the dialplan did in one call."""

    steps: list[Step] = field(default_factory=list)
    user_events: list[dict[str, str]] = field(default_factory=list)

    def told(self, name: str) -> list[dict[str, str]]:
        """The user events of a name."""
        return [event for event in self.user_events if event["UserEvent"] == name]

    def prompts(self) -> list[str]:
        """XiVO's prompts, in order; what is played in their place is not XiVO's."""
        found = (re.fullmatch(r"xivo-prompt,s,1\((.*)\)", data) for data in self.ran("Gosub"))
        xivos = {match[1] for match in found if match}
        return [played for played in self.ran("Playback") if played in xivos]

    def ran(self, application: str) -> list[str]:
        """The arguments an application was run with, in order."""
        return [step.data for step in self.steps if step.application == application]


@pytest_asyncio.fixture(loop_scope="session")
async def agid(exchange: Exchange) -> AsyncIterator[ScriptedAgid]:
    """An agid whose answers the test sets; without this fixture there is none."""
    server = ScriptedAgid(exchange.settings.agid_port)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def switchboard(exchange: Exchange) -> AsyncIterator[Switchboard]:
    """Calls through the Asterisk of the test."""
    settings = exchange.settings
    client = AmiClient(
        "127.0.0.1",
        settings.ami_port,
        settings.ami_username,
        settings.ami_password.get_secret_value(),
    )
    async with client:
        await client.wait_connected(10)
        yield Switchboard(client)


def some_settings(directory: Path, database_url: str) -> ConfgenSettings:
    """Settings whose files lie in a directory of the test and whose ports are free."""
    return ConfgenSettings(
        database_url=database_url,
        host="127.0.0.1",
        port=0,
        asterisk_config_dir=directory / "etc",
        cel_spool=directory / "asterisk" / "log" / "cel-custom" / "ovix.csv",
        ami_port=a_port(),
        sip_host="127.0.0.1",
        sip_port=a_port(),
        agid_port=a_port(),
        sip_qualify_frequency_s=0,
        sip_language="en",
        quiet_s=0.05,
        longest_wait_s=0.3,
    )


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> ConfgenSettings:
    """Settings of one test."""
    return some_settings(tmp_path, database_url)


@pytest.fixture
def generation(settings: ConfgenSettings, engine: AsyncEngine) -> Generation:
    """The configuration directory of the test."""
    made = Generation(settings, partial(snapshot, engine))
    made.prepare()
    return made


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=releases() or [22])
async def exchange(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    database_url: str,
    engine: AsyncEngine,
    sessions: async_sessionmaker[AsyncSession],
) -> AsyncIterator[Exchange]:
    """An Asterisk of each release that has read the company's files; tests share it."""
    try:
        installation = find(request.param)
    except AsteriskMissing as missing:
        pytest.skip(str(missing))
    directory = tmp_path_factory.mktemp(f"asterisk{request.param}")
    settings = some_settings(directory, database_url)
    await empty_tables(database_url)
    company = await found(sessions)
    async with sessions.begin() as session:
        template = FuncKeyTemplate(user_id=company.alice)
        session.add(template)
        await session.flush()
        dnd = {"type": "service", "service": "enablednd"}
        session.add(FuncKey(template_id=template.id, position=1, destination=dnd))
    generation = Generation(settings, partial(snapshot, engine))
    generation.prepare()
    (generation.directory / "extensions_extra.d" / "test.conf").write_text(TEST_CONTEXTS)
    await generation.render()
    asterisk = Asterisk(directory / "asterisk", generation.directory, installation=installation)
    async with asterisk:
        yield Exchange(asterisk, settings, company)
