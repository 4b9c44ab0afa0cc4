"""Ranges: membership, truncation and free numbers, compared with plain enumeration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.ranges import (
    NumberRange,
    TooManyNumbers,
    dialled_did,
    free_ranges,
    matching_range,
    merged,
    received_digits,
)

small_ranges = st.builds(
    lambda first, size, did_length: NumberRange(
        f"{first:04}", f"{min(first + size, 9999):04}", did_length
    ),
    st.integers(0, 9999),
    st.integers(0, 300),
    st.sampled_from([0, 0, 1, 2, 3, 4, 6]),
)


def enumerated(ranges: list[NumberRange]) -> set[str]:
    return {
        received_digits(f"{value:0{len(one.end)}}", one.did_length)
        for one in ranges
        for value in range(int(one.start), int(one.end) + 1)
    }


def expanded(ranges: list[NumberRange]) -> list[str]:
    return [
        f"{value:0{len(one.start)}}"
        for one in ranges
        for value in range(int(one.start), int(one.end) + 1)
    ]


def test_a_did_of_a_provider_that_sends_four_digits_is_matched_by_its_last_four() -> None:
    dids = NumberRange("0123456000", "0123456999", did_length=4)
    assert dids.contains("0123456789")
    assert dids.contains("6789")
    assert not dids.contains("0123455789")
    assert dialled_did([dids], "0123456789") == "6789"


def test_a_range_whose_truncated_bounds_wrap_around_keeps_both_ends() -> None:
    wrapped = NumberRange("3990", "4010", did_length=2)
    assert wrapped.intervals() == ((0, 10), (90, 99))
    assert wrapped.contains("3995")
    assert not wrapped.contains("3950")


def test_leading_zeros_do_not_count() -> None:
    assert NumberRange("0100", "0199").contains("150")


@pytest.mark.parametrize("number", ["", "_1XXX", "*10", "+10", "٣"])
def test_what_is_not_a_number_is_in_no_range(number: str) -> None:
    assert not NumberRange("0", "99").contains(number)


def test_a_number_outside_of_the_ranges_is_dialled_as_it_is() -> None:
    assert dialled_did([NumberRange("100", "109", 2)], "0359083090") == "0359083090"
    assert matching_range([], "1") is None


def test_free_numbers_are_merged_around_those_taken() -> None:
    ranges = [NumberRange("1000", "1005"), NumberRange("1004", "1009"), NumberRange("010", "011")]
    assert free_ranges(ranges, {"1000", "1003", "2000", "_1XXX"}) == [
        NumberRange("010", "011"),
        NumberRange("1001", "1002"),
        NumberRange("1004", "1009"),
    ]


def test_a_search_keeps_the_numbers_that_contain_it() -> None:
    assert free_ranges([NumberRange("0100", "0199")], (), "19") == [
        NumberRange("0119", "0119"),
        NumberRange("0190", "0199"),
    ]
    assert free_ranges([NumberRange("0100", "0199")], (), "x") == []


def test_huge_ranges_cost_nothing_and_hopeless_searches_are_refused() -> None:
    huge = NumberRange("0" * 16, "9" * 16)
    assert free_ranges([huge], {"5" * 16}) == [
        NumberRange("0" * 16, "5" * 15 + "4"),
        NumberRange("5" * 15 + "6", "9" * 16),
    ]
    with pytest.raises(TooManyNumbers):
        free_ranges([huge], (), "7")


@given(small_ranges)
def test_membership_agrees_with_enumeration(one: NumberRange) -> None:
    inside = {int(number) for number in enumerated([one])}
    for value in range(0, 10_000, 37):
        number = f"{value:04}"
        assert one.contains(number) == (int(received_digits(number, one.did_length)) in inside)


@given(
    st.lists(small_ranges, max_size=3),
    st.sets(st.integers(0, 9999).map(lambda value: f"{value:04}"), max_size=30),
    st.sampled_from(["", "1", "42", "007"]),
)
def test_free_numbers_agree_with_enumeration(
    ranges: list[NumberRange], taken: set[str], search: str
) -> None:
    used = {received_digits(number, one.did_length) for number in taken for one in ranges}
    free = free_ranges(ranges, taken, search)
    assert expanded(free) == sorted(
        (number for number in enumerated(ranges) - used if search in number),
        key=lambda number: (len(number), number),
    )
    assert merged(free) == free
