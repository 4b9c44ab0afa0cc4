"""Growing pauses between attempts, with some chance in them so that no two processes march."""

import asyncio
import random
from dataclasses import dataclass


@dataclass
class Backoff:
    """Pauses that grow from ``first_s`` by ``factor`` up to ``longest_s``, each varied by 20 %."""

    first_s: float = 0.1
    longest_s: float = 2.0
    factor: float = 2.0
    attempts: int = 0

    def next(self) -> float:
        """The pause before the next attempt, in seconds."""
        grown = self.first_s * self.factor**self.attempts
        self.attempts += 1
        # Not a secret: it only spreads attempts over time.
        return min(grown, self.longest_s) * random.uniform(0.8, 1.2)  # noqa: S311

    def reset(self) -> None:
        """Begin again after a success."""
        self.attempts = 0


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, at most so long; whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True
