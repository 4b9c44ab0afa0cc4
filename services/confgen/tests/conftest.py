"""A small company in the database, and an Asterisk that runs from confgen's files."""

import re
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from ovix_asterisk.ami_client import AmiClient
from ovix_confgen.generation import Generation
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import snapshot
from ovix_engines.asterisk import Asterisk
from ovix_engines.asterisk_installation import AsteriskMissing, find, releases
from ovix_schema import FuncKey, FuncKeyTemplate
from ovix_testkit.databases import empty_tables
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from .company import Company, found
from .switchboard import ScriptedAgid, Switchboard

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
 same = n,Set(SHOWN=${CONNECTEDLINE(name)} <${CONNECTEDLINE(num)}>)
 same = n,Return()
"""


def a_port() -> int:
    """A port of this host that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest_asyncio.fixture(loop_scope="session")
async def company(clean_database: str, sessions: async_sessionmaker[AsyncSession]) -> Company:
    """The company in an otherwise empty database."""
    return await found(sessions)


@dataclass
class Exchange:
    """An Asterisk with the settings of its files, and who is in them."""

    asterisk: Asterisk
    settings: ConfgenSettings
    company: Company
    said_at_start: str
    """Its log, from before anybody called."""


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
        voicemail_spool=directory / "asterisk" / "spool" / "voicemail",
        sip_host="127.0.0.1",
        sip_port=a_port(),
        sip_ws_port=a_port(),
        agid_port=a_port(),
        sip_qualify_frequency_s=0,
        sip_language="en",
        quiet_s=0.05,
        longest_wait_s=0.3,
    )


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> ConfgenSettings:
    """Settings of one test; in a directory not named after it, as app_voicemail cuts long paths."""
    return some_settings(tmp_path_factory.mktemp("confgen"), database_url)


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
    settings = some_settings(directory, database_url).model_copy(update={"iax_port": a_port()})
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
        await asterisk.cli("core waitfullybooted")
        said = (asterisk.directory / "log" / "full").read_text()
        yield Exchange(asterisk, settings, company, said)
