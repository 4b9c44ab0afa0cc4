"""Lines as Asterisk knows them: F-116, and what is noted of them (I-03)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ovix_calld.live.registrations import note, registered_devices
from ovix_schema import EndpointSip, Line, LineRegistration, LiveCall
from sqlalchemy import select


def auth(token: str) -> dict[str, str]:
    return {"X-Auth-Token": token}


def contacts(ami: Any, *found: tuple[str, str]) -> None:
    """What Asterisk answers: names of contacts and their status."""
    listed = "".join(
        f"Event: ContactList\r\nActionID: {{id}}\r\nObjectType: contact\r\nObjectName: {name}\r\n"
        f"Status: {status}\r\n\r\n"
        for name, status in found
    )
    ami.answers["PJSIPShowContacts"] = lambda _action: (
        "Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\n"
        + listed
        + "Event: ContactListComplete\r\nActionID: {id}\r\nEventList: Complete\r\n\r\n"
    )


def nobody(ami: Any) -> None:
    ami.answers["PJSIPShowContacts"] = lambda _action: (
        "Response: Error\r\nActionID: {id}\r\nMessage: No Contacts found\r\n\r\n"
    )


async def test_f116_lines_tell_whether_they_are_registered_and_their_calls(
    calld: Any, ami: Any, company: Any
) -> None:
    alice, bob, carol = (company.line_ids[name] for name in ("alice", "bob", "carol"))
    async with company.sessions.begin() as session:
        session.add(LiveCall(call_id="1.1", linkedid="1.1", state={"call": {"line_id": alice}}))
    contacts(ami, ("alice;@0a1b", "Reachable"), ("bob;@2c3d", "Unreachable"),
             ("carol;@4e5f", "NonQualified"), ("carrier@@6a7b", "Created"))  # fmt: skip
    token = await company.token("calld.lines.read")
    answer = await calld.api.get("/1.0/lines", headers=auth(token))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["total"], found["filtered"]) == (3, 3)
    told = [(each["id"], each["registered"], each["current_call_count"]) for each in found["items"]]
    assert told == [(alice, True, 1), (bob, False, 0), (carol, True, 0)]
    assert found["items"][0]["technology"] == "sip"
    assert found["items"][0]["name"] == "alice"
    nobody(ami)
    found = (await calld.api.get("/1.0/lines", headers=auth(token))).json()
    assert not any(each["registered"] for each in found["items"])


async def test_a_unique_account_tells_its_devices_apart(calld: Any, ami: Any, company: Any) -> None:
    async with company.sessions.begin() as session:
        endpoint = await session.scalar(select(EndpointSip).where(EndpointSip.username == "alice"))
        endpoint.native_options = {"webrtc": "ua"}
    contacts(ami, ("alice_w;@0a1b", "Reachable"))
    token = await company.token("calld.lines.#")
    path = f"/1.0/lines/{company.line_ids['alice']}/status"
    found = (await calld.api.get(path, headers=auth(token))).json()
    assert found["registered"] is True
    assert found["devices"] == [
        {"name": "alice", "registered": False},
        {"name": "alice_w", "registered": True},
    ]


async def test_a_line_that_is_no_sip_is_not_known_to_register(
    calld: Any, ami: Any, company: Any
) -> None:
    nobody(ami)
    async with company.sessions.begin() as session:
        line = Line(context="default", provisioning_code="999999")
        session.add(line)
        await session.flush()
        path = f"/1.0/lines/{line.id}/status"
    token = await company.token("calld.lines.#")
    found = (await calld.api.get(path, headers=auth(token))).json()
    assert (found["registered"], found["current_call_count"]) == (None, None)
    assert (found["technology"], found["name"], found["devices"]) == (None, None, [])


async def test_a_token_of_an_entity_sees_its_lines_only(calld: Any, ami: Any, company: Any) -> None:
    nobody(ami)
    token = await company.token("calld.lines.#", entity_id=company.other_entity_id)
    found = (await calld.api.get("/1.0/lines", headers=auth(token))).json()
    assert found == {"items": [], "total": 0, "filtered": 0}
    path = f"/1.0/lines/{company.line_ids['alice']}/status"
    assert (await calld.api.get(path, headers=auth(token))).status_code == 404


@pytest.mark.parametrize("line_id", ["0", "99999999999", "x"])
async def test_an_id_that_is_none_names_no_line(calld: Any, company: Any, line_id: str) -> None:
    token = await company.token("calld.lines.#")
    answer = await calld.api.get(f"/1.0/lines/{line_id}/status", headers=auth(token))
    assert answer.status_code == 404


async def test_i03_when_a_line_was_last_registered_is_noted(
    calld: Any, ami: Any, company: Any
) -> None:
    async with company.sessions.begin() as session:
        endpoint = await session.scalar(select(EndpointSip).where(EndpointSip.username == "bob"))
        endpoint.native_options = {"webrtc": "ua"}
    contacts(ami, ("alice;@0a1b", "Reachable"), ("bob_w;@2c3d", "NonQualified"),
             ("carol;@4e5f", "Unreachable"), ("carrier@@6a7b", "Created"))  # fmt: skip
    follower = calld.app.state.follower
    for _ in range(2):  # what is known is replaced
        await note(company.sessions, await registered_devices(follower.ami))
    nobody(ami)
    await note(company.sessions, await registered_devices(follower.ami))
    async with company.sessions() as session:
        rows = (await session.scalars(select(LineRegistration))).all()
    found = {row.line_id: row.seen_at for row in rows}
    assert set(found) == {company.line_ids["alice"], company.line_ids["bob"]}
    assert all(datetime.now(UTC) - seen < timedelta(minutes=1) for seen in found.values())
