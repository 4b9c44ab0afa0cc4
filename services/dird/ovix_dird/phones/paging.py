"""Which part of what was found goes on one page."""

from collections.abc import Sequence

from .labels import Labels
from .screens import Entry, Link, Results, Vendor


def page_size(vendor: Vendor, limit: int | None) -> int:
    """Entries of a page: the vendor's own number where the phone names none (or 0)."""
    return min(limit, vendor.most) if limit else vendor.page_size


def page_of(
    entries: Sequence[Entry], vendor: Vendor, link: Link, labels: Labels, offset: int, size: int
) -> Results:
    """The page that begins after ``offset`` entries; ``link`` leads to the results, unpaged."""
    following = offset + size

    def to(start: int) -> Link | None:
        return link.having(limit=size, offset=start) if vendor.linked else None

    return Results(
        entries=tuple(entries[offset:following]),
        offset=offset,
        total=len(entries),
        previous=to(max(0, offset - size)) if offset > 0 else None,
        next=to(following) if following < len(entries) else None,
        labels=labels,
    )
