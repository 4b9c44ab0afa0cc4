"""Which device a request is of, what it tells of it, and whether it may have what it asks for.

Source: reference/provd/lifecycle.md, 1 and 8. Values in, values out. What a phone says of itself is
a claim that anybody can make; an address is where the answer goes, so nobody else gets it there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote_to_bytes

from ..addresses import is_norm_ip, is_norm_mac
from ..plugins import HttpRequest, PhoneRequest, TftpRequest

Document = dict[str, Any]
Info = Mapping[str, str]

KEYS = ("mac", "sn", "uuid", "vendor", "model", "version")
NAMING = ("mac", "sn", "uuid")
"""Keys that name one device, the surest first."""
LONGEST_VALUE = 255
MOST_NAMED = 128
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PARTED = re.compile(rb"[:_-]")
_MACS = re.compile(rb"(?i)[0-9a-f]{12,}")
_PAIRS = re.compile("..")
AUTOPROV = "autoprov"


class Refusal(StrEnum):
    """Why a request gets nothing of a device that it names."""

    FILE_OF_ANOTHER = "the file is named after another device"
    ELSEWHERE = "the device has another address"
    ADDRESS_OF_ANOTHER = "the address is another device's"


@dataclass(frozen=True, slots=True)
class Known:
    """A device that a request may be of."""

    id: str
    document: Document
    own_username: str | None = None
    """The SIP username in its own config, not in those this descends from."""

    @property
    def has_account(self) -> bool:
        """Whether its files hold more than the account of phones that wait for their line."""
        config = self.document.get("config")
        return isinstance(config, str) and not config.startswith(AUTOPROV)

    @property
    def was_served(self) -> bool:
        """Whether its phone has fetched its configuration before."""
        return self.document.get("remote_state_sip_username") is not None


# ---- what a request tells -----------------------------------------------------------------------


def told(extracted: Info, ip: str) -> dict[str, str]:
    """What plugins made of a request, without what no document can hold, and its address."""
    info = {
        key: value
        for key in KEYS
        if isinstance(value := extracted.get(key), str)
        and 0 < len(value) <= LONGEST_VALUE
        and "\0" not in value
        and value.isprintable()
    }
    if not is_norm_mac(info.get("mac", "")):
        info.pop("mac", None)
    if is_norm_ip(ip):
        info["ip"] = ip
    return info


@dataclass(frozen=True, slots=True)
class Named:
    """Devices after which the file is named that a request asks for."""

    macs: tuple[str, ...] = ()
    uuids: tuple[str, ...] = ()
    too_many: bool = False
    """Whether the name holds more than any file's does, so that one may hide among them."""


def named_in(request: PhoneRequest) -> Named:
    """The MACs and UUIDs in the name (and query, and body) of what is asked for.

    In any form: ``001565AABBCC``, ``00-15-65-aa-bb-cc``, ``ATA001565AABBCC`` (whose ``A`` is a
    digit too: each twelve digits in a row count).
    """
    match request:
        case HttpRequest():
            text = unquote_to_bytes(request.uri) + b"\n" + unquote_to_bytes(request.body)
        case TftpRequest():
            text = request.filename
        case _:
            return Named()
    macs: dict[str, None] = {}
    for run in _MACS.findall(_PARTED.sub(b"", text)):
        digits = run.decode().lower()
        if len(macs) + len(digits) > MOST_NAMED:
            return Named(too_many=True)
        for start in range(len(digits) - 11):
            twelve = digits[start : start + 12]
            macs[":".join(_PAIRS.findall(twelve))] = None
    uuids = dict.fromkeys(_UUID.findall(text.decode("latin-1").lower()))
    return Named(tuple(macs), tuple(uuids), len(uuids) > MOST_NAMED)


# ---- whose it is ---------------------------------------------------------------------------------


def matched(info: Info, known: Iterable[Known]) -> Known | None:
    """The device that a request is of: by what names it, else by its address alone."""
    candidates = list(known)
    for key in NAMING:
        if key in info:
            for each in candidates:
                if each.document.get(key) == info[key]:
                    return each
    there = [each for each in at_address(info, candidates) if not conflicts(each.document, info)]
    return there[0] if len(there) == 1 else None


def at_address(info: Info, known: Iterable[Known]) -> list[Known]:
    """The devices whose address a request comes from."""
    ip = info.get("ip")
    return [] if ip is None else [each for each in known if each.document.get("ip") == ip]


def conflicts(document: Document, info: Info) -> bool:
    """Whether a device at the address is another one than told; what is not stored agrees."""
    return any(
        key in info and document.get(key) not in (None, info[key])
        for key in ("mac", "vendor", "model")
    )


def refusal(
    device: Known | None,
    info: Info,
    known: Sequence[Known],
    named: Named,
    *,
    strict: bool,
    shared_addresses: bool,
) -> Refusal | None:
    """Why a request may not have what it asks for, though it tells that it is of that device.

    A file named after a device is for that device alone. With ``strict``, a device that has an
    account is only served at its own address: the one that is stored, or the first that asks, if
    its phone never was here.
    """
    if named.too_many:
        return Refusal.FILE_OF_ANOTHER
    for each in known:
        if device is not None and each.id == device.id:
            continue
        if each.document.get("mac") in named.macs or each.document.get("uuid") in named.uuids:
            return Refusal.FILE_OF_ANOTHER
    if not strict or device is None or not device.has_account:
        return None
    address = device.document.get("ip")
    if "ip" not in info:
        return Refusal.ELSEWHERE  # documents hold no such address
    if address == info["ip"]:
        return None
    if address is not None or device.was_served:
        return Refusal.ELSEWHERE
    if not shared_addresses and any(
        each.has_account and each.id != device.id for each in at_address(info, known)
    ):
        return Refusal.ADDRESS_OF_ANOTHER
    return None


# ---- what becomes of it --------------------------------------------------------------------------


def completed(document: Document, info: Info) -> Document:
    """A device's document with what was told: what is there stays, but for ip and version."""
    added = {key: value for key, value in info.items() if document.get(key) is None}
    current = {key: info[key] for key in ("ip", "version") if key in info}
    return {**document, **added, **current}


def created(info: Info) -> Document:
    """The document of a device that nobody knew."""
    return {**info, "added": "auto"}


def outdated(device_id: str | None, info: Info, known: Iterable[Known]) -> list[Known]:
    """Other devices that have the address; it can't be theirs any more."""
    return [each for each in at_address(info, known) if each.id != device_id]
