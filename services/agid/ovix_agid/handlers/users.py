"""``incoming_user_set_features``: a user is called (reference/agid.md 11.1)."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from ovix_telephony import caller_id
from ovix_telephony.destinations import StoredAction
from ovix_telephony.forwards import Programmed, effective

from ..call import Call, DialplanBreak, Row, Variables, as_id, flag, handler, text
from ..dial_actions import (
    ACTIONS_OF,
    OUTCALL,
    actions_by_event,
    event_variables,
    for_dialplan,
    forward_variables,
)
from ..lines import LINES_ON, interface_of
from ..recordings import recording_file
from .call_filters import FILTERED_ALREADY, FILTERS_OF, filtered
from .schedules import OPENED

USER = f"""
SELECT asked.nth, (SELECT row_to_json(called)::text FROM (SELECT
    u.firstname, u.lastname, u.caller_id, u.language, u.ring_seconds, u.simultaneous_calls,
    u.dnd_enabled, u.incallfilter_enabled, u.dtmf_hangup_enabled, u.call_transfer_enabled,
    u.online_call_record_enabled, u.call_record_incoming_internal_enabled,
    u.call_record_incoming_external_enabled, u.music_on_hold, u.preprocess_subroutine,
    u.mobile_phone_number,
    u.unconditional_enabled, u.unconditional_destination,
    u.busy_enabled, u.busy_destination, u.noanswer_enabled, u.noanswer_destination,
    u.selected_device, reached.exten, own.context,
    {LINES_ON.format(extension="reached.id")} AS lines,
    ul.line_id,
    box.number AS mailbox, box.context AS mailbox_context, box.email, box.language AS box_language,
    caller.language AS caller_language, caller.dtmf_hangup_enabled AS caller_dtmf_hangup,
    caller.call_transfer_enabled AS caller_transfer,
    caller.online_call_record_enabled AS caller_online_record,
    caller.call_record_outgoing_internal_enabled AS caller_records,
    EXISTS (SELECT FROM user_schedules us WHERE us.user_id = u.id) AS scheduled,
    {ACTIONS_OF.format(category="user", id="u.id")} AS dial_actions,
    {FILTERS_OF.format(user="u.id")} AS call_filters
FROM users u
JOIN user_lines ul ON ul.user_id = u.id AND ul.main_line
JOIN line_extensions main ON main.line_id = ul.line_id AND main.main_extension
JOIN extensions own ON own.id = main.extension_id
JOIN extensions reached ON reached.id = COALESCE(asked.extension_id, main.extension_id)
LEFT JOIN voicemails box ON box.id = u.voicemail_id AND u.voicemail_enabled AND box.enabled
LEFT JOIN users caller ON caller.id = asked.caller_id
WHERE u.id = asked.user_id) called) AS called
FROM unnest($1::int[], $2::int[], $3::int[])
    WITH ORDINALITY asked (user_id, caller_id, extension_id, nth)
"""  # noqa: S608 - made of constants


class Called(NamedTuple):
    """A called user, and what the dialplan is told of him."""

    row: Row
    interface: str
    """What to ring; empty without a line."""
    actions: Mapping[str, StoredAction]
    routed: bool
    """Whether an action leads to a route, whose dial patterns are asked for."""
    recorded: bool
    identity: Mapping[str, str]
    features: Mapping[str, str]
    """What decides how his phone rings, and where the call goes when nobody answers."""


@handler(
    "XIVO_USERID",
    "XIVO_DSTID",
    "XIVO_DST_EXTEN_ID",
    "XIVO_CALLORIGIN",
    "XIVO_SRCNUM",
    "XIVO_DSTNUM",
    "XIVO_PATH",
    FILTERED_ALREADY,
    unavailable={"XIVO_INTERFACE": ""},
)
async def incoming_user_set_features(call: Call) -> Variables:
    """Whom to ring, for how long, with which options, and where the call goes instead."""
    user_id = call.id("XIVO_DSTID")
    if user_id is None:
        raise DialplanBreak("incoming_user_set_features: XIVO_DSTID names no user")
    found = await call.database.shared_row(
        USER, user_id, call.id("XIVO_USERID"), as_id(call.variables["XIVO_DST_EXTEN_ID"])
    )
    external = call.variables["XIVO_CALLORIGIN"] == "extern"
    stored = found and found["called"]
    user = _called(stored, call.variables["XIVO_DSTNUM"], external) if stored else None
    if user is None or not user.interface:
        raise DialplanBreak(f"incoming_user_set_features: user {user_id} has no line to ring")
    taken = (
        await filtered(call, user.row, user.interface, external=external)
        if user.row["call_filters"]
        else None
    )
    if taken is None:
        variables = {**user.identity, **user.features}
        if user.routed:
            variables |= _forwards(user.row, await for_dialplan(call.database, user.actions))
        if user.recorded:
            source, dialled = call.variables["XIVO_SRCNUM"], call.variables["XIVO_DSTNUM"]
            variables["XIVO_CALLRECORDFILE"] = recording_file("user", source, dialled, call.now)
    else:
        # Neither services nor forwards of the boss count, nor does what runs before he is rung.
        variables = {**user.identity, **taken, "XIVO_USERPREPROCESS_SUBROUTINE": ""}
    if not call.variables["XIVO_PATH"]:
        variables["XIVO_PATH"] = "user"
        variables["XIVO_PATH_ID"] = str(user_id)
        # Most users have no schedule: the dialplan then need not ask.
        variables["XIVO_SCHEDULE_STATUS"] = "" if user.row["scheduled"] else OPENED
    return variables


@lru_cache(maxsize=1024)
def _called(stored: str, dialled: str, external: bool) -> Called:
    """What follows from his row as JSON; kept, as the same people are called time and again."""
    row = json.loads(stored)
    actions = actions_by_event(row["dial_actions"])
    interface = interface_of(row["lines"], row["line_id"], row["selected_device"])
    return Called(
        row,
        interface,
        actions,
        any(each.action == OUTCALL for each in actions.values()),
        _is_recorded(row, external),
        {**_who(row, dialled), "XIVO_INTERFACE": interface},
        _features(row, actions, external),
    )


def _features(row: Row, actions: Mapping[str, StoredAction], external: bool) -> Variables:
    variables = {
        "XIVO_CALLOPTIONS": _call_options(row),
        "XIVO_SIMULTCALLS": str(row["simultaneous_calls"]),
        "XIVO_RINGSECONDS": str(row["ring_seconds"] or ""),
        "XIVO_ENABLEDND": flag(row["dnd_enabled"]),
        "XIVO_ENABLEVOICEMAIL": flag(row["mailbox"]),
        "XIVO_MAILBOX": row["mailbox"] or "",
        "XIVO_MAILBOX_CONTEXT": row["mailbox_context"] or "",
        "XIVO_USEREMAIL": row["email"] or "",
        **_forwards(row, actions),
    }
    if row["music_on_hold"]:
        variables["CHANNEL(musicclass)"] = row["music_on_hold"]
    return {
        **variables,
        "XIVO_CALLRECORDFILE": "",
        "XIVO_USERPREPROCESS_SUBROUTINE": row["preprocess_subroutine"] or "",
        "XIVO_MOBILEPHONENUMBER": row["mobile_phone_number"] or "",
        "XIVO_MAILBOX_LANGUAGE": _mailbox_language(row, external),
    }


def _who(row: Row, dialled: str) -> Variables:
    shown = caller_id.parse(row["caller_id"])
    full_name = f"{row['firstname']} {row['lastname']}".strip()
    return {
        "XIVO_DST_USERNUM": row["exten"],
        "XIVO_DST_FIRSTNAME": row["firstname"],
        "XIVO_DST_LASTNAME": row["lastname"],
        "XIVO_DST_REDIRECTING_NAME": (shown and shown.name) or full_name,
        "XIVO_DST_REDIRECTING_NUM": (shown and shown.number) or row["exten"] or dialled,
    }


def _call_options(row: Row) -> str:
    """Letters of Dial, in the order of XiVO: lower case for the callee, upper for the caller."""
    return (
        ("h" if row["dtmf_hangup_enabled"] else "")
        + ("H" if row["caller_dtmf_hangup"] else "")
        + ("t" if row["call_transfer_enabled"] else "")
        + ("T" if row["caller_transfer"] else "")
        + ("x" if row["online_call_record_enabled"] else "")
        + ("X" if row["caller_online_record"] else "")
        + ("p" if row["incallfilter_enabled"] else "")
    )


def _forwards(row: Row, actions: Mapping[str, StoredAction]) -> Variables:
    context = row["context"]
    unconditional = effective(
        Programmed(row["unconditional_enabled"], row["unconditional_destination"]), None, context
    )
    busy = effective(
        Programmed(row["busy_enabled"], row["busy_destination"]), actions.get("busy"), context
    )
    no_answer = effective(
        Programmed(row["noanswer_enabled"], row["noanswer_destination"]),
        actions.get("noanswer"),
        context,
    )
    return {
        "XIVO_ENABLEUNC": flag(unconditional.exists),
        # Only a user forwards unconditionally: this one never comes from a dial action.
        **forward_variables("USER_UNC", unconditional.action),
        **event_variables("USER_BUSY", busy),
        "XIVO_ENABLEBUSY": flag(busy.exists),
        **event_variables("USER_NOANSWER", no_answer),
        "XIVO_ENABLERNA": flag(no_answer.exists),
        **_administered("USER_CONGESTION", actions.get("congestion")),
        **_administered("USER_CHANUNAVAIL", actions.get("chanunavail")),
    }


def _administered(name: str, action: StoredAction | None) -> Mapping[str, str]:
    return event_variables(name, effective(Programmed(), action, None))


def _is_recorded(row: Row, external: bool) -> bool:
    kind = "external" if external else "internal"
    return bool(row[f"call_record_incoming_{kind}_enabled"] or row["caller_records"])


def _mailbox_language(row: Row, external: bool) -> str:
    if not row["mailbox"]:
        return ""
    caller_language = None if external else row["caller_language"]
    return text(caller_language or row["box_language"] or row["language"])


__all__ = ["USER", "incoming_user_set_features"]
