"""The tones that telephones of a country let hear, for devices that know none by themselves.

Source: ITU-T E.180, supplement 2, "Various tones used in national networks".
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone."""

    frequencies: tuple[int, ...]
    """Hz; sounding together."""
    cadence: tuple[int, ...]
    """Milliseconds of sound, silence, sound… repeated; none: without end."""


@dataclass(frozen=True, slots=True)
class Tones:
    """Of a country."""

    dial: Tone
    ringback: Tone
    busy: Tone
    congestion: Tone


def _of_one_frequency(
    frequency: int, ringback: tuple[int, ...], busy: int, congestion: tuple[int, ...]
) -> Tones:
    """Sound and silence of the busy tone are of one length."""
    one = (frequency,)
    return Tones(Tone(one, ()), Tone(one, ringback), Tone(one, (busy, busy)), Tone(one, congestion))


_NORTH_AMERICA = Tones(
    Tone((350, 440), ()),
    Tone((440, 480), (2000, 4000)),
    Tone((480, 620), (500, 500)),
    Tone((480, 620), (250, 250)),
)

TONES: Mapping[str, Tones] = {
    "BE": _of_one_frequency(425, (1000, 3000), 500, (167, 167)),
    "CA": _NORTH_AMERICA,
    "CH": _of_one_frequency(425, (1000, 4000), 500, (200, 200)),
    "DE": _of_one_frequency(425, (1000, 4000), 480, (240, 240)),
    "ES": _of_one_frequency(425, (1500, 3000), 200, (200, 200, 200, 600)),
    "FR": _of_one_frequency(440, (1500, 3500), 500, (250, 250)),
    "GB": Tones(
        Tone((350, 440), ()),
        Tone((400, 450), (400, 200, 400, 2000)),
        Tone((400,), (375, 375)),
        Tone((400,), (400, 350, 225, 525)),
    ),
    "IT": _of_one_frequency(425, (1000, 4000), 500, (200, 200)),
    "NL": _of_one_frequency(425, (1000, 4000), 500, (250, 250)),
    "US": _NORTH_AMERICA,
}
"""By the country's code (ISO 3166)."""
