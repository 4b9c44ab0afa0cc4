"""Which documents are accepted (reference/provd/data-model.md, 1 and 2)."""

import re
from typing import Any
from uuid import uuid4

from .addresses import is_norm_ip, is_norm_mac
from .errors import Refused

Document = dict[str, Any]
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
"""No path of a file system (defect 1 of reference/provd.md)."""
RECONFIGURING = ("plugin", "config", "mac", "uuid", "vendor", "model", "version", "options")
"""Keys of a device whose change makes its phone's files other ones."""
MOST_PARENTS = 100


def new_id(document: Document) -> str:
    """The id a new document asks for, else one of its own."""
    given = document.get("id")
    if given is None:
        return uuid4().hex
    if not isinstance(given, str) or not _ID.fullmatch(given):
        raise Refused(f"invalid id: {str(given)[:200]!r}")
    return given


def checked_device(document: Document) -> Document:
    """A device without what only the server says of it, or `Refused`."""
    mac, ip, config = document.get("mac"), document.get("ip"), document.get("config")
    if mac is not None and not is_norm_mac(mac):
        raise Refused(f"mac is not normalized: {str(mac)[:200]!r}")
    if ip is not None and not is_norm_ip(ip):
        raise Refused(f"ip is not normalized: {str(ip)[:200]!r}")
    for name, value in (("config", config), ("plugin", document.get("plugin"))):
        if value is not None and not isinstance(value, str):
            raise Refused(f"{name} must be a text")
    return {key: value for key, value in document.items() if key != "configured"}


def checked_config(document: Document) -> Document:
    """A config, or `Refused`."""
    parents = document.get("parent_ids")
    if not isinstance(parents, list) or not all(isinstance(each, str) for each in parents):
        raise Refused("parent_ids must be a list of texts")
    if len(parents) > MOST_PARENTS:
        raise Refused(f"more than {MOST_PARENTS} parents")
    if not isinstance(document.get("raw_config"), dict):
        raise Refused("raw_config must be an object")
    return document


def must_reconfigure(before: Document, after: Document) -> bool:
    """Whether an update of a device concerns its phone's files."""
    return any(before.get(key) != after.get(key) for key in RECONFIGURING)
