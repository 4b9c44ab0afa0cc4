"""Which of a contact's fields are its name and numbers on a phone (reference/dird.md, A11)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..engine import Column
from ..matching import fold
from ..phone_displays import Number, PhoneDisplay
from .labels import Labels
from .screens import Entry

_NUMBER_TYPES = ("number", "callable")
_INTERNATIONAL = re.compile(r"^\+(\d+)\(0\)")
_KEPT = re.compile(r"[^0-9*#+()]")


def _numbered(stem: str) -> tuple[str, ...]:
    return (stem, f"{stem}1", f"{stem}2")


STANDARD = PhoneDisplay(
    name=(*_numbered("display_name"), "name", "header_1_info"),
    numbers=(
        Number((*_numbered("phone"), "contact_1_callable")),
        Number((*_numbered("phone_office"), "contact_2_callable"), "office"),
        Number((*_numbered("phone_mobile"), "contact_3_callable"), "mobile"),
        Number(_numbered("phone_home"), "home"),
        Number((*_numbered("phone_other"), "contact_4_callable"), "other"),
    ),
)
"""16.16's, and after it the names that its conventions and XiVO 2024 have for the same fields."""


def of_columns(columns: Iterable[Column]) -> PhoneDisplay:
    """The display of a profile, as later releases use it for phones (reference/phoned.md, C3).

    Where a display has no column for names, or none for numbers, the standard fields are taken.
    """
    given = [(column, column.field) for column in columns if column.field]
    names = [field for column, field in given if column.type == "name"]
    numbers = tuple(
        Number((field,), label=(column.title or "").lower() or None, form=column.number_display)
        for column, field in given
        if column.type in _NUMBER_TYPES
    )
    return PhoneDisplay(
        name=(*names[:1], *STANDARD.name),
        numbers=numbers or STANDARD.numbers,
        first_is_plain=bool(numbers),
    )


def dialled(number: object) -> str:
    """What a phone dials for it: ``+33(0)1 23`` is ``0033123``, ``(555) 12-34`` is ``5551234``."""
    kept = _KEPT.sub("", str(number)) if number is not None else ""
    kept = _INTERNATIONAL.sub(r"00\1", kept)
    kept = kept.replace("(", "").replace(")", "")
    return kept if any(character.isdigit() for character in kept) else ""


def entries_of(
    contacts: Iterable[Mapping[str, Any]], display: PhoneDisplay, labels: Labels
) -> list[Entry]:
    """A line for each number of each contact, in the order of their names, none twice.

    Contacts are given by their fields. Who has no name is shown by the number.
    """
    found = {entry for fields in contacts for entry in _lines(fields, display, labels)}
    return sorted(found, key=lambda entry: (fold(entry.name), entry.name, entry.number))


def _lines(fields: Mapping[str, Any], display: PhoneDisplay, labels: Labels) -> Iterator[Entry]:
    name = _first(fields, display.name)
    plain = display.first_is_plain
    for item in display.numbers:
        number = next(filter(None, (dialled(fields.get(key)) for key in item.fields)), "")
        if number:
            yield Entry(_named(name or number, number, item, plain, labels), number)
            plain = False


def _named(name: str, number: str, item: Number, plain: bool, labels: Labels) -> str:
    if item.form:
        # No str.format: whoever configures displays could read the program's objects by it.
        return item.form.replace("{name}", name).replace("{number}", number).strip() or name
    label = labels.suffixes.get(item.kind, item.kind) if item.kind else item.label
    return f"{name} ({label})" if label and not plain else name


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = fields.get(name)
        text = str(value).strip() if value is not None else ""
        if text:
            return text
    return ""
