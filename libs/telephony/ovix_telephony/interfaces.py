"""What Asterisk dials, and which contexts and endpoints a text would have it reach.

Whether those are the caller's own is for whoever knows them; a name of the platform never is.
"""

import re
from dataclasses import dataclass

SUFFIX = r"^[A-Za-z0-9@/._:=*#-]{1,32}$"
"""What follows the number of a custom endpoint: a comma or ``&`` would begin something else."""

CONTEXT = r"[a-zA-Z0-9_-]{1,39}"
EXTEN = r"[0-9A-Za-z*#+]{1,40}"
_TARGET = re.compile(
    rf"Local/{EXTEN}@(?P<context>{CONTEXT})(?:/n)?"
    r"|PJSIP/(?:[0-9*#+]{1,40}@)?(?P<endpoint>[A-Za-z0-9_-]{1,40})"
)
_PLATFORM = re.compile(
    r"(xivo-.*|agi_fail|authenticate|autoprov|bsfilter|did|directoryaccess|callrecord|enablednd"
    r"|enablevm|feature_forward|forward|fwdundoall|general|globals|hangup_handlers|incallfilter"
    r"|originate-caller-id|outcall|parkedcalls|phoneprogfunckey|phonestatus|recsnd|user|vmbox"
    r"|vmboxmsg|vmuser|vmusermsg|voicemail)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """The contexts and SIP endpoints that a text names."""

    contexts: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()

    def __or__(self, other: "Named") -> "Named":
        return Named(self.contexts | other.contexts, self.endpoints | other.endpoints)


def is_platforms(context: str) -> bool:
    """Whether the platform's dialplan has a context of that name: all entities' calls use it."""
    return _PLATFORM.fullmatch(context) is not None


def naming_contexts(*names: str) -> Named:
    """These contexts, or ``ValueError`` where one is the platform's."""
    for name in names:
        if is_platforms(name):
            raise ValueError(f"'{name}' is a context of the platform")
    return Named(contexts=frozenset(names))


def named_by(interface: str) -> Named:
    """What an interface leads to: a number of a context, or an endpoint.

    Raises ``ValueError`` for any other kind: hardware, say, belongs to all.
    """
    found = _TARGET.fullmatch(interface)
    if found is None:
        raise ValueError("must be Local/<exten>@<context>[/n] or PJSIP/[<number>@]<endpoint>")
    if found["context"] is not None:
        return naming_contexts(found["context"])
    return Named(endpoints=frozenset([found["endpoint"]]))


__all__ = [
    "CONTEXT",
    "EXTEN",
    "SUFFIX",
    "Named",
    "is_platforms",
    "named_by",
    "naming_contexts",
]
