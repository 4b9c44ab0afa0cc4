"""Numbers in one form, so that ``06 12…``, ``+33 (0)6…`` and ``00336…`` are found as the same.

The rules are those of reference/crm.md, part 8; numbering plans are Google's (``phonenumbers``).
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

MAX_LENGTH = 64
"""Longer texts are no phone numbers; whoever asks about them gets nothing."""

NATIONAL_MIN = 8
"""From how many digits on what begins with the country's own prefix is no internal number."""

_SCHEME = re.compile(r"(?:tel|callto|sips?):(?://)?", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:;|,|ext\.?|x)\s*(?:ext=)?\d{0,8}\s*$", re.IGNORECASE)
# The blanks of any script, dashes, dots, slashes and brackets stand between digits; a reader's (0)
# is dialled inside the country only.
_TRUNK_ZERO = re.compile(r"(?<=\d)[\s\u00a0]*\(0\)")
_SEPARATORS = re.compile(
    r"[\s\u00a0\u200e\u200f\u202a-\u202e\u2066-\u2069.\-\u2010-\u2015/()\[\]]+"
)
_HIDDEN_CALLER = re.compile(r"(?:\*67|[*#]31#)(?=.)")
_DIALLABLE = re.compile(r"\+?[0-9*#]+")
_INTERNATIONAL = re.compile(r"\+[0-9]{4,}")


@lru_cache(maxsize=16_384)
def normal_form(number: str, country: str | None = None) -> str:
    """The E.164 form of a number that can be read as one, else its digits as they are dialled.

    ``country`` (ISO 3166 alpha-2) is where national numbers are read; without one only ``+`` and
    ``00`` lead to E.164. Internal extensions and short codes stay as they are. ``tel:`` and
    ``sip:`` addresses count by their number. Gives "" for what holds no number: names, "anonymous".
    """
    dialled = digits_of(number)
    parsed = _parsed(dialled, country)
    if parsed is None:
        return dialled
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def same_number(one: str, other: str, country: str | None = None) -> bool:
    """Whether both texts are the same number, and a number at all."""
    form = normal_form(one, country)
    return bool(form) and form == normal_form(other, country)


@lru_cache(maxsize=1024)
def spellings(number: str, country: str | None = None) -> tuple[str, ...]:
    """How directories may hold the number, without separators: for those that compare texts.

    As dialled, E.164 with and without ``+``, with ``00``, and nationally with and without the
    country's own prefix. Gives nothing for what holds no number.
    """
    dialled = digits_of(number)
    if not dialled:
        return ()
    parsed = _parsed(dialled, country)
    if parsed is None:
        return (dialled,)
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    significant = phonenumbers.national_significant_number(parsed)
    forms = (dialled, e164, e164[1:], f"00{e164[1:]}", _dialled_text(national), significant)
    return tuple(dict.fromkeys(forms))


@lru_cache(maxsize=4096)
def digits_of(number: str) -> str:
    """What is dialled: digits, ``*``, ``#`` and a leading ``+``; "" for what holds no number."""
    if len(number) > MAX_LENGTH:
        return ""
    if number.isascii() and number.isdecimal():
        return number
    if scheme := _SCHEME.match(number.strip()):
        number = unquote(number.strip()[scheme.end() :]).partition("@")[0].partition(";")[0]
    text = _EXTENSION.sub("", number) if any(map(str.isalpha, number)) or ";" in number else number
    return _HIDDEN_CALLER.sub("", _dialled_text(text), count=1)


def started_forms(typed: str, country: str | None = None) -> tuple[str, ...]:
    """How numbers begin that somebody has started to type, in the form of `digits_of`.

    ``0612`` in France may go on in ``0612…`` or ``+33612…``. The typed digits come first.
    """
    dialled = digits_of(typed)
    if not dialled:
        return ()
    forms = [dialled]
    if dialled.startswith("00") and len(dialled) > 2:
        dialled = f"+{dialled[2:]}"
        forms.append(dialled)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country or "", None)
    if metadata is not None:
        code, prefix = f"+{metadata.country_code}", metadata.national_prefix or ""
        if dialled.startswith(code):
            forms.append(prefix + dialled[len(code) :])
        elif prefix and dialled.startswith(prefix) and len(dialled) > len(prefix):
            forms.append(code + dialled[len(prefix) :])
    return tuple(dict.fromkeys(form for form in forms if form))


def _dialled_text(text: str) -> str:
    if not text.isascii():
        text = "".join(_ascii_digit(character) for character in text)
    text = _SEPARATORS.sub("", _TRUNK_ZERO.sub("", text) if "+" in text else text)
    return text if _DIALLABLE.fullmatch(text) else ""


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character, character)) if character != "＋" else "+"


def _parsed(dialled: str, country: str | None) -> PhoneNumber | None:
    if dialled.startswith("00"):
        # Directories write it whatever their own country dials (ITU-T E.123 recommends it).
        dialled = f"+{dialled[2:]}"
    try:
        parsed = phonenumbers.parse(dialled, country)
    except NumberParseException:
        return None
    # Numbering plans change faster than lists of them: where it is clear that a number of the plan
    # is meant, its length is asked for, no more. Where not, it may be an extension of one's own.
    if _INTERNATIONAL.fullmatch(dialled) or _is_national(dialled, country):
        return parsed if phonenumbers.is_possible_number(parsed) else None
    return parsed if phonenumbers.is_valid_number(parsed) else None


def _is_national(dialled: str, country: str | None) -> bool:
    prefix = phonenumbers.ndd_prefix_for_region(country, False) if country else None
    return bool(prefix) and dialled.startswith(prefix or "") and len(dialled) >= NATIONAL_MIN
