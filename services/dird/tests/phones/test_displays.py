"""Which lines a contact gives, how numbers are dialled, what goes on which page."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ovix_dird.engine import Column
from ovix_dird.phones.displays import STANDARD, dialled, entries_of, of_columns
from ovix_dird.phones.labels import LANGUAGES, labels_for
from ovix_dird.phones.paging import page_of, page_size
from ovix_dird.phones.screens import Entry, Link
from ovix_dird.phones.vendors import VENDORS

ENGLISH = LANGUAGES["en"]
COLUMNS = (
    Column("name", "Nom", "name"),
    Column("phone", "Numéro", "number"),
    Column("phone_mobile", "Mobile", "callable"),
    Column("email", "E-mail", "email"),
    Column(None, "Favoris", "favorite"),
)


def shown(*contacts: dict[str, Any], columns: Any = COLUMNS) -> list[tuple[str, str]]:
    entries = entries_of(contacts, of_columns(columns), ENGLISH)
    return [(entry.name, entry.number) for entry in entries]


@pytest.mark.parametrize(
    ("number", "dialled_number"),
    [
        ("+33(0)1 23 45 67 89", "0033123456789"),
        ("(555) 123-4567", "5551234567"),
        ("01.23.45.67.89", "0123456789"),
        ("+33123456789", "+33123456789"),
        ("*98#", "*98#"),
        ("abc", ""),
        ("()", ""),
        ("+", ""),
        ("", ""),
        (None, ""),
        (1001, "1001"),
    ],
)
def test_numbers_are_dialled_without_what_people_write_between(
    number: object, dialled_number: str
) -> None:
    assert dialled(number) == dialled_number


@settings(deadline=None)
@given(st.text())
def test_what_is_dialled_never_holds_more_than_keys(text: str) -> None:
    assert set(dialled(text)) <= set("0123456789*#+")


def test_the_first_number_keeps_the_name_and_others_say_their_column() -> None:
    alice = {"name": "Alice", "phone": "1001", "phone_mobile": "06 12"}
    assert shown(alice) == [("Alice", "1001"), ("Alice (mobile)", "0612")]
    assert shown(alice | {"phone": None}) == [("Alice", "0612")]


def test_a_column_may_say_how_its_line_is_named() -> None:
    columns = (*COLUMNS[:2], Column("phone_mobile", "Mobile", "number", None, "{name} [{number}]"))
    contact = {"name": "Zoé", "phone": "1", "phone_mobile": "2"}
    assert shown(contact, columns=columns) == [("Zoé", "1"), ("Zoé [2]", "2")]


def test_what_stands_in_a_form_beside_name_and_number_is_text() -> None:
    columns = (Column("name", None, "name"), Column("p", None, "number", None, "{name.__class__}"))
    assert shown({"name": "A", "p": "1"}, columns=columns) == [("{name.__class__}", "1")]


def test_without_columns_for_phones_the_usual_fields_are_shown_in_the_phones_language() -> None:
    contact = {"display_name": "Bob", "phone": "1001", "phone_mobile": "06", "phone_home": "01"}
    french = [(each.name, each.number) for each in entries_of([contact], STANDARD, LANGUAGES["fr"])]
    assert french == [("Bob", "1001"), ("Bob (Domicile)", "01"), ("Bob (Mobile)", "06")]
    assert shown(contact, columns=()) == [
        ("Bob", "1001"), ("Bob (Home)", "01"), ("Bob (Mobile)", "06"),
    ]  # fmt: skip


def test_the_newer_names_of_fields_are_known_too() -> None:
    contact = {"header_1_info": "Bob", "contact_1_callable": "1001", "contact_3_callable": "06"}
    assert shown(contact, columns=()) == [("Bob", "1001"), ("Bob (Mobile)", "06")]


def test_a_display_without_a_name_takes_the_usual_field() -> None:
    assert shown({"name": "Bob", "p": "1"}, columns=(Column("p", "P", "number"),)) == [("Bob", "1")]


def test_who_has_no_number_is_left_out_and_who_has_no_name_is_the_number() -> None:
    assert shown({"name": "Nobody"}, {"phone": "12"}, {"name": " ", "phone": "13"}) == [
        ("12", "12"), ("13", "13"),
    ]  # fmt: skip


def test_lines_are_in_the_order_of_names_as_people_sort_them_and_none_comes_twice() -> None:
    names = ["Zoé", "Élodie", "elan", "Bob", "Bob"]
    contacts = [{"name": name, "phone": "1"} for name in names]
    assert [name for name, _ in shown(*contacts)] == ["Bob", "elan", "Élodie", "Zoé"]


@settings(deadline=None)
@given(
    total=st.integers(0, 60),
    offset=st.integers(0, 70),
    size=st.integers(1, 30),
)
def test_pages_lead_to_each_other(total: int, offset: int, size: int) -> None:
    entries = [Entry(str(number), str(number)) for number in range(total)]
    aastra = VENDORS["aastra"]
    page = page_of(entries, aastra, Link("http://d", {"term": "é &"}), ENGLISH, offset, size)
    assert page.entries == tuple(entries[offset : offset + size])
    assert (page.previous is not None) == (offset > 0)
    assert (page.next is not None) == (offset + size < total)
    if page.next:
        assert str(page.next).endswith(f"term=%C3%A9%20%26&limit={size}&offset={offset + size}")


def test_sizes_of_pages_are_the_vendors_own_up_to_what_its_phones_hold() -> None:
    sizes = {name: page_size(vendor, None) for name, vendor in VENDORS.items()}
    assert sizes == {
        "aastra": 16, "mitel": 16, "cisco": 16, "polycom": 16, "snom": 16, "snom-menu": 16,
        "fanvil": 16, "thomson": 8, "yealink": 250, "htek": 250, "fanvil-v2": 250,
        "gigaset": 250, "grandstream": 1000,
    }  # fmt: skip
    assert page_size(VENDORS["aastra"], 1000) == 28
    assert page_size(VENDORS["yealink"], 400) == 400
    assert page_size(VENDORS["yealink"], 0) == 250


@pytest.mark.parametrize(
    ("header", "title"),
    [
        (None, "Directory"),
        ("", "Directory"),
        ("fr", "Annuaire"),
        ("fr-CA, en;q=0.5", "Annuaire"),
        ("en;q=0.5, fr_FR;q=0.9", "Annuaire"),
        ("pt, de;q=0.3", "Telefonbuch"),
        ("fr;q=0", "Directory"),
        ("fr;q=much, en", "Directory"),
        ("fr;q=nan", "Directory"),
        ("*", "Directory"),
        (";;;,,,=" * 1000, "Directory"),
    ],
)
def test_words_are_those_of_the_language_that_the_phone_likes_best(
    header: str | None, title: str
) -> None:
    assert labels_for(header).directory_title == title
