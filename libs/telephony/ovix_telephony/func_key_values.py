"""What a phone gets for a function key: the text it dials, and whether it watches that text.

One rule for the phone's configuration, for the hints of the dialplan and for whoever switches what
the key shows (reference/confd/devices-funckeys.md, "Key values"; reference/asterisk.md 3.2).
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from .func_keys import encode
from .patterns import clean_feature_code

Destination: TypeAlias = Mapping[str, Any]
"""A key's destination as it is stored: ``type``, and the fields of that type."""

PROGRAMMED = "phoneprogfunckey"
"""The code in front of keys that switch something of their own user."""
PROGRAMMED_SERVICES = frozenset({"callrecord", "enablednd", "enablevm", "incallfilter"})
"""Services that are on or off, so that a lamp can show them."""
FORWARD_CODES = {"busy": "fwdbusy", "noanswer": "fwdrna", "unconditional": "fwdunc"}
AGENT_CODES = {
    "login": "agentstaticlogin",
    "logout": "agentstaticlogoff",
    "toggle": "agentstaticlogtoggle",
}
GROUP_MEMBER_CODES = {
    "join": "groupmemberjoin",
    "leave": "groupmemberleave",
    "toggle": "groupmembertoggle",
}
TRANSFER_CODES = {"blind": "blindxfer", "attended": "atxfer"}

_NUMBERED = frozenset({"user", "group", "queue", "conference"})
_WATCHED = frozenset(
    {"agent", "bsfilter", "conference", "custom", "forward", "groupmember", "park_position", "user"}
)
_OWN_LAMP = frozenset({"agent", "bsfilter", "custom", "forward", "groupmember"})
_WATCHABLE = re.compile(r"[A-Za-z0-9*#+]{1,79}")
_UNSPEAKABLE = str.maketrans("", "", "\n\r\t;")


def may_be_watched(destination: Destination) -> bool:
    """Whether a lamp can show anything of such a destination."""
    return destination["type"] in _WATCHED or destination.get("service") in PROGRAMMED_SERVICES


def has_own_lamp(destination: Destination) -> bool:
    """Whether its lamp shows ``Custom:<value>`` and not a phone, room or parked call."""
    return destination["type"] in _OWN_LAMP or destination.get("service") in PROGRAMMED_SERVICES


def is_watchable(value: str) -> bool:
    """Whether a value can stand in the dialplan and in a device's name as it is.

    79 characters are what Asterisk keeps of an extension (AST_MAX_EXTENSION).
    """
    return _WATCHABLE.fullmatch(value) is not None


def type_of(destination: Destination, *, blf: bool) -> Literal["blf", "park", "speeddial"]:
    """The ``type`` in the phone's configuration."""
    if destination["type"] == "parking":
        return "park"
    return "blf" if blf and may_be_watched(destination) else "speeddial"


def value_of(
    destination: Destination,
    *,
    user_id: int,
    codes: Mapping[str, str],
    number: str | None = None,
) -> str | None:
    """What the key of this user dials; None where it leads nowhere, and is left out.

    ``codes``: the enabled feature codes as they are stored (``_*21.``) and those of features.conf
    (``blindxfer``, ``atxfer``, ``automixmon``, ``parkext``), by their names. ``number``: what is
    dialled for the user, group, queue, conference or paging that the destination names. Raises
    `InvalidFunctionKey` for a text that can't be put behind `PROGRAMMED`.
    """
    value = _value(destination, user_id, codes, number)
    return (value.translate(_UNSPEAKABLE) or None) if value else None


def _value(
    destination: Destination, user_id: int, codes: Mapping[str, str], number: str | None
) -> str | None:
    kind = destination["type"]
    if kind in _NUMBERED:
        return number
    if kind == "custom":
        return str(destination["exten"])
    if kind == "park_position":
        return str(destination["position"])
    if kind == "paging":
        return _prefixed(codes.get("paging"), number)
    if kind == "bsfilter":
        return _prefixed(codes.get("bsfilter"), str(destination["filter_member_id"]))
    code, *argument = _code_and_argument(destination)
    dialled = codes.get(code)
    if dialled is None:
        return None
    if not has_own_lamp(destination):
        return clean_feature_code(dialled)
    prefix = codes.get(PROGRAMMED)
    return None if prefix is None else encode(prefix, (user_id, dialled, *argument))


def _code_and_argument(destination: Destination) -> tuple[str, *tuple[str | None, ...]]:
    """The name of the code, and what stands behind it in a programmed key."""
    kind = destination["type"]
    if kind == "service":
        return (str(destination["service"]),)
    if kind == "forward":
        return FORWARD_CODES[destination["forward"]], destination.get("exten")
    if kind == "agent":
        return AGENT_CODES[destination["action"]], f"*{destination['agent_id']}"
    if kind == "groupmember":
        return GROUP_MEMBER_CODES[destination["action"]], str(destination["group_id"])
    if kind == "transfer":
        return (TRANSFER_CODES[destination["transfer"]],)
    if kind == "parking":
        return ("parkext",)
    if kind == "onlinerec":
        return ("automixmon",)
    raise ValueError(f"no function key leads to a '{kind}'")


def _prefixed(code: str | None, argument: str | None) -> str | None:
    return clean_feature_code(code) + argument if code and argument else None


__all__ = [
    "AGENT_CODES",
    "FORWARD_CODES",
    "GROUP_MEMBER_CODES",
    "PROGRAMMED",
    "PROGRAMMED_SERVICES",
    "TRANSFER_CODES",
    "Destination",
    "has_own_lamp",
    "is_watchable",
    "may_be_watched",
    "type_of",
    "value_of",
]
