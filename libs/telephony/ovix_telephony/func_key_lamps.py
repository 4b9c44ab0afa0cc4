"""Whether the lamp of a key that switches something is on (reference/agid.md 7.2 and 8.2).

A forward lights the key without a destination and the one with its own; keys with other
destinations are dark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .forwards import Programmed
from .func_key_values import (
    FORWARD_CODES,
    PROGRAMMED,
    PROGRAMMED_SERVICES,
    Destination,
    value_of,
)
from .func_keys import InvalidFunctionKey, decode
from .patterns import clean_feature_code

LIT: Final = "INUSE"
DARK: Final = "NOT_INUSE"
"""Device states, as Asterisk's DEVICE_STATE() takes them."""

STATES = frozenset(
    {
        "BUSY",
        DARK,
        "INVALID",
        LIT,
        "ONHOLD",
        "RINGING",
        "RINGINUSE",
        "UNAVAILABLE",
        "UNKNOWN",
    }
)
"""All of them (Asterisk, main/devicestate.c)."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What a user has switched on."""

    services: frozenset[str] = frozenset()
    """Of ``func_key_values.PROGRAMMED_SERVICES``."""
    forwards: Mapping[str, Programmed] = field(default_factory=dict)
    """By ``busy``, ``noanswer``, ``unconditional``."""


def state_of(destination: Destination, switches: Switches) -> str | None:
    """The state of the key's device; None for a key whose lamp is not about its user's switches."""
    kind = destination["type"]
    if kind == "service":
        return LIT if destination["service"] in switches.services else DARK
    if kind != "forward":
        return None
    forward = switches.forwards.get(destination["forward"], Programmed())
    exten = destination.get("exten")
    return LIT if forward.active and exten in (None, "", forward.destination) else DARK


def filter_lamp(member_id: int, codes: Mapping[str, str]) -> str | None:
    """The device that shows whether a secretary of a filter is switched on.

    None where nobody can dial for her. ``codes``: the enabled feature codes, by name.
    """
    destination = {"type": "bsfilter", "filter_member_id": member_id}
    return value_of(destination, user_id=0, codes=codes)


def shows_a_switch(value: str, codes: Mapping[str, str]) -> bool:
    """Whether a device of that name is the lamp of a key that switches something of a user, or of
    a call filter.

    ``codes``: the enabled feature codes, by name.
    """
    filters = clean_feature_code(codes.get("bsfilter", ""))
    if filters and value.startswith(filters) and value.removeprefix(filters).isdecimal():
        return True
    prefix = clean_feature_code(codes.get(PROGRAMMED, ""))
    if not prefix or not value.startswith(prefix):
        return False
    try:
        _owner, *parts = decode(value.removeprefix(prefix))
    except InvalidFunctionKey:
        return False
    switches = {*FORWARD_CODES.values(), *PROGRAMMED_SERVICES} & codes.keys()
    return bool(parts) and parts[0] in {clean_feature_code(codes[each]) for each in switches}


__all__ = ["DARK", "LIT", "STATES", "Switches", "filter_lamp", "shows_a_switch", "state_of"]
