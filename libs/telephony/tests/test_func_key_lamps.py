"""What lamps show: reference/agid.md 8.2 (F-204, F-347)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.forwards import Programmed, reprogrammed
from ovix_telephony.func_key_lamps import DARK, LIT, Switches, filter_lamp, shows_a_switch, state_of

FORWARDS = ("busy", "noanswer", "unconditional")


def service(name: str) -> dict[str, Any]:
    return {"type": "service", "service": name}


def forward(name: str, exten: str | None = None) -> dict[str, Any]:
    return {"type": "forward", "forward": name, "exten": exten}


@pytest.mark.parametrize("name", ["callrecord", "enablednd", "enablevm", "incallfilter"])
def test_a_service_lights_its_own_key_only(name: str) -> None:
    switches = Switches(services=frozenset({name}))
    assert state_of(service(name), switches) == LIT
    assert state_of(service(name), Switches()) == DARK
    others = {"callrecord", "enablednd", "enablevm", "incallfilter"} - {name}
    assert {state_of(service(other), switches) for other in others} == {DARK}


@pytest.mark.parametrize("name", FORWARDS)
def test_a_forward_lights_its_bare_key_and_the_one_with_its_destination(name: str) -> None:
    switches = Switches(forwards={name: Programmed(True, "1002")})
    assert state_of(forward(name), switches) == LIT
    assert state_of(forward(name, "1002"), switches) == LIT
    assert state_of(forward(name, "1003"), switches) == DARK
    for other in set(FORWARDS) - {name}:
        assert state_of(forward(other, "1002"), switches) == DARK


@pytest.mark.parametrize("programmed", [Programmed(False, "1002"), Programmed(True, None)])
def test_a_forward_that_does_not_work_is_dark(programmed: Programmed) -> None:
    switches = Switches(forwards={"busy": programmed})
    assert state_of(forward("busy"), switches) == DARK
    assert state_of(forward("busy", "1002"), switches) == DARK


@pytest.mark.parametrize("kind", ["user", "custom", "bsfilter", "agent", "park_position"])
def test_other_lamps_are_not_the_users_switches(kind: str) -> None:
    assert state_of({"type": kind}, Switches()) is None


@given(
    name=st.sampled_from(FORWARDS),
    destinations=st.lists(st.sampled_from(["1001", "1002", "1003"]), min_size=1, max_size=6),
)
def test_pressing_keys_lights_at_most_the_one_pressed_last(
    name: str, destinations: list[str]
) -> None:
    current = Programmed()
    for pressed in destinations:
        current = reprogrammed(current, pressed)
    switches = Switches(forwards={name: current})
    lit = {exten for exten in set(destinations) if state_of(forward(name, exten), switches) == LIT}
    assert lit == ({destinations[-1]} if current.active else set())


CODES = {"phoneprogfunckey": "_*735.", "enablednd": "*25", "fwdunc": "_*21.", "pickup": "_*8."}


@pytest.mark.parametrize("value", ["*73512***225", "*73512***221", "*73512***221*1002"])
def test_lamps_of_switches_are_known_by_their_names(value: str) -> None:
    assert shows_a_switch(value, CODES)


@pytest.mark.parametrize(
    "value",
    ["", "*735", "*73512", "*377", "1002", "*73512***231***35", "*73512***28", "*73512***227",
     "*73512***325", "*73612***225"],
)  # fmt: skip
def test_other_lamps_are_left_to_whoever_sets_them(value: str) -> None:
    assert not shows_a_switch(value, CODES)
    assert not shows_a_switch(value, {})


@pytest.mark.parametrize(
    ("code", "lamp", "others"),
    [("_*37.", "*377", ["*37", "*37a", "*3777*1"]), ("**9", "**97", ["*377", "**9*7"])],
)
def test_the_lamp_of_a_secretary_is_named_like_what_switches_her(
    code: str, lamp: str, others: list[str]
) -> None:
    codes = {"bsfilter": code}
    assert filter_lamp(7, codes) == lamp
    assert shows_a_switch(lamp, codes)
    assert not any(shows_a_switch(each, codes) for each in others)
    assert filter_lamp(7, {}) is None
