"""Caller ids: grammar, rewriting, outgoing policy and normalisation of incoming numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.caller_id import (
    CallerId,
    Outgoing,
    RewriteMode,
    normalised_incoming,
    outgoing,
    parse,
    rewritten,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Alice Doe" <1000>', CallerId("Alice Doe", "1000")),
        ('"Alice"', CallerId("Alice", None)),
        ("Alice <+33612>", CallerId("Alice", "+33612")),
        ("Élodie Noël", CallerId("Élodie Noël", None)),
        ("0359083090", CallerId("0359083090", "0359083090")),
        ("<1000>", CallerId(None, "1000")),
        ('"1000"', CallerId("1000", None)),
        ('"" <1000>', CallerId(None, "1000")),
        ("Alice <abc>", None),
        ("", None),
        (None, None),
        ('""', None),
        ("a;b", None),
    ],
)
def test_the_grammar_of_caller_ids(text: str | None, expected: CallerId | None) -> None:
    assert parse(text) == expected


names = st.text(st.characters(exclude_characters='"\0', exclude_categories=["C"]), min_size=1)
numbers = st.from_regex(r"\+?[0-9*#]{1,10}", fullmatch=True)


@given(names, numbers)
def test_a_written_caller_id_is_read_back(name: str, number: str) -> None:
    assert parse(str(CallerId(name, number))) == CallerId(name, number)
    assert parse(str(CallerId(name))) == CallerId(name)


@given(st.text(max_size=200))
def test_any_text_is_read_or_ignored(text: str) -> None:
    found = parse(text)
    assert found is None or found.name or found.number


def test_the_name_defaults_to_the_number() -> None:
    assert str(CallerId(None, "1000")) == '"1000" <1000>'


@pytest.mark.parametrize(
    ("mode", "display", "name", "number", "expected"),
    [
        ("prepend", "SAV", "0359083091", "0359083091", CallerId("SAV - 0359083091", "0359083091")),
        ("append", '"SAV"', "Alice", "1000", CallerId("Alice - SAV", "1000")),
        ("overwrite", '"SAV" <3000>', "Alice", "1000", CallerId("SAV", "3000")),
        ("prepend", "1000", "", "1000", CallerId("1000", "1000")),
        ("prepend", '"SAV"', '""', "", CallerId("SAV - unknown", "unknown")),
    ],
)  # fmt: skip
def test_rewriting(mode: str, display: str, name: str, number: str, expected: CallerId) -> None:
    shown = parse(display)
    assert shown
    assert rewritten(RewriteMode(mode), shown, name, number) == expected


@pytest.mark.parametrize(
    ("internal", "user", "route", "expected"),
    [
        (True, "anonymous", "0359", Outgoing()),
        (False, None, "0359", Outgoing(caller_id=CallerId("0359", "0359"))),
        (False, "default", '"Shop" <0359>', Outgoing(caller_id=CallerId("Shop", "0359"))),
        (False, "", None, Outgoing()),
        (False, "anonymous", "0359", Outgoing(anonymous=True)),
        (False, '"Me" <0612>', "0359", Outgoing(caller_id=CallerId("Me", "0612"))),
    ],
)
def test_what_a_call_shows_outside(
    internal: bool, user: str | None, route: str | None, expected: Outgoing
) -> None:
    """F-154, F-155."""
    assert outgoing(internal=internal, user=user, route=route) == expected


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("0359083091", "0359083091"),
        ("359083091", "0359083091"),
        ("+33359083091", "0359083091"),
        ("+4930123456", "004930123456"),
        ("004930123456", "004930123456"),
        ("49301234567", "0049301234567"),
        ("1000", None),
        ("unknown", None),
        ("+33", None),
        ("٣٥٩٠٨٣٠٩١", None),
    ],
)
def test_incoming_numbers_become_diallable(sent: str, shown: str | None) -> None:
    assert normalised_incoming(sent) == shown


@given(st.text("+0123456789", max_size=16))
def test_a_normalised_number_is_not_changed_again(number: str) -> None:
    once = normalised_incoming(number)
    if once is not None:
        assert normalised_incoming(once) in (once, None)
