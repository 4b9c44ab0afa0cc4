"""``format_columns``: reference/dird.md, A10 and scenario 21, and what templates can't do."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_dird.templates import (
    MAX_RESULT,
    InvalidTemplate,
    compile_columns,
    compile_template,
    named_fields,
)

data = st.recursive(
    st.none() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def test_a_name_of_two_parts_has_no_trailing_blank_when_one_is_null() -> None:
    columns = compile_columns({"name": "{firstname} {lastname}"})
    assert columns({"firstname": "Alice", "lastname": None})["name"] == "Alice"
    assert columns({"firstname": None, "lastname": None})["name"] is None
    assert columns({})["name"] is None


def test_results_stand_beside_the_source_s_fields_and_over_those_of_the_same_name() -> None:
    columns = compile_columns({"phone": "{number}", "lastname": "{lastname} (Acme)"})
    assert columns({"number": "1001", "lastname": "Doe"}) == {
        "number": "1001",
        "phone": "1001",
        "lastname": "Doe (Acme)",
    }


def test_a_template_may_build_on_one_before_it_but_sees_the_source_first() -> None:
    columns = compile_columns(
        {"name": "{first} {last}", "first": "F. {first}", "reverse": "{name}"}
    )
    formatted = columns({"first": "Ada", "last": "L"})
    assert formatted == {"first": "F. Ada", "last": "L", "name": "Ada L", "reverse": "Ada L"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{extensions[0]}", "1001"),
        ("{numbers_by_label[mobile]}", "06"),
        ("{numbers_except_label[mobile][0]}", "01"),
        ("{manager.name}", "Ann"),
        ("{dotted.key}", "whole"),
        ("{First Name}", "Élodie"),
        ("{extensions[7]}", None),
        ("{numbers_by_label[fax]}", None),
        ("Tel. {extensions[7]}", None),
        ("{nobody[0]}", None),
        ("{extensions}", "1001, 1002"),
        ("{count}", "0"),
        ("{{literal}}", "{literal}"),
        ("  {First Name}  ", "Élodie"),
        ("", None),
    ],
)
def test_keys_and_positions_lead_through_data(template: str, expected: str | None) -> None:
    fields: dict[str, Any] = {
        "extensions": ["1001", "1002"],
        "numbers_by_label": {"mobile": "06"},
        "numbers_except_label": {"mobile": ["01", "02"]},
        "manager": {"name": "Ann"},
        "dotted.key": "whole",
        "First Name": "Élodie",
        "count": 0,
    }
    assert compile_template(template)(fields) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{x.__class__}",
        "{x.__class__.__mro__[1]}",
        "{x[__class__]}",
        "{x.name.__init__.__globals__}",
    ],
)
def test_attributes_of_python_s_objects_are_out_of_reach(template: str) -> None:
    for value in ("text", 1, ["a"], {"name": "n"}, object()):
        assert compile_template(template)({"x": value}) is None


@pytest.mark.parametrize(
    "template",
    ["{x!r}", "{x:>10000000000}", "{x:{y}}", "{", "}", "{}", "{[0]}", "{.a}", "{a..b}", "{a[}"],
)
def test_a_template_of_more_than_keys_and_positions_is_refused(template: str) -> None:
    with pytest.raises(InvalidTemplate):
        compile_columns({"name": template})


def test_a_result_is_cut_where_it_is_too_long_for_any_display() -> None:
    assert len(compile_template("{a}{a}")({"a": "x" * MAX_RESULT}) or "") == MAX_RESULT


def test_the_fields_to_fetch_are_those_that_templates_name() -> None:
    assert named_fields({"name": "{cn} ({o[0]})", "phone": "tel"}) == {"cn", "o", "o[0]"}


@given(
    st.text(st.sampled_from(string.ascii_letters[:4] + "{}[].0_!: "), max_size=30),
    st.dictionaries(st.text(st.sampled_from("abcd"), max_size=2), data, max_size=4),
)
def test_a_template_is_refused_or_gives_a_text_of_any_contact(
    template: str, fields: dict[str, Any]
) -> None:
    try:
        render = compile_template(template)
    except InvalidTemplate:
        return
    result = render(fields)
    assert result is None or result == result.strip() != ""
