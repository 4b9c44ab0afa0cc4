"""Telling a phone by SIP NOTIFY that it should fetch its files, through Asterisk.

Source: reference/provd/lifecycle.md, 5. The peer notified is the one the phone is known to run
with, not the one it is going to get; without such a peer, whoever has its address.
Of several Asterisks the first that does it is the one: those that are down are passed over.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ovix_asterisk.ami import AmiError
from ovix_asterisk.ami_servers import AmiServers, Manager, managers

from .plugins import PluginError

CONNECTED_WITHIN_S = 5.0
TOLD_WITHIN_S = 1.0
"""A phone waits for the answer."""
_PEER = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_HOST = re.compile(r"sips?:(?:[^@>;\s]*@)?(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+)")
_VALUE = re.compile(r"[A-Za-z][\w-]{0,63}=[^\r\n\x00]{1,200}")


class SipNotifier:
    """Tells phones through these managers, the first of them by preference."""

    def __init__(self, *managers: Manager) -> None:
        self._servers = AmiServers(*managers)

    async def notify(self, device: dict[str, Any], variables: Sequence[str]) -> None:
        """Send the phone a NOTIFY with these headers (``Event=check-sync``), or `PluginError`."""
        if not all(_VALUE.fullmatch(each) for each in variables):
            raise PluginError("no headers of a NOTIFY")
        to = destination(device)

        async def told(manager: Manager) -> None:
            await manager.send("PJSIPNotify", **to, Variable=list(variables))

        try:
            await self._servers.by_the_first(told, CONNECTED_WITHIN_S)
        except AmiError as error:
            raise PluginError(f"Asterisk does not notify: {error}") from error

    async def addresses_of(self, peer: str) -> set[str]:
        """The addresses from which a SIP endpoint is registered; none where nobody can tell."""
        if not _PEER.fullmatch(peer):
            return set()

        async def members(manager: Manager) -> Any:
            return await manager.members("PJSIPShowEndpoint", Endpoint=peer)

        try:
            found = await self._servers.by_the_first(members, TOLD_WITHIN_S)
        except AmiError:
            return set()
        hosts = {_HOST.search(str(each.get("URI") or "")) for each in found}
        return {host[1].strip("[]").lower() for host in hosts if host is not None}

    async def close(self) -> None:
        """Disconnect."""
        await self._servers.close()


def destination(device: dict[str, Any]) -> dict[str, str]:
    """Whom to notify, as headers of the action."""
    peer = device.get("remote_state_sip_username")
    if isinstance(peer, str) and _PEER.fullmatch(peer):
        return {"Endpoint": peer}
    if ip := device.get("ip"):
        return {"URI": f"sip:anonymous@{ip}"}
    raise PluginError("not enough information to notify the phone")


def asterisk(*accounts: Mapping[str, Any]) -> SipNotifier:
    """Through the managers of these accounts, the first of them by preference."""
    return SipNotifier(*managers(*accounts))
