"""Text for Asterisk's configuration files that says what was meant, whatever the values hold.

The reader of those files (Asterisk's main/config.c): a line ends at the newline, ``;`` starts a
comment unless a backslash stands before it, blanks around a value are dropped, and a line is cut
at 8,191 bytes. In ``extensions.conf`` the values are programs besides: ``${…}`` and ``$[…]`` in
them are evaluated. So text from the database goes into a file only through the functions below.
"""

import re
from collections.abc import Iterable
from typing import TypeAlias

Option: TypeAlias = tuple[str, str]

LONGEST_VALUE = 4000
"""Bytes; far from the reader's limit, with room for the option's name."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_OBJECT_NAME = re.compile(r"[A-Za-z0-9_.+~*#=-]{1,79}")
_CONTEXT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,79}")
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._+:*#~=/&;-]{0,254}")


class Unwritable(ValueError):
    """Text that no configuration file could hold without meaning something else."""


def value(text: str) -> str:
    """A value of an option, escaped."""
    if _CONTROL.search(text):
        raise Unwritable("holds a control character")
    if text != text.strip():
        raise Unwritable("starts or ends with a blank")
    if len(text.encode()) > LONGEST_VALUE:
        raise Unwritable(f"is longer than {LONGEST_VALUE} bytes")
    return text.replace(";", "\\;")


def object_name(text: str) -> str:
    """The name of a section that is dialled as ``PJSIP/name``: no separators of any kind."""
    if not _OBJECT_NAME.fullmatch(text):
        raise Unwritable("is no name for a section")
    return text


def context_name(text: str) -> str:
    """The name of a dialplan context."""
    if not _CONTEXT_NAME.fullmatch(text):
        raise Unwritable("is no name for a context")
    return text


def interface(text: str) -> str:
    """A channel to dial, as it may stand in the dialplan: nothing in it is evaluated."""
    if not _INTERFACE.fullmatch(text) or "/" not in text:
        raise Unwritable("is no interface")
    return text.replace(";", "\\;")


def section(name: str, options: Iterable[Option], *, template: str = "") -> str:
    """``[name](template)`` and its options. Names and values must be safe by now."""
    head = f"[{name}]({template})" if template else f"[{name}]"
    return "\n".join((head, *(f"{key} = {text}" for key, text in options), "", ""))


def comment(text: str) -> str:
    """A comment line; block comments can't be opened by what it quotes."""
    return "; " + _CONTROL.sub(" ", text).replace(";", ",") + "\n"


def one_line(text: str) -> str:
    """Text for people on one line: control characters become blanks."""
    return _CONTROL.sub(" ", text).strip()
