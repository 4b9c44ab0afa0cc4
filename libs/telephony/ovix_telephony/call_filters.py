"""Boss-secretary filters: whether a call is filtered, and who is rung in which order.

Source: reference/agid.md 7.1; the order of the dialplan is that of reference/asterisk.md 1.4,
"xivo-user_callfilter".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Strategy(StrEnum):
    """Who is rung, in which order, as the API names it."""

    BOSS_THEN_EACH = "all-recipients-then-linear-surrogates"
    BOSS_THEN_ALL = "all-recipients-then-all-surrogates"
    EACH = "linear-surrogates-then-all-recipients"
    ALL_SECRETARIES = "all-surrogates-then-all-recipients"
    EVERYONE = "all"


class Mode(StrEnum):
    """The same, as the dialplan knows it (``XIVO_CALLFILTER_MODE``)."""

    BOSS_FIRST_SERIAL = "bossfirst-serial"
    BOSS_FIRST_SIMULT = "bossfirst-simult"
    SECRETARY_SERIAL = "secretary-serial"
    SECRETARY_SIMULT = "secretary-simult"
    ALL = "all"


MODE_OF = {
    Strategy.BOSS_THEN_EACH: Mode.BOSS_FIRST_SERIAL,
    Strategy.BOSS_THEN_ALL: Mode.BOSS_FIRST_SIMULT,
    Strategy.EACH: Mode.SECRETARY_SERIAL,
    Strategy.ALL_SECRETARIES: Mode.SECRETARY_SIMULT,
    Strategy.EVERYONE: Mode.ALL,
}
_WITHOUT_BOSS = {
    Mode.BOSS_FIRST_SERIAL: Mode.SECRETARY_SERIAL,
    Mode.BOSS_FIRST_SIMULT: Mode.SECRETARY_SIMULT,
    Mode.ALL: Mode.SECRETARY_SIMULT,
}


class Source(StrEnum):
    """Which calls are filtered."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Secretary:
    """A surrogate of a filter, in the order in which they are rung."""

    user_id: int
    active: bool
    interface: str
    """What Dial() rings; empty: she has no phone."""
    ring_seconds: int | None = None

    @property
    def takes_calls(self) -> bool:
        return self.active and bool(self.interface)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """A filter of a boss."""

    id: int
    strategy: Strategy
    source: Source
    secretaries: tuple[Secretary, ...] = ()
    boss_timeout: int | None = None
    """Seconds; null and 0: until the caller hangs up."""
    secretaries_timeout: int | None = None
    """The same, where they are rung together."""


def applying(
    filters: Sequence[CallFilter], *, caller: int | None, external: bool
) -> CallFilter | None:
    """The filter of a boss that a call to him goes through; None: his phone is rung.

    A filter is on while one of its secretaries is active. Whoever is a secretary of this boss
    reaches him, even while she is not active. Of several filters the first that fits counts.
    """
    if any(caller == each.user_id for one in filters for each in one.secretaries):
        return None
    wanted = (Source.ALL, Source.EXTERNAL if external else Source.INTERNAL)
    for one in filters:
        if one.source in wanted and any(each.takes_calls for each in one.secretaries):
            return one
    return None


@dataclass(frozen=True, slots=True)
class Ring:
    """What is rung together, and how long; None: until the caller hangs up."""

    interface: str
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What the dialplan is told of a filtered call; what its mode doesn't ring is None or empty."""

    mode: Mode
    boss: Ring | None = None
    together: Ring | None = None
    """All secretaries; in the mode ``all`` the boss is rung with them, for this time."""
    in_turn: tuple[Ring, ...] = ()

    def rounds(self) -> tuple[Ring, ...]:
        """Who is rung one round after another, each until nobody has answered in time."""
        if self.mode is Mode.ALL:
            assert self.boss is not None
            assert self.together is not None
            return (
                Ring(f"{self.boss.interface}&{self.together.interface}", self.together.seconds),
            )
        first = () if self.boss is None else (self.boss,)
        return (*first, *(() if self.together is None else (self.together,)), *self.in_turn)


def plan(call_filter: CallFilter, boss_interface: str, *, boss_is_away: bool = False) -> Plan:
    """How a filtered call rings. A boss who does not want to be disturbed is not rung himself."""
    mode = MODE_OF[call_filter.strategy]
    if boss_is_away:
        mode = _WITHOUT_BOSS.get(mode, mode)
    active = [each for each in call_filter.secretaries if each.takes_calls]
    boss = Ring(boss_interface, call_filter.boss_timeout or None)
    everybody = Ring(
        "&".join(each.interface for each in active), call_filter.secretaries_timeout or None
    )
    serial = mode in (Mode.BOSS_FIRST_SERIAL, Mode.SECRETARY_SERIAL)
    with_boss = mode in (Mode.BOSS_FIRST_SERIAL, Mode.BOSS_FIRST_SIMULT, Mode.ALL)
    return Plan(
        mode,
        boss=boss if with_boss else None,
        together=None if serial else everybody,
        in_turn=tuple(Ring(each.interface, each.ring_seconds or None) for each in active)
        if serial
        else (),
    )


__all__ = [
    "MODE_OF",
    "CallFilter",
    "Mode",
    "Plan",
    "Ring",
    "Secretary",
    "Source",
    "Strategy",
    "applying",
    "plan",
]
