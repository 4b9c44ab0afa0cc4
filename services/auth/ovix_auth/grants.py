"""Nobody gives away what they do not hold themselves (reference/auth.md, A6 and C3)."""

import re
from collections.abc import Iterable

from ovix_web import Identity, Unauthorized

_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_PATTERN_START = re.compile(r"[*#]|(?:(?<=\.)|^)(?:me|my_session|edit)(?=\.|$)")


def must_hold(identity: Identity | None, entries: Iterable[str]) -> None:
    """401 with ``required_access`` unless the caller may hand out every one of the entries."""
    for entry in entries:
        if identity is None or not _may_hand_out(identity, entry):
            raise Unauthorized(reason="missing_permission", required_access=entry)


def granted_by(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """What a changed list grants that it did not: new entries, and denials that it lost."""
    old, new = set(before), set(after)
    lost_denials = [entry[1:] for entry in old - new if entry.startswith("!")]
    return sorted(entry for entry in new - old if not entry.startswith("!")) + sorted(lost_denials)


def _may_hand_out(identity: Identity, entry: str) -> bool:
    if entry.startswith("!"):
        return True
    # What a template will give is not known: any value, any text between statements.
    widest = "#" if "{%" in entry else _VALUE.sub("*", entry)
    return identity.allows(widest) and not any(
        _may_meet(denied[1:], widest) for denied in identity.acl if denied.startswith("!")
    )


def _may_meet(denied: str, pattern: str) -> bool:
    """Whether a pattern could match something that is denied; by what both begin with."""
    wild = _PATTERN_START.search(pattern)
    if wild is None:
        return False  # `allows` has compared it already
    begins = pattern[: wild.start()]
    denied_wild = _PATTERN_START.search(denied)
    denied_begins = denied[: denied_wild.start()] if denied_wild else denied
    return begins.startswith(denied_begins) or denied_begins.startswith(begins)
