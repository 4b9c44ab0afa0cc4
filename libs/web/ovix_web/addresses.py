"""Who is at the other end: the client's address, believing proxies only where told to."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from starlette.types import Scope

from .settings import Network

Address = IPv4Address | IPv6Address


def parsed(text: str) -> Address | None:
    """The address in the text, IPv4 taken out of its IPv6 mapping; none when it is no address."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


def is_in(address: Address | None, networks: tuple[Network, ...]) -> bool:
    """Whether one of the networks holds the address."""
    return address is not None and any(
        address in network for network in networks if network.version == address.version
    )


def client_address(scope: Scope, trusted: tuple[Network, ...]) -> str:
    """The nearest address that is not a trusted proxy's (``X-Forwarded-For`` read from its end).

    Whoever connects from elsewhere may write any header, so theirs is never read.
    """
    client = scope.get("client")
    peer = str(client[0]) if client else ""
    if not trusted or not is_in(parsed(peer), trusted):
        return peer
    for name, value in reversed(scope["headers"]):
        if name == b"x-forwarded-for":
            for hop in reversed(value.decode("latin-1").split(",")):
                address = parsed(hop)
                if address is None:
                    return peer
                peer = str(address)
                if not is_in(address, trusted):
                    return peer
    return peer


def scheme_told(scope: Scope, trusted: tuple[Network, ...]) -> str | None:
    """``X-Forwarded-Proto`` of a trusted proxy, so that links name the scheme clients use."""
    client = scope.get("client")
    if not trusted or not client or not is_in(parsed(str(client[0])), trusted):
        return None
    headers: Mapping[bytes, bytes] = dict[Any, Any](scope["headers"])
    told = headers.get(b"x-forwarded-proto", b"").decode("latin-1").lower()
    return told if told in ("http", "https") else None
