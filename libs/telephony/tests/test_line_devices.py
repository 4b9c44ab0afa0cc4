"""The devices of a line: F-121."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.line_devices import BROWSER, PHONE, account_of, browser_of, ringing_device


@pytest.mark.parametrize(
    ("webrtc", "selected", "rings"),
    [
        (None, PHONE, "zoe"),
        ("no", BROWSER, "zoe"),
        ("yes", PHONE, "zoe"),
        ("yes", BROWSER, "zoe"),
        ("ua", PHONE, "zoe"),
        ("ua", BROWSER, "zoe_w"),
    ],
)
def test_a_selection_counts_for_unique_accounts_alone(
    webrtc: str | None, selected: str, rings: str
) -> None:
    assert ringing_device("zoe", webrtc, selected) == rings


@given(st.text(min_size=1))
def test_the_account_of_a_browser_is_found_by_its_name(username: str) -> None:
    assert account_of(browser_of(username)) == username


@pytest.mark.parametrize("name", ["", "zoe", "_w", "zoe_W"])
def test_other_names_are_no_browsers(name: str) -> None:
    assert account_of(name) is None
