"""Contacts as files and as JSON."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_dird.contacts import UnreadableCsv, hash_of_contact, read_csv, write_csv

# What a CSV file can't tell apart: line ends of two systems, and no value from an empty one.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=20)
NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\x00\ufeff"), min_size=1, max_size=9
)


@given(st.lists(st.dictionaries(NAMES, TEXT.filter(bool), min_size=2, max_size=5), min_size=1))
def test_what_is_written_is_read_again(contacts: list[dict[str, str]]) -> None:
    lines = read_csv(write_csv(contacts).encode(), "utf-8")
    again = [{name: value for name, value in line.fields.items() if value} for line in lines]
    assert again == contacts


@given(st.lists(st.dictionaries(NAMES, TEXT, min_size=1, max_size=5), min_size=1))
def test_no_cell_is_a_formula_to_a_spreadsheet(contacts: list[dict[str, str]]) -> None:
    for row in csv.reader(io.StringIO(write_csv(contacts), newline="")):
        for cell in row:
            assert not cell.startswith(("=", "@", "\t"))


def test_the_same_contact_is_known_whatever_the_order_of_its_keys() -> None:
    assert hash_of_contact({"a": "1", "b": "2"}) == hash_of_contact({"b": "2", "a": "1"})


def test_a_header_of_very_many_columns_is_refused_at_once() -> None:
    header = ",".join(f"c{number}" for number in range(200_000)).encode()
    began = time.process_time()
    with pytest.raises(UnreadableCsv, match="at most 100 columns"):
        read_csv(header, "utf-8")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "no-such", "\x00"])
def test_a_charset_that_no_spreadsheet_writes_is_refused(charset: str) -> None:
    with pytest.raises(UnreadableCsv):
        read_csv(b"firstname\nx", charset)


@pytest.mark.parametrize("charset", ["utf8", "UTF-16", "latin-1", "windows-1252", "us-ascii"])
def test_the_charsets_of_spreadsheets_are_read(charset: str) -> None:
    assert read_csv("firstname\nZoe".encode(charset), charset)[0].fields == {"firstname": "Zoe"}
