"""Several Asterisk managers of which the first that does an action is the one.

For what any of them can do (a NOTIFY to a phone, say): those that are down are passed over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from ovix_asterisk.ami import AmiError
from ovix_asterisk.ami_client import AmiClient, AmiDisconnected

Told = TypeVar("Told")


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


class AmiServers:
    """Connects to the managers when something is to be done for the first time.

    Each action is tried on those that are connected, in their order, until one does it.
    """

    def __init__(self, *managers: Manager) -> None:
        self._managers = managers

    async def by_the_first(
        self, action: Callable[[Manager], Awaitable[Told]], within_s: float
    ) -> Told:
        """What the first manager that does it says; raises what the last one raised.

        Where none is connected, one is waited for ``within_s``; then it is `AmiDisconnected`.
        """
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

    async def close(self) -> None:
        """Disconnect."""
        for each in self._managers:
            await each.close()

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


def managers(*accounts: Mapping[str, Any]) -> tuple[Manager, ...]:
    """Clients for these accounts (arguments of `AmiClient`), which hear no events of calls."""
    return tuple(AmiClient(**each, event_mask="system") for each in accounts)
