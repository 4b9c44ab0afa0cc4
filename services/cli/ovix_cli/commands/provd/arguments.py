"""Documents and selectors as arguments."""

import json
from typing import Any

from ovix_cli.home import CliError


def an_object(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CliError(f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise CliError(f"no JSON object: {text[:80]}")
    return value


def pairs(given: list[str]) -> dict[str, Any]:
    """``key=value`` each; a value that is JSON is what it says, any other is a text."""
    found: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise CliError(f"{text!r} is not KEY=VALUE")
        found[key] = value_of(value)
    return found


def value_of(text: str) -> Any:
    """``true``, ``12`` and ``{"a": 1}`` are JSON, ``fr_FR`` is a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
