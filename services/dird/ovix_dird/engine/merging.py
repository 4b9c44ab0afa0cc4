"""The order of what several sources gave, and which of it is one person. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ovix_telephony.phone_numbers import normal_form

from ..backend import NO_RELATIONS
from ..matching import fold
from .configuration import Merge
from .results import Column, Hit

_NUMBER_TYPES = frozenset({"number", "callable", "number_office"})
_NUMBER_FIELDS = ("phone", "phone_mobile", "phone_office", "phone_home", "phone_other")
_NAME_FIELDS = ("name", "display_name", "header_1_info")


def in_order(by_source: Iterable[Sequence[Hit]]) -> list[Hit]:
    """Best matches first; equal ones in the order of the sources, and of each source's own."""
    return sorted(
        (hit for hits in by_source for hit in hits), key=lambda hit: hit.contact.rank
    )  # sorted() keeps the order of equals


def merged(
    hits: Sequence[Hit], columns: Sequence[Column], how: Merge, country: str | None
) -> list[Hit]:
    """The hits with those of one person made one: the first, completed by the later ones.

    Contacts of one source are never one, and neither is a favorite or one of the user's own, which
    can be taken back or changed where they are.
    """
    if how == "never" or len({hit.source.uuid for hit in hits}) < 2:
        return list(hits)
    fields = [each.field for each in columns if each.type in _NUMBER_TYPES and each.field]
    numbers = tuple(dict.fromkeys((*fields, *_NUMBER_FIELDS)))
    kept: list[Hit] = []
    seen: dict[tuple[str, str], int] = {}
    for hit in hits:
        if hit.favorite or hit.personal:
            kept.append(hit)
            continue
        keys = list(_keys(hit, numbers, country))
        name = "" if how == "numbers" else _name(hit)
        found = next((seen[name, key] for key in keys if (name, key) in seen), None)
        if found is None or (how == "safe" and not name) or _same_source(kept[found], hit):
            for key in keys:
                seen.setdefault((name, key), len(kept))
            kept.append(hit)
        else:
            kept[found] = _completed(kept[found], hit)
            for key in keys:
                seen.setdefault((name, key), found)
    return kept


def _same_source(one: Hit, other: Hit) -> bool:
    return one.source.uuid == other.source.uuid


def _keys(hit: Hit, numbers: Sequence[str], country: str | None) -> Iterable[str]:
    fields = hit.contact.fields
    for name in numbers:
        if isinstance(value := fields.get(name), str) and (form := normal_form(value, country)):
            yield form
    email = fields.get("email")
    if isinstance(email, str) and "@" in email:
        yield email.strip().lower()


def _name(hit: Hit) -> str:
    fields = hit.contact.fields
    value: Any = next((fields[each] for each in _NAME_FIELDS if fields.get(each)), "")
    return " ".join(sorted(fold(str(value)).split()))


def _completed(first: Hit, later: Hit) -> Hit:
    fields = dict(later.contact.fields)
    fields |= {key: value for key, value in first.contact.fields.items() if value not in (None, "")}
    relations = first.contact.relations
    if relations == NO_RELATIONS:
        relations = later.contact.relations
    return replace(first, contact=replace(first.contact, fields=fields, relations=relations))
