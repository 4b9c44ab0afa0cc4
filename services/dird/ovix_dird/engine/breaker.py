"""When a source that fails is left alone, and when it is tried again. Pure: the clock is given."""

import random
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """How a source stands."""

    UP = "up"
    FAILING = "failing"
    """It failed the last time, and is still asked."""
    DOWN = "down"
    """It failed so often that it is not asked; now and then it is tried."""


@dataclass(slots=True)
class Breaker:
    """After ``failures`` in a row a source is skipped, for ``pause_s``, and longer each time."""

    failures: int = 3
    pause_s: float = 5.0
    pause_max_s: float = 60.0
    jitter: float = 0.2
    _in_a_row: int = 0
    _tried_again: int = 0
    _try_at: float = 0.0
    _trying: bool = field(default=False)

    @property
    def state(self) -> State:
        """How the source stands."""
        if self._in_a_row == 0:
            return State.UP
        return State.DOWN if self._in_a_row >= self.failures else State.FAILING

    def may_ask(self) -> bool:
        """Whether a request may wait for this source."""
        return self._in_a_row < self.failures

    def may_try(self, now: float) -> bool:
        """Whether it is time for the one try of a source that is down; claims it."""
        if self.may_ask() or self._trying or now < self._try_at:
            return False
        self._trying = True
        return True

    def succeeded(self) -> bool:
        """Note an answer; tells whether the source was not up before."""
        was_failing = self._in_a_row > 0
        self._in_a_row = self._tried_again = 0
        self._trying = False
        return was_failing

    def failed(self, now: float) -> bool:
        """Note a failure; tells whether the state is another one than before."""
        before = self.state
        self._in_a_row += 1
        self._trying = False
        if self._in_a_row >= self.failures:
            pause = min(self.pause_s * 2**self._tried_again, self.pause_max_s)
            self._tried_again = min(self._tried_again + 1, 32)
            # Sources of one dead server are not all tried at the same moment.
            self._try_at = now + pause * (1 + random.uniform(-self.jitter, self.jitter))  # noqa: S311
        return self.state is not before
