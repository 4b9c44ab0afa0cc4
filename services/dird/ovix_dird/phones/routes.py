"""The phones' own routes, of both generations (reference/phoned.md, A3, C2 and part D).

Who may ask is told by the address; whose phone it is, by the URL that it was provisioned with.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from ovix_web import OrjsonResponse
from starlette.responses import Response

from .asking import link_to, typed
from .callers import NOBODY
from .descriptions import SCREEN, SCREEN_OR_JSON
from .dnd_on_phones import DndOnPhones
from .errors import VENDOR, NotAuthorized, NoVendor
from .networks import AuthorizedNetworks
from .parameters import (
    MOST,
    TERM_MOST,
    AnyVendor,
    Limit,
    Offset,
    Profile,
    Term,
    UserInPath,
    VendorWithMenu,
    VendorWithSearch,
)
from .screens import Link, Vendor
from .showing import show_menu, show_results, show_search, vendor_named
from .vendors import vendor_of


async def authorized(request: Request) -> None:
    """Only phones of the authorised networks go on."""
    networks: AuthorizedNetworks = request.app.state.networks
    client: str = request.scope["ovix.client"]
    if not await networks.admit(client):
        raise NotAuthorized(address=client)


def _is_for(vendor: str) -> Any:
    async def noted(request: Request) -> None:
        request.scope[VENDOR] = vendor

    return Depends(noted)


router = APIRouter(prefix="/0.1", dependencies=[Depends(authorized)])


UserInQuery = Annotated[UUID, Query(description="Whose phone it is: also finds their contacts")]


async def _detected(user_agent: Annotated[str, Header()] = "") -> Vendor:
    """The vendor that the User-Agent names."""
    found = vendor_of(user_agent)
    if found is None:
        raise NoVendor
    return found


Detected = Annotated[Vendor, Depends(_detected)]


def _of_user(link: Link, user_uuid: UUID) -> Link:
    return link.having(xivo_user_uuid=str(user_uuid))


@router.get("/directories/menu/autodetect", tags=["autodetect"], **SCREEN_OR_JSON)
async def autodetected_menu(request: Request, vendor: Detected) -> Response:
    """The menu of whatever phone asks."""
    return show_menu(request, vendor, link_to(request, "directories", "input", "autodetect"))


@router.get("/directories/input/autodetect", tags=["autodetect"], **SCREEN_OR_JSON)
async def autodetected_search(request: Request, vendor: Detected) -> Response:
    """The search of whatever phone asks."""
    return show_search(request, vendor, link_to(request, "directories", "lookup", "autodetect"))


@router.get("/directories/lookup/autodetect", tags=["autodetect"], **SCREEN_OR_JSON)
async def autodetected_results(
    request: Request, vendor: Detected, term: Term, limit: Limit = None, offset: Offset = 0
) -> Response:
    """Who matches the term, for whatever phone asks; nobody's personal contacts are searched."""
    profile: str = request.app.state.settings.phones_default_profile
    link = link_to(request, "directories", "lookup", "autodetect").having(term=term)
    return await show_results(
        request, vendor, link, profile=profile, user_uuid=NOBODY,
        term=term, limit=limit, offset=offset,
    )  # fmt: skip


@router.get("/directories/menu/{profile}/{vendor}", tags=["menu"], **SCREEN)
async def menu(
    request: Request, profile: Profile, vendor: VendorWithMenu, xivo_user_uuid: UserInQuery
) -> Response:
    """The first screen, of phones that have one."""
    search = link_to(request, "directories", "input", profile, vendor)
    named = vendor_named(request, vendor)
    return show_menu(request, named, _of_user(search, xivo_user_uuid))


@router.get("/directories/input/{profile}/{vendor}", tags=["input"], **SCREEN)
async def search(
    request: Request, profile: Profile, vendor: VendorWithSearch, xivo_user_uuid: UserInQuery
) -> Response:
    """The screen that asks for a name or number."""
    results = link_to(request, "directories", "lookup", profile, vendor)
    named = vendor_named(request, vendor)
    return show_search(request, named, _of_user(results, xivo_user_uuid))


@router.get("/directories/lookup/{profile}/{vendor}", tags=["lookup"], **SCREEN)
async def results(
    request: Request,
    profile: Profile,
    vendor: AnyVendor,
    xivo_user_uuid: UserInQuery,
    term: Term,
    limit: Limit = None,
    offset: Offset = 0,
) -> Response:
    """A page of who matches the term."""
    named = vendor_named(request, vendor)
    link = _of_user(link_to(request, "directories", "lookup", profile, vendor), xivo_user_uuid)
    return await show_results(
        request, named, link.having(term=term),
        profile=profile, user_uuid=xivo_user_uuid,
        term=term, limit=limit, offset=offset,
    )  # fmt: skip


@router.get("/{vendor}/directories/lookup/{profile}", tags=["lookup"], **SCREEN)
async def results_of_vendor(
    request: Request,
    vendor: AnyVendor,
    profile: Profile,
    xivo_user_uuid: UserInQuery,
    term: Term,
    limit: Limit = None,
    offset: Offset = 0,
) -> Response:
    """The same under the newer form of the URL."""
    return await results(request, profile, vendor, xivo_user_uuid, term, limit, offset)


@router.get(
    "/directories/lookup/{profile}/gigaset/{user_uuid}",
    tags=["lookup"],
    dependencies=[_is_for("gigaset")],
    **SCREEN,
)
async def results_for_gigaset(
    request: Request,
    profile: Profile,
    user_uuid: UserInPath,
    set_first: Annotated[
        str, Query(max_length=TERM_MOST, description="What is searched; every `*` is dropped")
    ] = "",
    count: Limit = None,
    first: Annotated[int, Query(ge=0, le=MOST, description="The first entry, from 1")] = 1,
) -> Response:
    """A page of who matches, as Gigaset's bases ask for it."""
    term = typed(request, "set_first", set_first).replace("*", "").strip()
    link = link_to(request, "directories", "lookup", profile, "gigaset", str(user_uuid))
    return await show_results(
        request, vendor_named(request, "gigaset"), link,
        profile=profile, user_uuid=user_uuid,
        term=term, limit=count, offset=max(0, first - 1),
    )  # fmt: skip


@router.get(
    "/directories/lookup/{profile}/grandstream/{user_uuid}/phonebook.xml",
    tags=["lookup"],
    **SCREEN_OR_JSON,
)
async def file_for_grandstream(
    request: Request, profile: Profile, user_uuid: UserInPath
) -> Response:
    """The whole directory, which Grandstream's phones fetch now and then, and keep."""
    link = link_to(request, "directories", "lookup", profile, "grandstream", str(user_uuid))
    return await show_results(
        request, vendor_named(request, "grandstream"), link,
        profile=profile, user_uuid=user_uuid, term="",
    )  # fmt: skip


@router.get("/status", tags=["status"])
async def phones_status(request: Request) -> Any:
    """How phones are served; under the names that clients of phoned know."""
    heard: DndOnPhones = request.app.state.dnd_on_phones
    good, bad = {"status": "ok"}, {"status": "fail"}
    body = {
        "bus_consumer": good if heard.listening else bad,
        "rest_api": good,
        # Phones' requests need none of ours: this service is the directory.
        "service_token": good,
    }
    return OrjsonResponse(body)
