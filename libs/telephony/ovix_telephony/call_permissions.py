"""Who may call what: the decision of ``user_set_call_rights`` and of the route explanation.

The first level that has a permission for the number speaks: the user, then his groups, then the
route. Inside a level the most specific pattern wins, and at equal specificity an allow beats a deny
(architecture.md, "Where the sources disagree", 1; XiVO lets any allow of the level win). Passwords
follow XiVO: reference/agid.md 6.3.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .patterns import SortKey
from .permission_patterns import parse


class Level(StrEnum):
    """Who holds the permission that decided."""

    USER = "user"
    GROUP = "group"
    ROUTE = "route"


@dataclass(frozen=True, slots=True)
class Permission:
    """An enabled call permission."""

    id: int
    allows: bool
    patterns: tuple[str, ...]
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the call may go on; a refused one may offer a password. ``level`` says who spoke."""

    allowed: bool
    password: str | None = None
    level: Level | None = None
    permission_id: int | None = None


NO_RULE = Verdict(allowed=True)


def decide(
    number: str,
    *,
    user: Iterable[Permission] = (),
    groups: Iterable[Permission] = (),
    route: Iterable[Permission] = (),
    user_password: str | None = None,
) -> Verdict:
    """Judge a dialled number; without any permission for it the call is allowed.

    ``user_password`` is the user's own code: it replaces a password of the user's level.
    """
    for level, permissions in ((Level.USER, user), (Level.GROUP, groups), (Level.ROUTE, route)):
        deciding = _most_specific(number, permissions)
        if deciding:
            return _verdict(level, deciding, user_password if level is Level.USER else None)
    return NO_RULE


def _most_specific(number: str, permissions: Iterable[Permission]) -> Sequence[Permission]:
    """The permissions whose best pattern for the number is the most specific of all."""
    best: SortKey | None = None
    found: list[Permission] = []
    for permission in permissions:
        keys = [
            pattern.key for text in permission.patterns if (pattern := parse(text)).matches(number)
        ]
        if not keys:
            continue
        key = min(keys)
        if best is None or key < best:
            best, found = key, [permission]
        elif key == best:
            found.append(permission)
    return found


def _verdict(level: Level, deciding: Sequence[Permission], own_password: str | None) -> Verdict:
    allowing = [permission for permission in deciding if permission.allows]
    # Several permissions may be equally specific: the one with the highest id gives its password.
    decisive = max(allowing or deciding, key=lambda permission: permission.id)
    if allowing:
        return Verdict(allowed=True, level=level, permission_id=decisive.id)
    password = decisive.password or None
    if password and own_password:
        password = own_password
    return Verdict(allowed=False, password=password, level=level, permission_id=decisive.id)


__all__ = ["NO_RULE", "Level", "Permission", "Verdict", "decide"]
