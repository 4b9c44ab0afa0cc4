"""Templates of accesses: what is rendered, dropped and refused."""

import asyncio
import threading
from typing import Any

import pytest
from ovix_auth import acl_templates
from ovix_auth.acl_templates import (
    ENTRIES_MAX,
    LIST_MAX,
    SOURCES_MAX,
    TEMPLATE_MAX,
    InvalidTemplate,
    TooManyEntries,
    check,
    check_plain,
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
async def test_an_entry_gives_its_lines(entry: str, lines: list[str]) -> None:
    check_plain(entry)
    await check([entry])
    assert list(await rendered([entry], ALICE)) == lines


@pytest.mark.parametrize("value", ["a.b", "#", "a*", "!x", "two\nlines", "a b"])
async def test_a_value_never_becomes_a_pattern(value: str) -> None:
    (line,) = await rendered(["x.{{ username }}.y"], {"username": value})
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
        "{{ id }}" * 250,
        "{{ id " + "== 4 " * 250 + "}}",
        "{% if id %}" * 150 + "{% endif %}" * 150,
    ],
)
async def test_what_is_no_template_of_ours_is_refused(entry: str) -> None:
    with pytest.raises(InvalidTemplate):  # noqa: PT012 - by the one or the other
        check_plain(entry)
        await check([entry])


async def test_what_was_stored_by_other_hands_and_is_no_template_gives_nothing() -> None:
    assert await rendered(["{{ range(9) }}", "a.b", "{% oops"], ALICE) == ("a.b",)


async def test_each_entry_is_held_once_and_in_order() -> None:
    assert await rendered(["b", "a", "b", "{{ 'a' }}"], {}) == ("b", "a")


async def test_a_token_never_holds_more_than_the_bound() -> None:
    many = {"lines": list(range(ENTRIES_MAX + 1))}
    with pytest.raises(TooManyEntries):
        await rendered(["{% for line in lines %}{{ line }}\n{% endfor %}"], many)


async def test_a_token_never_holds_more_characters_than_the_bound() -> None:
    entry = ["{{ username }}"]
    assert await rendered(entry, {"username": "x" * TEMPLATE_MAX}) == ("x" * TEMPLATE_MAX,)
    with pytest.raises(TooManyEntries):
        await rendered(entry, {"username": "x" * (TEMPLATE_MAX + 1)})
    entries = [f"{number}." + "y" * 4000 for number in range(LIST_MAX // 4000 + 1)]
    assert len(await rendered(entries[:100] * 5, {})) == 100
    with pytest.raises(TooManyEntries):
        await rendered(entries, {})


async def test_only_templates_ask_for_variables() -> None:
    assert await variables_of(["a.b", "#"]) == set()
    assert await variables_of(["x.{{ agent.id }}", "{% if lines %}a{% endif %}"]) == {
        "agent",
        "lines",
    }


async def test_every_policy_of_ours_can_be_rendered() -> None:
    for policy in POLICIES.values():
        await check(policy.acl)


NESTED = "{%% for a in %s %%}{%% for b in %s %%}%s{%% endfor %%}{%% endfor %%}"
LONG = "'" + "x" * 1900 + "'"


@pytest.mark.parametrize(
    "entry",
    [
        NESTED % ("lines", "lines", ""),
        NESTED % (LONG, LONG, ""),
        NESTED % ("groups", "a", "{{ b }}"),
        NESTED % ("lines", "lines", "{% if id " + "== 4 " * 90 + "%}{% endif %}"),
        NESTED % ("lines", "''", "{% else %}{% if id " + "== 4 " * 90 + "%}{% endif %}"),
        NESTED % ("lines", "lines if b == 0", "x"),
        NESTED % ("lines", "lines", "x" * 3900),
        "{% for a in lines %}{{ groups }}{% endfor %}",
        "{% for a in lines %}" + "x" * 3900 + "{% endfor %}",
    ],
)
async def test_a_hostile_template_gives_no_token_after_a_bounded_work(
    entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often its loops would go round: the steps are counted, whatever they go over."""
    many = {"id": 4, "lines": list(range(1, 3000)), "groups": ["g" * 128] * 3000}
    await check([entry])
    steps = 0
    take = acl_templates._Budget.take

    def counted(budget: Any, **costs: int) -> None:
        nonlocal steps
        steps += 1
        take(budget, **costs)

    monkeypatch.setattr(acl_templates._Budget, "take", counted)
    with pytest.raises(TooManyEntries):
        await rendered([entry], many)
    assert steps <= acl_templates.WORK_MAX


async def test_all_templates_of_a_token_share_one_budget() -> None:
    lines = {"lines": list(range(3000))}
    each = [
        f"{{% for a in lines %}}{{% if a == 1 %}}x{n}{{% endif %}}{{% endfor %}}" for n in "abc"
    ]
    assert await rendered(each, lines) == ("xa", "xb", "xc")
    with pytest.raises(TooManyEntries):
        await rendered(each * 5, lines)


async def test_templates_are_read_and_rendered_beside_the_event_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = set()
    read, render = acl_templates._read, acl_templates.rendered_now

    def noted(step: Any) -> Any:
        def does(*values: Any) -> Any:
            threads.add(threading.current_thread())
            return step(*values)

        return does

    monkeypatch.setattr(acl_templates, "_read", noted(read))
    monkeypatch.setattr(acl_templates, "rendered_now", noted(render))
    await check(["a.{{ id }}.b"])
    await asyncio.gather(variables_of(["c.{{ id }}.d"]), rendered(["e.{{ id }}.f"], {"id": 1}))
    assert threads
    assert threading.current_thread() not in threads


async def test_there_is_an_end_to_what_one_token_has_to_compile() -> None:
    entries = ["x" * 4000 + f"{{{{ id }}}}{n}" for n in range(SOURCES_MAX // 4000 + 1)]
    with pytest.raises(TooManyEntries):
        await variables_of(entries)
