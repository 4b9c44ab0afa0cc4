"""How a profile's contacts are shown on phones, as XiVO writes it (reference/dird.md, A1, A11)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_STOCK_FORM = re.compile(r"\{name\} \((office|mobile|home|other)\)", re.IGNORECASE)
"""What XiVO's own displays say in English, whatever the phone's language."""
DEFAULT_FORM = "{name}"


@dataclass(frozen=True, slots=True)
class Number:
    """One of a contact's numbers: the first field that has one, and how its line is named."""

    fields: tuple[str, ...]
    kind: str | None = None
    """``office``, ``mobile``, ``home``, ``other``: put behind the name in the phone's language."""
    label: str | None = None
    """A text put behind the name as it is."""
    form: str | None = None
    """In place of both: the whole line, with ``{name}`` and ``{number}``."""


@dataclass(frozen=True, slots=True)
class PhoneDisplay:
    """How contacts are shown on phones."""

    name: tuple[str, ...]
    """Fields, of which the first that is not empty is the name."""
    numbers: tuple[Number, ...]
    first_is_plain: bool = False
    """Whether the first number that a contact has keeps its plain name, whatever it is."""


def read_phone_display(given: object) -> PhoneDisplay | None:
    """A value of XiVO's ``views.displays_phone``; None where it names no field of a number.

    ``{"name": [field], "number": [{"field": [field], "name_format": "{name} (Mobile)"}]}``; one
    field may stand without its list. What can't be read is left out.
    """
    if not isinstance(given, Mapping):
        return None
    listed = given.get("number")
    numbers = tuple(_numbers(listed if isinstance(listed, list) else [listed]))
    return PhoneDisplay(_fields(given.get("name")), numbers) if numbers else None


def written_phone_display(display: PhoneDisplay) -> dict[str, Any]:
    """The display in the form that `read_phone_display` reads."""
    return {
        "name": list(display.name),
        "number": [
            {"field": list(each.fields), "name_format": _form(each)} for each in display.numbers
        ],
    }


def _form(number: Number) -> str:
    if number.form is not None:
        return number.form
    suffix = number.kind.capitalize() if number.kind else number.label
    return f"{DEFAULT_FORM} ({suffix})" if suffix else DEFAULT_FORM


def _numbers(listed: list[Any]) -> Iterator[Number]:
    for each in listed:
        fields = _fields(each.get("field")) if isinstance(each, Mapping) else ()
        if not fields:
            continue
        form = each.get("name_format")
        if not isinstance(form, str) or not form.strip() or form.strip() == DEFAULT_FORM:
            yield Number(fields)
        elif stock := _STOCK_FORM.fullmatch(form.strip()):
            yield Number(fields, kind=stock[1].lower())
        else:
            yield Number(fields, form=form)


def _fields(given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, list) else [given]
    return tuple(each for each in listed if isinstance(each, str) and each)
