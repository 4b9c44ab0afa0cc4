"""XML as phones read it, made of elements, never of pasted text."""

import re
from xml.etree.ElementTree import Element, indent, tostring

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" ?>\n'
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (section 2.2), and the C1 controls that it discourages."""


def readable(text: str) -> str:
    """The text on one line, without the characters that no XML may hold."""
    return " ".join(_FORBIDDEN.sub("", text).split())


def element(tag: str, content: str | None = None, *children: Element, **attributes: str) -> Element:
    """An element with its text, or with what is inside it."""
    made = Element(tag, {name: readable(value) for name, value in attributes.items()})
    if content is not None:
        made.text = readable(content)
    made.extend(children)
    return made


def document(root: Element) -> bytes:
    """The document, in UTF-8, a line for each element.

    No element is closed by its own tag: old phones don't know that.
    """
    indent(root, " ")
    return _DECLARATION + tostring(root, "unicode", short_empty_elements=False).encode() + b"\n"
