"""Whether a phone that moved is the one it says: who registers knows the account's password.

Asked only when a request comes from another address than its device's, and then not for each.
"""

import time
from collections.abc import Awaitable, Callable

from .identification import Info, Known

Contacts = Callable[[str], Awaitable[set[str]]]
"""The addresses from which a SIP endpoint is registered."""

ASKED_EVERY_S = 5.0
MOST_REMEMBERED = 4096


class Registrations:
    """Remembers for a few seconds what Asterisk said."""

    def __init__(self, contacts: Contacts, clock: Callable[[], float] = time.monotonic) -> None:
        self._contacts, self._clock = contacts, clock
        self._asked: dict[str, tuple[float, frozenset[str]]] = {}

    async def is_at(self, device: Known, info: Info) -> bool:
        """Whether the account that the device runs with, or shall, is registered from there."""
        peers = {device.document.get("remote_state_sip_username"), device.own_username}
        for peer in peers:
            if isinstance(peer, str) and info.get("ip") in await self._addresses(peer):
                return True
        return False

    async def _addresses(self, peer: str) -> frozenset[str]:
        known = self._asked.get(peer)
        if known is not None and self._clock() - known[0] < ASKED_EVERY_S:
            return known[1]
        found = frozenset(await self._contacts(peer))
        if len(self._asked) >= MOST_REMEMBERED:
            self._asked.clear()
        # From its answer on: while Asterisk is away, that takes long.
        self._asked[peer] = (self._clock(), found)
        return found
