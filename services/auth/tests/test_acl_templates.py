"""Templates of accesses: what is rendered, dropped and refused."""

from typing import Any

import pytest
from ovix_auth.acl_templates import (
    ENTRIES_MAX,
    InvalidTemplate,
    TooManyEntries,
    check,
    rendered,
    variables_of,
)
from ovix_auth.builtin_policies import POLICIES

ALICE: dict[str, Any] = {
    "id": 4,
    "uuid": "u-u",
    "lines": [7, 8],
    "voicemails": [],
    "username": "al.ice",
    "agent": {"id": 2, "number": "1002"},
}


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        ("confd.users.read", ["confd.users.read"]),
        ("confd.users.{{ uuid }}.read", ["confd.users.u-u.read"]),
        ("agentd.agents.by-number.{{ agent.number }}.read", ["agentd.agents.by-number.1002.read"]),
        (
            "{% for line in lines %}confd.lines.{{ line }}.read\n{% endfor %}",
            ["confd.lines.7.read", "confd.lines.8.read"],
        ),
        ("{% for each in voicemails %}voicemails.{{ each }}\n{% endfor %}", []),
        ("{% if voicemails %}a{% else %}b{% endif %}", ["b"]),
        ("{% if entity is defined %}a{% else %}b{% endif %}", ["b"]),
        ("{% if id == 4 %}four{% endif %}", ["four"]),
        ("dird.tenants.{{ entity }}.#", []),
        ("x.{{ agent.nothing }}", []),
        ("{% for each in id %}x{% endfor %}", []),
        ("users.{{ username }}", ["users.al_ice"]),
    ],
)
def test_an_entry_gives_its_lines(entry: str, lines: list[str]) -> None:
    check(entry)
    assert list(rendered([entry], ALICE)) == lines


@pytest.mark.parametrize("value", ["a.b", "#", "a*", "!x", "two\nlines", "a b"])
def test_a_value_never_becomes_a_pattern(value: str) -> None:
    (line,) = rendered(["x.{{ username }}.y"], {"username": value})
    assert len(line.split(".")) == 3
    assert not set("#*! \n") & set(line)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        "a b",
        "a\tb",
        "x" * 4097,
        "{{ uuid",
        "{% for x in lines %}",
        "{{ nobody }}",
        "{{ uuid.__class__() }}",
        "{{ range(10) }}",
        "{% for x in range(1000000000) %}a{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 2 ** 9999999 }}",
        "{{ lines | join }}",
        "{% set x = 1 %}",
        "{% macro x() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{{ lines[0:1] }}",
        "{% for a in lines %}{% for b in lines %}{% for c in lines %}x{% endfor %}{% endfor %}"
        "{% endfor %}",
        "{% for a in lines recursive %}{{ loop(a) }}{% endfor %}",
        "{{ '" + "(" * 2000,
        "{{ " + "(" * 2000 + "1" + ")" * 1900,
        "{% if id is divisibleby(0) %}x{% endif %}",
        "{{ agent" + ".id" * 1300 + " }}",
        "{{ " + "not " * 1000 + "id }}",
        "{% if id %}" * 300,
        "{% if id %}" * 150 + "{% endif %}" * 150,
    ],
)
def test_what_is_no_template_of_ours_is_refused(entry: str) -> None:
    with pytest.raises(InvalidTemplate):
        check(entry)


def test_what_was_stored_by_other_hands_and_is_no_template_gives_nothing() -> None:
    assert rendered(["{{ range(9) }}", "a.b", "{% oops"], ALICE) == ("a.b",)


def test_each_entry_is_held_once_and_in_order() -> None:
    assert rendered(["b", "a", "b", "{{ 'a' }}"], {}) == ("b", "a")


def test_a_token_never_holds_more_than_the_bound() -> None:
    many = {"lines": list(range(ENTRIES_MAX + 1))}
    with pytest.raises(TooManyEntries):
        rendered(["{% for line in lines %}{{ line }}\n{% endfor %}"], many)


def test_only_templates_ask_for_variables() -> None:
    assert variables_of(["a.b", "#"]) == set()
    assert variables_of(["x.{{ agent.id }}", "{% if lines %}a{% endif %}"]) == {"agent", "lines"}


def test_every_policy_of_ours_can_be_rendered() -> None:
    for policy in POLICIES.values():
        for entry in policy.acl:
            check(entry)
