"""Which scopes a token's access list grants (reference/auth.md, A6, semantics of 2026.08).

Many patterns are matched together by one automaton held in integers (shift-and), one step per
character: the cost is linear whatever the patterns are, so no list and no scope can stall us.
"""

from collections.abc import Iterable
from functools import lru_cache

ME, MY_SESSION, EDIT = "\x01", "\x02", "\x03"
"""Stand for a whole segment of a pattern that more than one text matches."""
_SEGMENTS = {"me": ME, "my_session": MY_SESSION, "edit": EDIT}
_SPECIAL = frozenset(_SEGMENTS.values())
TOGETHER_MAX = 4096
"""Characters of patterns in one automaton: to make it takes time by the square of their number."""


class _Automaton:
    """Patterns side by side in the bits of an integer; bit n+1 is reached after n characters."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._start = self._accept = 0
        self._any = self._segment = 0
        self._expects: dict[str, int] = {}
        bit = 1
        for pattern in patterns:
            self._start |= bit
            for char in ".".join(_SEGMENTS.get(word, word) for word in pattern.split(".")):
                if char == "#":
                    self._any |= bit
                elif char == "*":
                    self._segment |= bit
                else:
                    bit <<= 1
                    self._expects[char] = self._expects.get(char, 0) | bit
            self._accept |= bit
            bit <<= 1

    def matches(self, words: list[tuple[str, str]]) -> bool:
        """Run over the scope's segments, each with the special characters it may stand for."""
        expects, within_segment = self._expects, self._any | self._segment
        state, first = self._start, True
        for word, special in words:
            if first:
                first = False
            else:
                state = ((state << 1) & expects.get(".", 0)) | (state & self._any)
            shortcut = 0
            for char in special:
                shortcut |= (state << 1) & expects.get(char, 0)
            for char in word:
                stays = self._any if char == "#" else within_segment
                state = ((state << 1) & expects.get(char, 0)) | (state & stays)
            state |= shortcut
            if not state:
                return False
        return bool(state & self._accept)


def _automata(patterns: Iterable[str]) -> list[_Automaton]:
    """Most lists are one; a long one is several, which are made in linear time."""
    together: list[list[str]] = []
    room = 0
    for pattern in patterns:
        if len(pattern) >= room:
            together.append([])
            room = TOGETHER_MAX
        together[-1].append(pattern)
        room -= len(pattern) + 1
    return [_Automaton(each) for each in together]


class AccessList:
    """A token's access list, compiled; answers are remembered."""

    __slots__ = ("_allowed", "_auth_id", "_denied", "_known", "_session")

    def __init__(self, acl: Iterable[str], auth_id: str = "", session: str = "") -> None:
        held = list(acl)
        self._allowed = _automata(each for each in held if not each.startswith("!"))
        self._denied = _automata(each[1:] for each in held if each.startswith("!"))
        self._auth_id, self._session = auth_id, session
        self._known: dict[str, bool] = {}

    def allows(self, scope: str) -> bool:
        """Whether a positive entry matches and no negative one does, whatever their order."""
        known = self._known.get(scope)
        if known is None:
            if not _SPECIAL.isdisjoint(scope):
                return False
            words = [(word, self._special(word)) for word in scope.split(".")]
            is_denied = any(each.matches(words) for each in self._denied)
            known = not is_denied and any(each.matches(words) for each in self._allowed)
            if len(self._known) >= 1000:  # scopes hold ids: a long-lived token must not grow
                self._known.clear()
            self._known[scope] = known
        return known

    def _special(self, word: str) -> str:
        """The special pattern segments that this segment of a scope satisfies."""
        return (
            (ME if word == "me" or (word and word == self._auth_id) else "")
            + (MY_SESSION if word == "my_session" or (word and word == self._session) else "")
            + (EDIT if word in ("edit", "update") else "")
        )


@lru_cache(maxsize=2048)
def compiled(acl: tuple[str, ...], auth_id: str, session: str) -> AccessList:
    """The compiled list; equal lists of one holder are compiled once."""
    return AccessList(acl, auth_id, session)


def matches(acl: Iterable[str], scope: str, *, auth_id: str = "", session: str = "") -> bool:
    """Whether a token holding ``acl`` may do what ``scope`` names."""
    return compiled(tuple(acl), auth_id, session).allows(scope)


def scope_of(template: str, values: dict[str, object]) -> str:
    """``confd.users.{id}.read`` with the values of the URL; a dot in a value becomes ``_`` (A9)."""
    if "{" not in template:
        return template
    return template.format_map({key: str(value).replace(".", "_") for key, value in values.items()})
