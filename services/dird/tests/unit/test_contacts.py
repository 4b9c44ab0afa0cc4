"""Contacts as files and as JSON."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st
from ovix_dird.contacts import hash_of_contact, read_csv, write_csv

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
