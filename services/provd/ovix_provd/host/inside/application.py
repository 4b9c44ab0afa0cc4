"""What plugins get as their application, and the service's side of it by messages."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet import defer, threads
from twisted.python.threadable import isInIOThread

from ..channel import Channel

NOTIFIED_WITHIN_S = 30.0


class Application:
    """``proxies`` is alive: what is set in the service appears in it."""

    def __init__(self) -> None:
        self.proxies: dict[str, str] = {}
        self.nat = 0
        self._channel: Channel | None = None

    def connect(self, channel: Channel) -> None:
        """Where the service listens."""
        self._channel = channel

    def set_parameters(self, proxies: Mapping[str, str], nat: int) -> None:
        """Take what was configured."""
        self.proxies.clear()
        self.proxies.update(proxies)
        self.nat = nat

    def dev_update(self, device: Mapping[str, Any]) -> "defer.Deferred[None]":
        """Store a device that the plugin knows more about; may be called in any thread."""
        return self._ask("dev_update", dict(device))

    def notify(
        self, device: Mapping[str, Any], event: str, extra_vars: Sequence[str]
    ) -> "defer.Deferred[None]":
        """Have the phone sent a SIP NOTIFY."""
        return self._ask("notify", dict(device), [f"Event={event}", *extra_vars])

    def _ask(self, method: str, *arguments: Any) -> "defer.Deferred[None]":
        if not isInIOThread():
            ask: Callable[..., Any] = self._ask
            from twisted.internet import reactor  # importing it chooses the process's reactor

            threads.blockingCallFromThread(reactor, ask, method, *arguments)
            return defer.succeed(None)
        if self._channel is None:
            return defer.fail(RuntimeError("the service is not connected"))
        call = self._channel.call(method, *arguments, limit_s=NOTIFIED_WITHIN_S)
        return defer.Deferred.fromFuture(asyncio.ensure_future(call))
