"""Time zones by their rules, read from the source that the package tzdata carries (zic(8)).

Compiled zone files tell when clocks change, not what rule says so; phones are given rules.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FOR_EVER = 9999


@dataclass(frozen=True, slots=True)
class Rule:
    """Clocks change in these years, at that time of that day."""

    first_year: int
    last_year: int
    month: int
    on: str
    """A day, ``lastSu``, ``Su>=8`` or ``Su<=25``."""
    time_s: int
    reference: str
    """What the time is counted in: ``u`` universal, ``s`` standard, ``w`` what clocks showed."""
    save_s: int

    def in_year(self, year: int) -> date:
        """The day of the change in a year."""
        if self.on.isdigit():
            return date(year, self.month, int(self.on))
        if self.on.startswith("last"):
            weekday = _position(self.on[4:], WEEKDAYS)
            after = date(year + self.month // 12, self.month % 12 + 1, 1)
            return after - timedelta((after.weekday() - weekday - 1) % 7 + 1)
        name, sign, day = self.on.partition(">=" if ">=" in self.on else "<=")
        near = date(year, self.month, int(day))
        weekday = _position(name, WEEKDAYS)
        if sign == ">=":
            return near + timedelta((weekday - near.weekday()) % 7)
        return near - timedelta((near.weekday() - weekday) % 7)


@dataclass(frozen=True, slots=True)
class Era:
    """What holds for a zone until a day."""

    standard_s: int
    rules: tuple[Rule, ...]
    save_s: int
    """What is added where there are no rules."""
    until: date


@cache
def zones() -> dict[str, tuple[Era, ...]]:
    """The eras of each zone, in their order; by all its names."""
    rules: defaultdict[str, list[Rule]] = defaultdict(list)
    lines: defaultdict[str, list[list[str]]] = defaultdict(list)
    links = []
    zone = ""
    source = (files("tzdata") / "zoneinfo" / "tzdata.zi").read_text()
    for fields in map(str.split, source.splitlines()):
        match fields:
            case ["R", name, first, last, _, month, on, at, save, _]:
                rules[name].append(_rule(first, last, month, on, at, save))
            case ["Z", zone, *era]:
                lines[zone].append(era)
            case ["L", target, name]:
                links.append((target, name))
            case ["#", *_] | []:
                pass
            case era:
                lines[zone].append(era)
    found = {name: tuple(_era(each, rules) for each in eras) for name, eras in lines.items()}
    found.update((name, found[target]) for target, name in links)
    return found


def _rule(first: str, last: str, month: str, on: str, at: str, save: str) -> Rule:
    reference = at[-1] if at[-1].isalpha() else "w"
    return Rule(
        first_year=int(first),
        last_year={"o": int(first), "ma": FOR_EVER}.get(last) or int(last),
        month=_position(month, MONTHS) + 1,
        on=on,
        time_s=_seconds(at.rstrip("wsugz")),
        reference="u" if reference in "ugz" else reference,
        save_s=_seconds(save.rstrip("sd")),
    )


def _era(fields: list[str], rules: dict[str, list[Rule]]) -> Era:
    standard, name, _, *until = fields
    named = name in rules
    return Era(
        standard_s=_seconds(standard),
        rules=tuple(rules[name]) if named else (),
        save_s=0 if named else _seconds(name),
        until=_until(until),
    )


def _until(fields: list[str]) -> date:
    match fields:
        case []:
            return date.max
        case [year]:
            return date(int(year), 1, 1)
        case [year, month]:
            return date(int(year), _position(month, MONTHS) + 1, 1)
        case [year, month, on, *_]:
            day = Rule(0, 0, _position(month, MONTHS) + 1, on, 0, "w", 0)
            return day.in_year(int(year))
    raise ValueError(f"not the end of an era: {fields}")


def _position(abbreviation: str, names: tuple[str, ...]) -> int:
    return next(at for at, name in enumerate(names) if name.startswith(abbreviation))


def _seconds(text: str) -> int:
    if text == "-":
        return 0
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("-").split(":")]
    return sign * sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
