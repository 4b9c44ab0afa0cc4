"""Extensions: what is accepted, and what is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.extensions import InvalidExtension, is_number, stored_extension


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("1000", "1000"),
        ("*25", "*25"),
        ("_XXXX", "_XXXX"),
        ("XXXX", "_XXXX"),
        ("0[1-5]XXXXXXXX", "_0[1-5]XXXXXXXX"),
        ("_*21.", "_*21."),
        ("9" * 40, "9" * 40),
    ],
)
def test_a_pattern_is_stored_with_its_underscore_and_a_number_as_it_is(
    text: str, stored: str
) -> None:
    assert stored_extension(text) == stored


@pytest.mark.parametrize(
    "text", ["", "_", "abc", "+33", "10 00", "9" * 41, "_" + "X" * 40, "_[12", "_[]", "_-", "1\0"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InvalidExtension):
        stored_extension(text)


@given(st.text("0123456789*#_XZN[].!-x+ ", max_size=45))
def test_storing_again_changes_nothing(text: str) -> None:
    try:
        stored = stored_extension(text)
    except InvalidExtension:
        return
    assert stored_extension(stored) == stored
    assert is_number(stored) != stored.startswith("_")
    assert len(stored) <= 40
