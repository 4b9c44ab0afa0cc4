"""What the machine knows of itself, from Linux' files and calls; nothing is asked elsewhere."""

import fcntl
import socket
import struct
from pathlib import Path
from typing import Any

ADDRESS_OF, NETMASK_OF = 0x8915, 0x891B
"""SIOCGIFADDR and SIOCGIFNETMASK (netdevice(7))."""
LOOPBACK = "lo"


def discovered() -> dict[str, Any]:
    """All of it; whatever can't be found out is null or left out."""
    nameservers, domain = resolver(_lines("/etc/resolv.conf"))
    hostname = socket.gethostname()
    return {
        "hostname": hostname.partition(".")[0],
        "domain": hostname.partition(".")[2] or domain,
        "timezone": _timezone(),
        "nameservers": nameservers,
        "interfaces": _interfaces(),
        "gateways": gateways(_lines("/proc/net/route")),
    }


def resolver(lines: list[str]) -> tuple[list[str], str | None]:
    """The name servers of a resolv.conf, and its domain."""
    nameservers, domain = [], None
    for line in lines:
        word, *values = line.split() or [""]
        if word == "nameserver" and values:
            nameservers.append(values[0])
        if word in ("domain", "search") and values:
            domain = values[0]
    return nameservers, domain


def gateways(lines: list[str]) -> list[dict[str, str | None]]:
    """The default routes of a routing table (proc(5)); one without interface is always the last."""
    found: list[dict[str, str | None]] = []
    for line in lines[1:]:
        interface, destination, gateway, *_ = [*line.split(), "", "", ""]
        if destination == "00000000" and len(gateway) == 8 and gateway != "00000000":
            address = socket.inet_ntoa(struct.pack("<I", int(gateway, 16)))
            found.append({"gateway": address, "interface": interface})
    return [*found, {"gateway": "0.0.0.0", "interface": None}]


def _interfaces() -> list[dict[str, str | None]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        return [
            {
                "interface": name,
                "ip_address": _ask(asked, name, ADDRESS_OF),
                "netmask": _ask(asked, name, NETMASK_OF),
            }
            for _, name in socket.if_nameindex()
            if name != LOOPBACK
        ]


def _ask(asked: socket.socket, name: str, what: int) -> str | None:
    request = struct.pack("256s", name.encode()[:15])
    try:
        return socket.inet_ntoa(fcntl.ioctl(asked.fileno(), what, request)[20:24])
    except OSError:
        return None


def _timezone() -> str | None:
    named = _lines("/etc/timezone")
    if named:
        return named[0].strip() or None
    localtime = Path("/etc/localtime")
    if not localtime.is_symlink():
        return None
    return str(localtime.resolve()).partition("zoneinfo/")[2] or None


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
