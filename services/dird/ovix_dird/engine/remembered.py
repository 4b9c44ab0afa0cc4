"""Whose number it was, source by source: for the next call from the same number.

A name is worth something for as long as a phone rings. What a slow source answered is there for the
next question, also when it came too late for the one that asked.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from ..backend import Contact, Remembering, Viewer

MOST = 10_000
"""Numbers of one source that are remembered; the oldest are forgotten first."""
STALE_S = 600.0
"""For how long a contact is better than none while its source is late or away."""
LATE_S = 10.0
"""How long an answer is still taken that nobody waits for any more."""
UNDER_WAY_MAX = 64
"""Questions to one source that may outlive who asked them."""

Key: TypeAlias = tuple[str, str | None, int | None, str | None]
Ask: TypeAlias = Callable[[], Awaitable[Contact | None]]


@dataclass(frozen=True, slots=True)
class Known:
    """What the source said, and when."""

    contact: Contact | None
    at: float


class RememberedNumbers:
    """The memory of one source. It goes with the source when that is configured anew."""

    def __init__(self, how: Remembering, clock: Callable[[], float] = time.monotonic) -> None:
        self._how, self._clock = how, clock
        self._known: OrderedDict[Key, Known] = OrderedDict()
        self._under_way: dict[Key, asyncio.Task[Contact | None]] = {}

    def __len__(self) -> int:
        return len(self._known)

    @property
    def fresh_s(self) -> float:
        """For how long an answer holds without asking."""
        return self._how.fresh_s

    def key(self, number: str, viewer: Viewer) -> Key:
        """On what the answer depends."""
        user_uuid = viewer.user_uuid if self._how.by_user else None
        return number, viewer.country, viewer.entity_id, user_uuid

    def fresh(self, key: Key) -> Known | None:
        """An answer that holds without asking; its contact is None where nobody has the number."""
        return self._not_older(key, self.fresh_s)

    def stale(self, key: Key) -> Contact | None:
        """The contact of a source that can't be asked now."""
        known = self._not_older(key, STALE_S)
        return None if known is None else known.contact

    async def ask(self, key: Key, ask: Ask) -> Contact | None:
        """The source's answer, which is kept; who asks the same meanwhile waits for it as well.

        Whoever gives up waiting does not end the question.
        """
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= UNDER_WAY_MAX:
                return await ask()
            task = self._under_way[key] = asyncio.create_task(self._kept(key, ask))
            task.add_done_callback(lambda done: self._over(key, done))
        return await asyncio.shield(task)

    def close(self) -> None:
        """Forget everything, and end what is under way."""
        for task in self._under_way.values():
            task.cancel()
        self._known.clear()

    def _not_older(self, key: Key, seconds: float) -> Known | None:
        known = self._known.get(key)
        if known is None or self._clock() - known.at >= seconds:
            return None
        return known

    async def _kept(self, key: Key, ask: Ask) -> Contact | None:
        async with asyncio.timeout(LATE_S):
            contact = await ask()
        self._known[key] = Known(contact, self._clock())
        self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return contact

    def _over(self, key: Key, task: "asyncio.Task[Contact | None]") -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waited was told; nobody may have
