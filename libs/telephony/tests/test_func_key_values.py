"""What keys dial and watch: reference/confd/devices-funckeys.md, "Key values" (F-203, F-347)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.func_key_values import (
    AGENT_CODES,
    FORWARD_CODES,
    PROGRAMMED_SERVICES,
    has_own_lamp,
    is_watchable,
    may_be_watched,
    type_of,
    value_of,
)
from ovix_telephony.func_keys import decode

CODES = {
    "agentstaticlogin": "_*31.",
    "agentstaticlogoff": "_*32.",
    "agentstaticlogtoggle": "_*30.",
    "atxfer": "*2",
    "automixmon": "*3",
    "blindxfer": "*1",
    "bsfilter": "_*37.",
    "callrecord": "*26",
    "enablednd": "*25",
    "enablevm": "*90",
    "fwdbusy": "_*23.",
    "fwdrna": "_*22.",
    "fwdunc": "_*21.",
    "groupmembertoggle": "_*50.",
    "incallfilter": "*27",
    "paging": "_*11.",
    "parkext": "700",
    "phoneprogfunckey": "_*735.",
    "phonestatus": "*10",
    "pickup": "_*8.",
    "vmusermsg": "*98",
}


def to(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


def value(destination: dict[str, Any], number: str | None = None, **codes: str) -> str | None:
    return value_of(destination, user_id=12, codes=codes or CODES, number=number)


@pytest.mark.parametrize(
    ("destination", "dialled"),
    [
        (to("user", user_id=5), "1005"),
        (to("group", group_id=5), "1005"),
        (to("queue", queue_id=5), "1005"),
        (to("conference", conference_id=5), "1005"),
        (to("paging", paging_id=5), "*111005"),
        (to("custom", exten="*1050"), "*1050"),
        (to("custom", exten="+33612345678"), "+33612345678"),
        (to("service", service="enablednd"), "*73512***225"),
        (to("service", service="incallfilter"), "*73512***227"),
        (to("service", service="callrecord"), "*73512***226"),
        (to("service", service="enablevm"), "*73512***290"),
        (to("service", service="vmusermsg"), "*98"),
        (to("service", service="phonestatus"), "*10"),
        (to("service", service="pickup"), "*8"),
        (to("forward", forward="unconditional", exten="1002"), "*73512***221*1002"),
        (to("forward", forward="unconditional", exten=None), "*73512***221"),
        (to("forward", forward="unconditional"), "*73512***221"),
        (to("forward", forward="busy", exten="*98"), "*73512***223***398"),
        (to("forward", forward="noanswer", exten="1002"), "*73512***222*1002"),
        (to("transfer", transfer="blind"), "*1"),
        (to("transfer", transfer="attended"), "*2"),
        (to("park_position", position=701), "701"),
        (to("parking"), "700"),
        (to("bsfilter", filter_member_id=7), "*377"),
        (to("agent", agent_id=5, action="login"), "*73512***231***35"),
        (to("agent", agent_id=5, action="logout"), "*73512***232***35"),
        (to("agent", agent_id=5, action="toggle"), "*73512***230***35"),
        (to("onlinerec"), "*3"),
        (to("groupmember", group_id=4, action="toggle"), "*73512***250*4"),
    ],
)
def test_the_value_of_each_kind_of_key(destination: dict[str, Any], dialled: str) -> None:
    assert value(destination, "1005") == dialled


@pytest.mark.parametrize("kind", ["user", "group", "queue", "conference", "paging"])
def test_a_key_to_something_without_a_number_is_left_out(kind: str) -> None:
    assert value(to(kind, id=5), None) is None


def test_a_key_whose_code_is_disabled_is_left_out() -> None:
    dnd = to("service", service="enablednd")
    assert value(dnd, enablednd="*25") is None
    assert value(dnd, phoneprogfunckey="_*735.") is None
    assert value(to("parking"), enablednd="*25") is None
    assert value(to("bsfilter", filter_member_id=7), enablednd="*25") is None


def test_codes_may_be_of_any_length() -> None:
    codes = {"phoneprogfunckey": "_#9.", "fwdunc": "_*2100.", "bsfilter": "_7XX."}
    forward = to("forward", forward="unconditional", exten="1002")
    assert value(forward, **codes) == "#912***22100*1002"
    assert value(to("bsfilter", filter_member_id=7), **codes) == "77"


def test_a_kind_that_nobody_knows_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="'teapot'"):
        value(to("teapot"))


@pytest.mark.parametrize(
    ("destination", "watched", "unwatched"),
    [
        (to("user"), "blf", "speeddial"),
        (to("conference"), "blf", "speeddial"),
        (to("custom"), "blf", "speeddial"),
        (to("forward"), "blf", "speeddial"),
        (to("park_position"), "blf", "speeddial"),
        (to("bsfilter"), "blf", "speeddial"),
        (to("agent"), "blf", "speeddial"),
        (to("groupmember"), "blf", "speeddial"),
        (to("service", service="enablednd"), "blf", "speeddial"),
        (to("service", service="phonestatus"), "speeddial", "speeddial"),
        (to("group"), "speeddial", "speeddial"),
        (to("queue"), "speeddial", "speeddial"),
        (to("paging"), "speeddial", "speeddial"),
        (to("onlinerec"), "speeddial", "speeddial"),
        (to("transfer"), "speeddial", "speeddial"),
        (to("parking"), "park", "park"),
    ],
)
def test_the_type_of_each_kind_of_key(
    destination: dict[str, Any], watched: str, unwatched: str
) -> None:
    assert type_of(destination, blf=True) == watched
    assert type_of(destination, blf=False) == unwatched


EXTENS = st.from_regex(r"[A-Z0-9+*][A-Za-z0-9+*#]{0,20}", fullmatch=True)
SWITCHES = st.one_of(
    st.sampled_from(sorted(PROGRAMMED_SERVICES)).map(lambda name: to("service", service=name)),
    st.builds(
        lambda name, exten: to("forward", forward=name, exten=exten),
        st.sampled_from(sorted(FORWARD_CODES)),
        st.none() | EXTENS,
    ),
    st.builds(
        lambda action, agent: to("agent", action=action, agent_id=agent),
        st.sampled_from(sorted(AGENT_CODES)),
        st.integers(1, 2**31 - 1),
    ),
)


@given(destination=SWITCHES, user_id=st.integers(1, 2**31 - 1))
def test_a_key_that_switches_names_its_user_its_code_and_its_argument(
    destination: dict[str, Any], user_id: int
) -> None:
    dialled = value_of(destination, user_id=user_id, codes=CODES)
    assert dialled is not None
    assert dialled.startswith("*735")
    owner, code, *argument = decode(dialled.removeprefix("*735"))
    assert owner == str(user_id)
    assert code in {text.lstrip("_").rstrip(".") for text in CODES.values()}
    exten = destination.get("exten")
    agent = destination.get("agent_id")
    expected = [exten] if exten else [f"*{agent}"] if agent else []
    assert argument == expected


@given(one=SWITCHES, other=SWITCHES, users=st.lists(st.integers(1, 99), min_size=2, max_size=2))
def test_keys_that_differ_never_share_a_lamp(
    one: dict[str, Any], other: dict[str, Any], users: list[int]
) -> None:
    same = one == other and users[0] == users[1]
    first, second = (
        value_of(key, user_id=user, codes=CODES)
        for key, user in zip((one, other), users, strict=True)
    )
    assert (first == second) is same


@pytest.mark.parametrize("text", ["*73512***225", "+33612345678", "A#", "1" * 79])
def test_what_can_be_watched(text: str) -> None:
    assert is_watchable(text)


@pytest.mark.parametrize("text", ["", "06(12)", "1,2", "${EXTEN}", "[0-9]", "a b", "1\n", "1" * 80])
def test_what_can_not_be_watched(text: str) -> None:
    assert not is_watchable(text)


@given(exten=st.text("019AZ+*; \n\t\r", max_size=12))
def test_no_value_breaks_out_of_a_configuration_file(exten: str) -> None:
    for key in (to("custom", exten=exten), to("forward", forward="busy", exten=exten)):
        assert not set("\n\r\t;") & set(value(key) or "")


@given(destination=SWITCHES)
def test_whatever_has_a_lamp_of_its_own_may_be_watched(destination: dict[str, Any]) -> None:
    assert has_own_lamp(destination)
    assert may_be_watched(destination)
