"""Every scenario of the reference is a test: one that goes missing fails here."""

import pytest

from .rows import ROWS, named, written

NOT_OURS = {
    "E21": "the archives of the historic sets are other projects' work, and no part of this one;"
    " whoever has them tries them by python -m ovix_provd.trial, which has tests of its own",
    "F16": "this REST takes tokens and no HTTP Digest; without one it answers 401 to all",
}
"""Rows that can't apply here, and why."""


@pytest.mark.parametrize("row", [row for row in ROWS if row not in NOT_OURS])
def test_a_test_names_the_row(row: str) -> None:
    assert [name for name, docstring in written() if row in named(name, docstring)]


def test_rows_that_do_not_apply_are_rows_and_have_no_test() -> None:
    found = {row for name, docstring in written() for row in named(name, docstring)}
    assert set(NOT_OURS) <= set(ROWS)
    assert not found & set(NOT_OURS)


def test_names_and_docstrings_name_rows() -> None:
    assert named("test_a1_a_phone_and_a2_again") == {"A1", "A2"}
    assert named("test_e4_e5_twice", "Row I21, not K1, not B99.") == {"E4", "E5", "I21"}
    assert named("test_a_phone") == set()
