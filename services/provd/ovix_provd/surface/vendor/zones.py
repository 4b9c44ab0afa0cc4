"""Time zones as phones want them: an offset and the two switches of the year, on the local clock.

Source: the rule for the future that ends a zone's file (RFC 9636, 3.3; POSIX.1, 8.3, TZ).
"""

import re
import zoneinfo
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

_DAY_S = 24 * 3600
_NAME = r"(?:<[A-Za-z0-9+-]+>|[A-Za-z]+)"
_TIME = r"[+-]?\d{1,3}(?::\d{2}){0,2}"
_RULE = re.compile(
    rf"(?P<std>{_NAME})(?P<offset>{_TIME})"
    rf"(?:(?P<dst>{_NAME})(?P<dst_offset>{_TIME})?,(?P<start>[^,]+),(?P<end>[^,]+))?"
)
_SWITCH = re.compile(rf"M(?P<month>\d+)\.(?P<week>\d)\.(?P<weekday>\d)(?:/(?P<time>{_TIME}))?")


@dataclass(frozen=True, slots=True)
class Switch:
    """When clocks change, each year."""

    month: int
    week: int
    """1 to 4; 5 is the last of the month."""
    weekday: int
    """0 is Sunday, 6 Saturday."""
    time_s: int
    """On the clock before it is changed; 0 to 86340.

    A rule may lie outside of its day (``-1``, ``26``: Nuuk, Jerusalem); phones can't say that, so
    the clock changes at the nearest minute of the day, some hours off, twice a year.
    """

    @property
    def hour(self) -> int:
        return self.time_s // 3600

    @property
    def minute(self) -> int:
        return self.time_s % 3600 // 60

    @property
    def iso_weekday(self) -> int:
        """1 is Monday, 7 Sunday."""
        return self.weekday or 7


@dataclass(frozen=True, slots=True)
class Summer:
    """Daylight saving time."""

    start: Switch
    end: Switch
    save_s: int


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone."""

    name: str
    offset_s: int
    """East of Greenwich, in winter."""
    posix: str
    """The rule as POSIX writes it, west positive: ``CET-1CEST,M3.5.0,M10.5.0/3``."""
    summer: Summer | None

    @property
    def sign(self) -> str:
        return "-" if self.offset_s < 0 else "+"

    @property
    def hours(self) -> int:
        """Of the offset's amount."""
        return abs(self.offset_s) // 3600

    @property
    def minutes(self) -> int:
        """Of the offset's amount, beside the hours."""
        return abs(self.offset_s) % 3600 // 60


@lru_cache(maxsize=1024)
def zone_of(name: str) -> Zone | None:
    """The zone of an Olson name (``Europe/Paris``); None where there is none of that name."""
    try:
        zoneinfo.ZoneInfo(name)  # refuses names that lead out of the data
        posix = _data(name).rstrip(b"\n").rpartition(b"\n")[2].decode("ascii")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return _parsed(name, posix)


def _data(name: str) -> bytes:
    for root in zoneinfo.TZPATH:
        path = Path(root, name)
        if path.is_file():
            return path.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def _parsed(name: str, posix: str) -> Zone | None:
    rule = _RULE.fullmatch(posix)
    if rule is None:
        return None
    offset_s = -_seconds(rule["offset"])
    if rule["dst"] is None:
        return Zone(name, offset_s, posix, None)
    dst_s = -_seconds(rule["dst_offset"]) if rule["dst_offset"] else offset_s + 3600
    start, end = _switch(rule["start"]), _switch(rule["end"])
    if start is None or end is None:
        return Zone(name, offset_s, posix, None)
    if dst_s < offset_s:  # Dublin: the law calls summer the standard, and winter the exception
        offset_s, dst_s, start, end = dst_s, offset_s, end, start
    return Zone(name, offset_s, posix, Summer(start, end, dst_s - offset_s))


def _switch(rule: str) -> Switch | None:
    found = _SWITCH.fullmatch(rule)
    if found is None:
        return None
    time_s = _seconds(found["time"] or "2")
    return Switch(
        int(found["month"]),
        int(found["week"]),
        int(found["weekday"]),
        min(max(time_s, 0), _DAY_S - 60),
    )


def _seconds(text: str) -> int:
    """Of ``[+-]h[:mm[:ss]]``."""
    parts = [int(part) for part in text.lstrip("+-").split(":")] + [0, 0]
    amount = parts[0] * 3600 + parts[1] * 60 + parts[2]
    return -amount if text.startswith("-") else amount
