"""``callerid_forphones``: the name of a caller who sent none (reference/agid.md 11.2)."""

import re
from collections.abc import Mapping

from ..call import Call, Variables, handler

NO_NAMES = frozenset({"", "unknown", "anonymous"})
_NUMBER = re.compile(r"\+?[0-9*#]{1,64}")
_LOOKS_LIKE_A_NUMBER = re.compile(r"\+?[\d\s().*#/-]+")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_ENDS_A_HEADER = re.compile(r'[\x00-\x1f\x7f",()\[\]\\]+')
"""What the dialplan's XIVO_EVENT_TEXT leaves out of the texts of strangers."""
LONGEST_VALUE, LONGEST_TEXT = 80, 600
"""Characters of a field, and of all of them: Asterisk reads lines of 2 kB."""


@handler(unavailable={})
async def callerid_forphones(call: Call) -> Variables:
    """The name, and in ``XIVO_REVERSE_LOOKUP`` what the directories know of the caller.

    A name that came with the call stays, unless it is the number once more.
    """
    number = call.request.get("callerid", "")
    name = call.request.get("calleridname", "").strip()
    if not _NUMBER.fullmatch(number):
        return {}
    if name.lower() not in NO_NAMES and name != number and not _LOOKS_LIKE_A_NUMBER.fullmatch(name):
        return {}
    contact = await call.whose(number)
    if contact is None:
        return {}
    return {"CALLERID(name)": shown(contact.display), "XIVO_REVERSE_LOOKUP": told(contact.fields)}


def shown(text: str) -> str:
    """On one line, and no longer than a display."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())[:LONGEST_VALUE]


def told(fields: Mapping[str, str]) -> str:
    """``db-company: Acme,db-email: a@example.org``: headers for a UserEvent, and nothing else.

    Whoever may write into a directory chooses these texts.
    """
    pairs: list[str] = []
    length = 0
    for name, value in fields.items():
        text = shown(_ENDS_A_HEADER.sub(" ", value))
        pair = f"db-{name}: {text}"
        if text and _KEY.fullmatch(name) and length + len(pair) < LONGEST_TEXT:
            pairs.append(pair)
            length += len(pair) + 1
    return ",".join(pairs)


__all__ = ["callerid_forphones"]
