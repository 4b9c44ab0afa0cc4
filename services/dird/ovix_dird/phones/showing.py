"""From a request to a screen: asks the directory in a phone's time, and writes the answer."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import structlog
from ovix_schema import Context
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from ..backend import Viewer
from ..engine import Directory, Found
from ..errors import UnknownProfile
from .asking import labels_of
from .callers import viewer_of
from .displays import entries_of, of_columns
from .errors import DirectoryUnavailable, NoScreen
from .kept_searches import KeptSearches, Search
from .lookup_log import LookupLog
from .paging import page_of, page_size
from .screens import Link, Menu, Notice, Vendor
from .screens import Search as SearchScreen
from .vendors import VENDORS, suited

log = structlog.get_logger(__name__)
Screen = TypeVar("Screen")

GRACE_S = 0.5
"""What all may take beside the slowest source; then a phone is told that nothing answers."""


def vendor_named(request: Request, name: str) -> Vendor:
    """The vendor's form for the phone that asks. Raises `NoScreen`."""
    if name not in VENDORS:
        raise NoScreen
    return suited(VENDORS[name], request.headers.get("User-Agent", ""))


def show_menu(request: Request, vendor: Vendor, search: Link) -> Response:
    """The vendor's menu, which leads to the search. Raises `NoScreen`."""
    return _written(vendor, vendor.menu, Menu(search, labels_of(request)))


def show_search(request: Request, vendor: Vendor, results: Link) -> Response:
    """The screen that asks for a term, and leads to the results. Raises `NoScreen`."""
    return _written(vendor, vendor.search, SearchScreen(results, labels_of(request)))


async def show_results(
    request: Request,
    vendor: Vendor,
    link: Link,
    *,
    profile: str,
    user_uuid: UUID,
    entity_id: int | None = None,
    term: str,
    limit: int | None = None,
    offset: int = 0,
) -> Response:
    """A page of who matches the term; ``link`` leads to these results, but for the page.

    ``entity_id`` is the only entity whose users may be asked for. Sources that fail are told only
    where nothing was found: a phone's screen has no room for more. A file that phones keep is made
    of all sources, or not at all.
    """
    state = request.app.state
    labels = labels_of(request)
    seconds: float = state.settings.phones_timeout_s + GRACE_S
    kept: KeptSearches = state.kept_searches
    search = Search(profile, user_uuid, entity_id, term, labels.language)
    # The first page is always searched: it is what somebody asks for who wants to see a change.
    entries = kept.entries(search) if offset else None
    if entries is None:
        try:
            async with asyncio.timeout(seconds):
                viewer = await viewer_of(state.sessions, user_uuid, entity_id)
                found = await _looked_up(request, profile, term, viewer)
        except TimeoutError as error:
            raise DirectoryUnavailable(cause=f"no answer within {seconds:g} seconds") from error
        contacts = (hit.contact.fields for hit in found.hits)
        display = found.phone_display or of_columns(found.columns)
        entries = entries_of(contacts, display, labels)
        if found.failed and (vendor.notice is None or not entries):
            if vendor.notice is None:
                failed = ", ".join(failed.source.name for failed in found.failed)
                raise DirectoryUnavailable(cause=f"no answer of {failed}")
            return _written(vendor, vendor.notice, Notice(labels.unavailable, labels))
    page = page_of(entries, vendor, link, labels, offset, page_size(vendor, limit))
    if page.has_pages:
        kept.keep(search, entries)
    lookups: LookupLog = state.phones_log
    lookups.found(request, vendor.name, profile, user_uuid, page.total, len(page.entries))
    return _written(vendor, vendor.results, page)


async def _looked_up(request: Request, profile: str, term: str, viewer: Viewer) -> Found:
    """Provisioning names the context of a phone's line as its profile, which may have none."""
    state = request.app.state
    directory: Directory = state.directory
    within_s: float = state.settings.phones_timeout_s
    try:
        return await directory.lookup(profile, term, viewer, within_s=within_s)
    except UnknownProfile:
        async with state.sessions() as session:
            named = select(Context.id).where(Context.name == profile)
            is_context = await session.scalar(named) is not None
        if not is_context:
            raise
        default: str = state.settings.phones_default_profile
        return await directory.lookup(default, term, viewer, within_s=within_s)


def _written(vendor: Vendor, write: Callable[[Screen], bytes] | None, screen: Screen) -> Response:
    if write is None:
        raise NoScreen
    return Response(write(screen), media_type=vendor.media_type)
