"""Patterns of call permissions: XiVO's own translator, which is not Asterisk's.

Every ``_`` is dropped, ``X``, ``Z`` and ``N`` are sets (upper case only), ``.`` is one or more and
``!`` zero or more of ``0-9 # *`` anywhere in the pattern, ``[…]`` is a set, and everything else
stands for itself; the whole number must match (reference/agid.md 6.2). The translation to regular
expressions that the peers use takes exponential time on a row of wildcards; following the set of
reachable positions takes linear time per digit.
"""

from dataclasses import dataclass
from functools import lru_cache

from .patterns import InvalidPattern, SortKey, read_set

_DIGITS = "0123456789"
_CLASSES = {"X": frozenset(_DIGITS), "Z": frozenset(_DIGITS[1:]), "N": frozenset(_DIGITS[2:])}
_DIALLED = frozenset(_DIGITS + "#*")
_WILDCARDS = {".": 1_000, "!": 2_000}
_END = (3_000, "")


@dataclass(frozen=True, slots=True)
class Step:
    """A place in the pattern: a set of characters, perhaps optional, perhaps repeated."""

    members: frozenset[str]
    optional: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class PermissionPattern:
    """A parsed pattern of a call permission."""

    steps: tuple[Step, ...]
    key: SortKey
    """Specificity in the order Asterisk uses for its own patterns: smaller is more specific."""

    def matches(self, number: str) -> bool:
        reachable = self._closed({0})
        for character in number:
            advanced: set[int] = set()
            for index in reachable:
                if index < len(self.steps) and character in self.steps[index].members:
                    advanced.add(index + 1)
                    if self.steps[index].repeated:
                        advanced.add(index)
            reachable = self._closed(advanced)
            if not reachable:
                return False
        return len(self.steps) in reachable

    def _closed(self, positions: set[int]) -> set[int]:
        """The positions, and those behind optional steps that match nothing."""
        closed = set(positions)
        for position in positions:
            behind = position
            while behind < len(self.steps) and self.steps[behind].optional:
                behind += 1
                closed.add(behind)
        return closed


@lru_cache(maxsize=4096)
def parse(text: str) -> PermissionPattern:
    """Parse a permission's pattern; a set that is never closed stands for its characters."""
    body = text.replace("_", "")
    steps: list[Step] = []
    key: list[tuple[int, str]] = []
    position = 0
    while position < len(body):
        character = body[position]
        position += 1
        if character in _WILDCARDS:
            if character == ".":
                steps.append(Step(_DIALLED))
            steps.append(Step(_DIALLED, optional=True, repeated=True))
            key.append((_WILDCARDS[character], ""))
            continue
        members = _CLASSES.get(character, frozenset(character))
        if character == "[":
            try:
                members, position = read_set(body, position - 1)
            except InvalidPattern:
                members = frozenset(character)
        steps.append(Step(members))
        key.append((len(members), "".join(sorted(members))))
    return PermissionPattern(tuple(steps), (*key, _END))


__all__ = ["PermissionPattern", "Step", "parse"]
