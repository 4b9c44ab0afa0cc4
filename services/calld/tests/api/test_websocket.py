"""The websocket against a real bus and real tokens (reference/events.md 7 and 10)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ovix_bus import emit
from ovix_bus.catalogue import calls as catalogue
from ovix_calld.websocket.fanout import CHECK_INTERVAL_S
from ovix_testkit.inbox import eventually
from ovix_web import Unavailable
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

WITHIN_S = 60.0
PATIENT: dict[str, Any] = {"open_timeout": WITHIN_S, "ping_interval": None}
"""Nothing takes so long; a machine that is busy with other tests may."""
ALICE, BOB, CAROL = (f"7f3a5f9e-000{n}-4000-8000-00000000000{n}" for n in (1, 2, 3))


@asynccontextmanager
async def client(calld: Any, token: str | None, query: str = "") -> AsyncIterator[ClientConnection]:
    given = [part for part in (f"token={token}" if token else "", query) if part]
    url = f"ws://127.0.0.1:{calld.websocket_port}/?{'&'.join(given)}"
    async with connect(url, compression=None, **PATIENT) as websocket:
        yield websocket


async def ask(websocket: ClientConnection, op: str, **data: Any) -> Any:
    await websocket.send(json.dumps({"op": op, "data": data}))
    return json.loads(await asyncio.wait_for(websocket.recv(), WITHIN_S))


async def follow(websocket: ClientConnection, *names: str) -> None:
    assert json.loads(await websocket.recv())["op"] == "init"
    for name in names:
        assert (await ask(websocket, "subscribe", event_name=name))["code"] == 0
    assert (await ask(websocket, "start"))["op"] == "start"


async def close_code(websocket: ClientConnection) -> int:
    """What the server closes with, whatever it says before."""
    await asyncio.wait_for(websocket.wait_closed(), WITHIN_S)
    assert websocket.close_code is not None
    return websocket.close_code


async def tell(company: Any, user_uuid: str, call_id: str = "1.0") -> None:
    """An event as any service would tell it."""
    event = catalogue.call_held(call_id=call_id, user_uuid=user_uuid, seq=1)
    async with company.sessions.begin() as session:
        await emit(session, event)


async def heard(websocket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(websocket.recv(), WITHIN_S))


async def test_without_token_nothing_is_said(calld: Any) -> None:
    async with client(calld, None) as websocket:
        assert await close_code(websocket) == 4001


async def test_bad_tokens_and_versions_are_refused(calld: Any, company: Any) -> None:
    weak = await company.token("events.#")
    for token in ("unknown", weak):
        async with client(calld, token) as websocket:
            assert await close_code(websocket) == 4002
    good = await company.token("websocketd")
    for query in ("version=3", "version=x"):
        async with client(calld, good, query) as websocket:
            assert await close_code(websocket) == 4004


async def test_the_token_may_come_as_a_header(calld: Any, company: Any) -> None:
    token = await company.token("websocketd")
    url = f"ws://127.0.0.1:{calld.websocket_port}/"
    async with connect(url, additional_headers={"X-Auth-Token": token}, **PATIENT) as websocket:
        assert (await heard(websocket))["op"] == "init"


async def test_a_user_hears_of_own_calls_only(calld: Any, company: Any) -> None:
    token = await company.token("websocketd", "events.calls.me", user="alice")
    async with client(calld, token) as websocket:
        await follow(websocket, "*")
        await tell(company, BOB)
        await tell(company, ALICE)
        event = await heard(websocket)
        assert event["name"] == "call_held"
        assert event["data"]["user_uuid"] == ALICE


async def test_version_2_wraps_events_and_answers_pings(calld: Any, company: Any) -> None:
    token = await company.token("websocketd", "events.#")
    async with client(calld, token, "version=2") as websocket:
        await follow(websocket, "call_held")
        assert (await ask(websocket, "ping", payload="a"))["data"] == {"payload": "a"}
        await tell(company, BOB)
        event = await heard(websocket)
        assert (event["op"], event["data"]["data"]["user_uuid"]) == ("event", BOB)


async def test_events_before_start_are_dropped(calld: Any, company: Any) -> None:
    token = await company.token("websocketd", "events.#")
    async with client(calld, token) as early, client(calld, token) as other:
        await follow(other, "*")
        await heard(early)
        await ask(early, "subscribe", event_name="*")
        await tell(company, ALICE, "before")
        assert (await heard(other))["data"]["call_id"] == "before"
        await ask(early, "start")
        await tell(company, ALICE, "after")
        assert (await heard(early))["data"]["call_id"] == "after"


async def test_a_call_is_followed_from_ringing_to_hangup(
    calld: Any, ami: Any, company: Any, recording: Callable[[str], Any]
) -> None:
    token = await company.token("websocketd", "events.calls.me", user="bob")
    names: list[str] = []
    numbers: set[str] = set()
    async with client(calld, token) as websocket:
        await follow(websocket, "*")
        ami.say(recording("answered").live)
        while not names or names[-1] != "call_ended":
            event = await heard(websocket)
            names.append(event["name"])
            numbers.add(event["data"].get("peer_caller_id_number", ""))
    assert [name for name in names if name != "call_updated"] == [
        "call_created",
        "call_answered",
        "call_ended",
    ]
    assert numbers <= {"", "1001"}


@pytest.mark.parametrize("frame", ['{"op":5}', "nonsense", b"bytes", '{"op":"dance"}'])
async def test_malformed_frames_close_with_4004(
    calld: Any, company: Any, frame: str | bytes
) -> None:
    token = await company.token("websocketd")
    async with client(calld, token) as websocket:
        await websocket.send(frame)
        assert await close_code(websocket) == 4004


async def test_a_revoked_token_loses_its_connection_within_a_second(
    calld: Any, company: Any
) -> None:
    token = await company.token("websocketd")
    async with client(calld, token) as websocket:
        await heard(websocket)
        await eventually(lambda: calld.app.state.guard.listening)
        await company.revoke(token)
        assert await close_code(websocket) == 4003  # it would have lived for an hour
    assert CHECK_INTERVAL_S < 0.5
    async with client(calld, token) as websocket:
        assert await close_code(websocket) == 4002


async def test_an_expired_token_loses_its_connection(calld: Any, company: Any) -> None:
    for lives_s in (1.5, 6, 24):
        begin = datetime.now(UTC)
        token = await company.token("websocketd", lives_s=lives_s)
        async with client(calld, token) as websocket:
            code = await close_code(websocket)
        if code == 4003:
            break  # else it had expired before it was shown: the machine is busy
    assert code == 4003
    assert datetime.now(UTC) - begin >= timedelta(seconds=lives_s)


async def test_a_renewed_token_keeps_the_connection(calld: Any, company: Any) -> None:
    old = await company.token("websocketd")
    new = await company.token("websocketd", "events.#")
    async with client(calld, old, "version=2") as websocket:
        await follow(websocket, "*")
        assert (await ask(websocket, "token", token=new))["code"] == 0
        await company.revoke(old)
        await asyncio.sleep(3 * CHECK_INTERVAL_S)
        await tell(company, BOB)
        assert (await heard(websocket))["op"] == "event"
        await websocket.send(json.dumps({"op": "token", "data": {"token": "unknown"}}))
        assert await close_code(websocket) == 4002


async def test_a_token_of_an_entity_hears_of_its_users_only(calld: Any, company: Any) -> None:
    token = await company.token("websocketd", "events.#", entity_id=company.other_entity_id)
    async with client(calld, token) as websocket:
        await follow(websocket, "*")
        await tell(company, ALICE, "foreign")
        await tell(company, CAROL, "own")
        assert (await heard(websocket))["data"]["call_id"] == "own"


async def test_a_client_that_does_not_read_is_dropped(start_calld: Any, company: Any) -> None:
    async with start_calld(websocket_backlog_bytes=20_000) as calld:
        token = await company.token("websocketd", "events.#")
        url = f"ws://127.0.0.1:{calld.websocket_port}/?token={token}"
        async with connect(url, compression=None, max_queue=1, **PATIENT) as websocket:
            await follow(websocket, "*")
            websocket.transport.pause_reading()
            event = catalogue.call_held(call_id="x" * 140, user_uuid=ALICE, seq=1)
            for _ in range(100):
                async with company.sessions.begin() as session:
                    await emit(session, *[event] * 300)
                if not len(calld.app.state.fanout):
                    break
                await asyncio.sleep(0.05)
            await eventually(lambda: not len(calld.app.state.fanout), "the slow client is gone")


async def test_too_many_connections_are_refused(start_calld: Any, company: Any) -> None:
    async with start_calld(websocket_connections=2) as calld:
        token = await company.token("websocketd")
        async with client(calld, token), client(calld, token):
            refused = client(calld, token)
            with pytest.raises(InvalidStatus, match="503"):
                await refused.__aenter__()


async def test_the_stream_tells_the_same_as_the_websocket(calld: Any, company: Any) -> None:
    refused = await calld.api.get("/1.0/events", headers={"X-Auth-Token": "unknown"})
    assert refused.status_code == 401
    fanout = calld.app.state.fanout
    from ovix_calld.rest.stream import _lines
    from ovix_calld.websocket.fanout import Client
    from ovix_calld.websocket.protocol import Session

    token = await company.token("websocketd", "events.calls.me", user="alice")
    identity = await calld.app.state.guard.identity(token)
    session = Session()
    session.subscriptions.add("call_held")
    session.started = True
    closed, stopping = asyncio.Event(), asyncio.Event()
    outgoing: asyncio.Queue[str] = asyncio.Queue()

    def offer(event: str) -> bool:
        outgoing.put_nowait(event)
        return True

    stream_client = Client(token, identity, session, offer, lambda *_: closed.set())
    lines = _lines(fanout, stream_client, outgoing, closed, stopping)
    assert await anext(lines) == "\n"
    await tell(company, BOB)
    await tell(company, ALICE)
    event = json.loads(await asyncio.wait_for(anext(lines), WITHIN_S))
    assert event["data"]["user_uuid"] == ALICE
    await company.revoke(token)
    assert await asyncio.wait_for(anext(lines), WITHIN_S) == "\n"
    with pytest.raises(StopAsyncIteration):
        await anext(lines)
    assert not len(fanout)


async def test_a_client_that_an_event_may_be_for_is_told_to_come_back(
    calld: Any, company: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_message: Any) -> frozenset[int]:
        raise Unavailable(message="the database is away")

    token = await company.token("websocketd", "events.#", entity_id=company.other_entity_id)
    monkeypatch.setattr(calld.app.state.fanout._entities, "of", away)
    async with client(calld, token) as websocket:
        await follow(websocket, "*")
        await tell(company, ALICE)
        assert await close_code(websocket) == 1011


@pytest.mark.rabbitmq
async def test_a_lost_broker_closes_with_1011_and_a_client_that_returns_hears_again(
    start_calld: Any, company: Any, rabbitmq: Any
) -> None:
    token = await company.token("websocketd", "events.#")
    async with start_calld(bus_url=rabbitmq.url) as calld:
        async with client(calld, token) as websocket:
            await follow(websocket, "*")
            await tell(company, ALICE, "before")
            assert (await heard(websocket))["data"]["call_id"] == "before"
            await asyncio.to_thread(rabbitmq.kill)
            assert await close_code(websocket) == 1011
        async with client(calld, token) as websocket:
            assert await close_code(websocket) == 1011
        await tell(company, ALICE, "meanwhile")
        await asyncio.to_thread(rabbitmq.start)
        await eventually(lambda: calld.app.state.fanout.active, "the bus is heard again")
        async with client(calld, token) as websocket:
            await follow(websocket, "*")
            await tell(company, ALICE, "after")
            while (await heard(websocket))["data"]["call_id"] != "after":
                pass
