"""Refusals that may come by the thousand: counted in memory, written every few seconds.

A refusal of a kind that was written within the last minute adds to that record, so that nobody can
make the trail grow by more than `KINDS_MAX` records a minute. A kill loses what was counted since
the last time, `WRITE_EVERY_S` ago.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from ovix_schema import AuditRecord
from ovix_web import Sessions
from sqlalchemy import bindparam, insert, update

from . import audit
from .audit import Action

WRITE_EVERY_S = 2.0
RECORD_S = 60.0
"""For how long refusals of a kind add to one record."""
KINDS_MAX = 2000
"""Records a minute; a flood of invented logins becomes one."""


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
        self._records: dict[Refusal, int] = {}
        """The record of this minute that a kind adds to; 0 while it is not written yet."""
        self._since = time.monotonic()
        self._writing = asyncio.Lock()

    def add(self, refusal: Refusal) -> None:
        """Count one."""
        if refusal not in self._records:
            if len(self._records) >= KINDS_MAX:
                refusal = Refusal(refusal.action, refusal.cause)
            self._records.setdefault(refusal, 0)
        self._counted[refusal] += 1

    async def write(self, sessions: Sessions) -> None:
        """Record what was counted since; it stays counted when that fails."""
        async with self._writing:
            counted, self._counted = self._counted, Counter()
            if counted:
                try:
                    await self._write(sessions, counted)
                except BaseException:
                    self._counted.update(counted)
                    raise
            self._begin_another_minute()

    def _begin_another_minute(self) -> None:
        if time.monotonic() - self._since >= RECORD_S:
            self._since = time.monotonic()
            self._records = dict.fromkeys(self._counted, 0)

    async def _write(self, sessions: Sessions, counted: Counter[Refusal]) -> None:
        known = [each for each in counted if self._records.get(each)]
        new = [each for each in counted if not self._records.get(each)]
        async with sessions.begin() as session:
            connection = await session.connection()
            if known:
                records = AuditRecord.__table__
                await connection.execute(
                    update(records)  # type: ignore[arg-type]  # a Table
                    .where(records.c.id == bindparam("record"))
                    .values(repeats=records.c.repeats + bindparam("more")),
                    [{"record": self._records[each], "more": counted[each]} for each in known],
                )
            written: list[int] = []
            if new:
                returned = await session.scalars(
                    insert(AuditRecord).returning(AuditRecord.id, sort_by_parameter_order=True),
                    [_row(each, counted[each]) for each in new],
                )
                written = list(returned)
        self._records |= zip(new, written, strict=True)


def _row(refusal: Refusal, number: int) -> dict[str, object]:
    return audit.row(
        refusal.action,
        cause=refusal.cause,
        backend=refusal.backend or None,
        login=refusal.login or None,
        address=refusal.address or None,
        repeats=number,
    )
