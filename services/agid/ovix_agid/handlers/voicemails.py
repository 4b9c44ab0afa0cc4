"""``user_get_vmbox`` and ``vmbox_get_info``: which box, and how it is opened."""

from ..call import Call, DialplanBreak, Row, Variables, handler

BOX_OF_USER = """
SELECT box.number, box.context, box.ask_password
FROM users u
JOIN voicemails box ON box.id = u.voicemail_id AND u.voicemail_enabled AND box.enabled
WHERE u.id = COALESCE($1::int, (
    SELECT ul.user_id
    FROM extensions e
    JOIN line_extensions le ON le.extension_id = e.id
    JOIN user_lines ul ON ul.line_id = le.line_id AND ul.main_line
    WHERE e.exten = $2 AND e.context = $3 AND e.enabled
    ORDER BY ul.main_user DESC, ul.user_id
    LIMIT 1
))
"""

BOX = """
SELECT box.number, box.context, box.ask_password, box.language, caller.language AS caller_language
FROM voicemails box
LEFT JOIN users caller ON caller.id = $4::int
WHERE box.enabled AND (
    box.id = $1::int
    OR ($1::int IS NULL AND box.number = $2 AND box.context IN (
        SELECT $3::text
        UNION ALL
        SELECT included.name
        FROM contexts home
        JOIN context_inclusions ci ON ci.context_id = home.id
        JOIN contexts included ON included.id = ci.included_id
        WHERE home.name = $3::text
    ))
)
ORDER BY box.context <> $3::text, (
    SELECT ci.position
    FROM contexts home
    JOIN context_inclusions ci ON ci.context_id = home.id
    JOIN contexts included ON included.id = ci.included_id
    WHERE home.name = $3::text AND included.name = box.context
)
LIMIT 1
"""


@handler("XIVO_USERID", "XIVO_BASE_CONTEXT")
async def user_get_vmbox(call: Call) -> Variables:
    """The box of the caller, or of the user whose number is given."""
    exten = call.argument(0)
    user_id = None if exten else call.id("XIVO_USERID")
    if not exten and user_id is None:
        raise DialplanBreak("user_get_vmbox: the caller is no user")
    row = await call.database.row(BOX_OF_USER, user_id, exten, call.variables["XIVO_BASE_CONTEXT"])
    if row is None:
        raise DialplanBreak("user_get_vmbox: no voicemail")
    return _box(row)


@handler("XIVO_USERID", "XIVO_VMBOXID", "XIVO_BASE_CONTEXT")
async def vmbox_get_info(call: Call) -> Variables:
    """The box with the given number in the caller's context or those it includes, or by id."""
    number = call.argument(0)
    box_id = None if number else call.id("XIVO_VMBOXID")
    if not number and box_id is None:
        raise DialplanBreak("vmbox_get_info: no box is named")
    row = await call.database.row(
        BOX, box_id, number, call.variables["XIVO_BASE_CONTEXT"], call.id("XIVO_USERID")
    )
    if row is None:
        raise DialplanBreak("vmbox_get_info: no such box")
    caller_language = row["caller_language"] if number else None
    return {**_box(row), "XIVO_MAILBOX_LANGUAGE": caller_language or row["language"] or ""}


def _box(row: Row) -> Variables:
    return {
        "XIVO_VMMAIN_OPTIONS": "" if row["ask_password"] else "s",
        "XIVO_MAILBOX": row["number"],
        "XIVO_MAILBOX_CONTEXT": row["context"],
    }


__all__ = ["BOX", "BOX_OF_USER", "user_get_vmbox", "vmbox_get_info"]
