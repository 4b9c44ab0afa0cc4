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
    began_s = time.process_time()
    assert not matches(held, "a" * 2000 + ".b")
    assert time.process_time() - began_s < 1  # milliseconds; by trying each way it would be years


def test_the_time_to_read_a_list_grows_no_faster_than_the_list() -> None:
    """By the square of its length, this one would take half a minute, while nobody is answered."""
    held = [f"auth.x{number}." + "y" * 1900 for number in range(1000)]
    began_s = time.process_time()
    assert matches(held, held[-1])
    assert not matches(held, "auth.x1.y")
    assert time.process_time() - began_s < 5


def test_a_long_list_is_one_list() -> None:
    names = [f"n{number}" * 20 for number in range(500)]
    held = [*(f"users.{name}.*" for name in names), *(f"!users.{name}.delete" for name in names)]
    for name in names:
        assert matches(held, f"users.{name}.read")
        assert not matches(held, f"users.{name}.delete")
    assert not matches(held, "users.somebody.read")


class _Counting(dict[str, int]):
    """Tells how often the automaton looked at a character of the patterns."""

    looks = 0

    def get(self, key: str, default: int = 0) -> int:  # type: ignore[override]
        self.looks += 1
        return super().get(key, default)


@pytest.mark.parametrize(
    "pattern",
    [
        *("#a*" * 3400, "*" * 10_000, "#" * 10_000, "a" * 10_000, "*a" * 5000),
        *(".".join(["#me*"] * 2000), ".".join(["*"] * 5000), ".".join(["#a"] * 3300) + ".b"),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("scope", ["a" * 2000, "a." * 1000, "me." * 600, "." * 2000 + "c"])
def test_no_pattern_makes_a_scope_be_read_twice(pattern: str, scope: str) -> None:
    held = AccessList([pattern])
    [automaton] = held._allowed
    counting = automaton._expects = _Counting(automaton._expects)
    held.allows(scope)
    segments = scope.count(".") + 1
    assert counting.looks <= len(scope) + 3 * segments, "one look per character, some per segment"


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


def _obviously_matches(pattern: str, scope: str) -> bool:
    """What A6 says, letter by letter, trying every length of every run."""
    if not pattern:
        return not scope
    first, rest = pattern[0], pattern[1:]
    if first in "*#":
        for length in range(len(scope) + 1):
            if first == "*" and ("." in scope[:length] or "#" in scope[:length]):
                return False
            if _obviously_matches(rest, scope[length:]):
                return True
        return False
    return scope[:1] == first and _obviously_matches(rest, scope[1:])


def _meanings(pattern: str, auth_id: str, session: str) -> list[str]:
    """A pattern without its special words: each as all that it stands for."""
    meanings = [""]
    stands_for = {
        "me": ("me", auth_id),
        "my_session": ("my_session", session),
        "edit": ("edit", "update"),
    }
    for number, word in enumerate(pattern.split(".")):
        dot = "." if number else ""
        meanings = [
            f"{each}{dot}{text}" for each in meanings for text in stands_for.get(word, (word,))
        ]
    return meanings


@given(
    held=st.lists(
        st.lists(
            st.sampled_from(["a", "b", "aa", "me", "my_session", "edit", "*", "#", "a*", "#b", ""]),
            min_size=1,
            max_size=4,
        ).map(".".join),
        max_size=3,
    ),
    denied=st.lists(st.sampled_from(["a.#", "*.me", "#.edit", "me", "a*.b"]), max_size=2),
    scope=st.one_of(
        st.lists(
            st.sampled_from(["a", "b", "aab", "me", "7", "s", "edit", "update", "#", ""]),
            min_size=1,
            max_size=4,
        ).map(".".join),
        st.text(alphabet="ab.#*", max_size=8),
    ),
)
def test_the_automaton_agrees_with_the_letter_of_the_reference(
    held: list[str], denied: list[str], scope: str
) -> None:
    def any_matches(patterns: list[str]) -> bool:
        return any(
            _obviously_matches(meaning, scope)
            for pattern in patterns
            for meaning in _meanings(pattern, "7", "s")
        )

    expected = any_matches(held) and not any_matches(denied)
    listed = [*held, *(f"!{each}" for each in denied)]
    assert matches(listed, scope, auth_id="7", session="s") is expected


@given(pattern=_PATTERNS)
def test_a_list_grants_what_it_names_literally(pattern: str) -> None:
    if "#" not in pattern.replace("*", ""):
        assert matches([pattern], pattern.replace("*", ""))
