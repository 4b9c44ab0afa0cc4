"""Patterns: the table measured on Asterisk, and properties of matching and order."""

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ovix_telephony import patterns

MEASURED = [
    ("0359083093", "0359083093"),
    ("0359083099", "_035908309[39]"),
    ("0359083092", "_035908309N"),
    ("0359083091", "_035908309Z"),
    ("0359083090", "_035908309X"),
    ("0359999999", "_0359."),
    ("0359", "_0359!"),
]
SHUFFLED = ["_.", "_XX", "_!", "_XXX", "_X."]

numbers = st.text("0123456789*#", max_size=12)
set_texts = st.sampled_from(["[39]", "[1-5]", "[13-5]", "N", "Z", "X", "x", "0", "7", "*", "#"])
pattern_texts = st.builds(
    lambda parts, tail: "_" + "".join(parts) + tail,
    st.lists(set_texts, min_size=1, max_size=8),
    st.sampled_from(["", ".", "!"]),
)


@pytest.mark.parametrize(("dialled", "expected"), MEASURED)
def test_the_best_match_is_the_one_measured_on_asterisk(dialled: str, expected: str) -> None:
    assert patterns.best_match(dialled, [exten for _, exten in MEASURED]) == expected


def test_a_longer_pattern_comes_before_a_shorter_one_and_wildcards_last() -> None:
    in_order = ["_XXX", "_XX", "_X.", "_.", "_!"]
    assert sorted(SHUFFLED, key=lambda text: patterns.parse(text).key) == in_order


@pytest.mark.parametrize(("one", "other"), [("_[0-9].", "_X."), ("_9[0-9]XX", "_9XXX")])
def test_patterns_that_asterisk_rejects_at_load_are_duplicates(one: str, other: str) -> None:
    assert patterns.are_duplicates(one, other)
    assert not patterns.are_duplicates(one, "_0" + other[1:])


def test_letters_of_a_pattern_are_case_insensitive_and_dashes_ignored() -> None:
    assert patterns.matches("_0-3xzn", "03012")
    assert not patterns.matches("_0-3xzn", "03002")


def test_without_an_underscore_letters_stand_for_themselves() -> None:
    assert patterns.matches("NXX", "NXX")
    assert not patterns.matches("NXX", "234")


@pytest.mark.parametrize("text", ["_[", "_[]", "_[9-1]", "_12[3"])
def test_a_broken_set_is_refused(text: str) -> None:
    with pytest.raises(patterns.InvalidPattern):
        patterns.parse(text)


def test_nothing_matches_nothing() -> None:
    assert patterns.best_match("123", ["_9XX", "124"]) is None


@pytest.mark.parametrize(
    ("code", "cleaned"),
    [("_*21.", "*21"), ("*25", "*25"), ("_*735.", "*735"), ("_*8[1-4]", "*8"), ("_*90!", "*90")],
)
def test_the_argument_of_a_feature_code_starts_behind_its_fixed_part(
    code: str, cleaned: str
) -> None:
    assert patterns.clean_feature_code(code) == cleaned
    assert patterns.argument_offset(code) == len(cleaned)


@given(pattern_texts, numbers)
def test_the_best_of_one_pattern_is_that_pattern_when_it_matches(exten: str, number: str) -> None:
    expected = exten if patterns.matches(exten, number) else None
    assert patterns.best_match(number, [exten]) == expected


@given(numbers, st.lists(pattern_texts, max_size=6))
def test_an_exact_extension_always_wins(number: str, extens: list[str]) -> None:
    assume(number)
    assert patterns.best_match(number, [*extens, number]) == number


@given(numbers, st.lists(pattern_texts, max_size=6), st.randoms())
def test_the_order_of_the_candidates_does_not_matter(
    number: str, extens: list[str], random: Random
) -> None:
    shuffled = list(extens)
    random.shuffle(shuffled)
    best = patterns.best_match(number, extens)
    other = patterns.best_match(number, shuffled)
    assert (best is None) == (other is None)
    if best and other:
        assert patterns.parse(best).key == patterns.parse(other).key


@given(st.lists(set_texts, min_size=1, max_size=6), numbers)
def test_a_plain_pattern_matches_only_numbers_of_its_length(parts: list[str], number: str) -> None:
    if patterns.matches("_" + "".join(parts), number):
        assert len(number) == len(parts)
