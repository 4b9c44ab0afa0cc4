"""Schedules: the scenarios S01 to S04 of reference/asterisk.md part 8, and properties."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.destinations import StoredAction
from ovix_telephony.schedules import (
    Closed,
    ExceptionalPeriod,
    Period,
    Schedule,
    clock_time,
    closed_at,
    zone,
)

VOICEMAIL = StoredAction("voicemail", "3", "u")
CHRISTMAS_SOUND = StoredAction("sound", "christmas")
WORKING_DAYS = Period(time(8), time(18), frozenset(range(1, 6)))
CHRISTMAS = ExceptionalPeriod(
    Period(month_days=frozenset({25}), months=frozenset({12})), CHRISTMAS_SOUND
)
PARIS = ZoneInfo("Europe/Paris")


def office(timezone: str | None = "Europe/Paris") -> Schedule:
    return Schedule(timezone, VOICEMAIL, [WORKING_DAYS], [CHRISTMAS])


def at(year: int, month: int, day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=PARIS)


def state(schedule: Schedule, moment: datetime) -> Closed | None:
    return closed_at(schedule, moment, default_timezone="Europe/Paris")


def test_a_working_day_is_open_and_saturday_is_closed() -> None:
    assert state(office(), at(2026, 11, 23, 10, 0)) is None
    assert state(office(), at(2026, 11, 21, 10, 0)) == Closed(VOICEMAIL)


def test_the_end_minute_is_included() -> None:
    assert state(office(), at(2026, 11, 23, 18, 0, 59)) is None
    assert state(office(), at(2026, 11, 23, 18, 1)) == Closed(VOICEMAIL)


def test_an_exceptional_closing_comes_first_with_its_own_action() -> None:
    assert state(office(), at(2026, 12, 25, 10, 0)) == Closed(CHRISTMAS_SOUND)


def test_the_schedule_is_evaluated_in_its_own_time_zone() -> None:
    one_o_clock = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    assert state(office("America/Montreal"), one_o_clock) is None
    assert state(office("Asia/Tokyo"), one_o_clock) == Closed(VOICEMAIL)


def test_an_empty_or_unknown_time_zone_is_the_installations() -> None:
    assert zone(None, "America/Montreal").key == "America/Montreal"
    assert zone("Moon/Crater", "America/Montreal").key == "America/Montreal"
    assert zone("../etc/passwd", "Moon/Crater").key == "UTC"


def test_stored_hours_are_read_and_empty_ones_mean_any() -> None:
    assert clock_time("08:30") == time(8, 30)
    assert clock_time(None) is None


def test_hours_that_would_cross_midnight_match_nothing() -> None:
    night = Schedule(None, VOICEMAIL, [Period(time(22), time(6))])
    assert all(state(night, at(2026, 11, 23, hour, 0)) for hour in range(24))


moments = st.datetimes(timezones=st.just(PARIS))


@given(moments)
def test_without_opened_periods_it_is_always_closed(moment: datetime) -> None:
    assert state(Schedule(None, VOICEMAIL), moment) == Closed(VOICEMAIL)


@given(moments)
def test_an_empty_period_is_always_open(moment: datetime) -> None:
    assert state(Schedule(None, VOICEMAIL, [Period()]), moment) is None


@given(moments)
def test_seconds_change_nothing(moment: datetime) -> None:
    assert state(office(), moment) == state(office(), moment.replace(second=0, microsecond=0))
