"""What a phone is configured with, from its lines and its user's function keys.

Source: reference/confd/devices-funckeys.md, "Generated configuration"; provd/data-model.md, 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .func_key_values import Destination, type_of, value_of
from .func_keys import InvalidFunctionKey
from .patterns import clean_feature_code

DEFAULT_TEMPLATE = "defaultconfigdevice"
BASE = "base"
SERVICE_CODES = {
    "exten_dnd": "enablednd",
    "exten_fwd_unconditional": "fwdunc",
    "exten_fwd_no_answer": "fwdrna",
    "exten_fwd_busy": "fwdbusy",
    "exten_fwd_disable_all": "fwdundoall",
    "exten_park": "parkext",
    "exten_pickup_group": "pickupexten",
    "exten_pickup_call": "pickup",
    "exten_voicemail": "vmusermsg",
}
_UNSPEAKABLE = str.maketrans("", "", "\n\r\t;")


@dataclass(frozen=True, slots=True)
class Place:
    """A host, and a port where it is not the usual one."""

    host: str
    port: int | None = None


@dataclass(frozen=True, slots=True)
class RegistrarPlaces:
    """Where a line registers, and sends its calls."""

    main: Place
    proxy: Place
    backup: Place | None = None
    backup_proxy: Place | None = None
    outbound_proxy: Place | None = None


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """A line with endpoint, main user and main extension."""

    position: int
    protocol: Literal["SIP", "SCCP"]
    context: str
    number: str
    user_id: int
    user_uuid: str
    registrar: RegistrarPlaces
    username: str = ""
    secret: str = ""
    caller_id_name: str = ""


@dataclass(frozen=True, slots=True)
class PhoneKey:
    """A function key of the user; ``number`` is what is dialled for who it leads to."""

    position: int
    label: str | None
    blf: bool
    destination: Destination
    number: str | None = None


def document(
    device_id: str,
    *,
    template: str | None,
    lines: Sequence[PhoneLine],
    keys: Sequence[PhoneKey],
    service_codes: Mapping[str, str],
    key_codes: Mapping[str, str],
) -> dict[str, Any]:
    """The configuration of a device. ``lines`` are in the order of their positions.

    ``service_codes``: the enabled feature codes by name, as they are stored. ``key_codes``: those
    and the codes of features.conf, which function keys dial too.
    """
    template = template or DEFAULT_TEMPLATE
    raw: dict[str, Any] = {"X_key": "", "config_version": 1}
    for parameter, name in SERVICE_CODES.items():
        code = service_codes.get(name)
        raw[parameter] = None if code is None else clean_feature_code(code)
    raw |= _of_lines(lines)
    raw["funckeys"] = _of_keys(lines[0], keys, key_codes) if lines else {}
    return {
        "id": device_id,
        "configdevice": template,
        "parent_ids": [BASE, template],
        "deletable": True,
        "raw_config": raw,
    }


def _of_lines(lines: Sequence[PhoneLine]) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    for line in lines:
        if line.position == 1:
            raw["X_xivo_user_uuid"] = line.user_uuid
            raw["X_xivo_phonebook_profile"] = line.context
        raw["protocol"] = line.protocol
        if line.protocol == "SIP":
            raw.setdefault("sip_lines", {})[str(line.position)] = _sip_line(line)
        else:
            proxies = [line.registrar.proxy, line.registrar.backup_proxy]
            raw["sccp_call_managers"] = {
                str(number): {"ip": each.host}
                for number, each in enumerate(proxies, start=1)
                if each is not None
            }
    return raw


def _sip_line(line: PhoneLine) -> dict[str, Any]:
    to = line.registrar
    found: dict[str, Any] = {
        "auth_username": line.username,
        "username": line.username,
        "password": line.secret,
        "display_name": line.caller_id_name,
        "number": line.number,
    }
    places = {"registrar": to.main, "proxy": to.proxy, "outbound_proxy": to.outbound_proxy}
    if to.backup_proxy is not None:
        places |= {"backup_proxy": to.backup_proxy, "backup_registrar": to.backup}
    for name, place in places.items():
        if place is not None:
            found[f"{name}_ip"] = place.host
            if place.port is not None:
                found[f"{name}_port"] = place.port
    return found


def _of_keys(
    first: PhoneLine, keys: Sequence[PhoneKey], codes: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The keys that dial something, by position; one that can't be dialled is left out."""
    found: dict[str, dict[str, Any]] = {}
    for key in keys:
        try:
            value = value_of(key.destination, user_id=first.user_id, codes=codes, number=key.number)
        except InvalidFunctionKey:
            continue
        if value is not None:
            found[str(key.position)] = {
                "label": (key.label or "").translate(_UNSPEAKABLE),
                "line": first.position,
                "type": type_of(key.destination, blf=key.blf),
                "value": value,
            }
    return found


__all__ = [
    "BASE",
    "DEFAULT_TEMPLATE",
    "PhoneKey",
    "PhoneLine",
    "Place",
    "RegistrarPlaces",
    "document",
]
