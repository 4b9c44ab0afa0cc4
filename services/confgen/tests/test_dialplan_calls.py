"""What the dialplan does with a call, run by a real Asterisk of both releases."""

from typing import Any

import pytest

pytestmark = pytest.mark.asterisk

QUESTIONS_ABOUT_A_USER = [
    ("incoming_user_set_features",),
    ("check_schedule",),
    ("getring",),
    ("user_set_call_rights",),
]
ANSWERS, BUSY, REJECTS = (f"Local/{phone}@test-phones/n" for phone in ("answer", "busy", "reject"))


def a_user_answer(**variables: str) -> dict[str, str]:
    """What agid says of a user whose phone answers."""
    return {
        "XIVO_INTERFACE": ANSWERS,
        "XIVO_RINGSECONDS": "5",
        "XIVO_CALLOPTIONS": "",
        "XIVO_SIMULTCALLS": "5",
        "XIVO_ENABLEDND": "0",
        "XIVO_ENABLEUNC": "0",
        "XIVO_ENABLEVOICEMAIL": "0",
        "XIVO_DST_USERNUM": "1001",
        "XIVO_DST_FIRSTNAME": "Bob",
        "XIVO_DST_LASTNAME": "Martin",
        **variables,
    }


def a_route_answer(**variables: str) -> dict[str, str]:
    """What agid says of a route with two trunks, the first of which is out of order."""
    return {
        "XIVO_INTERFACE0": "Local",
        "XIVO_TRUNKEXTEN0": "missing@test-phones",
        "XIVO_TRUNKSUFFIX0": "/n",
        "XIVO_INTERFACE1": "Local",
        "XIVO_TRUNKEXTEN1": "answer@test-phones",
        "XIVO_TRUNKSUFFIX1": "/n",
        "XIVO_INTERFACE2": "",
        "XIVO_OUTCALLID": "1",
        **variables,
    }


async def test_a_call_to_a_user_asks_agid_in_xivos_order_and_rings(
    switchboard: Any, agid: Any, exchange: Any
) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer(XIVO_CALLOPTIONS="tT")
    story = await switchboard.call("1001", user_id=exchange.company.alice)
    assert agid.asked == QUESTIONS_ABOUT_A_USER
    assert story.ran("Dial") == [f"{ANSWERS},5,tTb(xivo-user-predial^s^1)"]
    (told,) = story.told("User")
    assert told["XIVO_USERID"] == str(exchange.company.alice)
    assert told["XIVO_DSTID"] == str(exchange.company.bob)
    assert told["XIVO_SRCNUM"] == "0199"
    assert told["XIVO_CALLORIGIN"] == "intern"


async def test_a_comma_in_the_name_of_who_is_called_is_shown(switchboard: Any, agid: Any) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_DST_FIRSTNAME="Jean", XIVO_DST_LASTNAME="Martin, dit (Jo)"
    )
    story = await switchboard.call("1001")
    assert "SHOWN=Jean Martin, dit (Jo) <1001>" in story.ran("Set")


async def test_a_rejected_call_counts_as_busy_and_not_as_missed(
    switchboard: Any, agid: Any
) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_INTERFACE=REJECTS, XIVO_FWD_USER_BUSY_ACTION="none"
    )
    story = await switchboard.call("1001")
    assert story.prompts() == ["busy-call"]
    assert story.told("user_missed_call") == []


async def test_a_busy_user_is_forwarded_and_the_call_is_told_as_missed(
    switchboard: Any, agid: Any, exchange: Any
) -> None:
    """F-171."""
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_INTERFACE=BUSY,
        XIVO_FWD_USER_BUSY_ACTION="extension",
        XIVO_FWD_USER_BUSY_ACTIONARG1="answer",
        XIVO_FWD_USER_BUSY_ACTIONARG2="test-phones",
    )
    story = await switchboard.call("1001")
    assert story.prompts() == ["find-user"]
    assert "test-phones,answer,1" in story.ran("Goto")
    (missed,) = story.told("user_missed_call")
    assert missed["reason"] == "busy"
    assert missed["entry_exten"] == "1001"
    assert missed["destination_user_uuid"] == str(exchange.company.bob_uuid)


async def test_a_comma_in_a_forward_does_not_name_another_context(
    switchboard: Any, agid: Any
) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_INTERFACE=BUSY,
        XIVO_FWD_USER_BUSY_ACTION="extension",
        XIVO_FWD_USER_BUSY_ACTIONARG1="answer,test-phones",
        XIVO_FWD_USER_BUSY_ACTIONARG2="default",
    )
    story = await switchboard.call("1001")
    assert "default,answertestphones,1" in story.ran("Goto")


async def test_forwards_in_a_circle_come_to_an_end(switchboard: Any, agid: Any) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_ENABLEUNC="1",
        XIVO_FWD_USER_UNC_ACTION="extension",
        XIVO_FWD_USER_UNC_ACTIONARG1="1001",
        XIVO_FWD_USER_UNC_ACTIONARG2="default",
        XIVO_FWD_USER_UNC_ISDA="1",
    )
    await switchboard.call("1001")
    assert agid.asked.count(("incoming_user_set_features",)) == 11


async def test_do_not_disturb_leads_to_the_box_without_ringing(switchboard: Any, agid: Any) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_ENABLEDND="1",
        XIVO_ENABLEVOICEMAIL="1",
        XIVO_MAILBOX="1000",
        XIVO_MAILBOX_CONTEXT="default",
        XIVO_FWD_USER_BUSY_ACTION="extension",
    )
    story = await switchboard.call("1001", until="VoiceMail")
    assert story.ran("Dial") == []
    assert story.ran("VoiceMail") == ["1000@default,u"]


async def test_a_closed_user_is_not_rung(switchboard: Any, agid: Any) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer()
    agid.answers["check_schedule"] = {
        "XIVO_SCHEDULE_STATUS": "closed",
        "XIVO_FWD_SCHEDULE_OUT_ACTION": "endcall:hangup",
    }
    story = await switchboard.call("1001")
    assert story.ran("Dial") == []
    assert [missed["reason"] for missed in story.told("user_missed_call")] == ["schedule-closed"]


async def test_a_denied_caller_hears_it(switchboard: Any, agid: Any) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer()
    agid.answers["user_set_call_rights"] = {"XIVO_AUTHORIZATION": "DENY", "XIVO_PASSWORD": ""}
    story = await switchboard.call("1001")
    assert story.prompts() == ["noright"]
    assert story.ran("Dial") == []


async def test_without_agid_a_users_phone_is_rung_all_the_same(switchboard: Any) -> None:
    story = await switchboard.call("1001")
    assert story.ran("Dial") == ["PJSIP/bob,30,b(xivo-user-predial^s^1)"]
    assert story.prompts() == ["user-unreachable"]


async def test_an_agid_that_cannot_answer_is_as_good_as_none(switchboard: Any, agid: Any) -> None:
    agid.answers["incoming_user_set_features"] = {"XIVO_INTERFACE": ""}
    story = await switchboard.call("1001")
    assert agid.asked == [("incoming_user_set_features",)]
    assert story.ran("Dial") == ["PJSIP/bob,30,b(xivo-user-predial^s^1)"]


async def test_an_allowed_call_leaves_by_the_first_trunk_that_works(
    switchboard: Any, agid: Any, exchange: Any
) -> None:
    agid.answers["outgoing_user_set_features"] = a_route_answer()
    agid.answers["user_set_call_rights"] = {"XIVO_AUTHORIZATION": "ALLOW"}
    story = await switchboard.call("0612345678", user_id=exchange.company.alice)
    assert agid.asked == [
        ("outgoing_user_set_features",),
        ("user_set_call_rights",),
        ("check_schedule",),
    ]
    assert story.ran("Dial") == [
        "Local/missing@test-phones/n,,o(0612345678)",
        "Local/answer@test-phones/n,,o(0612345678)",
    ]
    assert story.ran("CELGenUserEvent") == ["XIVO_OUTCALL", "XIVO_OUTCALL"]


@pytest.mark.parametrize("answer", ["UNAVAILABLE", ""])
async def test_nothing_leaves_the_company_without_agids_word(
    switchboard: Any, agid: Any, answer: str
) -> None:
    agid.answers["outgoing_user_set_features"] = a_route_answer()
    agid.answers["user_set_call_rights"] = {"XIVO_AUTHORIZATION": answer}
    story = await switchboard.call("0612345678")
    assert story.ran("Dial") == []
    assert story.prompts() == ["noright"]


async def test_without_agid_calls_to_the_outside_are_refused(switchboard: Any) -> None:
    story = await switchboard.call("0612345678")
    assert story.ran("Dial") == []
    assert story.prompts() == ["noright"]


async def test_without_agid_help_can_be_called(switchboard: Any) -> None:
    story = await switchboard.call("0112", until="Dial")
    assert story.ran("Dial") == ["PJSIP/112@carrier,,o(0112)"]


async def test_help_is_called_whatever_rights_and_schedules_say(
    switchboard: Any, agid: Any
) -> None:
    agid.answers["outgoing_user_set_features"] = a_route_answer(
        XIVO_OUTCALLPREPROCESS_SUBROUTINE="test-preprocess", XIVO_HANGUPRINGTIME="1"
    )
    agid.answers["user_set_call_rights"] = {"XIVO_AUTHORIZATION": "DENY", "XIVO_PASSWORD": "4711"}
    agid.answers["check_schedule"] = {
        "XIVO_SCHEDULE_STATUS": "closed",
        "XIVO_FWD_SCHEDULE_OUT_ACTION": "endcall:hangup",
    }
    story = await switchboard.call("0112", until="Dial")
    assert story.ran("Dial") == ["PJSIP/112@carrier,,o(0112)"]
    assert "CALLERID(pres)=allowed" in story.ran("Set")
    assert agid.asked == [("outgoing_user_set_features",)]
    assert story.told("Integrator") == []


async def test_a_closed_route_lets_nothing_out_even_when_its_action_comes_back(
    switchboard: Any, agid: Any
) -> None:
    agid.answers["outgoing_user_set_features"] = a_route_answer()
    agid.answers["user_set_call_rights"] = {"XIVO_AUTHORIZATION": "ALLOW"}
    agid.answers["check_schedule"] = {
        "XIVO_SCHEDULE_STATUS": "closed",
        "XIVO_FWD_SCHEDULE_OUT_ACTION": "none",
    }
    story = await switchboard.call("0612345678")
    assert story.ran("Dial") == []


async def test_a_forward_dialled_again_for_the_same_destination_is_switched_off(
    switchboard: Any, agid: Any
) -> None:
    agid.answers["phone_get_features"] = {"XIVO_ENABLEUNC": "1", "XIVO_DESTUNC": "1002"}
    agid.answers["phone_set_feature"] = {"XIVO_UNCENABLED": "0"}
    story = await switchboard.call("*211002")
    assert agid.asked[1] == ("phone_set_feature", "unc", "0", "1002")
    assert story.prompts() == ["forward-off"]


@pytest.mark.parametrize(
    ("dialled", "asked"),
    [
        ("*211003", ("phone_set_feature", "unc", "1", "1003")),
        ("*21", ("phone_set_feature", "unc", "0", "")),
        ("*25", ("phone_set_feature", "dnd", "")),
        ("*901001", ("phone_set_feature", "vm", "1001")),
        ("*20", ("fwdundoall",)),
        ("*991000", ("vmbox_get_info", "1000")),
    ],
)
async def test_a_feature_code_asks_agid_with_what_was_dialled_behind_it(
    switchboard: Any, agid: Any, dialled: str, asked: tuple[str, ...]
) -> None:
    agid.answers["phone_get_features"] = {"XIVO_ENABLEUNC": "1", "XIVO_DESTUNC": "1002"}
    await switchboard.call(dialled)
    assert agid.asked[-1] == asked


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Dupont, Zoé", "Dupont Zoé"),
        ("x,XIVO_USERUUID: f00)?System(true) ${EXTEN}", "xXIVO_USERUUID: f00?Systemtrue ${EXTEN}"),
        # ")" and ":" together read as the end of a function and a substring: text is cut, no more.
        ("x):1,XIVO_USERUUID: f00", ""),
        ('a\\"b[c]', "abc"),
    ],
)
async def test_a_callers_name_is_text_and_nothing_else(
    switchboard: Any, agid: Any, name: str, told: str
) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_INTERFACE=BUSY, XIVO_FWD_USER_BUSY_ACTION="none"
    )
    story = await switchboard.call("1001", caller=f'"{name}" <0199>')
    (missed,) = story.told("user_missed_call")
    assert missed["caller_id_name"] == told
    assert "XIVO_USERUUID" not in missed
    assert story.ran("System") == []


@pytest.mark.parametrize(
    ("dialled", "numbers"),
    [
        ("+6001", ["6001"]),
        ("000006001", ["6001"]),
        ("+6001,to-extern,1", ["60011", "0011"]),
        ("0000060b,to-extern,01", ["6001"]),
        # What ends the parenthesis of a function and takes the rest of its result.
        ("+6001):9", []),
        ("00006001):9", []),
    ],
)
async def test_what_a_carrier_sends_names_numbers_of_its_context_and_nothing_else(
    switchboard: Any, dialled: str, numbers: list[str]
) -> None:
    """A comma may stand in the number of a SIP URI."""
    story = await switchboard.call(dialled, "from-extern")
    assert [to for to in story.ran("Goto") if to != "answer"] == [f"{each},1" for each in numbers]
    assert "xivo-no-user-find,s,1" in story.ran("Gosub")


async def test_what_was_dialled_keeps_its_beginning(switchboard: Any, agid: Any) -> None:
    """Else a route would take numbers that are another route's."""
    story = await switchboard.call("0106):2")
    assert "XIVO_BASE_EXTEN=01062" in story.ran("Set")


async def test_an_integrators_subroutine_is_run(switchboard: Any, agid: Any) -> None:
    """F-156."""
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_USERPREPROCESS_SUBROUTINE="test-preprocess"
    )
    story = await switchboard.call("1001")
    assert [event["STEP"] for event in story.told("Integrator")] == ["preprocess", "user"]


async def test_a_number_nobody_has_is_announced_to_who_is_sent_there(
    switchboard: Any, agid: Any
) -> None:
    agid.answers["incoming_user_set_features"] = a_user_answer(
        XIVO_ENABLEUNC="1",
        XIVO_FWD_USER_UNC_ACTION="extension",
        XIVO_FWD_USER_UNC_ACTIONARG1="1999",
        XIVO_FWD_USER_UNC_ACTIONARG2="default",
        XIVO_FWD_USER_UNC_ISDA="1",
    )
    story = await switchboard.call("1001")
    assert story.prompts() == ["no-user-find"]


async def test_f347_a_key_goes_on_at_the_code_it_names(
    switchboard: Any, agid: Any, exchange: Any
) -> None:
    alice = exchange.company.alice
    agid.answers["phone_progfunckey"] = {
        "XIVO_PHONE_PROGFUNCKEY": "*25",
        "XIVO_PHONE_PROGFUNCKEY_FEATURE": "enablednd",
    }
    agid.answers["phone_set_feature"] = {"XIVO_DNDENABLED": "1"}
    # The key has a hint of the same text in this context: it must not hide the code behind it.
    story = await switchboard.call(f"*735{alice}***225", user_id=alice)
    assert agid.asked == [
        ("phone_progfunckey", f"{alice}***225"),
        ("phone_set_feature", "dnd", ""),
    ]
    assert story.prompts() == ["dnd-on"]


async def test_a_key_that_switches_nothing_runs_nothing(
    switchboard: Any, agid: Any, exchange: Any
) -> None:
    agid.answers["phone_progfunckey"] = {
        "XIVO_PHONE_PROGFUNCKEY": "1001",
        "XIVO_PHONE_PROGFUNCKEY_FEATURE": "",
    }
    await switchboard.call("*73512*1001", user_id=exchange.company.alice)
    assert agid.asked == [("phone_progfunckey", "12*1001")]
