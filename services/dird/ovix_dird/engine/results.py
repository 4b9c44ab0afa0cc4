"""What lookups give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..backend import Contact
from ..links import contact_link
from ..phone_displays import PhoneDisplay


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a display."""

    field: str | None
    """The field of a contact that it shows; None for columns of type favorite and personal."""
    title: str | None = None
    type: str | None = None
    """``name``, ``number``, ``callable``, ``email``, ``favorite``, ``personal``, ``agent`` …"""
    default: Any = None
    """Shown of contacts that don't have the field."""
    number_display: str | None = None
    """How a phone names an entry of this number: ``{name} (mobile)``."""


@dataclass(frozen=True, slots=True)
class SourceName:
    """A source, as results name it."""

    uuid: str
    name: str
    backend: str
    contact_url: str | None = None
    """The template of links to its contacts."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A contact, and where it was found."""

    contact: Contact
    source: SourceName
    favorite: bool = False

    @property
    def personal(self) -> bool:
        """Whether it is one of the viewer's own contacts."""
        return self.source.backend == "personal"

    @property
    def url(self) -> str | None:
        """Where the contact's own page is, where the source says it."""
        template = self.source.contact_url
        if template is None:
            return None
        return contact_link(template, self.contact.fields, self.contact.entry_id)

    def value(self, column: Column) -> Any:
        """What the column shows of it."""
        if column.type == "favorite":
            return self.favorite
        if column.type == "personal":
            return self.personal
        return self.contact.fields.get(column.field or "", column.default)


@dataclass(frozen=True, slots=True)
class FailedSource:
    """A source whose contacts are missing, and why."""

    source: SourceName
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a lookup, in the order of the sources, best matches first in each."""

    columns: Sequence[Column] = ()
    hits: Sequence[Hit] = ()
    total: int = 0
    """How many there are beside the part of them that was asked for."""
    failed: Sequence[FailedSource] = ()
    phone_display: PhoneDisplay | None = None
    """How phones show it; None: by its columns."""


@dataclass(frozen=True, slots=True)
class Reversed:
    """Whom numbers belong to, by number as it was asked; unknown numbers are left out."""

    hits: Mapping[str, Hit] = field(default_factory=dict)
    failed: Sequence[FailedSource] = ()
