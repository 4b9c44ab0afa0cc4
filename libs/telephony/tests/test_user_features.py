"""Forwards, function keys and emergency numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.destinations import StoredAction
from ovix_telephony.emergency import NUMBERS_BY_COUNTRY, emergency_numbers, is_emergency
from ovix_telephony.forwards import NO_ACTION, Effective, Programmed, effective, reprogrammed
from ovix_telephony.func_keys import InvalidFunctionKey, decode, encode

GROUP = StoredAction("group", "5")


def test_a_programmed_forward_beats_the_administrators() -> None:
    found = effective(Programmed(True, "1002"), GROUP, "default")
    assert found == Effective(StoredAction("extension", "1002", "default"))


@pytest.mark.parametrize("programmed", [Programmed(), Programmed(True, None), Programmed(True, "")])
def test_a_forward_without_a_destination_leaves_it_to_the_administrator(
    programmed: Programmed,
) -> None:
    assert effective(programmed, GROUP, "default") == Effective(GROUP, administered=True)
    assert effective(programmed, None, "default") == Effective(NO_ACTION, administered=True)
    assert not effective(programmed, NO_ACTION, "default").exists


@pytest.mark.parametrize(
    ("current", "dialled", "expected"),
    [
        (Programmed(False, None), "1002", Programmed(True, "1002")),
        (Programmed(True, "1002"), "", Programmed(False, "1002")),
        (Programmed(True, "1002"), "1002", Programmed(False, "1002")),
        (Programmed(True, "1002"), "1003", Programmed(True, "1003")),
        (Programmed(False, "1002"), "1002", Programmed(True, "1002")),
    ],
)
def test_programming_codes_toggle_and_retarget(
    current: Programmed, dialled: str, expected: Programmed
) -> None:
    assert reprogrammed(current, dialled) == expected


@pytest.mark.parametrize(
    ("parts", "extension"),
    [
        ((123, "*25"), "*735123***225"),
        ((123, "_*21.", "1002"), "*735123***221*1002"),
        ((123, "_*21.", None), "*735123***221"),
        ((123, "_*31.", "*5"), "*735123***231***35"),
    ],
)
def test_the_extension_of_a_function_key(
    parts: tuple[str | int | None, ...], extension: str
) -> None:
    assert encode("_*735.", parts) == extension
    assert decode(extension.removeprefix("*735"))[0] == "123"


@given(st.lists(st.text("0123456789*#", min_size=1, max_size=6), min_size=1, max_size=9))
def test_a_function_key_is_read_back(parts: list[str]) -> None:
    assert decode(encode("", parts)) == tuple(parts)


@given(st.text("0123456789*", max_size=20))
def test_any_dialled_text_is_decoded_or_refused(text: str) -> None:
    try:
        parts = decode(text)
    except InvalidFunctionKey:
        return
    assert "".join(parts).replace("*", "") or not text.strip("*")


def test_more_parts_than_one_digit_can_name_are_refused() -> None:
    with pytest.raises(InvalidFunctionKey):
        encode("*735", list(range(10)))


@pytest.mark.parametrize("number", ["15", "17", "18", "112", "114", "115", "119"])
def test_french_emergency_numbers(number: str) -> None:
    assert is_emergency(number)
    assert is_emergency(number, "RE")
    assert not is_emergency(f"{number}9")


def test_an_unknown_country_has_the_european_number_and_extras_come_last() -> None:
    assert emergency_numbers("XX", ["999"]) == ("112", "999")
    assert emergency_numbers(None) == ("112",)


def test_every_emergency_number_can_be_dialled() -> None:
    assert all(number.isdecimal() for numbers in NUMBERS_BY_COUNTRY.values() for number in numbers)
