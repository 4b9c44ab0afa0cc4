"""When the database is slow, frozen, away or restarted, and when callers leave (scenario R09)."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from ovix_agid.answering import Answering
from ovix_agid.call import Call, Variables, handler
from ovix_agid.database import DatabaseUnavailable, Postgres
from ovix_agid.handlers import handlers
from ovix_agid.ring_types import RingRules
from ovix_agid.settings import AgidSettings
from ovix_asterisk.fastagi import FastAgiServer
from ovix_engines.postgres import EmbeddedPostgres
from ovix_testkit import databases
from prometheus_client import CollectorRegistry

WITHIN_S = 60.0
"""Nothing takes so long; a machine that is busy with other tests may."""
USER = "INSERT INTO users (firstname, caller_id) VALUES ('Bob', '\"Bob\"') RETURNING id"
SLOW = (
    "SELECT nth, user_id FROM unnest($1::int[]) WITH ORDINALITY a (user_id, nth)"
    " WHERE pg_sleep(0.1) IS NOT NULL"
)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that only these tests stop and start."""
    directory: Path = tmp_path_factory.mktemp("agid-postgres")
    server = EmbeddedPostgres(directory, settings={"fsync": "off"})
    server.start()
    databases.migrate(server.url())
    yield server
    server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def own_agid(own_server: EmbeddedPostgres, agid: Any) -> AsyncIterator[Any]:
    """agid over that PostgreSQL, with one user in it."""
    # Longer than outside of tests, so that a busy machine is not taken for an outage.
    database = Postgres(own_server.url(), connections=4, time_limit_s=3)
    await database.open()
    answering = Answering(handlers(RingRules()), database, registry=CollectorRegistry())
    server = FastAgiServer(answering.answer, port=0)
    await server.start()
    yield type(agid)(server.port, database, agid.clock)
    await server.close()
    await database.close()


async def until_back(agid: Any) -> None:
    async with asyncio.timeout(WITHIN_S):
        await agid.database.reached()


def test_a_call_waits_for_the_database_less_than_a_second() -> None:
    """How long it takes in all is measured elsewhere; here, that it doesn't wait for the end."""
    assert AgidSettings().database_limit_s < 1


async def test_without_a_database_internal_calls_go_on_and_external_ones_can_be_refused(
    own_agid: Any, own_server: EmbeddedPostgres
) -> None:
    port = own_server.port
    own_server.stop()
    try:
        expected = {
            "incoming_user_set_features": {"XIVO_INTERFACE": ""},
            "outgoing_user_set_features": {"XIVO_INTERFACE0": ""},
            "user_set_call_rights": {"XIVO_AUTHORIZATION": "UNAVAILABLE", "XIVO_PASSWORD": ""},
            "check_schedule": {"XIVO_SCHEDULE_STATUS": "", "XIVO_PATH": ""},
            "getring": {"XIVO_RINGTYPE": ""},
        }
        asked = {"XIVO_DSTID": "1", "XIVO_USERID": "1", "XIVO_DSTNUM": "1001"}
        for script, variables in expected.items():
            channel = await own_agid.ask(
                script,
                **asked,
                XIVO_PATH="user",
                XIVO_PATH_ID="1",
                XIVO_INTERFACE="stale",
                XIVO_INTERFACE0="stale",
                XIVO_AUTHORIZATION="stale",
                XIVO_SCHEDULE_STATUS="stale",
            )
            assert channel.status == "SUCCESS"
            assert channel.jumped_to is None
            assert {name: channel.variables[name] for name in variables} == variables
        for script in ("phone_set_feature", "phone_get_features", "fwdundoall", "user_get_vmbox"):
            channel = await own_agid.ask(script, "dnd", **asked)
            assert (channel.status, channel.jumped_to) == ("FAILURE", "agi_fail,s,1")
    finally:
        own_server.port = port
        own_server.start()
    await until_back(own_agid)
    channel = await own_agid.ask("user_set_call_rights", XIVO_USERID="1", XIVO_DSTNUM="1001")
    assert channel.variables["XIVO_AUTHORIZATION"] == "ALLOW"


async def test_while_it_is_known_to_be_away_nobody_waits(
    own_agid: Any, own_server: EmbeddedPostgres
) -> None:
    port = own_server.port
    own_server.stop()
    try:
        await own_agid.ask("user_set_call_rights", XIVO_USERID="1", XIVO_DSTNUM="1001")
        with pytest.raises(DatabaseUnavailable):
            own_agid.database.row("SELECT 1").send(None)  # in its first step, before any wait
    finally:
        own_server.port = port
        own_server.start()
    await until_back(own_agid)


async def test_calls_during_a_restart_are_answered_and_agid_comes_back_by_itself(
    own_agid: Any, own_server: EmbeddedPostgres, new_channel: Any
) -> None:
    outcomes: list[str] = []
    stopped = asyncio.Event()

    async def keep_calling() -> None:
        while not stopped.is_set():
            channel = new_channel(XIVO_USERID="1", XIVO_DSTNUM="1001")
            await channel.ask(own_agid.port, "user_set_call_rights")
            assert channel.status == "SUCCESS"
            outcomes.append(channel.variables["XIVO_AUTHORIZATION"])
            await asyncio.sleep(0.01)

    callers = [asyncio.create_task(keep_calling()) for _ in range(4)]
    port = own_server.port
    await asyncio.to_thread(own_server.stop)
    answered = len(outcomes)
    async with asyncio.timeout(WITHIN_S):
        while len(outcomes) < answered + 2 * len(callers):  # noqa: ASYNC110 - others add to it
            await asyncio.sleep(0.01)
    own_server.port = port
    await asyncio.to_thread(own_server.start)
    await until_back(own_agid)
    stopped.set()
    await asyncio.gather(*callers)
    assert set(outcomes) <= {"ALLOW", "UNAVAILABLE"}
    channel = await own_agid.ask("user_set_call_rights", XIVO_USERID="1", XIVO_DSTNUM="1001")
    assert channel.variables["XIVO_AUTHORIZATION"] == "ALLOW"


async def test_a_call_is_answered_while_the_server_is_frozen(own_agid: Any) -> None:
    row = await own_agid.database.row("SELECT array_agg(pid) AS pids FROM pg_stat_activity"
                                      " WHERE application_name = 'ovix-agid'")  # fmt: skip
    for pid in row["pids"]:
        os.kill(pid, signal.SIGSTOP)
    try:
        channel = await own_agid.ask("user_set_call_rights", XIVO_USERID="1", XIVO_DSTNUM="1001")
        assert channel.variables["XIVO_AUTHORIZATION"] == "UNAVAILABLE"
    finally:
        for pid in row["pids"]:
            os.kill(pid, signal.SIGCONT)
    await until_back(own_agid)


async def test_a_change_that_waits_too_long_breaks_and_reads_go_on(
    own_agid: Any, own_server: EmbeddedPostgres
) -> None:
    other = await asyncpg.connect(own_server.url())
    try:
        user_id = await other.fetchval(USER)
        async with other.transaction():
            await other.execute("SELECT 1 FROM users WHERE id = $1 FOR UPDATE", user_id)
            channel = await own_agid.ask("phone_set_feature", "dnd", XIVO_USERID=user_id)
            assert (channel.status, channel.jumped_to) == ("FAILURE", "agi_fail,s,1")
            reading = await own_agid.ask("phone_get_features", XIVO_USERID=user_id)
            assert reading.variables["XIVO_ENABLEDND"] == "0"
        again = await own_agid.ask("phone_set_feature", "dnd", XIVO_USERID=user_id)
        assert again.variables["XIVO_DNDENABLED"] == "1"
    finally:
        await other.close()


async def test_whoever_shares_a_question_is_told_that_the_database_is_away(
    own_agid: Any, own_server: EmbeddedPostgres
) -> None:
    database = own_agid.database
    await database.shared_row(SLOW, 1)
    asking = [asyncio.create_task(database.shared_row(SLOW, 1)) for _ in range(3)]
    await asyncio.sleep(0.01)
    waiting = [asyncio.create_task(database.shared_row(SLOW, 1)) for _ in range(3)]
    await asyncio.sleep(0)
    port = own_server.port
    own_server.stop()
    try:
        told = await asyncio.gather(*asking, *waiting, return_exceptions=True)
    finally:
        own_server.port = port
        own_server.start()
    assert {type(each) for each in told[3:]} == {DatabaseUnavailable}
    await until_back(own_agid)
    assert (await database.shared_row(SLOW, 3))["user_id"] == 3


async def test_more_questions_than_connections_are_all_answered(
    agid: Any, hire: Any, new_channel: Any
) -> None:
    bob = await hire("1001")

    async def ask() -> str:
        channel = new_channel(XIVO_USERID=str(bob.user.id))
        await channel.ask(agid.port, "phone_get_features")
        return str(channel.variables["XIVO_ENABLEDND"])

    assert await asyncio.gather(*(ask() for _ in range(60))) == ["0"] * 60


async def test_a_caller_who_leaves_in_the_middle_disturbs_nobody(agid: Any, hire: Any) -> None:
    bob = await hire("1001")
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", agid.port)
        writer.write(b"agi_network: yes\nagi_network_script: phone_get_features\n\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    channel = await agid.ask("phone_get_features", XIVO_USERID=bob.user.id)
    assert channel.status == "SUCCESS"


async def test_a_server_that_gives_no_more_connections_is_not_taken_for_an_outage(
    own_server: EmbeddedPostgres,
) -> None:
    admin = await asyncpg.connect(own_server.url())
    await admin.execute("CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 2")
    url = re.sub("//[^@]*@", "//few:few@", own_server.url())
    database = Postgres(url, connections=8, time_limit_s=WITHIN_S)
    await database.open()
    try:
        rows = await asyncio.gather(*(database.row("SELECT pg_sleep(0.01)") for _ in range(20)))
        assert None not in rows
        assert database.available
    finally:
        await database.close()
        await admin.execute("DROP ROLE few")
        await admin.close()


@handler()
async def broken(call: Call) -> Variables:
    """Fails as no handler should."""
    raise RuntimeError("a mistake of ours")


@handler(unavailable={"XIVO_ANSWER": "none"})
async def half_upgraded(call: Call) -> Variables:
    """Asks for a column that the database does not have yet."""
    await call.database.row("SELECT of_the_next_release FROM users")
    return {"XIVO_ANSWER": "1"}


_asked = asyncio.Event()


@handler()
async def slow(call: Call) -> Variables:
    """Takes a while."""
    _asked.set()
    await asyncio.sleep(0.3)
    return {"XIVO_ANSWER": "1"}


@pytest_asyncio.fixture(loop_scope="session")
async def odd_server(agid: Any) -> AsyncIterator[FastAgiServer]:
    """A server with the handlers above."""
    known = {each.name: each for each in (broken, half_upgraded, slow)}
    answering = Answering(known, agid.database, registry=CollectorRegistry())
    server = FastAgiServer(answering.answer, port=0)
    await server.start()
    yield server
    await server.close()


async def test_a_mistake_of_ours_breaks_the_call_not_the_service(
    odd_server: FastAgiServer, new_channel: Any
) -> None:
    for _ in range(2):
        channel = new_channel()
        await channel.ask(odd_server.port, "broken")
        assert (channel.status, channel.jumped_to) == ("FAILURE", "agi_fail,s,1")


async def test_a_call_that_can_go_on_without_an_answer_does_so_after_any_mistake(
    odd_server: FastAgiServer, new_channel: Any
) -> None:
    channel = new_channel()
    await channel.ask(odd_server.port, "half_upgraded")
    assert (channel.status, channel.jumped_to) == ("SUCCESS", None)
    assert channel.variables["XIVO_ANSWER"] == "none"


async def test_a_question_that_runs_is_answered_before_the_service_stops(
    odd_server: FastAgiServer, new_channel: Any
) -> None:
    channel = new_channel()
    asking = asyncio.create_task(channel.ask(odd_server.port, "slow"))
    await asyncio.wait_for(_asked.wait(), WITHIN_S)
    await odd_server.close()
    await asking
    assert channel.variables["XIVO_ANSWER"] == "1"


async def test_a_statement_of_ours_that_is_wrong_is_not_taken_for_an_outage(agid: Any) -> None:
    with pytest.raises(asyncpg.DataError):
        await agid.database.row("SELECT $1::int", "not a number")
    with pytest.raises(asyncpg.InterfaceError):
        await agid.database.row("SELECT $1::int")
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await agid.database.row("SELEC 1")
    assert agid.database.available
