"""calld on a real Asterisk: from a REST call to a ringing phone, its events and its log."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ovix_schema import CallLog, LiveCall
from ovix_testkit.inbox import eventually
from sqlalchemy import func, select
from websockets.asyncio.client import ClientConnection, connect

ALICE, BOB = (f"7f3a5f9e-000{n}-4000-8000-00000000000{n}" for n in (1, 2))
pytestmark = pytest.mark.asterisk


def auth(token: str) -> dict[str, str]:
    return {"X-Auth-Token": token}


@asynccontextmanager
async def listening(calld: Any, token: str) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{calld.websocket_port}/?token={token}"
    async with connect(url) as websocket:
        for frame in ({"op": "subscribe", "data": {"event_name": "*"}}, {"op": "start"}):
            await websocket.send(json.dumps(frame))
        for _ in range(3):
            await websocket.recv()
        yield websocket


async def heard_until(websocket: ClientConnection, done: Callable[[list[Any]], bool]) -> list[Any]:
    events: list[Any] = []
    async with asyncio.timeout(60):
        while not done(events):
            events.append(json.loads(await websocket.recv()))
    return events


async def rows(company: Any, table: Any, number: int, *conditions: Any) -> list[Any]:
    for _ in range(3000):
        async with company.sessions.begin() as session:
            found = list((await session.scalars(select(table).where(*conditions))).all())
        if len(found) == number:
            return found
        await asyncio.sleep(0.02)
    raise TimeoutError(f"{len(found)} rows instead of {number}")


def ended(number: int) -> Callable[[list[Any]], bool]:
    return lambda events: sum(each["name"] == "call_ended" for each in events) == number


@pytest.fixture
def start_on_pbx(start_calld: Any, pbx: Any) -> Any:
    return lambda **given: start_calld(ami_port=pbx.ami_port, cel_spool=pbx.spool, **given)


async def test_a_click_to_call_rings_alice_then_bob_and_is_logged_once(
    start_on_pbx: Any, pbx: Any, company: Any
) -> None:
    await pbx.talk(1)
    user = await company.token("websocketd", "events.#", "calld.users.me.#", user="alice")
    async with start_on_pbx() as calld, listening(calld, user) as websocket:
        made = await calld.api.post(
            "/1.0/users/me/calls", headers=auth(user), json={"extension": "10 02"}
        )
        assert made.status_code == 201, made.text
        call = made.json()
        assert (call["user_uuid"], call["dialed_extension"]) == (ALICE, "1002")
        events = await heard_until(websocket, ended(2))
        logs = await rows(company, CallLog, 1, CallLog.conversation_id == call["conversation_id"])

    calls = [each["data"] for each in events if each["name"].startswith("call_")]
    mine = [each for each in calls if each.get("user_uuid") == ALICE]
    bobs = [each for each in calls if each.get("user_uuid") == BOB]
    assert {each["peer_caller_id_number"] for each in mine} == {"1002"}
    assert {each["caller_id_number"] for each in mine} == {"1001"}
    assert all(each["sip_call_id"] for each in (mine[-1], bobs[-1]))
    ringing = next(each for each in bobs if each["status"] == "Ringing")
    assert (ringing["peer_caller_id_number"], ringing["peer_user_uuid"]) == ("1001", ALICE)
    names = [each["name"] for each in events if each["data"].get("user_uuid") == ALICE]
    assert (names[0], names.count("call_answered"), names.count("call_ended")) == (
        "call_created",
        1,
        1,
    )
    (log,) = logs
    assert (log.source_exten, log.destination_exten) == ("1001", "1002")
    assert (str(log.source_user_uuid), str(log.destination_user_uuid)) == (ALICE, BOB)
    assert log.answered
    assert log.source_name == "Alice"


async def test_a_phone_that_is_not_registered_is_told_at_once(
    start_on_pbx: Any, company: Any
) -> None:
    admin = await company.token("calld.#")
    body = {
        "source": {"user": "7f3a5f9e-0003-4000-8000-000000000003"},
        "destination": {"context": "default", "extension": "1001"},
    }
    async with start_on_pbx() as calld:
        answer = await calld.api.post("/1.0/calls", headers=auth(admin), json=body)
        assert (answer.status_code, answer.json()["error_id"]) == (400, "call-origin-unavailable")
        body["destination"]["extension"] = "999999"
        answer = await calld.api.post("/1.0/calls", headers=auth(admin), json=body)
        assert (answer.status_code, answer.json()["error_id"]) == (400, "invalid-extension")
        assert (await calld.api.get("/1.0/calls", headers=auth(admin))).json() == {"items": []}


async def test_hanging_up_by_api_ends_the_call(start_on_pbx: Any, pbx: Any, company: Any) -> None:
    await pbx.talk(30)
    token = await company.token("websocketd", "events.#", "calld.#")
    async with start_on_pbx() as calld, listening(calld, token) as websocket:
        await pbx.dial("alice", "1002")
        await heard_until(
            websocket, lambda e: sum(each["name"] == "call_answered" for each in e) == 2
        )
        items = (await calld.api.get("/1.0/calls", headers=auth(token))).json()["items"]
        assert {each["user_uuid"] for each in items} == {ALICE, BOB}
        done = await calld.api.delete(f"/1.0/calls/{items[0]['call_id']}", headers=auth(token))
        assert done.status_code == 204
        await heard_until(websocket, ended(2))
        again = await calld.api.delete(f"/1.0/calls/{items[0]['call_id']}", headers=auth(token))
        assert (again.status_code, again.json()["error_id"]) == (404, "no-such-call")


async def test_calls_outlive_calld_and_their_end_is_told(
    start_on_pbx: Any, pbx: Any, company: Any
) -> None:
    await pbx.talk(30)
    token = await company.token("websocketd", "events.#", "calld.#")
    async with start_on_pbx() as calld, listening(calld, token) as websocket:
        await pbx.dial("alice", "1002")
        await heard_until(
            websocket, lambda e: sum(each["name"] == "call_answered" for each in e) == 2
        )
    async with start_on_pbx() as calld, listening(calld, token) as websocket:
        items = (await calld.api.get("/1.0/calls", headers=auth(token))).json()["items"]
        assert {each["status"] for each in items} == {"Up"}
        assert all(each["answer_time"] for each in items)
        await pbx.hang_up_all()
        await heard_until(websocket, ended(2))
        await rows(company, LiveCall, 0)


async def test_a_restart_of_asterisk_ends_its_calls_and_new_ones_are_seen(
    start_on_pbx: Any, pbx: Any, company: Any
) -> None:
    await pbx.talk(1)
    token = await company.token("websocketd", "events.#")
    async with start_on_pbx() as calld, listening(calld, token) as websocket:
        await pbx.dial("alice", "1002")
        await heard_until(
            websocket, lambda e: any(each["data"].get("status") == "Ringing" for each in e)
        )
        await pbx.asterisk.kill()
        await eventually(lambda: not calld.app.state.follower.in_step)
        await pbx.asterisk.start()
        events = await heard_until(websocket, ended(2))
        assert {e["data"]["reason_code"] for e in events if e["name"] == "call_ended"} <= {0, 16}
        await eventually(lambda: calld.app.state.follower.in_step, "calld follows again")
        await pbx.hang_up_all()
        await pbx.dial("alice", "1002")
        await heard_until(websocket, ended(2))
        async with company.sessions.begin() as session:
            assert await session.scalar(select(func.count()).select_from(LiveCall)) == 0
