"""Texts of people and operators, written so that a phone reads them back and nothing else.

What a template gets is written already: no value can end its line, its element or its quotes, in
our templates or in an operator's own. Each format of vendors has one of these functions.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

# C0, DEL, C1, line and paragraph separators, surrogates and what XML 1.0 excludes (2.2).
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def one_line(text: str) -> str:
    """For files of one setting a line, whose values run to the end of it: no control characters."""
    return _CONTROLS.sub("", text)


def xml(text: str) -> Markup:
    """For elements and quoted attributes. Jinja's filter ``e`` doesn't escape it a second time."""
    return escape(one_line(text))


def pem(text: str) -> str:
    """A certificate or key, its lines kept: letters, digits and what PEM is made of (RFC 7468)."""
    lines = (re.sub(r"[^A-Za-z0-9+/=\- ]", "", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files."""

    write: Callable[[str], str]
    """How it writes a text: the result stands in the file as it is."""
    encoding: str = "UTF-8"
    lost: str = ""
    """Characters that it can't hold: labels lose them, an account with one in it is refused."""


XML = Format(xml)
LINES = Format(one_line)


def written(value: Any, write: Callable[[str], str]) -> Any:
    """A document whose texts, keys included, are written; what is null is left out."""
    if isinstance(value, str):
        return write(value)
    if isinstance(value, Mapping):
        return {
            write(str(key)): written(item, write) for key, item in value.items() if item is not None
        }
    if isinstance(value, list | tuple):
        return [written(item, write) for item in value if item is not None]
    return value
