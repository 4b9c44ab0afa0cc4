"""Access lists: the vectors of reference/auth.md, A6, and properties against a plain regex."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_web import matches
from ovix_web.acl import AccessList, scope_of

# (held, required, granted) with auth_id 123 and session ses, column "2026.08".
VECTORS = [
    ("foo.bar.#", "foo.bar", False),
    ("foo.bar.#", "foo.bar.toto", True),
    ("foo.bar.#", "foo.bar.toto.tata", True),
    ("foo.bar.#", "foo.bar.", True),
    ("foo.*.*", "foo.bar.toto", True),
    ("foo.*.*", "foo.bar", False),
    ("foo.*.*", "foo.bar.toto.tata", False),
    ("foo.*.*", "other.bar.toto", False),
    ("foo.*.*", "foo..", True),
    ("foo.bar.#.titi", "foo.bar.titi", False),
    ("foo.bar.#.titi", "foo.bar.toto.titi", True),
    ("foo.bar.#.titi", "foo.bar.toto.tata.titi", True),
    ("foo.*r.x", "foo.bar.x", True),
    ("foo.*r.x", "foo.r.x", True),
    ("#", "anything.at.all", True),
    ("#", "", True),
    ("*", "a", True),
    ("*", "", True),
    ("*", "a.b", False),
    ("foo.#.me", "foo.bar.me", True),
    ("foo.#.me", "foo.bar.123", True),
    ("foo.#.me", "foo.bar.toto.123", True),
    ("foo.#.me", "foo.bar.toto.me.titi", False),
    ("foo.#.me.bar", "foo.bar.123.bar", True),
    ("foo.#.me.bar", "foo.bar.toto.me.bar", True),
    ("foo.me.bar", "foo.124.bar", False),
    ("me.x", "123.x", True),
    ("foo.me.me.x", "foo.123.123.x", True),
    ("foo.*", "foo.#", False),
    ("foo.x.edit", "foo.x.update", True),
    ("foo.x.update", "foo.x.edit", False),
    ("x.my_session.y", "x.ses.y", True),
    ("foo.# !foo.me.bar.#", "foo.123.bar.5", False),
    ("foo.# !foo.me.bar.#", "foo.me.bar.5", False),
    ("foo.# !foo.me.bar.#", "foo.other.bar.1", True),
    ("foo.# !foo.me.bar.#", "foo.me.bar", True),
    ("foo.bar !foo.bar", "foo.bar", False),
    ("!foo.bar foo.bar", "foo.bar", False),
    ("!foo.bar", "foo.baz", False),
    ("FOO.bar", "foo.bar", False),
]


@pytest.mark.parametrize(("held", "required", "granted"), VECTORS)
def test_a_vector_of_the_reference_holds(held: str, required: str, granted: bool) -> None:
    assert matches(held.split(), required, auth_id="123", session="ses") is granted


def test_an_empty_list_grants_nothing() -> None:
    assert not matches([], "foo")
    assert not matches([], "")


@pytest.mark.parametrize("scope", ["foo.\x01.bar", "foo.\x02.bar", "foo.\x03"])
def test_the_marks_of_the_automaton_are_no_way_in(scope: str) -> None:
    held = ["foo.me.bar", "foo.my_session.bar", "foo.edit"]
    assert not matches(held, scope, auth_id="123", session="ses")


def test_dots_of_a_value_are_replaced_in_a_scope() -> None:
    """Acceptance scenario 16 of reference/auth.md, part F."""
    scope = scope_of("dird.directories.lookup.{profile}.read", {"profile": "my.prof"})
    assert scope == "dird.directories.lookup.my_prof.read"


def test_a_hostile_list_is_matched_in_linear_time() -> None:
    held = [".".join(["#a*"] * 40)] * 50
    started_at = time.perf_counter()
    assert not matches(held, "a" * 2000 + ".b")
    assert time.perf_counter() - started_at < 1


def test_a_long_lived_list_does_not_remember_for_ever() -> None:
    held = AccessList(["users.*.read"])
    for number in range(3000):
        assert held.allows(f"users.{number}.read")
    assert len(held._known) <= 1000


def _as_regex(pattern: str, auth_id: str) -> str:
    words = []
    for word in pattern.split("."):
        if word == "me":
            words.append(f"(?:me|{auth_id})")
        elif word == "edit":
            words.append("(?:edit|update)")
        else:
            escaped = re.escape(word).replace(r"\*", "[^.#]*").replace(r"\#", ".*")
            words.append(escaped)
    return r"\.".join(words)


_WORDS = st.sampled_from(["a", "b", "ab", "me", "7", "edit", "update", "*", "#", "a*", "*b", ""])
_PATTERNS = st.lists(_WORDS, min_size=1, max_size=5).map(".".join)
_SCOPES = st.lists(
    st.sampled_from(["a", "b", "ab", "aab", "me", "7", "edit", "update", "", "#"]),
    min_size=1,
    max_size=6,
).map(".".join)


@given(held=st.lists(_PATTERNS, max_size=4), denied=st.lists(_PATTERNS, max_size=2), scope=_SCOPES)
def test_the_automaton_agrees_with_regular_expressions(
    held: list[str], denied: list[str], scope: str
) -> None:
    def any_matches(patterns: list[str]) -> bool:
        return any(re.fullmatch(_as_regex(each, "7"), scope) for each in patterns)

    expected = any_matches(held) and not any_matches(denied)
    assert matches([*held, *(f"!{each}" for each in denied)], scope, auth_id="7") is expected


@given(pattern=_PATTERNS)
def test_a_list_grants_what_it_names_literally(pattern: str) -> None:
    if "#" not in pattern.replace("*", ""):
        assert matches([pattern], pattern.replace("*", ""))
