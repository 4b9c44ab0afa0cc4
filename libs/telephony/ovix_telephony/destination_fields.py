"""The JSON fields of a dial destination: what each kind of field accepts."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

INT32_MAX = 2**31 - 1
MISSING = "Missing data for required field."


class InvalidDestination(ValueError):
    """A destination that the API refuses: which field of it, and why."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a destination; ``check`` gives the value to store or raises ``ValueError``."""

    name: str
    check: Callable[[Any], Any]
    required: bool = True
    default: Any = None
    written: Callable[[Any], str] = str
    read: Callable[[str], Any] = str

    def checked(self, values: Mapping[str, Any]) -> Any:
        value = values.get(self.name)
        if value is None:
            if self.required:
                raise InvalidDestination(self.name, MISSING)
            return self.default
        try:
            return self.check(value)
        except ValueError as error:
            raise InvalidDestination(self.name, str(error)) from error


def identifier(name: str, *, required: bool = True) -> Field:
    """The positive integer id of an object."""

    def check(value: Any) -> int:
        number = _integer(value)
        if not 1 <= number <= INT32_MAX:
            raise ValueError(f"Must be between 1 and {INT32_MAX}.")
        return number

    return Field(name, check, required)


def seconds(name: str) -> Field:
    """A duration that may be left out."""

    def check(value: Any) -> int:
        number = _integer(value)
        if not 0 <= number <= INT32_MAX:
            raise ValueError("Must be at least 0.")
        return number

    return Field(name, check, required=False)


def text(name: str, pattern: str, *, longest: int = 255) -> Field:
    """A text that matches the whole pattern."""
    return Field(name, _matching(pattern, longest))


def optional_text(name: str, pattern: str, *, longest: int = 255) -> Field:
    """A text that may be left out."""
    return Field(name, _matching(pattern, longest), required=False)


def boolean(name: str) -> Field:
    """A strict boolean, false when left out."""

    def check(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("Not a valid boolean.")
        return value

    return Field(name, check, required=False, default=False)


def choice(name: str, *allowed: str) -> Field:
    """One of the words, or nothing."""

    def check(value: Any) -> str:
        if value not in allowed:
            raise ValueError("Not a valid choice.")
        return str(value)

    return Field(name, check, required=False)


def uuid_text(name: str, *, required: bool = True) -> Field:
    """A uuid in its usual form."""

    def check(value: Any) -> str:
        try:
            return str(UUID(str(value)))
        except ValueError:
            raise ValueError("Not a valid UUID.") from None

    return Field(name, check, required)


def json_object(name: str, *, forbidden: str) -> Field:
    """An object of texts, none of which holds a ``forbidden`` character."""

    def check(value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise ValueError("Not a valid mapping type.")
        pairs = {str(key): str(content) for key, content in value.items()}
        if any(character in part for pair in pairs.items() for part in pair
               for character in forbidden):  # fmt: skip
            raise ValueError(f"Keys and values must not contain any of '{forbidden}'.")
        return pairs

    def read(stored: str) -> dict[str, str] | None:
        return dict(json.loads(stored)) if stored else None

    return Field(name, check, required=False, written=json.dumps, read=read)


SOUND_FOLDERS = (
    "/usr/share/asterisk/sounds/",
    "/var/lib/asterisk/sounds/",
    "/var/lib/wazo/sounds/",
    "/var/lib/xivo/sounds/",
)
"""Asterisk plays any file that it may read, such as other people's messages."""


def sounds(value: Any) -> str:
    """One or more sounds, joined by ``&``: names, or paths in a folder of sounds."""
    filename = _FILENAME(value)
    for each in map(str.strip, _UNQUOTED.sub("", filename).split("&")):
        if ".." in each.split("/") or (each.startswith("/") and not each.startswith(SOUND_FOLDERS)):
            raise ValueError("Must be a sound, not a file elsewhere.")
    return filename


def _integer(value: Any) -> int:
    """A whole number; XiVO's clients also send ids as digits or as a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("Not a valid integer.")
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{1,10}", value):
            raise ValueError("Not a valid integer.")
        return int(value)
    if isinstance(value, float) and (not math.isfinite(value) or not value.is_integer()):
        raise ValueError("Not a valid integer.")
    return int(value)


def _matching(pattern: str, longest: int) -> Callable[[Any], str]:
    compiled = re.compile(pattern)

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("Not a valid string.")
        if len(value) > longest:
            raise ValueError(f"Longer than maximum length {longest}.")
        if "\0" in value or not compiled.fullmatch(value):
            raise ValueError("String does not match expected pattern.")
        return value

    return check


_FILENAME = _matching(r".{1,255}", 255)
_UNQUOTED = re.compile("[\"'\\\\]")
"""Asterisk takes these out, and blanks around a name, before it opens the file."""

__all__ = [
    "INT32_MAX",
    "MISSING",
    "Field",
    "InvalidDestination",
    "boolean",
    "choice",
    "identifier",
    "json_object",
    "optional_text",
    "seconds",
    "sounds",
    "text",
    "uuid_text",
]
