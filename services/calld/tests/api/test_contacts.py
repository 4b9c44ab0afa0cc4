"""Whom a caller from outside is: the contact in the events of a phone that rings."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest_asyncio
from ovix_testkit.inbox import eventually
from ovix_web.tokens import hash_of
from sqlalchemy import text

BOB = "7f3a5f9e-0002-4000-8000-000000000002"
NUMBER = "0123456789"


@dataclass
class Dird:
    """Knows everybody, or hangs."""

    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and number."""
    tokens: set[str] = field(default_factory=set)
    hangs: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = urlsplit(head.split(" ")[1])
        (number,) = parse_qs(target.query)["exten"]
        self.asked.append((target.path, number))
        lines = head.lower().splitlines()
        self.tokens |= {each.split(": ")[1] for each in lines if each.startswith("x-auth-token")}
        if self.hangs:
            await reader.read()
        answer = {"display": "Zoé Martin", "exten": number, "source": "clients",
                  "source_entry_id": "12", "url": "https://crm.example/12",
                  "fields": {"company": "Acme", "fax": None}}  # fmt: skip
        body = json.dumps(answer).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        writer.write(body)
        writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def dird() -> AsyncIterator[Dird]:
    made = Dird()
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


async def told(company: Any) -> list[Any]:
    """Every event of a call so far, in order."""
    async with company.sessions.begin() as session:
        rows = await session.execute(
            text("SELECT body FROM bus_messages WHERE name LIKE 'call\\_%' ORDER BY id")
        )
        return [row.body for row in rows]


async def until_told(company: Any, holds: Callable[[list[Any]], bool]) -> list[Any]:
    async with asyncio.timeout(60):
        while True:
            events = await told(company)
            if holds(events):
                return events
            await asyncio.sleep(0.02)


def halves(recorded: Any) -> tuple[bytes, bytes]:
    """The call from the trunk until Bob's phone rings, and the rest; its caller has a number."""
    data: bytes = recorded.live.replace(b"Num: trunk\r\n", b"Num: %s\r\n" % NUMBER.encode())
    end = data.index(b"\r\n\r\n", data.index(b"ChannelStateDesc: Ringing")) + 4
    return data[:end], data[end:]


async def test_the_ringing_is_told_at_once_and_the_contact_after_it(
    start_calld: Any, ami: Any, company: Any, dird: Dird, recording: Callable[[str], Any]
) -> None:
    async with start_calld(dird_url=f"http://127.0.0.1:{dird.port}") as calld:
        ami.say(halves(recording("inbound"))[0])
        events = await until_told(company, lambda all_: any(e["data"]["contact"] for e in all_))
        own = [event for event in events if event["data"]["user_uuid"] == BOB]
        first = next(at for at, e in enumerate(own) if e["data"]["status"] == "Ringing")
        with_contact = next(at for at, event in enumerate(own) if event["data"]["contact"])
        assert own[first]["data"]["contact"] is None
        assert first < with_contact
        assert own[with_contact]["name"] == "call_updated"
        assert own[with_contact]["data"]["contact"] == {
            "display": "Zoé Martin", "source": "clients", "source_entry_id": "12",
            "url": "https://crm.example/12", "fields": {"company": "Acme"},
        }  # fmt: skip
        assert dird.asked == [(f"/0.1/directories/reverse/default/{BOB}", NUMBER)]
        token = await company.token("calld.calls.read")
        listed = await calld.api.get("/1.0/calls", headers={"X-Auth-Token": token})
        (bobs,) = [each for each in listed.json()["items"] if each["user_uuid"] == BOB]
        assert bobs["contact"]["display"] == "Zoé Martin"


async def test_the_token_it_shows_is_stored_as_a_hash_and_may_look_up_alone(
    start_calld: Any, ami: Any, company: Any, dird: Dird, recording: Callable[[str], Any]
) -> None:
    async with start_calld(dird_url=f"http://127.0.0.1:{dird.port}"):
        ami.say(halves(recording("inbound"))[0])
        await until_told(company, lambda all_: any(e["data"]["contact"] for e in all_))
    (token,) = dird.tokens
    async with company.sessions.begin() as session:
        found = await session.execute(
            text("SELECT acl, auth_id FROM tokens WHERE token_hash = :hash"),
            {"hash": hash_of(token)},
        )
        row = found.one()
    assert (row.acl, row.auth_id) == (["dird.directories.reverse.*.*.read"], "ovix-calld")


async def test_a_call_between_colleagues_is_nobodys_to_look_up(
    start_calld: Any, ami: Any, company: Any, dird: Dird, recording: Callable[[str], Any]
) -> None:
    async with start_calld(dird_url=f"http://127.0.0.1:{dird.port}"):
        ami.say(recording("answered").live)
        await until_told(company, lambda all_: sum(e["name"] == "call_ended" for e in all_) == 2)
    assert dird.asked == []


async def test_a_dird_that_hangs_delays_no_event(
    start_calld: Any, ami: Any, company: Any, dird: Dird, recording: Callable[[str], Any]
) -> None:
    dird.hangs = True
    async with start_calld(dird_url=f"http://127.0.0.1:{dird.port}") as calld:
        rings, rest = halves(recording("inbound"))
        ami.say(rings)
        await eventually(lambda: bool(dird.asked))
        ami.say(rest)
        events = await until_told(
            company, lambda all_: sum(e["name"] == "call_ended" for e in all_) == 2
        )
        assert not any(event["data"]["contact"] for event in events)
        assert calld.app.state.follower.in_step
