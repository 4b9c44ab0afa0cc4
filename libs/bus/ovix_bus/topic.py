"""Topic routing keys: escaping of values, and patterns with ``*`` and ``#``."""

import re
from functools import lru_cache

MAX_ROUTING_KEY_BYTES = 255
"""A routing key is an AMQP short string (AMQP 0-9-1, 4.2.5.3)."""

_ESCAPES = {".": "__DOT__", "#": "__HASH__", "*": "__STAR__"}


def escaped(value: str) -> str:
    """A value as one segment of a routing key (reference/events.md, 1.2): call ids hold a dot."""
    for character, name in _ESCAPES.items():
        value = value.replace(character, name)
    return value


def regex_of(pattern: str) -> str:
    """A topic pattern as a regular expression that Python and PostgreSQL read alike.

    ``*`` is exactly one segment, ``#`` any number of them, none included (AMQP 0-9-1, 3.1.3.3).
    """
    parts: list[str] = []
    for segment in pattern.split("."):
        if segment == "#":
            parts.append(r"(\.[^.]*)*")
        elif segment == "*":
            parts.append(r"\.[^.]*")
        else:
            parts.append(r"\." + re.escape(segment))
    return r"\A" + "".join(parts) + r"\Z"


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(regex_of(pattern) for pattern in patterns))


def matches(patterns: tuple[str, ...], routing_key: str) -> bool:
    """Whether any of the patterns takes the routing key."""
    # The leading dot spares each pattern the special case of its first segment.
    return bool(patterns) and _compiled(patterns).match("." + routing_key) is not None
