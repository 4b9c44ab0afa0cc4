"""Click-to-call through the API (reference/calls.md 4.1 and 11)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from ovix_schema import Context, EndpointSip, User
from sqlalchemy import update

ALICE, BOB, CAROL = (f"7f3a5f9e-000{n}-4000-8000-00000000000{n}" for n in (1, 2, 3))


def auth(token: str) -> dict[str, str]:
    return {"X-Auth-Token": token}


def newchannel(call_id: str, endpoint: str) -> bytes:
    return (
        f"Event: Newchannel\r\nChannel: PJSIP/{endpoint}-0000000a\r\nChannelState: 0\r\n"
        f"ChannelStateDesc: Down\r\nCallerIDNum: 1001\r\nCallerIDName: Alice\r\n"
        f"ConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nContext: default\r\n"
        f"Exten: s\r\nPriority: 1\r\nUniqueid: {call_id}\r\nLinkedid: {call_id}\r\n\r\n"
    ).encode()


@pytest.fixture
def pbx(ami: Any) -> dict[str, str]:
    """An Asterisk where everything asked for is there; a test takes something away."""
    values = {"DIALPLAN_EXISTS": "1", "DEVICE_STATE": "NOT_INUSE"}

    def getvar(action: dict[str, str]) -> str:
        value = values.get(action["Variable"].partition("(")[0], "")
        return f"Response: Success\r\nActionID: {{id}}\r\nValue: {value}\r\n\r\n"

    def originate(action: dict[str, str]) -> str:
        ami.say(newchannel(action["ChannelId"], action["Channel"].removeprefix("PJSIP/")))
        return (
            "Response: Success\r\nActionID: {id}\r\nMessage: Originate successfully queued\r\n\r\n"
        )

    ami.answers["Getvar"] = getvar
    ami.answers["Originate"] = originate
    return values


async def test_the_users_phone_rings_and_the_call_is_answered_at_once(
    calld: Any, ami: Any, company: Any, pbx: Any
) -> None:
    token = await company.token("calld.users.me.calls.#", user="alice")
    made = await calld.api.post(
        "/1.0/users/me/calls", headers=auth(token), json={"extension": " 10 02 "}
    )
    assert made.status_code == 201, made.text
    call = made.json()
    assert call["user_uuid"] == ALICE
    assert call["dialed_extension"] == "1002"
    assert (call["caller_id_name"], call["caller_id_number"]) == ("Alice", "1001")
    assert call["peer_caller_id_number"] == "1002"
    assert call["is_caller"]
    assert call["line_id"] == company.line_ids["alice"]
    assert made.headers["Location"].endswith(f"/1.0/calls/{call['call_id']}")

    (action,) = ami.named("Originate")
    assert action["Channel"] == "PJSIP/alice"
    assert (action["Context"], action["Exten"], action["Priority"]) == ("default", "1002", "1")
    assert action["ChannelId"] == call["call_id"]
    assert action["Async"] == "true"
    assert set(action["Variable"].split("\n")) >= {
        'CONNECTEDLINE(name)="1002"',
        'CONNECTEDLINE(num)="1002"',
        'CALLERID(name)="1002"',
        'CALLERID(num)="1002"',
        'XIVO_FIX_CALLERID="1"',
    }
    found = await calld.api.get(f"/1.0/users/me/calls/{call['call_id']}", headers=auth(token))
    assert found.json()["call_id"] == call["call_id"]


async def test_a_service_account_calls_for_a_user(
    calld: Any, ami: Any, company: Any, pbx: Any
) -> None:
    token = await company.token("calld.calls.create")
    body = {
        "source": {"user": BOB, "line_id": company.line_ids["bob"]},
        "destination": {"context": "default", "extension": "#31#1001", "priority": 2},
        "variables": {"CRM_ID": 'a "b", c\\d', "CALLERID(name)": "Acme"},
    }
    made = await calld.api.post("/1.0/calls", headers=auth(token), json=body)
    assert made.status_code == 201, made.text
    (action,) = ami.named("Originate")
    variables = action["Variable"].split("\n")
    assert (action["Channel"], action["Priority"]) == ("PJSIP/bob", "2")
    assert "CONNECTEDLINE(num)=" in variables
    assert 'CALLERID(name)="Acme"' in variables
    assert 'CRM_ID="a \\"b\\", c\\\\d"' in variables
    assert (await calld.api.get("/1.0/calls", headers=auth(token))).status_code == 401


async def test_an_unknown_extension_rings_nobody(
    calld: Any, ami: Any, company: Any, pbx: Any
) -> None:
    pbx["DIALPLAN_EXISTS"] = "0"
    token = await company.token("calld.#", user="alice")
    answer = await calld.api.post(
        "/1.0/users/me/calls", headers=auth(token), json={"extension": "999999"}
    )
    assert answer.status_code == 400
    assert answer.json()["error_id"] == "invalid-extension"
    assert answer.json()["details"] == {"context": "default", "exten": "999999"}
    assert not ami.named("Originate")


@pytest.mark.parametrize("state", ["UNAVAILABLE", "INVALID"])
async def test_an_unregistered_phone_is_told_before_any_ringing(
    calld: Any, ami: Any, company: Any, pbx: Any, state: str
) -> None:
    pbx["DEVICE_STATE"] = state
    token = await company.token("calld.#", user="alice")
    answer = await calld.api.post(
        "/1.0/users/me/calls", headers=auth(token), json={"extension": "1002"}
    )
    assert answer.status_code == 400
    assert answer.json()["error_id"] == "call-origin-unavailable"
    assert answer.json()["details"] == {
        "line_id": company.line_ids["alice"],
        "source_interface": "PJSIP/alice",
    }
    assert not ami.named("Originate")


async def test_a_phone_that_vanishes_meanwhile_is_unavailable_too(
    calld: Any, ami: Any, company: Any, pbx: Any, recording: Callable[[str], Any]
) -> None:
    def refuse(action: dict[str, str]) -> str:
        return (
            "Response: Success\r\nActionID: {id}\r\nMessage: Originate successfully queued\r\n\r\n"
            "Event: OriginateResponse\r\nActionID: {id}\r\nResponse: Failure\r\nReason: 0\r\n"
            "Uniqueid: <null>\r\n\r\n"
        )

    ami.answers["Originate"] = refuse
    token = await company.token("calld.#", user="alice")
    answer = await calld.api.post(
        "/1.0/users/me/calls", headers=auth(token), json={"extension": "1002"}
    )
    assert answer.status_code == 400
    assert answer.json()["error_id"] == "call-origin-unavailable"


async def test_lines_must_be_the_users_own(calld: Any, ami: Any, company: Any, pbx: Any) -> None:
    token = await company.token("calld.#", user="alice")
    answer = await calld.api.post(
        "/1.0/users/me/calls",
        headers=auth(token),
        json={"extension": "1002", "line_id": company.line_ids["bob"]},
    )
    assert (answer.status_code, answer.json()["error_id"]) == (400, "invalid-user-line")
    assert not ami.named("Originate")


async def test_users_must_exist_and_have_a_line(
    calld: Any, company: Any, pbx: Any, sessions: Any
) -> None:
    from ovix_testkit.builders import a_user

    async with sessions.begin() as session:
        lonely = a_user(entity_id=company.entity_id)
        session.add(lonely)
        await session.flush()
        user_id = lonely.id
    token = await company.token("calld.#")
    for user, error in (
        ("00000000-0000-4000-8000-000000000000", "invalid-user"),
        ("nobody", "invalid-user"),
        ("99999999999", "invalid-user"),
        (str(user_id), "user-missing-main-line"),
    ):
        body = {"source": {"user": user}, "destination": {"context": "default", "extension": "1"}}
        answer = await calld.api.post("/1.0/calls", headers=auth(token), json=body)
        assert (answer.status_code, answer.json()["error_id"]) == (400, error)


async def test_a_token_of_an_entity_calls_for_its_users_only(
    calld: Any, ami: Any, company: Any, pbx: Any
) -> None:
    token = await company.token("calld.#", entity_id=company.entity_id)
    where = {"context": "default", "extension": "1001"}
    for user, status in ((CAROL, 400), (BOB, 201)):
        body = {"source": {"user": user}, "destination": where}
        answer = await calld.api.post("/1.0/calls", headers=auth(token), json=body)
        assert answer.status_code == status
    assert [each["Channel"] for each in ami.named("Originate")] == ["PJSIP/bob"]


async def test_a_token_of_an_entity_dials_in_its_contexts_only(
    calld: Any, ami: Any, company: Any, pbx: Any
) -> None:
    async with company.sessions.begin() as session:
        session.add(Context(name="theirs", type="outcall", entity_id=company.other_entity_id))
    bound = await company.token("calld.#", entity_id=company.entity_id)
    unbound = await company.token("calld.#")
    for token, context, status in (
        (bound, "theirs", 400),
        (bound, "nobodys", 400),
        (bound, "default", 201),
        (unbound, "theirs", 201),
    ):
        body = {
            "source": {"user": ALICE},
            "destination": {"context": context, "extension": "1002"},
        }
        answer = await calld.api.post("/1.0/calls", headers=auth(token), json=body)
        assert answer.status_code == status, answer.text
        if status == 400:
            assert answer.json()["error_id"] == "invalid-extension"
    assert [each["Context"] for each in ami.named("Originate")] == ["default", "theirs"]


@pytest.mark.parametrize(
    "variables",
    [{"A": "é" * 512}, {"A": '"' * 512}, {"A" * 1100: "x"}],
)
async def test_variables_that_asterisk_cannot_read_are_refused(
    calld: Any, ami: Any, company: Any, pbx: Any, variables: dict[str, str]
) -> None:
    token = await company.token("calld.#", user="alice")
    answer = await calld.api.post(
        "/1.0/users/me/calls",
        headers=auth(token),
        json={"extension": "1002", "variables": variables},
    )
    assert (answer.status_code, answer.json()["error_id"]) == (400, "invalid-data")
    assert not ami.named("Originate")


@pytest.mark.parametrize(
    "variables",
    [
        {"FILE(/etc/passwd)": "x"},
        {"SHELL(id)": "x"},
        {"XIVO_USERID": "1"},
        {"__XIVO_ANSWERABLE_USERID": "1"},
        {"__XIVO_USERUUID": BOB},
        {"TRANSFER_CONTEXT": "of-another-entity"},
        {"__GOTO_ON_BLINDXFR": "of-another-entity^2001^1"},
        {"CHANNEL(hangup_handler_push)": "x"},
        {"A,B": "x"},
        {"A": "1\r\nAction: Command"},
        {"A\r\nB": "x"},
        {"": "x"},
    ],
)
async def test_variables_cannot_reach_into_asterisk(
    calld: Any, ami: Any, company: Any, pbx: Any, variables: dict[str, str]
) -> None:
    token = await company.token("calld.#", user="alice")
    for path, body in (
        ("/1.0/users/me/calls", {"extension": "1002"}),
        (
            "/1.0/calls",
            {
                "source": {"user": ALICE},
                "destination": {"context": "default", "extension": "1002"},
            },
        ),
    ):
        answer = await calld.api.post(
            path, headers=auth(token), json={**body, "variables": variables}
        )
        assert (answer.status_code, answer.json()["error_id"]) == (400, "invalid-data")
    assert not ami.named("Originate")


async def test_f121_of_a_unique_account_the_selected_device_rings(
    calld: Any, ami: Any, company: Any, pbx: Any
) -> None:
    token = await company.token("calld.users.me.calls.#", user="alice")
    for selected in ("phone", "webrtc"):
        async with company.sessions.begin() as session:
            await session.execute(
                update(EndpointSip)
                .where(EndpointSip.username == "alice")
                .values(native_options={"webrtc": "ua"})
            )
            await session.execute(
                update(User).where(User.uuid == UUID(ALICE)).values(selected_device=selected)
            )
        made = await calld.api.post(
            "/1.0/users/me/calls", headers=auth(token), json={"extension": "1002"}
        )
        assert made.status_code == 201, made.text
        assert made.json()["line_id"] == company.line_ids["alice"]
    rung = [each["Channel"] for each in ami.named("Originate")]
    assert rung == ["PJSIP/alice", "PJSIP/alice_w"]
