"""How documents write addresses and identities (reference/provd/data-model.md, 1)."""

import re

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IP = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
_OPTION = re.compile(r"([0-9]{3})((?:[0-9a-fA-F]{1,2}(?:\.[0-9a-fA-F]{1,2})*)?)")
LONGEST_OPTIONS = 256


class NotNormalised(ValueError):
    """An address in a form that no document holds."""


def is_norm_mac(text: object) -> bool:
    """``aa:bb:cc:dd:ee:ff``, lower case."""
    return isinstance(text, str) and _MAC.fullmatch(text) is not None


def is_norm_ip(text: object) -> bool:
    """A dotted quad without leading zeros."""
    return isinstance(text, str) and _IP.fullmatch(text) is not None


def dhcp_option(text: object) -> tuple[int, str]:
    """``06041.42`` as ``(60, "AB")``: three digits, then the value's bytes in hexadecimal."""
    found = _OPTION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise NotNormalised(f"invalid DHCP option: {text!r}")
    value = "".join(chr(int(byte, 16)) for byte in found[2].split(".") if byte)
    return int(found[1]), value


def dhcp_options(given: object) -> dict[int, str]:
    """The options of a lease by their code."""
    if not isinstance(given, list) or len(given) > LONGEST_OPTIONS:
        raise NotNormalised("options must be a list of texts")
    return dict(dhcp_option(each) for each in given)
