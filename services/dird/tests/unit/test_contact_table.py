"""A table of contacts finds what judging every contact by itself finds."""

from hypothesis import given
from hypothesis import strategies as st
from ovix_dird.contact_table import ContactTable
from ovix_dird.matching import Rank, Term, rank
from ovix_telephony.phone_numbers import same_number

FIELDS = ("id", "name", "city", "number")
texts = st.text(st.sampled_from("abéÉß- 01"), max_size=6)
numbers = st.sampled_from(
    ["", "1001", "0123456789", "+33 1 23 45 67 89", "0033123456789", "01", "+33 (0)123456780", "x"]
)
rows_of_contacts = st.lists(
    st.tuples(st.sampled_from("1234567"), texts, texts, numbers).map(list), max_size=12
)
terms = st.text(st.sampled_from("abeé +013"), max_size=5)


def table_of(rows: list[list[str]]) -> ContactTable:
    return ContactTable(
        FIELDS, rows, searched=["name", "city", "number"], numbers=["number"], unique="id"
    )


def judged(rows: list[list[str]], term: str) -> list[tuple[Rank, int]]:
    ranked = ((rank(term, row[1:], "FR"), number) for number, row in enumerate(rows))
    return sorted((Rank(found), number) for found, number in ranked if found is not None)


@given(rows_of_contacts, terms)
def test_a_search_gives_what_judging_each_contact_gives(rows: list[list[str]], term: str) -> None:
    assert table_of(rows).search(Term.read(term, "FR"), 1000) == judged(rows, term)


@given(rows_of_contacts, terms, st.integers(1, 3))
def test_a_limited_search_gives_as_many_as_there_are(
    rows: list[list[str]], term: str, limit: int
) -> None:
    everything = judged(rows, term)
    found = table_of(rows).search(Term.read(term, "FR"), limit)
    assert len(found) == min(limit, len(everything))
    assert set(found) <= set(everything)
    exact = sum(each is Rank.EXACT for each, _ in everything)
    if len(Term.read(term, "FR").words) == 1:
        assert sum(each is Rank.EXACT for each, _ in found) == min(limit, exact)


@given(rows_of_contacts, numbers)
def test_a_number_is_found_where_it_is_the_same_number(rows: list[list[str]], number: str) -> None:
    expected = [row for row, each in enumerate(rows) if same_number(each[3], number, "FR")]
    assert table_of(rows).with_number(number, "FR") == (expected[0] if expected else None)


@given(rows_of_contacts, st.sampled_from("0123456789"))
def test_an_id_is_found_where_it_is(rows: list[list[str]], entry_id: str) -> None:
    expected = [row for row, each in enumerate(rows) if each[0] == entry_id]
    assert table_of(rows).with_id(entry_id) == (expected[0] if expected else None)


@given(rows_of_contacts)
def test_contacts_come_out_as_they_went_in(rows: list[list[str]]) -> None:
    table = table_of(rows)
    assert [list(table.contact(row).values()) for row in range(len(table))] == rows


def test_what_thousands_have_in_common_is_found_from_the_best_on() -> None:
    rows = [[str(number), f"Xma {number}", "Lima", ""] for number in range(5000)]
    rows += [["a", "Ma", "", ""], ["b", "Marie", "", ""]]
    found = table_of(rows).search(Term.read("ma"), 10)
    assert len(found) == 10
    assert found[:2] == [(Rank.EXACT, 5000), (Rank.PREFIX, 5001)]
