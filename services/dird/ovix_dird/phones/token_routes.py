"""The same screens at dird's own port, for whoever asks with a token in a phone's name.

XiVO's own front for phones did so (reference/dird.md, A2): it says by ``Proxy-URL`` where the next
step lies. Errors are dird's, as the front has screens of its own.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request
from ovix_web import Identity, access
from starlette.responses import Response

from .asking import link_to
from .callers import NOBODY
from .descriptions import SCREEN_OR_JSON
from .parameters import (
    AnyVendor,
    Limit,
    Offset,
    Profile,
    Term,
    UserInPath,
    VendorWithMenu,
    VendorWithSearch,
)
from .screens import Link
from .showing import show_menu, show_results, show_search, vendor_named

router = APIRouter(prefix="/0.1/directories", tags=["phones"])

ProxyUrl = Annotated[
    str | None,
    Header(
        alias="Proxy-URL",
        max_length=2000,
        pattern=r"^https?://[!-~]+$",
        description="Where the phone finds the next step; none: at this port",
    ),
]


def _next(request: Request, proxy_url: str | None, user_uuid: UUID, *path: str) -> Link:
    here = link_to(request, "directories", *path)
    return Link(proxy_url or here.address, {"xivo_user_uuid": str(user_uuid)})


@router.get("/menu/{profile}/{xivo_user_uuid}/{vendor}", **SCREEN_OR_JSON)
async def menu_for_phone(
    request: Request,
    profile: Profile,
    xivo_user_uuid: UserInPath,
    vendor: VendorWithMenu,
    _caller: Annotated[Identity, access("dird.directories.menu.{profile}.{xivo_user_uuid}.read")],
    proxy_url: ProxyUrl = None,
) -> Response:
    """The first screen, of phones that have one."""
    there = ("input", profile, str(xivo_user_uuid), vendor)
    link = _next(request, proxy_url, xivo_user_uuid, *there)
    return show_menu(request, vendor_named(request, vendor), link)


@router.get("/input/{profile}/{xivo_user_uuid}/{vendor}", **SCREEN_OR_JSON)
async def search_for_phone(
    request: Request,
    profile: Profile,
    xivo_user_uuid: UserInPath,
    vendor: VendorWithSearch,
    _caller: Annotated[Identity, access("dird.directories.input.{profile}.{xivo_user_uuid}.read")],
    proxy_url: ProxyUrl = None,
) -> Response:
    """The screen that asks for a name or number."""
    there = ("lookup", profile, str(xivo_user_uuid), vendor)
    link = _next(request, proxy_url, xivo_user_uuid, *there)
    return show_search(request, vendor_named(request, vendor), link)


@router.get("/lookup/{profile}/{xivo_user_uuid}/{vendor}", **SCREEN_OR_JSON)
async def results_for_phone(
    request: Request,
    profile: Profile,
    xivo_user_uuid: UserInPath,
    vendor: AnyVendor,
    term: Term,
    caller: Annotated[Identity, access("dird.directories.lookup.{profile}.{xivo_user_uuid}.read")],
    limit: Limit = None,
    offset: Offset = 0,
    proxy_url: ProxyUrl = None,
) -> Response:
    """A page of who matches the term."""
    there = ("lookup", profile, str(xivo_user_uuid), vendor)
    link = _next(request, proxy_url, xivo_user_uuid, *there).having(term=term)
    # As everywhere: a user's token sees nobody else's contacts, whatever its access list says.
    is_own = caller.user_uuid in (None, xivo_user_uuid)
    return await show_results(
        request, vendor_named(request, vendor), link,
        profile=profile, user_uuid=xivo_user_uuid if is_own else NOBODY, entity_id=caller.entity_id,
        term=term, limit=limit, offset=offset,
    )  # fmt: skip
