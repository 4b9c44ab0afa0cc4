"""``callerid_forphones``: the name of a caller who sent none (reference/agid.md 11.2)."""

import re
from collections.abc import Mapping

from ..call import Call, Variables, handler
from ..database import DatabaseUnavailable

NO_NAMES = frozenset({"", "unknown", "anonymous"})
_NUMBER = re.compile(r"\+?[0-9*#]{1,64}")
_LOOKS_LIKE_A_NUMBER = re.compile(r"\+?[\d\s().*#/-]+")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_ENDS_A_HEADER = re.compile(r'[\x00-\x1f\x7f",()\[\]\\]+')
"""What the dialplan's XIVO_EVENT_TEXT leaves out of the texts of strangers."""
LONGEST_VALUE, LONGEST_TEXT = 80, 600
"""Characters of a field, and of all of them: Asterisk reads lines of 2 kB."""


CALLED_USER = """
SELECT u.uuid::text
FROM dial_actions da
JOIN users u ON u.id = CASE WHEN da.arg1 ~ '^[0-9]{1,9}$' THEN da.arg1::int END
WHERE da.category = 'incall' AND da.category_id = $1 AND da.event = 'answer'
  AND da.action = 'user' AND da.linked
"""


@handler("XIVO_INCALL_ID", unavailable={})
async def callerid_forphones(call: Call) -> Variables:
    """The name, and in ``XIVO_REVERSE_LOOKUP`` what the directories know of the caller.

    A name that came with the call stays, unless it is the number once more. Where the incoming
    number leads to a user, their own contacts are asked, too.
    """
    number = call.request.get("callerid", "")
    name = call.request.get("calleridname", "").strip()
    if not _NUMBER.fullmatch(number):
        return {}
    if name.lower() not in NO_NAMES and name != number and not _LOOKS_LIKE_A_NUMBER.fullmatch(name):
        return {}
    contact = await call.whose(number, await _called_user(call))
    if contact is None:
        return {}
    return {"CALLERID(name)": shown(contact.display), "XIVO_REVERSE_LOOKUP": told(contact.fields)}


async def _called_user(call: Call) -> str | None:
    """The uuid of the user to whom the incoming number leads; None: nobody's, or nobody knows."""
    incall_id = call.id("XIVO_INCALL_ID")
    if incall_id is None:
        return None
    try:
        row = await call.database.row(CALLED_USER, incall_id)
    except DatabaseUnavailable:
        return None  # directories elsewhere may know the caller all the same
    return None if row is None else row["uuid"]


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
