"""Time zones as phones are told them, against the clock itself."""

import calendar
import zoneinfo
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.surface.vendor import Switch, Zone, zone_of

NAMES = sorted(zoneinfo.available_timezones())
AT_RAMADAN = {"Africa/Casablanca", "Africa/El_Aaiun"}
"""Their clocks follow the moon; the rule says how they go for the rest of the year."""
DAYS_OFF = {"Asia/Gaza", "Asia/Hebron"}
"""Their clocks change two days after the day of the rule, which phones can't say."""


def moment(switch: Switch, year: int) -> datetime:
    """When the clocks change in a year."""
    days = [
        day
        for day in range(1, calendar.monthrange(year, switch.month)[1] + 1)
        if datetime(year, switch.month, day).isoweekday() == switch.iso_weekday
    ]
    day = days[-1] if switch.week == 5 else days[switch.week - 1]
    return datetime(year, switch.month, day) + timedelta(seconds=switch.time_s)


def offset_s(zone: Zone, local: datetime) -> int:
    """What a phone of that zone adds to universal time."""
    if zone.summer is None:
        return zone.offset_s
    start, end = moment(zone.summer.start, local.year), moment(zone.summer.end, local.year)
    is_summer = start <= local < end if start < end else not end <= local < start
    return zone.offset_s + (zone.summer.save_s if is_summer else 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_told_the_zone_shows_its_time_each_noon(name: str) -> None:
    zone, clock = zone_of(name), zoneinfo.ZoneInfo(name)
    assert zone is not None
    noons = [datetime(2028, 1, 1, 12) + timedelta(days=day) for day in range(366)]
    wrong = [
        noon
        for noon in noons
        if noon.replace(tzinfo=clock).utcoffset() != timedelta(seconds=offset_s(zone, noon))
    ]
    assert not wrong or name in AT_RAMADAN or (name in DAYS_OFF and len(wrong) <= 4)


def test_clocks_change_at_the_hour_that_they_show() -> None:
    zone = zone_of("Europe/Paris")
    assert zone is not None
    assert zone.summer is not None
    assert zone.summer.start == Switch(month=3, week=5, weekday=0, time_s=2 * 3600)
    assert zone.summer.end == Switch(month=10, week=5, weekday=0, time_s=3 * 3600)
    assert (zone.sign, zone.hours, zone.minutes) == ("+", 1, 0)
    assert zone.posix == "CET-1CEST,M3.5.0,M10.5.0/3"


def test_half_hours_have_the_sign_of_the_whole() -> None:
    zone = zone_of("America/St_Johns")
    assert zone is not None
    assert (zone.sign, zone.hours, zone.minutes) == ("-", 3, 30)


def test_where_the_law_calls_winter_the_exception_summer_is_summer() -> None:
    zone = zone_of("Europe/Dublin")
    assert zone is not None
    assert zone.summer is not None
    assert (zone.offset_s, zone.summer.save_s, zone.summer.start.month) == (0, 3600, 3)


@given(st.text(max_size=80) | st.sampled_from(["../etc/passwd", "/etc/passwd", "", ".", "x\0y"]))
def test_what_names_no_zone_is_no_zone(name: str) -> None:
    assert zone_of(name) is None or name in NAMES
