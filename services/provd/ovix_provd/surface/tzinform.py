"""Time zones as plugins render them: an offset and, where clocks change, two rules for a year.

A day is ``D<day of the month>`` or ``W<n>.<d>``: the n-th (5: the last) weekday d of the month,
where 1 is *Sunday*. A time is the figure that the zone's own rule has, in its own reference: 01:00
in the European Union, whose rule counts universal time, 02:00 in America, whose rule counts what
clocks show. That is XiVO's convention, for which packages of all generations were written; the data
is today's.
Source: reference/provd/plugins.md, 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from .zone_source import Era, Rule, zones

TimezoneInfo = Mapping[str, Any]
"""``utcoffset``: Time; ``dst``: None or start and end (month, day, time), save, as_string."""


class TimezoneNotFoundError(Exception):
    """There is no time zone of that name."""


@dataclass(frozen=True, slots=True)
class Time:
    """A length of time or a time of day; may be negative."""

    raw_seconds: int

    @property
    def as_seconds(self) -> int:
        """In seconds."""
        return self.raw_seconds

    @property
    def as_minutes(self) -> int:
        """In minutes, rounded down."""
        return self.raw_seconds // 60

    @property
    def as_hours(self) -> int:
        """In hours, rounded down."""
        return self.raw_seconds // 3600

    @property
    def as_hms(self) -> list[int]:
        """Hours, minutes, seconds; the first that is not zero bears the sign."""
        minutes, seconds = divmod(abs(self.raw_seconds), 60)
        parts = [*divmod(minutes, 60), seconds]
        if self.raw_seconds < 0:
            first = next(at for at, part in enumerate(parts) if part)
            parts[first] = -parts[first]
        return parts


def week_start_on_monday(weekday: int) -> int:
    """A weekday counted from Sunday = 1, counted from Monday = 1."""
    return (weekday + 5) % 7 + 1


class TimezoneInfoDB(Protocol):
    """Where time zones are looked up."""

    def get_timezone_info(self, timezone_name: str) -> TimezoneInfo:
        """The zone of that name, or `TimezoneNotFoundError`."""


class TextTimezoneInfoDB:
    """All time zones there are, as their rules are this year."""

    def get_timezone_info(self, timezone_name: str) -> TimezoneInfo:
        """The zone of that name, or `TimezoneNotFoundError`."""
        return info_on(timezone_name, datetime.now(UTC).date())


class DefaultTimezoneInfoDB:
    """Another's time zones, and one of them for every unknown name."""

    def __init__(self, default_timezone: str, timezone_info_db: TimezoneInfoDB) -> None:
        self._default = timezone_info_db.get_timezone_info(default_timezone)
        self._db = timezone_info_db

    def get_timezone_info(self, timezone_name: str) -> TimezoneInfo:
        """The zone of that name, or the default one."""
        try:
            return self._db.get_timezone_info(timezone_name)
        except TimezoneNotFoundError:
            return self._default


def get_timezone_info(timezone_name: str) -> TimezoneInfo:
    """The zone of that name as its rules are this year, or `TimezoneNotFoundError`."""
    return TextTimezoneInfoDB().get_timezone_info(timezone_name)


def info_on(timezone_name: str, day: date) -> TimezoneInfo:
    """The zone of that name as its rules are in the year of that day."""
    era = era_on(timezone_name, day)
    changes = changes_in(era, day.year)
    if changes is None:
        return {"utcoffset": Time(era.standard_s + _standing(era, day.year)), "dst": None}
    start, end = changes
    save_s = start.save_s - end.save_s
    sides = [(each, each.in_year(day.year)) for each in changes]
    texts = [f"{on.month}/{_day(each, on)}/{each.time_s}" for each, on in sides]
    first, last = (
        {"month": on.month, "day": _day(each, on), "time": Time(each.time_s)} for each, on in sides
    )
    return {
        "utcoffset": Time(era.standard_s + end.save_s),
        "dst": {
            "start": first,
            "end": last,
            "save": Time(save_s),
            "as_string": f"{texts[0]};{texts[1]};{save_s}",
        },
    }


def era_on(timezone_name: str, day: date) -> Era:
    """What holds for a zone on that day, or `TimezoneNotFoundError`."""
    eras = zones().get(timezone_name)
    if eras is None:
        raise TimezoneNotFoundError(timezone_name)
    return next(era for era in eras if day < era.until)


def changes_in(era: Era, year: int) -> tuple[Rule, Rule] | None:
    """The last change of the year to more, and the last to less; None: clocks don't change.

    Ireland counts its winter as saving less than nothing, and Ramadan can change clocks twice more.
    """
    active = [rule for rule in era.rules if rule.first_year <= year <= rule.last_year]
    active.sort(key=lambda rule: rule.in_year(year))
    least = min((rule.save_s for rule in active), default=0)
    starts = [rule for rule in active if rule.save_s > least]
    ends = [rule for rule in active if rule.save_s == least]
    return (starts[-1], ends[-1]) if starts and ends else None


def _standing(era: Era, year: int) -> int:
    """What is added all year long: what the last rule so far left."""
    past = [rule for rule in era.rules if rule.first_year <= year]
    last = max(past, key=lambda rule: (min(rule.last_year, year), rule.month), default=None)
    return era.save_s if last is None else last.save_s


def _day(rule: Rule, on: date) -> str:
    if rule.on.isdigit():
        return f"D{on.day}"
    week = 5 if rule.on.startswith("last") else (on.day - 1) // 7 + 1
    return f"W{week}.{on.isoweekday() % 7 + 1}"
