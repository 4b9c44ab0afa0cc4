"""The parameters that phones' routes share."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request

from .asking import typed
from .vendors import VENDORS

MOST = 2**31 - 1
TERM_MOST = 256


def _named(*names: str) -> Any:
    return Path(description="The phone's vendor", json_schema_extra={"enum": sorted(names)})


async def _term(
    request: Request,
    term: Annotated[
        str, Query(max_length=TERM_MOST, description="What is searched; empty finds everybody")
    ],
) -> str:
    return typed(request, "term", term)


VendorWithMenu = Annotated[str, _named(*(each.name for each in VENDORS.values() if each.menu))]
VendorWithSearch = Annotated[str, _named(*(each.name for each in VENDORS.values() if each.search))]
AnyVendor = Annotated[str, _named(*VENDORS)]
Profile = Annotated[str, Path(max_length=512, description="The profile: which sources are asked")]
UserInPath = Annotated[UUID, Path(description="Whose phone it is: also finds their contacts")]
Term = Annotated[str, Depends(_term)]
Limit = Annotated[
    int | None,
    Query(ge=0, le=MOST, description="Entries of a page; 0 or none: the vendor's own number"),
]
Offset = Annotated[int, Query(ge=0, le=MOST, description="Entries before this page")]
