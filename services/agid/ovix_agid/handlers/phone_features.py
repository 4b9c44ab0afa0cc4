"""``phone_get_features``: what a user has switched on, for the phone's status and programming."""

from ovix_telephony.forwards import Programmed

from ..call import Call, DialplanBreak, Variables, flag, handler

FEATURES = """
SELECT u.busy_enabled, u.busy_destination, u.noanswer_enabled, u.noanswer_destination,
       u.unconditional_enabled, u.unconditional_destination,
       box.id IS NOT NULL AS voicemail, u.incallfilter_enabled, u.dnd_enabled,
       u.call_record_outgoing_external_enabled AND u.call_record_outgoing_internal_enabled
       AND u.call_record_incoming_external_enabled AND u.call_record_incoming_internal_enabled
       AS recorded
FROM users u
LEFT JOIN voicemails box ON box.id = u.voicemail_id AND u.voicemail_enabled AND box.enabled
WHERE u.id = $1::int
"""

FORWARDS = {"BUSY": "busy", "RNA": "noanswer", "UNC": "unconditional"}
"""The dialplan's word for a forward, and the API's."""


@handler("XIVO_USERID")
async def phone_get_features(call: Call) -> Variables:
    """Forwards with their destinations, then the services."""
    user_id = call.id("XIVO_USERID")
    row = await call.database.row(FEATURES, user_id) if user_id else None
    if row is None:
        raise DialplanBreak("phone_get_features: the caller is no user")
    variables: Variables = {}
    for word, forward in FORWARDS.items():
        programmed = Programmed(row[f"{forward}_enabled"], row[f"{forward}_destination"])
        variables[f"XIVO_ENABLE{word}"] = flag(programmed.active)
        variables[f"XIVO_DEST{word}"] = programmed.dialled
    return variables | {
        "XIVO_ENABLEVOICEMAIL": flag(row["voicemail"]),
        "XIVO_CALLRECORD": flag(row["recorded"]),
        "XIVO_INCALLFILTER": flag(row["incallfilter_enabled"]),
        "XIVO_ENABLEDND": flag(row["dnd_enabled"]),
    }


__all__ = ["FEATURES", "FORWARDS", "phone_get_features"]
