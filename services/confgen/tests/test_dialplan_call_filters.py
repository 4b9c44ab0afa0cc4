"""What the dialplan does with a call that a filter takes, in a real Asterisk (F-424, F-426, F-428).

Who is rung for whom is agid's word; the real agid is met in the end-to-end tests.
"""

from typing import Any

import pytest

pytestmark = pytest.mark.asterisk

ANSWERS, BUSY, SILENT = (f"Local/{phone}@test-phones/n" for phone in ("answer", "busy", "silent"))
HOOK = "b(xivo-user-predial^s^1)"


def a_filtered_call(mode: str, **rung: str) -> dict[str, str]:
    """What agid says of a boss whose secretaries are busy; ``BOSS_INTERFACE=…`` changes it."""
    given = {
        "BOSS_INTERFACE": BUSY, "BOSS_TIMEOUT": "3", "INTERFACE": f"{BUSY}&{BUSY}",
        "TIMEOUT": "4", "SECRETARY0_INTERFACE": BUSY, "SECRETARY0_TIMEOUT": "5",
        "SECRETARY1_INTERFACE": BUSY, "SECRETARY1_TIMEOUT": "", "SECRETARY2_INTERFACE": "",
        **rung,
    }  # fmt: skip
    return {
        "XIVO_INTERFACE": ANSWERS,
        "XIVO_DST_REDIRECTING_NAME": "Bob Martin",
        "XIVO_DST_REDIRECTING_NUM": "1001",
        "XIVO_CALLFILTER": "1",
        "XIVO_CALLFILTER_MODE": mode,
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTION": "none",
        **{f"XIVO_CALLFILTER_{name}": value for name, value in given.items()},
    }


BOSS, ALL = f"{BUSY},3,{HOOK}", f"{BUSY}&{BUSY},4,{HOOK}"
EACH = [f"{BUSY},5,{HOOK}", f"{BUSY},,{HOOK}"]


@pytest.mark.parametrize(
    ("mode", "dialled"),
    [
        ("bossfirst-serial", [BOSS, *EACH]),
        ("bossfirst-simult", [BOSS, ALL]),
        ("secretary-serial", EACH),
        ("secretary-simult", [ALL]),
        ("all", [f"{BUSY}&{BUSY}&{BUSY},4,{HOOK}"]),
    ],
)
async def test_each_mode_rings_in_its_order(
    switchboard: Any, agid: Any, exchange: Any, mode: str, dialled: list[str]
) -> None:
    """B01 to B05."""
    agid.answers["incoming_user_set_features"] = a_filtered_call(mode)
    story = await switchboard.call("1001")
    assert story.ran("Dial") == dialled
    (missed,) = story.told("user_missed_call")
    assert missed["reason"] == "no-answer"
    assert missed["destination_user_uuid"] == str(exchange.company.bob_uuid)


async def test_whoever_answers_first_ends_the_search(switchboard: Any, agid: Any) -> None:
    answer = a_filtered_call("bossfirst-serial", SECRETARY0_INTERFACE=ANSWERS)
    agid.answers["incoming_user_set_features"] = answer
    story = await switchboard.call("1001")
    assert story.ran("Dial") == [BOSS, f"{ANSWERS},5,{HOOK}"]
    assert story.told("user_missed_call") == []


async def test_a_filter_comes_behind_rights_and_before_what_the_boss_has_switched(
    switchboard: Any, agid: Any
) -> None:
    agid.answers["incoming_user_set_features"] = a_filtered_call("all") | {
        "XIVO_ENABLEDND": "1", "XIVO_ENABLEUNC": "1", "XIVO_SIMULTCALLS": "0",
    }  # fmt: skip
    story = await switchboard.call("1001")
    assert len(story.ran("Dial")) == 1
    agid.answers["user_set_call_rights"] = {"XIVO_AUTHORIZATION": "DENY", "XIVO_PASSWORD": ""}
    story = await switchboard.call("1001")
    assert story.ran("Dial") == []
    assert story.prompts() == ["noright"]


async def test_a_call_that_nobody_takes_goes_where_the_filter_says(
    switchboard: Any, agid: Any, exchange: Any
) -> None:
    """F-426; without a prompt, and from the boss's number."""
    agid.answers["incoming_user_set_features"] = a_filtered_call(
        "secretary-simult", INTERFACE=SILENT, TIMEOUT="1"
    ) | {
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTION": "extension",
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTIONARG1": "answer",
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTIONARG2": "test-phones",
        "XIVO_FWD_CALLFILTER_NOANSWER_ISDA": "1",
    }
    story = await switchboard.call("1001")
    assert story.prompts() == []
    assert "test-phones,answer,1" in story.ran("Goto")
    variables = [data for name in ("Set", "MSet") for data in story.ran(name)]
    assert f"__XIVO_CALLFILTER_DONE={exchange.company.bob}" in variables
    assert "REDIRECTING(from-num,i)=1001" in variables


async def test_filters_that_lead_to_each_other_come_to_an_end(switchboard: Any, agid: Any) -> None:
    agid.answers["incoming_user_set_features"] = a_filtered_call("all") | {
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTION": "extension",
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTIONARG1": "1001",
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTIONARG2": "default",
    }
    story = await switchboard.call("1001")
    assert len(story.ran("Dial")) == 11


async def test_a_mode_that_is_none_ends_the_call(switchboard: Any, agid: Any) -> None:
    for mode in ("", "unanswered-by-all"):
        agid.answers["incoming_user_set_features"] = a_filtered_call(mode)
        story = await switchboard.call("1001")
        assert story.ran("Dial") == []


async def test_a_later_user_of_the_same_call_is_not_filtered_by_what_was_said_before(
    switchboard: Any, agid: Any
) -> None:
    """A destination without filter rings as always: the variables of the first are emptied."""
    agid.answers["incoming_user_set_features"] = a_filtered_call("all") | {
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTION": "extension",
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTIONARG1": "1000",
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTIONARG2": "default",
    }

    def then(users: int) -> None:
        if users == 2:
            agid.answers["incoming_user_set_features"] = {
                "XIVO_INTERFACE": ANSWERS, "XIVO_RINGSECONDS": "5", "XIVO_SIMULTCALLS": "5",
            }  # fmt: skip

    agid.on_user = then
    story = await switchboard.call("1001")
    assert story.ran("Dial")[-1] == f"{ANSWERS},5,{HOOK}"
    assert len(story.ran("Dial")) == 2


@pytest.mark.parametrize(("state", "prompt"), [("1", "screening-on"), ("0", "screening-off")])
async def test_the_code_switches_a_secretary(
    switchboard: Any, agid: Any, exchange: Any, state: str, prompt: str
) -> None:
    """B08."""
    agid.answers["callfilter"] = {"XIVO_BSFILTERENABLED": state}
    story = await switchboard.call("*3777", user_id=exchange.company.alice)
    assert agid.asked == [("callfilter", "77")]
    assert story.prompts() == [prompt]


async def test_a_secretary_who_has_no_phone_of_her_own_keeps_her_box_out_of_it(
    switchboard: Any, agid: Any
) -> None:
    """Rung as a number (a mobile through a route, say): her box must not take the boss's call."""
    agid.answers["incoming_user_set_features"] = a_filtered_call(
        "secretary-serial",
        SECRETARY0_INTERFACE="Local/1000@default/n",
        SECRETARY1_INTERFACE=ANSWERS,
    )

    def then(users: int) -> None:
        if users == 2:
            agid.answers["incoming_user_set_features"] = {
                "XIVO_INTERFACE": BUSY, "XIVO_RINGSECONDS": "5", "XIVO_SIMULTCALLS": "5",
                "XIVO_ENABLEVOICEMAIL": "1", "XIVO_MAILBOX": "1000",
                "XIVO_MAILBOX_CONTEXT": "default", "XIVO_FWD_USER_BUSY_ACTION": "none",
            }  # fmt: skip

    agid.on_user = then
    story = await switchboard.call("1001")
    assert story.ran("VoiceMail") == []
    assert story.ran("Dial")[-1] == f"{ANSWERS},,{HOOK}"
