"""How many devices requests may create: from one address, and in all.

Counted by each process for itself, in memory that does not grow with what strangers send.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """How many devices may be created within ``period_s`` seconds."""

    per_address: int
    in_all: int
    nameless: int
    """Of these, those of which nothing but the address is known."""
    period_s: float


class Creations:
    """The creations of the current period."""

    def __init__(self, quota: Quota, clock: Callable[[], float] = time.monotonic) -> None:
        self._quota, self._clock = quota, clock
        self._ends_at = 0.0
        self._in_all = self._nameless = 0
        self._by_address: dict[str, int] = {}

    def take(self, ip: str, *, nameless: bool) -> bool:
        """Count one more, unless that is too many."""
        now = self._clock()
        if now >= self._ends_at:
            self._ends_at = now + self._quota.period_s
            self._in_all = self._nameless = 0
            self._by_address.clear()
        of_address = self._by_address.get(ip, 0)
        if (
            self._in_all >= self._quota.in_all
            or of_address >= self._quota.per_address
            or (nameless and self._nameless >= self._quota.nameless)
        ):
            return False
        self._by_address[ip] = of_address + 1
        self._in_all += 1
        self._nameless += nameless
        return True
