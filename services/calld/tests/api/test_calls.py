"""The calls API and the events of calls, against a real database and recorded Asterisks."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from ovix_schema import LiveCall, OutboxMessage
from ovix_testkit.inbox import eventually
from sqlalchemy import func, select, text

ALICE, BOB = (f"7f3a5f9e-000{n}-4000-8000-00000000000{n}" for n in (1, 2))
Record = Callable[[str], Any]


def auth(token: str) -> dict[str, str]:
    return {"X-Auth-Token": token}


async def live(company: Any) -> int:
    async with company.sessions.begin() as session:
        return int(await session.scalar(select(func.count()).select_from(LiveCall)))


async def published(company: Any) -> list[Any]:
    """Every event that went over the bus, in order."""
    async with company.sessions.begin() as session:
        rows = await session.execute(text("SELECT body FROM bus_messages ORDER BY id"))
        return [row.body for row in rows]


async def all_relayed(company: Any) -> None:
    for _ in range(3000):
        async with company.sessions.begin() as session:
            if not await session.scalar(select(func.count()).select_from(OutboxMessage)):
                return
        await asyncio.sleep(0.02)
    raise TimeoutError("the outbox is not relayed")


async def until_live(company: Any, number: int) -> None:
    for _ in range(6000):
        if await live(company) == number:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError(f"there are not {number} live calls")


def until(recorded: Any, name: str) -> bytes:
    """The recording up to and with its first event of that name."""
    data: bytes = recorded.live
    end = data.index(f"Event: {name}\r\n".encode())
    return data[: data.index(b"\r\n\r\n", end) + 4]


async def test_a_call_is_listed_while_it_lives_and_told_on_the_bus(
    calld: Any, ami: Any, company: Any, recording: Record
) -> None:
    token = await company.token("calld.calls.read", "calld.calls.*.read")
    answered = recording("answered")
    ami.say(until(answered, "DialBegin"))
    await until_live(company, 2)
    items = (await calld.api.get("/1.0/calls", headers=auth(token))).json()["items"]
    assert {item["user_uuid"] for item in items} == {ALICE, BOB}
    one = items[0]
    found = await calld.api.get(f"/1.0/calls/{one['call_id']}", headers=auth(token))
    assert found.json() == one

    ami.say(answered.live)
    await until_live(company, 0)
    assert (await calld.api.get("/1.0/calls", headers=auth(token))).json() == {"items": []}
    await all_relayed(company)
    told = await published(company)
    names = [each["name"] for each in told if each["data"]["user_uuid"] == BOB]
    assert names[0] == "call_created"
    assert names[-1] == "call_ended"
    assert "call_answered" in names
    for envelope in told:
        assert envelope["required_acl"].startswith("events.calls.")
        assert envelope["data"]["seq"] >= 1
        assert {"origin_uuid", "event_uuid", "timestamp"} <= envelope.keys()


async def test_each_user_sees_and_hangs_up_own_calls_only(
    calld: Any, ami: Any, company: Any, recording: Record
) -> None:
    alice = await company.token("calld.users.me.#", user="alice")
    ami.say(until(recording("answered"), "DialBegin"))
    await until_live(company, 2)
    mine = (await calld.api.get("/1.0/users/me/calls", headers=auth(alice))).json()["items"]
    assert [item["user_uuid"] for item in mine] == [ALICE]
    admin = await company.token("calld.#")
    everyone = (await calld.api.get("/1.0/calls", headers=auth(admin))).json()["items"]
    bobs = next(item["call_id"] for item in everyone if item["user_uuid"] == BOB)

    refused = await calld.api.delete(f"/1.0/users/me/calls/{bobs}", headers=auth(alice))
    assert refused.status_code == 403
    assert refused.json()["error_id"] == "user-permission-denied"
    assert not ami.named("Hangup")
    own = mine[0]["call_id"]
    done = await calld.api.delete(f"/1.0/users/me/calls/{own}", headers=auth(alice))
    assert done.status_code == 204
    assert ami.named("Hangup")[0]["Channel"].startswith("PJSIP/alice-")
    assert (await calld.api.delete(f"/1.0/calls/{bobs}", headers=auth(admin))).status_code == 204


async def test_a_finished_call_is_not_there(
    calld: Any, ami: Any, company: Any, recording: Record
) -> None:
    token = await company.token("calld.#", user="alice")
    for path in ("/1.0/calls/1.0", "/1.0/users/me/calls/1.0"):
        for answer in (
            await calld.api.get(path, headers=auth(token)),
            await calld.api.delete(path, headers=auth(token)),
        ):
            assert answer.status_code == 404
            assert answer.json()["error_id"] == "no-such-call"

    ami.answers["Hangup"] = lambda _: (
        "Response: Error\r\nActionID: {id}\r\nMessage: No such channel\r\n\r\n"
    )
    ami.say(until(recording("answered"), "DialBegin"))
    await until_live(company, 2)
    [*_, last] = (await calld.api.get("/1.0/calls", headers=auth(token))).json()["items"]
    gone = await calld.api.delete(f"/1.0/calls/{last['call_id']}", headers=auth(token))
    assert gone.status_code == 404


@pytest.mark.parametrize("prefix", ["calld", "ctid-ng"])
async def test_both_names_of_the_service_grant_access(
    calld: Any, company: Any, prefix: str
) -> None:
    token = await company.token(f"{prefix}.calls.read")
    assert (await calld.api.get("/1.0/calls", headers=auth(token))).status_code == 200
    refused = await calld.api.get("/1.0/users/me/calls", headers=auth(token))
    assert refused.status_code == 401


async def test_a_token_without_user_has_no_calls_of_its_own(calld: Any, company: Any) -> None:
    token = await company.token("calld.#")
    for answer in (
        await calld.api.get("/1.0/users/me/calls", headers=auth(token)),
        await calld.api.post(
            "/1.0/users/me/calls", headers=auth(token), json={"extension": "1002"}
        ),
    ):
        assert answer.status_code == 400
        assert answer.json()["error_id"] == "token-with-user-uuid-required"


async def test_a_token_of_an_entity_sees_the_calls_of_its_users_only(
    calld: Any, ami: Any, company: Any, recording: Record
) -> None:
    ami.say(until(recording("ring_group"), "Newstate"))
    await until_live(company, 4)
    own = await company.token("calld.#", entity_id=company.other_entity_id)
    items = (await calld.api.get("/1.0/calls", headers=auth(own))).json()["items"]
    assert [item["caller_id_name"] for item in items] == ["Carol"]
    named = {**auth(await company.token("calld.#")), "Wazo-Tenant": await company.other_tenant()}
    assert (await calld.api.get("/1.0/calls", headers=named)).json()["items"] == items
    stranger = await company.token("calld.#", entity_id=company.entity_id)
    refused = await calld.api.get("/1.0/calls", headers={**named, **auth(stranger)})
    assert (refused.status_code, refused.json()["error_id"]) == (401, "unauthorized-tenant")
    everything = await company.token("calld.#")
    others = (await calld.api.get("/1.0/calls", headers=auth(everything))).json()["items"]
    foreign = next(item["call_id"] for item in others if item["user_uuid"] == ALICE)
    for answer in (
        await calld.api.get(f"/1.0/calls/{foreign}", headers=auth(own)),
        await calld.api.delete(f"/1.0/calls/{foreign}", headers=auth(own)),
    ):
        assert answer.status_code == 404
    assert not ami.named("Hangup")


async def test_without_asterisk_the_api_says_so_and_comes_back(
    calld: Any, ami: Any, company: Any
) -> None:
    token = await company.token("calld.#")
    await ami.stop()
    await eventually(lambda: not calld.app.state.follower.in_step)
    answer = await calld.api.get("/1.0/calls", headers=auth(token))
    assert answer.status_code == 503
    assert answer.json()["error_id"] == "asterisk-unreachable"
    nobody = await calld.api.get("/1.0/calls", headers=auth("no-token"))
    assert nobody.status_code == 401
    status = await calld.api.get("/status")
    assert status.status_code == 200
    assert status.json()["ami"] == {"status": "fail"}
    await ami.start()
    await calld.in_step()
    assert (await calld.api.get("/1.0/calls", headers=auth(token))).status_code == 200


async def test_calls_that_ended_while_the_connection_was_away_are_told(
    calld: Any, ami: Any, company: Any, recording: Record
) -> None:
    ami.say(until(recording("answered"), "DialBegin"))
    await until_live(company, 2)
    await ami.stop()
    await eventually(lambda: not calld.app.state.follower.in_step)
    await ami.start()
    await until_live(company, 0)
    await all_relayed(company)
    ended = [each["data"] for each in await published(company) if each["name"] == "call_ended"]
    assert {(each["user_uuid"], each["reason_code"]) for each in ended} == {(ALICE, 0), (BOB, 0)}


async def test_calls_that_ended_while_calld_was_dead_are_told_by_the_next_one(
    start_calld: Any, ami: Any, company: Any, recording: Record
) -> None:
    async with start_calld():
        ami.say(until(recording("answered"), "DialBegin"))
        await until_live(company, 2)
    async with start_calld():
        await until_live(company, 0)
        await all_relayed(company)
    told = [each for each in await published(company) if each["data"]["user_uuid"] == ALICE]
    assert told[0]["name"] == "call_created"
    assert told[-1]["name"] == "call_ended"
    sequence = [each["data"]["seq"] for each in told]
    assert sequence == sorted(set(sequence))


async def test_a_call_found_at_the_start_is_announced(
    start_calld: Any, ami: Any, company: Any, recording: Record
) -> None:
    ami.channels = "".join(
        "".join(f"{key}: {value}\r\n" for key, value in m.fields if key != "ActionID") + "\r\n"
        for m in recording("status").messages
        if m.event == "Status" and m.action_id == "talking"
    )
    async with start_calld():
        await until_live(company, 2)
        await all_relayed(company)
    assert {each["name"] for each in await published(company)} == {"call_created", "call_answered"}


async def test_of_two_callds_one_follows_and_the_other_takes_over(
    start_calld: Any, ami: Any, company: Any, recording: Record
) -> None:
    async with AsyncExitStack() as both:
        async with start_calld() as first:
            second = await both.enter_async_context(start_calld(wait=False))
            ami.say(until(recording("answered"), "DialBegin"))
            await until_live(company, 2)
            assert first.app.state.follower.in_step
            assert not second.app.state.follower.in_step
            assert len(ami.named("Login")) == 1
        await second.in_step()
        await until_live(company, 0)
        await all_relayed(company)
    told = await published(company)
    assert [each["name"] for each in told].count("call_created") == 2
    assert [each["name"] for each in told].count("call_ended") == 2


async def test_only_what_is_read_is_asked_for(
    start_calld: Any, ami: Any, asterisk_version: str
) -> None:
    ami.answers["CoreSettings"] = lambda _action: (
        f"Response: Success\r\nActionID: {{id}}\r\nAsteriskVersion: {asterisk_version}.9.1\r\n\r\n"
    )
    async with start_calld():
        asked = [(each.get("MatchCriteria"), each.get("Filter")) for each in ami.named("Filter")]
    if asterisk_version == "16":
        expressions = [expression for criteria, expression in asked if criteria is None]
        assert any("Newchannel" in each for each in expressions)
        assert any("VarSet.*Variable: (XIVO_USERUUID" in each for each in expressions)
    else:
        assert ("name(Newchannel),method(none)", None) in asked
        assert ("name(VarSet),header(Variable),method(exact)", "XIVO_USERUUID") in asked
        assert all(criteria for criteria, _ in asked), "no expression is tried on every event"


async def test_strange_requests_are_answered_clearly(calld: Any, company: Any) -> None:
    token = auth(await company.token("calld.#", user="alice"))
    bodies: list[Any] = [{}, [], {"extension": 5}, {"extension": ""}, {"extension": "1\x00"}, None]
    for body in bodies:
        answer = await calld.api.post("/1.0/users/me/calls", headers=token, json=body)
        assert answer.status_code == 400
        assert {"message", "error_id", "details", "timestamp"} <= answer.json().keys()
    assert (await calld.api.get("/1.0/calls/a%00b", headers=token)).status_code in (400, 404)
    assert (await calld.api.get("/1.0/calls")).status_code == 401
