"""Secrets that plugins were given lately: no log and no reason of a failure holds them.

A plugin may log what it likes, and the message of an exception may be the value that caused it.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

INSTEAD = "***"
SHORTEST = 4
"""Shorter ones are words and digits of any message; hiding them would make it unreadable."""
_NAMES = re.compile(r"password|passwd|secret|private|(^|_)key$", re.IGNORECASE)
_DEEPEST = 8

_lately: deque[Mapping[str, Any]] = deque(maxlen=8)


def remember(raw_config: Mapping[str, Any]) -> None:
    """What a plugin is given now."""
    _lately.append(raw_config)


def hidden(text: str) -> str:
    """The text without the secrets of the last configurations."""
    found = {secret for given in list(_lately) for secret in _secrets(given)}
    for secret in sorted(found, key=len, reverse=True):
        text = text.replace(secret, INSTEAD)
    return text


def _secrets(value: Any, named: bool = False, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        if named and len(value) >= SHORTEST:
            yield value
    elif depth < _DEEPEST and isinstance(value, Mapping):
        for name, each in list(value.items()):
            yield from _secrets(each, bool(_NAMES.search(str(name))), depth + 1)
    elif depth < _DEEPEST and isinstance(value, list | tuple):
        for each in value:
            yield from _secrets(each, named, depth + 1)
