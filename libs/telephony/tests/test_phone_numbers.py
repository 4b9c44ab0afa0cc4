"""Numbers in normal form: the table of reference/crm.md, part 8, and what holds for any text."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.phone_numbers import (
    MAX_LENGTH,
    digits_of,
    normal_form,
    same_number,
    spellings,
    started_forms,
)

countries = st.sampled_from([None, "FR", "US", "CA", "DE", "IT", "AT", "GB", "SH", "ZZ"])
written = st.text(st.sampled_from("0123456789+()-. /*#\u00a0x;ext=telsip:@%"), max_size=40)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("+33 (0)6.12.34.56.78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("00 33 6-12/34\u00a056 78", "+33612345678"),
        ("612345678", "+33612345678"),
        ("#31#0612345678", "+33612345678"),
        ("*670612345678", "+33612345678"),
        ("+1 819 555 0100", "+18195550100"),
        ("tel:+33-6-12-34-56-78;ext=12", "+33612345678"),
        ("sip:%2B33612345678@example.org;user=phone", "+33612345678"),
        ("(06) 12 34 56 78", "+33612345678"),
        ("06 12 34 56 78 ext. 12", "+33612345678"),
        ("٠٦١٢٣٤٥٦٧٨", "+33612345678"),
        ("1001", "1001"),
        ("3631", "3631"),
        ("15", "15"),
        ("112", "112"),
        ("*36", "*36"),
        ("anonymous", ""),
        ("asterisk", ""),
        ("s", ""),
        ("", ""),
        ("Box 12", ""),
        ("sip:alice@example.org", ""),
        ("0612345678" * 7, ""),
    ],
)
def test_a_number_read_in_france(number: str, expected: str) -> None:
    assert normal_form(number, "FR") == expected


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("+33123456789", None, "+33123456789"),
        ("0033123456789", None, "+33123456789"),
        ("0123456789", None, "0123456789"),
        ("011 33 1 23 45 67 89", "US", "+33123456789"),
        ("(819) 555-0100", "CA", "+18195550100"),
        ("555 555-1234", None, "5555551234"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("+33 1", "FR", "+331"),
        ("1001", "DE", "1001"),
    ],
)
def test_a_number_read_elsewhere_or_nowhere(
    number: str, country: str | None, expected: str
) -> None:
    assert normal_form(number, country) == expected


def test_a_contact_with_a_national_number_is_whom_an_international_one_calls() -> None:
    assert same_number("+33123456789", "01 23 45 67 89", "FR")
    assert not same_number("+33123456789", "01 23 45 67 89", "BE")
    assert same_number("555 555-1234", "5555551234")
    assert not same_number("anonymous", "anonymous", "FR")


def test_a_text_comparing_directory_is_asked_for_every_spelling() -> None:
    assert spellings("0033 6 12 34 56 78", "FR") == (
        "0033612345678",
        "+33612345678",
        "33612345678",
        "0612345678",
        "612345678",
    )
    assert spellings("1001", "FR") == ("1001",)
    assert spellings("nobody", "FR") == ()


def test_a_started_number_goes_on_nationally_or_internationally() -> None:
    assert started_forms("0612", "FR") == ("0612", "+33612")
    assert started_forms("+33 6 12", "FR") == ("+33612", "0612")
    assert started_forms("003361", "FR") == ("003361", "+3361", "061")
    assert started_forms("555", "US") == ("555",)
    assert started_forms("12", None) == ("12",)
    assert started_forms("anna", "FR") == ()


@given(written, countries)
def test_a_normal_form_is_its_own_normal_form(text: str, country: str | None) -> None:
    form = normal_form(text, country)
    assert set(form) <= set("+0123456789*#")
    if form.startswith("+"):
        assert normal_form(form, country) == form


@given(st.text(max_size=MAX_LENGTH + 5), countries)
def test_any_text_is_read(text: str, country: str | None) -> None:
    assert len(normal_form(text, country)) <= MAX_LENGTH
    assert digits_of(text) or not spellings(text, country)


@given(
    st.sampled_from(["FR", "US", "CA", "DE", "IT", "GB", "ES", "BE", "CH", "MG"]),
    st.sampled_from(
        [
            phonenumbers.PhoneNumberType.MOBILE,
            phonenumbers.PhoneNumberType.FIXED_LINE,
        ]
    ),
)
def test_every_spelling_of_a_number_is_the_same_number(country: str, kind: int) -> None:
    example = phonenumbers.example_number_for_type(country, kind)
    assert example is not None
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    # Without its plus an international number may be a long national one, in Germany for example.
    for form in set(spellings(e164, country)) - {e164[1:]}:
        assert same_number(form, e164, country), form
