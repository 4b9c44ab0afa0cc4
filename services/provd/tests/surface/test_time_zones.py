"""Time zones of plugins: XiVO's convention, today's rules, and what clocks really do."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.surface import tzinform
from ovix_provd.surface.zone_source import Rule, zones

YEARS = (2026, 2027, 2028, 2031, 2035)
DISTINCT = sorted({eras: name for name, eras in zones().items()}.values())
HOUR = timedelta(hours=1)


def _zone(name: str) -> ZoneInfo:
    """As compiled in the same release, whatever the system has."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, name)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return found


def _instant(rule: Rule, year: int, standard_s: int, before_s: int) -> datetime:
    day = rule.in_year(year)
    counted_from = {"u": 0, "s": standard_s, "w": before_s}[rule.reference]
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(seconds=rule.time_s - counted_from)


@pytest.mark.parametrize("name", DISTINCT)
def test_rules_say_what_clocks_do_year_after_year(name: str) -> None:
    zone = _zone(name)
    for year in YEARS:
        era = tzinform.era_on(name, date(year, 1, 1))
        if era.until.year <= year:
            continue  # its law changes within the year
        noon = datetime(year, 1, 1, 12, tzinfo=UTC)
        offsets = [_offset(zone, noon + timedelta(days)) for days in range(365)]
        changes = sum(one != other for one, other in pairwise(offsets))
        info = tzinform.info_on(name, date(year, 1, 1))
        standard = timedelta(seconds=info["utcoffset"].as_seconds)
        if changes == 0:
            assert info["dst"] is None
            assert offsets[0] == standard
        elif changes == 2:
            save = timedelta(seconds=info["dst"]["save"].as_seconds)
            assert {*offsets} == {standard, standard + save}
            rules = tzinform.changes_in(era, year)
            assert rules is not None
            low, high = (int(each.total_seconds()) for each in (standard, standard + save))
            start = _instant(rules[0], year, era.standard_s, before_s=low)
            end = _instant(rules[1], year, era.standard_s, before_s=high)
            assert (_offset(zone, start - HOUR), _offset(zone, start)) == (
                standard,
                standard + save,
            )
            assert (_offset(zone, end - HOUR), _offset(zone, end)) == (standard + save, standard)


@pytest.mark.parametrize("name", DISTINCT)
def test_a_day_in_its_text_form_is_the_day_of_the_rule(name: str) -> None:
    for year in YEARS:
        era = tzinform.era_on(name, date(year, 1, 1))
        info = tzinform.info_on(name, date(year, 1, 1))
        for rule, side in zip(tzinform.changes_in(era, year) or (), ("start", "end"), strict=False):
            told = info["dst"][side]
            assert _day_of(year, told["month"], told["day"]) == rule.in_year(year)
            assert told["time"] == tzinform.Time(rule.time_s)


def _day_of(year: int, month: int, text: str) -> date:
    if text.startswith("D"):
        return date(year, month, int(text[1:]))
    week, weekday = map(int, text[1:].split("."))
    days = [date(year, month, 1) + timedelta(each) for each in range(31)]
    found = [d for d in days if d.month == month and d.isoweekday() % 7 + 1 == weekday]
    return found[-1] if week == 5 else found[week - 1]


@pytest.mark.parametrize(
    ("name", "offset_s", "text"),
    [
        ("Europe/Paris", 3600, "3/W5.1/3600;10/W5.1/3600;3600"),
        ("America/Montreal", -18000, "3/W2.1/7200;11/W1.1/7200;3600"),
        ("Europe/Dublin", 0, "3/W5.1/3600;10/W5.1/3600;3600"),
        ("Australia/Lord_Howe", 37800, "10/W1.1/7200;4/W1.1/7200;1800"),
        ("Asia/Kolkata", 19800, None),
    ],
)
def test_the_convention_is_that_of_xivo(name: str, offset_s: int, text: str | None) -> None:
    info = tzinform.info_on(name, date(2026, 11, 25))
    assert info["utcoffset"] == tzinform.Time(offset_s)
    assert (info["dst"] and info["dst"]["as_string"]) == text


def test_a_rule_is_taken_apart() -> None:
    dst = tzinform.info_on("Europe/Paris", date(2026, 11, 25))["dst"]
    assert dst["start"] == {"month": 3, "day": "W5.1", "time": tzinform.Time(3600)}
    assert dst["end"] == {"month": 10, "day": "W5.1", "time": tzinform.Time(3600)}
    assert dst["save"].as_minutes == 60


@pytest.mark.parametrize(
    ("on", "text"),
    [("lastF", "W5.6"), ("Th>=22", "W4.5"), ("Su<=14", "W2.1"), ("21", "D21")],
)
def test_each_form_of_a_rule_has_a_text(on: str, text: str) -> None:
    rule = Rule(2026, 2026, 3, on, 0, "w", 0)
    assert tzinform._day(rule, rule.in_year(2026)) == text


def test_an_unknown_zone_is_not_found() -> None:
    for name in ("Europe/Atlantis", "", "../../etc/passwd"):
        with pytest.raises(tzinform.TimezoneNotFoundError):
            tzinform.get_timezone_info(name)


def test_a_default_zone_stands_in_for_unknown_ones() -> None:
    known = tzinform.TextTimezoneInfoDB()
    db = tzinform.DefaultTimezoneInfoDB("Europe/Paris", known)
    assert db.get_timezone_info("Europe/Atlantis") == known.get_timezone_info("Europe/Paris")
    assert db.get_timezone_info("Asia/Tokyo") == known.get_timezone_info("Asia/Tokyo")


@pytest.mark.parametrize(
    ("seconds", "hms", "minutes", "hours"),
    [
        (0, [0, 0, 0], 0, 0), (19800, [5, 30, 0], 330, 5), (-18000, [-5, 0, 0], -300, -5),
        (-12600, [-3, 30, 0], -210, -4), (-1800, [0, -30, 0], -30, -1), (-5, [0, 0, -5], -1, -1),
    ],
)  # fmt: skip
def test_a_time_in_its_units(seconds: int, hms: list[int], minutes: int, hours: int) -> None:
    time = tzinform.Time(seconds)
    assert (time.as_seconds, time.as_hms) == (seconds, hms)
    assert (time.as_minutes, time.as_hours) == (minutes, hours)


@given(st.integers(-86400, 86400))
def test_hours_minutes_and_seconds_make_the_time_again(seconds: int) -> None:
    hms = tzinform.Time(seconds).as_hms
    total = sum(abs(part) * unit for part, unit in zip(hms, (3600, 60, 1), strict=True))
    assert (-total if any(part < 0 for part in hms) else total) == seconds


def test_weeks_that_start_on_monday() -> None:
    assert [tzinform.week_start_on_monday(day) for day in range(1, 8)] == [7, 1, 2, 3, 4, 5, 6]
