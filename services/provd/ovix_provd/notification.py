"""Telling a phone by SIP NOTIFY that it should fetch its files, through Asterisk.

Source: reference/provd/lifecycle.md, 5. The peer notified is the one the phone is known to run
with, not the one it is going to get; without such a peer, whoever has its address.
Of several Asterisks the first that does it is the one: those that are down are passed over.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from ovix_asterisk.ami import AmiError
from ovix_asterisk.ami_client import AmiClient, AmiDisconnected

from .plugins import PluginError

CONNECTED_WITHIN_S = 5.0
TOLD_WITHIN_S = 1.0
"""A phone waits for the answer."""
_Told = TypeVar("_Told")
_PEER = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_HOST = re.compile(r"sips?:(?:[^@>;\s]*@)?(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+)")
_VALUE = re.compile(r"[A-Za-z][\w-]{0,63}=[^\r\n\x00]{1,200}")


class Manager(Protocol):
    """What is used of `AmiClient`."""

    @property
    def connected(self) -> bool:
        """Whether it does actions now."""

    def start(self) -> None:
        """Begin connecting, and stay connected from then on."""

    async def wait_tried(self) -> None:
        """Return once connected, or once that has failed."""

    async def wait_connected(self, timeout_s: float | None = None) -> None:
        """Return once connected."""

    async def send(self, action: str, **headers: Any) -> Any:
        """Do an action."""

    async def members(self, action: str, **headers: Any) -> Any:
        """Do an action that answers with a list."""

    async def close(self) -> None:
        """Disconnect for good."""


class SipNotifier:
    """Connects to the managers when a phone is to be told for the first time.

    Each action is tried on those that are connected, in their order, until one does it.
    """

    def __init__(self, *managers: Manager) -> None:
        self._managers = managers

    async def notify(self, device: dict[str, Any], variables: Sequence[str]) -> None:
        """Send the phone a NOTIFY with these headers (``Event=check-sync``), or `PluginError`."""
        if not all(_VALUE.fullmatch(each) for each in variables):
            raise PluginError("no headers of a NOTIFY")
        to = destination(device)

        async def told(manager: Manager) -> None:
            await manager.send("PJSIPNotify", **to, Variable=list(variables))

        try:
            await self._by_the_first(told, CONNECTED_WITHIN_S)
        except AmiError as error:
            raise PluginError(f"Asterisk does not notify: {error}") from error

    async def addresses_of(self, peer: str) -> set[str]:
        """The addresses from which a SIP endpoint is registered; none where nobody can tell."""
        if not _PEER.fullmatch(peer):
            return set()

        async def members(manager: Manager) -> Any:
            return await manager.members("PJSIPShowEndpoint", Endpoint=peer)

        try:
            found = await self._by_the_first(members, TOLD_WITHIN_S)
        except AmiError:
            return set()
        hosts = {_HOST.search(str(each.get("URI") or "")) for each in found}
        return {host[1].strip("[]").lower() for host in hosts if host is not None}

    async def close(self) -> None:
        """Disconnect."""
        for each in self._managers:
            await each.close()

    async def _by_the_first(
        self, action: Callable[[Manager], Awaitable[_Told]], within_s: float
    ) -> _Told:
        """What the first manager that does it says; raises what the last one raised."""
        for each in self._managers:
            each.start()
        if not any(each.connected for each in self._managers):
            await self._some_connected(within_s)
        failed: AmiError = AmiDisconnected("the connection was lost")
        for each in self._managers:
            if each.connected:
                try:
                    return await action(each)
                except AmiError as error:
                    failed = error
        raise failed

    async def _some_connected(self, within_s: float) -> None:
        """Return once one is; the first is waited for until its first attempt has failed."""
        first, *others = self._managers
        if others:
            within_s /= 2
            with suppress(TimeoutError):  # where nobody takes nor refuses the connection
                async with asyncio.timeout(within_s):
                    await first.wait_tried()
            if first.connected:
                return
        waiting = [asyncio.create_task(each.wait_connected(within_s)) for each in self._managers]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


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
    return SipNotifier(*(AmiClient(**each, event_mask="system") for each in accounts))
