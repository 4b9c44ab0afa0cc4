"""``outgoing_user_set_features``: a call leaves by a route (reference/agid.md 11.1 and 12.1)."""

import re

from ovix_telephony.caller_id import CallerId, Outgoing, outgoing
from ovix_telephony.interfaces import SUFFIX

from ..answerable import ANSWERABLE, READS, answerable
from ..call import Call, DialplanBreak, Row, Variables, handler
from ..recordings import recording_file

ROUTE = f"""
SELECT
    o.id, o.internal_caller_id, o.preprocess_subroutine, o.ring_time,
    oe.strip_digits, oe.external_prefix, oe.caller_id,
    (
        SELECT array_agg(
            ARRAY[
                sip.username::text,
                COALESCE(custom.interface::text, 'IAX2/' || iax.name),
                custom.interface_suffix::text
            ]
            ORDER BY ot.position, t.id
        )
        FROM outcall_trunks ot
        JOIN trunks t ON t.id = ot.trunk_id
        LEFT JOIN endpoints_sip sip ON sip.id = t.endpoint_sip_id
        LEFT JOIN endpoints_custom custom ON custom.id = t.endpoint_custom_id AND custom.enabled
        LEFT JOIN endpoints_iax iax ON iax.id = t.endpoint_iax_id
        WHERE ot.outcall_id = o.id
    ) AS trunks,
    shown.outgoing_caller_id, caller.userfield, caller.call_transfer_enabled,
    caller.online_call_record_enabled, caller.call_record_outgoing_external_enabled
FROM outcall_extensions oe
JOIN outcalls o ON o.id = oe.outcall_id AND o.enabled
LEFT JOIN users caller ON caller.id = $2::int
LEFT JOIN users shown ON shown.id = {ANSWERABLE.format(devices="$3", user="$4")}
WHERE oe.id = $1::int
"""  # noqa: S608 - made of constants


@handler(
    *READS,
    "XIVO_DSTID",
    "XIVO_DSTNUM",
    "XIVO_SRCNUM",
    "XIVO_PATH",
    unavailable={"XIVO_INTERFACE0": ""},
)
async def outgoing_user_set_features(call: Call) -> Variables:
    """Which number goes to which trunks, and as whom; ``XIVO_DSTID`` is a dial pattern."""
    pattern_id = call.id("XIVO_DSTID")
    caller_id, shown_as = call.id("XIVO_USERID"), answerable(call)
    row = await call.database.row(ROUTE, pattern_id, caller_id, *shown_as) if pattern_id else None
    if row is None or not row["trunks"]:
        raise DialplanBreak(f"outgoing_user_set_features: no route for pattern {pattern_id}")
    dialled = call.variables["XIVO_DSTNUM"]
    number = (row["external_prefix"] or "") + dialled[row["strip_digits"] :]
    internal = row["internal_caller_id"]
    variables = {"XIVO_CALLOPTIONS": _call_options(row, internal)}
    if row["userfield"]:
        variables["CHANNEL(userfield)"] = row["userfield"]
    shown = outgoing(internal=internal, user=row["outgoing_caller_id"], route=row["caller_id"])
    variables |= _caller_id(shown)
    variables |= _trunks(row, number)
    recorded = row["call_record_outgoing_external_enabled"] and not internal
    variables["XIVO_CALLRECORDFILE"] = (
        recording_file("user", call.variables["XIVO_SRCNUM"], dialled, call.now) if recorded else ""
    )
    variables["XIVO_OUTCALLPREPROCESS_SUBROUTINE"] = row["preprocess_subroutine"] or ""
    variables["XIVO_HANGUPRINGTIME"] = str(row["ring_time"] or "")
    variables["XIVO_OUTCALLID"] = str(row["id"])
    if not call.variables["XIVO_PATH"]:
        variables["XIVO_PATH"] = "outcall"
        variables["XIVO_PATH_ID"] = str(row["id"])
    return variables


def _call_options(row: Row, internal: bool) -> str:
    return ("T" if row["call_transfer_enabled"] else "") + (
        "X" if row["online_call_record_enabled"] and not internal else ""
    )


def _caller_id(shown: Outgoing) -> Variables:
    if shown.anonymous:
        return {"CALLERID(name-pres)": "prohib", "CALLERID(num-pres)": "prohib"}
    return caller_id_variables(shown.caller_id) if shown.caller_id else {}


def caller_id_variables(shown: CallerId) -> Variables:
    """The functions that put a caller id on the channel (reference/agid.md 3.3)."""
    if shown.number is None:
        return {"CALLERID(name)": shown.shown_name}
    return {"CALLERID(all)": str(shown)}


def _trunks(row: Row, number: str) -> Variables:
    """``XIVO_INTERFACE<i>`` and its companions; an empty one ends the list.

    A PJSIP trunk is dialled as ``PJSIP/<number>@<endpoint>``, which the dialplan joins from
    ``INTERFACE/TRUNKEXTEN``. A trunk without an (enabled) endpoint is passed over, and so is one
    whose suffix would say more than where to dial.
    """
    variables: Variables = {}
    index = 0
    for sip, interface, suffix in row["trunks"]:
        if not sip and (not interface or (suffix and not re.fullmatch(SUFFIX, suffix))):
            continue
        variables[f"XIVO_INTERFACE{index}"] = "PJSIP" if sip else interface
        variables[f"XIVO_TRUNKEXTEN{index}"] = f"{number}@{sip}" if sip else number
        variables[f"XIVO_TRUNKSUFFIX{index}"] = "" if sip else suffix or ""
        index += 1
    variables[f"XIVO_INTERFACE{index}"] = ""
    return variables


__all__ = ["ROUTE", "caller_id_variables", "outgoing_user_set_features"]
