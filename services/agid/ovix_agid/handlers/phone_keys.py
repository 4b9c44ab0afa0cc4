"""``phone_progfunckey`` and ``phone_progfunckey_devstate``: keys that switch, and their lamps.

What a user switches by such a key, by a code or through the API lights its lamp without agid:
confgen follows the events. ``phone_progfunckey_devstate`` is for what the dialplan alone knows.
"""

from ovix_telephony.func_key_lamps import STATES
from ovix_telephony.func_key_values import (
    AGENT_CODES,
    FORWARD_CODES,
    GROUP_MEMBER_CODES,
    PROGRAMMED,
    PROGRAMMED_SERVICES,
    is_watchable,
)
from ovix_telephony.func_keys import InvalidFunctionKey, decode, encode
from ovix_telephony.patterns import clean_feature_code

from ..call import Call, DialplanBreak, Variables, handler

FOLLOWED = frozenset({*FORWARD_CODES.values(), "enablednd", "incallfilter"})
"""Features whose lamps are not the dialplan's to set (reference/agid.md 8.2)."""
PROGRAMMABLE = (
    *AGENT_CODES.values(),
    *FORWARD_CODES.values(),
    *GROUP_MEMBER_CODES.values(),
    *sorted(PROGRAMMED_SERVICES),
)
CODES = "SELECT feature, exten FROM feature_codes WHERE enabled AND feature = ANY($1::text[])"


@handler("XIVO_USERID")
async def phone_progfunckey(call: Call) -> Variables:
    """What the key with this text behind its prefix is to dial, and the feature it switches."""
    try:
        owner, *parts = decode(call.argument(0))
    except InvalidFunctionKey as reason:
        raise DialplanBreak(f"phone_progfunckey: {reason}") from reason
    if owner != call.variables["XIVO_USERID"] or call.id("XIVO_USERID") is None:
        raise DialplanBreak("phone_progfunckey: the key is another user's")
    if not parts:
        raise DialplanBreak("phone_progfunckey: the key switches nothing")
    rows = await call.database.rows(CODES, PROGRAMMABLE)
    named = (row["feature"] for row in rows if clean_feature_code(row["exten"]) == parts[0])
    return {
        "XIVO_PHONE_PROGFUNCKEY": "".join(parts),
        "XIVO_PHONE_PROGFUNCKEY_FEATURE": next(named, ""),
    }


@handler("XIVO_USERID")
async def phone_progfunckey_devstate(call: Call) -> Variables:
    """Set the lamp of a key: feature, state of its device, argument of the key if it has one."""
    user_id = call.id("XIVO_USERID")
    if user_id is None:
        raise DialplanBreak("phone_progfunckey_devstate: the caller is no user")
    feature, state, argument = (call.argument(index) for index in range(3))
    if state not in STATES:
        raise DialplanBreak(f"phone_progfunckey_devstate: '{state}' is no state of a device")
    if feature in FOLLOWED:
        return {}
    rows = await call.database.rows(CODES, (feature, PROGRAMMED))
    codes = {row["feature"]: row["exten"] for row in rows}
    if feature not in PROGRAMMABLE or not {feature, PROGRAMMED} <= codes.keys():
        call.notes.append(f"phone_progfunckey_devstate: no key switches '{feature}'")
        return {}
    exten = encode(codes[PROGRAMMED], (user_id, codes[feature], argument))
    if not is_watchable(exten):
        raise DialplanBreak(f"phone_progfunckey_devstate: no key dials '{exten}'")
    return {f"DEVICE_STATE(Custom:{exten})": state}


__all__ = ["CODES", "phone_progfunckey", "phone_progfunckey_devstate"]
