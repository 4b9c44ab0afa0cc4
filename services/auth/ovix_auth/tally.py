"""Refusals that may come by the thousand: counted in memory, written once a minute."""

from collections import Counter
from dataclasses import dataclass

from ovix_web import Sessions

from . import audit
from .audit import Action

KINDS_MAX = 2000
"""Kept apart at a time; a flood of invented logins becomes one record."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What refusals must have in common to become one record."""

    action: Action
    cause: str
    backend: str = ""
    login: str = ""
    address: str = ""


class Tally:
    """Counts in memory what strangers could otherwise make write without end."""

    def __init__(self) -> None:
        self._counted: Counter[Refusal] = Counter()

    def add(self, refusal: Refusal) -> None:
        """Count one."""
        if refusal not in self._counted and len(self._counted) >= KINDS_MAX:
            refusal = Refusal(refusal.action, refusal.cause)
        self._counted[refusal] += 1

    async def write(self, sessions: Sessions) -> None:
        """Record what was counted since; it stays counted when that fails."""
        counted, self._counted = self._counted, Counter()
        if not counted:
            return
        try:
            async with sessions.begin() as session:
                for refusal, number in counted.items():
                    await audit.record(
                        session,
                        refusal.action,
                        cause=refusal.cause,
                        backend=refusal.backend or None,
                        login=refusal.login or None,
                        address=refusal.address or None,
                        repeats=number,
                    )
        except BaseException:
            self._counted.update(counted)
            raise
