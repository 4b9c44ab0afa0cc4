"""What an extension may be written as, and how it is stored.

``^_[*#0-9_XxZzNn\\[\\].!-]{1,39}$`` or ``^[*#0-9]{1,40}$`` (reference/agid.md part 9). A pattern is
accepted with or without its leading underscore and stored with it (architecture.md, "Where the
sources disagree", 5).
"""

import re

from .patterns import InvalidPattern, parse

NUMBER = re.compile(r"[*#0-9]{1,40}")
PATTERN = re.compile(r"_[*#0-9_XxZzNn\[\].!-]{1,39}")


class InvalidExtension(ValueError):
    """Neither a number nor a pattern that Asterisk could load."""


def stored_extension(text: str) -> str:
    """The extension as it is stored: a number as it is, a pattern with its leading underscore."""
    if NUMBER.fullmatch(text):
        return text
    pattern = text if text.startswith("_") else f"_{text}"
    if not PATTERN.fullmatch(pattern):
        raise InvalidExtension(f"'{text}' is neither a number nor a pattern")
    try:
        parsed = parse(pattern)
    except InvalidPattern as error:
        raise InvalidExtension(str(error)) from error
    if not parsed.sets and not parsed.tail:
        raise InvalidExtension(f"'{text}' matches nothing")
    return pattern


def is_number(text: str) -> bool:
    """Whether the text is a plain number (``*`` and ``#`` included), not a pattern."""
    return NUMBER.fullmatch(text) is not None


__all__ = ["NUMBER", "PATTERN", "InvalidExtension", "is_number", "stored_extension"]
