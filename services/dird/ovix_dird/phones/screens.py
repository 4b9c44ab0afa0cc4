"""What a phone can be shown, before a vendor's module writes it in that vendor's format."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from .labels import Labels


@dataclass(frozen=True, slots=True)
class Link:
    """An address of the directory, and the parameters that lead to one page of it."""

    address: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        """The URL: every value percent-encoded, so that blanks, ``&`` and accents survive."""
        if not self.parameters:
            return self.address
        return f"{self.address}?{urlencode(self.parameters, quote_via=quote)}"

    def having(self, **parameters: str | int) -> "Link":
        """The same with more parameters."""
        return Link(self.address, {**self.parameters, **parameters})


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the results: whom to call, under which number."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Menu:
    """The first screen, where a vendor has one: it leads to the search."""

    search: Link
    labels: Labels


@dataclass(frozen=True, slots=True)
class Search:
    """The screen that asks for a name or number, and sends it as ``term``."""

    results: Link
    labels: Labels


@dataclass(frozen=True, slots=True)
class Results:
    """A page of what was found; ``offset`` counts the entries before it, ``total`` all."""

    entries: tuple[Entry, ...]
    offset: int
    total: int
    previous: Link | None
    next: Link | None
    labels: Labels

    @property
    def shown(self) -> tuple[Entry, ...]:
        """The entries; where there is none, one that says so (reference/phoned.md, part B)."""
        return self.entries or (Entry(self.labels.no_entries, ""),)

    @property
    def has_pages(self) -> bool:
        """Whether there is anything before or after."""
        return self.previous is not None or self.next is not None


@dataclass(frozen=True, slots=True)
class Notice:
    """A message in place of what was asked for."""

    text: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class Vendor:
    """How a vendor's phones are answered. A screen that its phones don't have is None."""

    name: str
    results: Callable[[Results], bytes]
    notice: Callable[[Notice], bytes] | None
    """None: phones that keep what they fetch, and must not keep a message."""
    search: Callable[[Search], bytes] | None = None
    menu: Callable[[Menu], bytes] | None = None
    media_type: str = "text/xml; charset=utf-8"
    page_size: int = 16
    """Entries of a page whose phone says nothing; for phones without pages, the most they get."""
    most: int = 1000
    """What ``limit`` may ask for: more than this is cut to it."""
    linked: bool = True
    """Whether pages lead to each other."""
