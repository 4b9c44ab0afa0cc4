"""What matches, and how well: the same for every source."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_dird.matching import MAX_WORDS, Rank, Term, fold, rank, searchable, words

names = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20
)
values_of_contacts = st.lists(
    st.text(st.sampled_from("abc éÉß-+0123456789 .@"), max_size=12), max_size=4
)
terms = st.text(st.sampled_from("abceß +0123456789"), max_size=8)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Élodie", "elodie"),
        ("E\u0301LODIE", "elodie"),
        ("Straße", "strasse"),
        ("Œuvre Ægir Łódź Sørensen İstanbul", "oeuvre aegir lodz sorensen istanbul"),
        ("  Jean  \t Paul\u00a0", "jean paul"),
        ("L’Hôpital", "l'hopital"),
        ("Ｔｏｋｙｏ", "tokyo"),
        ("a\x1fb\x1ec", "a b c"),
        ("مُحَمَّد", "محمد"),
        ("𝕏 ☎", "x ☎"),
    ],
)
def test_case_and_accents_fold_away(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("term", "values", "expected"),
    [
        ("elodie", ["Élodie"], Rank.EXACT),
        ("ÉLODIE", ["elodie"], Rank.EXACT),
        ("marie dupont", ["Marie", "Dupont"], Rank.EXACT),
        ("dupont marie", ["Marie Dupont"], Rank.WORD),
        ("marie dupont", ["Marie Dupont"], Rank.EXACT),
        ("Dupont, Marie", ["Marie", "Dupont"], Rank.EXACT),
        ("mar dup", ["Marie", "Dupont"], Rank.PREFIX),
        ("dup", ["Jean Dupont"], Rank.PREFIX),
        ("pont", ["Jean Dupont"], Rank.SUBSTRING),
        ("jean pont", ["Jean Dupont"], Rank.SUBSTRING),
        ("jean martin", ["Jean Dupont"], None),
        ("jean-luc", ["Jean-Luc"], Rank.EXACT),
        ("luc", ["Jean-Luc"], Rank.WORD),
        ("paul", ["paul@example.org"], Rank.WORD),
        ("strasse", ["Hauptstraße 1"], Rank.SUBSTRING),
        ("ジョ", ["ジョン"], Rank.PREFIX),
        ("", ["anything"], Rank.SUBSTRING),
        ("", [], Rank.SUBSTRING),
        ("x", [], None),
        ("%", ["100"], None),
        ("_", ["a"], None),
        ("*)(uid=*", ["alice"], None),
    ],
)
def test_a_term_is_judged_by_the_searched_values(
    term: str, values: list[str], expected: Rank | None
) -> None:
    assert rank(term, values) == expected


@pytest.mark.parametrize(
    ("term", "number", "country", "expected"),
    [
        ("0612345678", "06 12 34 56 78", None, Rank.EXACT),
        ("06 12 34 56 78", "0612345678", None, Rank.EXACT),
        ("06.12.34", "06 12 34 56 78", None, Rank.PREFIX),
        ("0612345678", "+33 (0)6 12 34 56 78", "FR", Rank.EXACT),
        ("0612", "+33612345678", "FR", Rank.PREFIX),
        ("+33612", "06 12 34 56 78", "FR", Rank.PREFIX),
        ("0033612345678", "+33612345678", None, Rank.EXACT),
        ("+33612345678", "0033 6 12 34 56 78", None, Rank.EXACT),
        ("5678", "06 12 34 56 78", "FR", Rank.SUBSTRING),
        ("0612", "+33612345678", "BE", None),
        ("0712", "+33612345678", "FR", None),
        ("1001", "1001", "FR", Rank.EXACT),
        ("dupont 1001", "1001", "FR", None),
    ],
)
def test_numbers_are_found_however_they_are_written(
    term: str, number: str, country: str | None, expected: Rank | None
) -> None:
    assert rank(term, [number], country) == expected


def test_lists_count_by_their_members_and_nothing_else_is_looked_into() -> None:
    values = [None, ["1001", "1002"], 42, {"a": "hidden"}, True, [["deeper"]]]
    assert rank("1002", values) == Rank.EXACT
    assert rank("42", values) == Rank.EXACT
    assert rank("hidden", values) is None
    assert rank("true", values) is None
    assert rank("deeper", values) is None


def test_a_word_counts_once_and_a_novel_by_its_first_words() -> None:
    assert words("la La LA lala") == ("la", "lala")
    assert len(words(" ".join(str(number) for number in range(100)))) == MAX_WORDS


@given(names)
def test_a_name_is_found_by_itself_however_it_is_composed(name: str) -> None:
    assert rank(unicodedata.normalize("NFD", name), [unicodedata.normalize("NFC", name)]) in (
        (Rank.EXACT,) if fold(name) and words(name) else (Rank.EXACT, Rank.SUBSTRING)
    )


@given(names)
def test_folding_twice_is_folding_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.text(st.sampled_from("abcé ß"), max_size=8), values_of_contacts)
def test_a_term_of_letters_matches_when_each_word_is_in_a_value(
    term: str, values: list[str]
) -> None:
    folded = [fold(value) for value in values]
    expected = all(any(word in value for value in folded) for word in words(term))
    assert (rank(term, values) is not None) == expected


@given(terms, values_of_contacts, values_of_contacts, st.sampled_from([None, "FR"]))
def test_a_part_of_a_longer_text_is_judged_as_if_it_stood_alone(
    term: str, values: list[str], others: list[str], country: str | None
) -> None:
    read, alone, before = Term.read(term, country), searchable(values), searchable(others)
    together = before + alone + before
    assert read.rank_in(together, len(before), len(before) + len(alone)) == read.rank_in(alone)


@given(terms, values_of_contacts, st.text(max_size=5))
def test_one_more_value_never_makes_a_match_worse(term: str, values: list[str], more: str) -> None:
    before, after = rank(term, values), rank(term, [*values, more])
    assert before is None or (after is not None and after <= before)
