"""Call permissions: XiVO's pattern language, and the level and specificity rules."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.call_permissions import NO_RULE, Level, Permission, Verdict, decide
from ovix_telephony.permission_patterns import parse

TRANSLATION = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": "[0-9#*]+", "!": "[0-9#*]*"}
pattern_pieces = st.sampled_from(
    ["0", "1", "7", "*", "#", "+", "X", "Z", "N", "x", "_", ".", "!", "[13]", "[2-4]", "-"]
)


def as_regular_expression(pieces: list[str]) -> str:
    return "".join(
        "" if piece == "_" else TRANSLATION.get(piece) or
        (piece if piece.startswith("[") else re.escape(piece))
        for piece in pieces
    )  # fmt: skip


def deny(*patterns: str, id: int = 1, password: str | None = None) -> Permission:
    return Permission(id, False, patterns, password)


def allow(*patterns: str, id: int = 2) -> Permission:
    return Permission(id, True, patterns)


@given(st.lists(pattern_pieces, min_size=1, max_size=6), st.text("01237*#+x-", max_size=7))
def test_matching_agrees_with_the_documented_translation(pieces: list[str], number: str) -> None:
    expected = re.fullmatch(as_regular_expression(pieces), number) is not None
    assert parse("".join(pieces)).matches(number) == expected


def test_a_row_of_wildcards_takes_no_time() -> None:
    assert not parse("1." * 19 + "x").matches("1" * 200)


@pytest.mark.parametrize("text", ["12[3", "[]", "1]"])
def test_a_broken_set_stands_for_its_characters(text: str) -> None:
    assert parse(text).matches(text)


def test_without_a_rule_everything_is_allowed() -> None:
    assert decide("0612345678", user=[deny("07XXXXXXXX")]) == NO_RULE


def test_a_denied_number_is_refused_by_the_user_level() -> None:
    verdict = decide("0712345678", user=[deny("07XXXXXXXX", id=4)], route=[allow("0.")])
    assert verdict == Verdict(False, None, Level.USER, 4)


def test_an_allow_of_the_user_beats_a_deny_of_the_route() -> None:
    assert decide("0612345678", user=[allow("06XXXXXXXX")], route=[deny("_0.")]).allowed


def test_a_deny_of_the_user_beats_an_allow_of_his_group() -> None:
    assert not decide("1001", user=[deny("1001")], groups=[allow("1001")]).allowed


def test_an_allow_of_the_group_beats_a_deny_of_the_route() -> None:
    verdict = decide("06", groups=[allow("06")], route=[deny("06")])
    assert verdict.level is Level.GROUP
    assert verdict.allowed


def test_at_equal_specificity_an_allow_beats_a_deny_of_the_same_level() -> None:
    assert decide("0612", user=[deny("_0XXX"), allow("0XXX")]).allowed


def test_inside_a_level_the_most_specific_pattern_wins() -> None:
    everything, mobiles, one = allow("0."), deny("06XXXXXXXX", id=7), allow("0612345678", id=8)
    assert not decide("0699999999", user=[everything, mobiles, one]).allowed
    assert decide("0612345678", user=[everything, mobiles, one]).permission_id == 8
    assert decide("0155555555", user=[everything, mobiles, one]).allowed


def test_the_users_own_code_replaces_the_password_at_his_level_only() -> None:
    rule = deny("06", password="4321")
    assert decide("06", user=[rule], user_password="99").password == "99"
    assert decide("06", user=[rule]).password == "4321"
    assert decide("06", route=[rule], user_password="99").password == "4321"
    assert decide("06", user=[deny("06", password="")], user_password="99").password is None


def test_the_highest_id_gives_the_password_among_equals() -> None:
    rules = [deny("06", id=9, password="9"), deny("06", id=3, password="3")]
    assert decide("06", user=rules).password == "9"


permissions = st.builds(
    Permission,
    st.integers(1, 9),
    st.booleans(),
    st.lists(st.sampled_from(["0.", "06XX", "0612", "[06]XXX", "!"]), max_size=3).map(tuple),
    st.sampled_from([None, "", "1234"]),
)
levels = st.lists(permissions, max_size=4)


@given(levels, levels, levels)
def test_a_level_that_speaks_hides_those_behind_it(
    user: list[Permission], groups: list[Permission], route: list[Permission]
) -> None:
    verdict = decide("0612", user=user, groups=groups, route=route)
    alone = decide("0612", user=user)
    if alone.level:
        assert verdict == alone
    if verdict.allowed:
        assert verdict.password is None
