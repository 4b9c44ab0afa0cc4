"""How addresses and identities are written (reference/provd/data-model.md, 1)."""

import re
import socket

_SEPARATED_MAC = re.compile(r"[0-9a-fA-F]{1,2}(?:(:)[0-9a-fA-F]{1,2}){5}"
                            r"|[0-9a-fA-F]{1,2}(?:(-)[0-9a-fA-F]{1,2}){5}")  # fmt: skip
_PLAIN_MAC = re.compile(r"[0-9a-fA-F]{12}")
_NORMED_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_NORMED_IP = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def to_mac(mac_string: str) -> bytes:
    """Six bytes, of six groups of hexadecimal digits joined by ``:`` or ``-``, or of twelve."""
    if _SEPARATED_MAC.fullmatch(mac_string):
        return bytes(int(group, 16) for group in re.split("[:-]", mac_string))
    if _PLAIN_MAC.fullmatch(mac_string):
        return bytes.fromhex(mac_string)
    raise ValueError(f"invalid MAC address: {mac_string!r}")


def from_mac(packed_mac: bytes, separator: str = ":", uppercase: bool = False) -> str:
    """Six bytes as pairs of hexadecimal digits."""
    if len(packed_mac) != 6:
        raise ValueError(f"invalid MAC address: {packed_mac!r}")
    pairs = separator.join(f"{byte:02x}" for byte in packed_mac)
    return pairs.upper() if uppercase else pairs


def norm_mac(mac_string: str) -> str:
    """``aa:bb:cc:dd:ee:ff``; raises ValueError."""
    return from_mac(to_mac(mac_string))


def format_mac(mac_string: str, separator: str = ":", uppercase: bool = False) -> str:
    """A MAC address in a vendor's way of writing it; raises ValueError."""
    return from_mac(to_mac(mac_string), separator, uppercase)


def is_normed_mac(mac_string: str) -> bool:
    """Whether it is what `norm_mac` gives."""
    return _NORMED_MAC.fullmatch(mac_string) is not None


def to_ip(ip_string: str) -> bytes:
    """Four bytes, of whatever ``inet_aton`` takes: ``10.1`` is 10.0.0.1. Raises ValueError."""
    # The C library ignores what follows a space.
    if not re.fullmatch(r"[0-9a-fA-FxX.]{1,32}", ip_string):
        raise ValueError(f"invalid IP address: {ip_string!r}")
    try:
        return socket.inet_aton(ip_string)
    except OSError as error:
        raise ValueError(f"invalid IP address: {ip_string!r}") from error


def from_ip(packed_ip: bytes) -> str:
    """Four bytes as a dotted quad."""
    try:
        return socket.inet_ntoa(packed_ip)
    except OSError as error:
        raise ValueError(f"invalid IP address: {packed_ip!r}") from error


def norm_ip(ip_string: str) -> str:
    """A dotted quad; raises ValueError."""
    return from_ip(to_ip(ip_string))


def is_normed_ip(ip_string: str) -> bool:
    """Whether it is what `norm_ip` gives."""
    return _NORMED_IP.fullmatch(ip_string) is not None and all(
        int(part) < 256 for part in ip_string.split(".")
    )


def norm_uuid(uuid_string: str) -> str:
    """A UUID in lower case; raises ValueError."""
    if _UUID.fullmatch(uuid_string) is None:
        raise ValueError(f"invalid UUID: {uuid_string!r}")
    return uuid_string.lower()


def is_normed_uuid(uuid_string: str) -> bool:
    """Whether it is what `norm_uuid` gives."""
    return _UUID.fullmatch(uuid_string) is not None and uuid_string == uuid_string.lower()
