"""Telling phones by SIP NOTIFY to fetch their files (reference/provd/lifecycle.md, 5).

Who sends is the host's affair: it sets a notifier.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet import defer, threads
from twisted.python.threadable import isInIOThread

Notifier = Callable[[Mapping[str, Any], str, Sequence[str]], "defer.Deferred[None]"]
"""Given a device, an event and further headers (``Name=value``), notifies its phone."""

_notifier: Notifier | None = None


def set_notifier(notifier: Notifier | None) -> None:
    """Send through it from now on; None: nothing can be sent."""
    global _notifier
    _notifier = notifier


def standard_sip_synchronize(
    device: Mapping[str, Any],
    event: str = "check-sync",
    extra_vars: Sequence[str] | None = None,
) -> "defer.Deferred[None]":
    """Have the phone of the device notified; the Deferred fails where that isn't possible."""
    if _notifier is None:
        return defer.fail(RuntimeError("there is nothing that sends SIP NOTIFY"))
    return defer.maybeDeferred(_notifier, device, event, tuple(extra_vars or ()))


class SyncService:
    """What packages before `standard_sip_synchronize` use, from threads of their own."""

    TYPE = "AsteriskAMI"

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    def sip_notify(self, ip: str, event: str, extra_vars: Sequence[str] | None = None) -> None:
        """Notify the phone at that address, and wait for it."""
        self._send({"ip": ip}, event, extra_vars)

    def sip_notify_by_ip(
        self, ip: str, event: str, extra_vars: Sequence[str] | None = None
    ) -> None:
        """Notify the phone at that address, and wait for it."""
        self._send({"ip": ip}, event, extra_vars)

    def sip_notify_by_peer(
        self, peer: str, event: str, extra_vars: Sequence[str] | None = None
    ) -> None:
        """Notify the phone that registers with that name, and wait for it."""
        self._send({"remote_state_sip_username": peer}, event, extra_vars)

    def _send(
        self, device: Mapping[str, Any], event: str, extra_vars: Sequence[str] | None
    ) -> None:
        if isInIOThread():
            raise RuntimeError("sip_notify waits, and so must be called in a thread")
        from twisted.internet import reactor  # importing it chooses the process's reactor

        def notify() -> "defer.Deferred[Any]":
            return self._notifier(device, event, tuple(extra_vars or ()))

        threads.blockingCallFromThread(reactor, notify)


def get_sync_service() -> SyncService | None:
    """None where nothing sends."""
    return None if _notifier is None else SyncService(_notifier)
