"""``/infos`` and ``/timezones``: what can only be read."""

from functools import cache
from importlib.metadata import version
from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import APIRouter
from ovix_schema import Installation
from ovix_web.responses import OrjsonResponse
from sqlalchemy import select
from starlette.responses import Response

from ...kit import Schema, Work, add_route, list_of, working

ROUTER = APIRouter(tags=["installation"])


class Infos(Schema):
    """The installation, as ``origin_uuid`` of its events names it, and the product's version."""

    uuid: UUID
    wazo_version: str


class TimezoneRead(Schema):
    """A name of the tz database."""

    zone_name: str


async def infos(work: Annotated[Work, working("confd.infos.read")]) -> Response:
    """Which installation this is."""
    uuid = await work.session.scalar(select(Installation.uuid))
    return OrjsonResponse({"uuid": uuid, "wazo_version": version("ovix-confd")})


@cache
def _zones() -> list[dict[str, str]]:
    return [{"zone_name": name} for name in sorted(available_timezones())]


async def timezones(work: Annotated[Work, working("confd.timezones.get")]) -> Response:
    """All of them, whatever the query string asks for: this list has no pages."""
    zones = _zones()
    return OrjsonResponse({"total": len(zones), "items": zones})


add_route(ROUTER, "GET", "/infos", infos, "get_infos", answer=Infos)
add_route(ROUTER, "GET", "/timezones", timezones, "list_timezones", answer=list_of(TimezoneRead))
