"""Documents given by dotted keys, such as ``raw_config.sip_lines.1.username``."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from ovix_cli.home import CliError

Document = dict[str, Any]


def expanded(given: Mapping[str, Any]) -> Document:
    """Nested objects in the place of dotted keys."""
    document: Document = {}
    for key, value in given.items():
        put(document, key, deepcopy(value))
    return document


def put(document: Document, key: str, value: Any) -> None:
    """Set what lies under a dotted key; objects on the way are made."""
    *path, last = key.split(".")
    for step in path:
        inner = document.setdefault(step, {})
        if not isinstance(inner, dict):
            raise CliError(f"{key}: {step} is no object")
        document = inner
    document[last] = value


def without(document: Document, keys: Iterable[str]) -> Document:
    """A copy that lacks what lies under these dotted keys."""
    copied = deepcopy(document)
    for key in keys:
        *path, last = key.split(".")
        inner: Any = copied
        for step in path:
            inner = inner.get(step) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner.pop(last, None)
    return copied
