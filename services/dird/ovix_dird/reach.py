"""Which machines a source may reach: judged by the address that is connected to, each time.

Whoever may make sources could have dird ask servers that they can't reach themselves: those of the
machine it runs on, or those that hand out a cloud's passwords. A name is looked up once, and the
address that was judged is the one that is used, so that no second look-up can lead elsewhere.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

import httpcore
import httpx
from ovix_web import authorities

ANY = "any"
"""In a list: whatever is neither this machine nor in `NEVER_BY_ITSELF`."""

Address: TypeAlias = IPv4Address | IPv6Address

NEVER_BY_ITSELF = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16", "fe80::/10",  # link-local: clouds' metadata among them
            "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::/32", "fd20:ce::/32",  # and others'
            "0.0.0.0/8", "::/128",  # this machine, by another name
            "224.0.0.0/4", "ff00::/8", "240.0.0.0/4",  # nobody's
        ),
    )
)  # fmt: skip
"""Reached only where a network in the list holds them."""
_NAT64 = IPv6Network("64:ff9b::/96")


class OutOfReach(OSError):
    """Only addresses that a source may not reach. An OSError: nobody could connect."""


class Reach:
    """Networks and names of hosts, as in ``OVIX_DIRD_SOURCE_NETWORKS``.

    ``any`` is everything but loopback, link-local and metadata addresses. A name that is listed
    (``.example.org``: every name below it) may lead to any address but the latter two.
    """

    def __init__(self, listed: Iterable[str] = (ANY,)) -> None:
        self._networks, self._names, self._any = [], set(), False
        for each in listed:
            entry = each.strip().lower()
            if entry == ANY:
                self._any = True
                continue
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError as error:
                if "/" in entry or not entry:
                    raise ValueError(f"{each!r} is no network and no name of a host") from error
                self._names.add(entry.rstrip("."))

    def allows(self, address: Address, host: str = "") -> bool:
        """Whether a source may connect to the address, to which ``host`` led."""
        meant = _meant(address)
        if any(meant in network for network in self._networks):
            return True
        if any(meant in network for network in NEVER_BY_ITSELF):
            return False
        if self._is_listed(host):
            return True
        return self._any and not meant.is_loopback

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host that may be connected to, in order; at least one.

        Raises `OutOfReach`, and OSError where there is no such host.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        known = list(dict.fromkeys(str(each[4][0]) for each in found))
        allowed = [each for each in known if self.allows(ip_address(each.split("%")[0]), host)]
        if not allowed:
            raise OutOfReach("OVIX_DIRD_SOURCE_NETWORKS does not allow the server's address")
        return allowed

    def _is_listed(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        parts = name.split(".")
        below = {"." + ".".join(parts[start:]) for start in range(1, len(parts))}
        return bool(self._names & {name, *below})


EVERYWHERE = Reach(("0.0.0.0/0", "::/0"))
"""For sources of the operator's own files."""


def _meant(address: Address) -> Address:
    """The address that one of version 6 wraps, where it does."""
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address in _NAT64:
            wrapped = IPv4Address(int(address) & 0xFFFFFFFF)
        return wrapped or address
    return address


class ReachingClient(httpx.AsyncClient):
    """Connects to what ``reach`` allows; proxies of the environment would connect for it."""

    def __init__(self, reach: Reach, verify: ssl.SSLContext | None = None) -> None:
        super().__init__(
            transport=_Transport(reach, verify or authorities.trusted()),
            timeout=10,
            follow_redirects=False,
            trust_env=False,
        )
        self.reach = reach


class _Transport(httpx.AsyncHTTPTransport):
    def __init__(self, reach: Reach, verify: ssl.SSLContext) -> None:
        super().__init__(verify=verify)
        # httpx has no parameter for it; that it works is what test_reach.py is for.
        self._pool._network_backend = _Network(reach)


class _Network(httpcore.AsyncNetworkBackend):
    """Looks names up itself. TLS still checks the name: httpcore takes that from the URL."""

    def __init__(self, reach: Reach) -> None:
        self._reach, self._sockets = reach, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = OutOfReach("there is no such server")
        async with asyncio.timeout(timeout):
            for address in await self._reach.addresses(host, port):
                try:
                    return await self._sockets.connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
