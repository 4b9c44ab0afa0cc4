"""Whether something is open at a given moment (reference/agid.md part 5).

Exceptional closings come first, in their order; then any opened period makes it open; otherwise
the schedule's own closed action applies. A schedule without opened periods is always closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .destinations import StoredAction


@dataclass(frozen=True, slots=True)
class Period:
    """A recurring period; an empty set of days or months means any."""

    hours_start: time | None = None
    hours_end: time | None = None
    week_days: frozenset[int] = frozenset()
    """1 is Monday, 7 is Sunday."""
    month_days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()

    def holds(self, moment: datetime) -> bool:
        """Whether the moment, in the schedule's time zone, lies in the period.

        The end minute is included: 17:00 holds until 17:00:59.
        """
        minute = time(moment.hour, moment.minute)
        return (
            (self.hours_start is None or self.hours_start <= minute)
            and (self.hours_end is None or minute <= self.hours_end)
            and (not self.week_days or moment.isoweekday() in self.week_days)
            and (not self.month_days or moment.day in self.month_days)
            and (not self.months or moment.month in self.months)
        )


@dataclass(frozen=True, slots=True)
class ExceptionalPeriod:
    """A period of closing with its own action."""

    period: Period
    action: StoredAction


@dataclass(frozen=True, slots=True)
class Schedule:
    """Opened periods, exceptional closings and what happens when it is closed."""

    timezone: str | None
    closed_action: StoredAction
    opened: Sequence[Period] = ()
    exceptional: Sequence[ExceptionalPeriod] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """The schedule is closed, and this is what to do."""

    action: StoredAction


def closed_at(schedule: Schedule, moment: datetime, *, default_timezone: str) -> Closed | None:
    """Nothing while the schedule is open; otherwise why a call can't go on."""
    local = moment.astimezone(zone(schedule.timezone, default_timezone))
    for exceptional in schedule.exceptional:
        if exceptional.period.holds(local):
            return Closed(exceptional.action)
    if any(period.holds(local) for period in schedule.opened):
        return None
    return Closed(schedule.closed_action)


def zone(name: str | None, default: str) -> ZoneInfo:
    """The time zone ``name``; an empty or unknown one is the installation's."""
    for candidate in (name, default):
        if candidate:
            try:
                return ZoneInfo(candidate)
            except (ZoneInfoNotFoundError, ValueError):
                continue
    return ZoneInfo("UTC")


def clock_time(text: str | None) -> time | None:
    """``HH:MM`` as it is stored; empty means any time."""
    return time.fromisoformat(text) if text else None


__all__ = ["Closed", "ExceptionalPeriod", "Period", "Schedule", "clock_time", "closed_at", "zone"]
