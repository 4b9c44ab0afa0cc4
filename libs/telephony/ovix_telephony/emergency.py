"""Emergency numbers by country: they must go out even when nobody can say who may call.

Sources: ARCEP decision 2018-0881 and its annex (FR and its overseas territories), the European
Commission's list of national numbers beside 112, ACMA (AU), NENA (US, CA). An administrator can
extend the list of his site; he cannot shorten it.
"""

from collections.abc import Iterable

EUROPEAN = ("112",)

_FRENCH = ("15", "17", "18", "112", "114", "115", "116000", "116117", "119", "191", "196", "197")

NUMBERS_BY_COUNTRY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF"), _FRENCH),
    "AT": ("112", "122", "133", "140", "144"),
    "AU": ("000", "106", "112"),
    "BE": ("100", "101", "102", "110", "112", "116000"),
    "CA": ("911",),
    "CH": ("112", "117", "118", "143", "144", "147", "1414"),
    "DE": ("110", "112", "116117"),
    "ES": ("112", "061", "062", "080", "085", "091", "092"),
    "GB": ("999", "112", "101", "111"),
    "IE": ("999", "112"),
    "IT": ("112", "113", "115", "118"),
    "LU": ("112", "113"),
    "MA": ("15", "19", "112", "150", "177"),
    "MC": _FRENCH,
    "NL": ("112",),
    "PT": ("112", "116000"),
    "TN": ("190", "193", "197", "198"),
    "US": ("911", "112"),
}


def emergency_numbers(country: str | None = "FR", extra: Iterable[str] = ()) -> tuple[str, ...]:
    """The numbers of a country (ISO 3166 alpha-2), in order and once; unknown ones have 112."""
    numbers = NUMBERS_BY_COUNTRY.get((country or "").upper(), EUROPEAN)
    return tuple(dict.fromkeys((*numbers, *extra)))


def is_emergency(number: str, country: str | None = "FR", extra: Iterable[str] = ()) -> bool:
    """Whether the dialled number calls for help."""
    return number in emergency_numbers(country, extra)


__all__ = ["EUROPEAN", "NUMBERS_BY_COUNTRY", "emergency_numbers", "is_emergency"]
