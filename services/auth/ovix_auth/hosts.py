"""The host an account is restricted to: an address, a network, or a name that resolves to it."""

import asyncio
import re
import socket
import time
from ipaddress import ip_network

import structlog
from ovix_web.addresses import is_in, parsed
from ovix_web.settings import Network

log = structlog.get_logger(__name__)

RESOLVE_TIMEOUT_S = 2.0
REMEMBERED_S = 60.0
ANYWHERE = frozenset({"", "-"})
"""XiVO's page shows a dash where nothing is set."""


class HostRestriction:
    """Names are resolved off the event loop and remembered for a minute."""

    def __init__(self) -> None:
        self._resolved: dict[str, tuple[float, frozenset[str]]] = {}

    async def admits(self, host: str | None, client: str) -> bool:
        """Whether a client at this address satisfies the restriction."""
        wanted = (host or "").strip()
        if wanted in ANYWHERE:
            return True
        address = parsed(client)
        if address is None:
            return False
        network = _network(wanted)
        if network is not None:
            return is_in(address, (network,))
        return str(address) in await self._addresses(wanted)

    async def _addresses(self, name: str) -> frozenset[str]:
        known = self._resolved.get(name)
        if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
            return known[1]
        try:
            async with asyncio.timeout(RESOLVE_TIMEOUT_S):
                found = await asyncio.get_running_loop().getaddrinfo(
                    name, None, type=socket.SOCK_STREAM
                )
        except (OSError, TimeoutError, UnicodeError) as error:
            log.warning("host_unresolved", host=name, cause=str(error))
            return frozenset()  # not remembered: the resolver may be back for the next login
        addresses = frozenset(str(parsed(str(info[4][0]))) for info in found)
        self._resolved[name] = (time.monotonic(), addresses)
        return addresses


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


_LABEL = "[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62}"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*\.?")


def must_be_a_host(text: str) -> str:
    """The text, if it is an address, a network, a name, or stands for anywhere; else ValueError."""
    wanted = text.strip()
    if wanted in ANYWHERE or _network(wanted) is not None:
        return wanted
    if not _NAME.fullmatch(wanted) or wanted.replace(".", "").isdigit():
        raise ValueError("must be an address, a network or a name")
    return wanted
