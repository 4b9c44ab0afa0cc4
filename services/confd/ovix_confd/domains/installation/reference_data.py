"""``/infos`` and ``/timezones``: what can only be read."""

from functools import cache
from importlib.metadata import version
from uuid import UUID
from zoneinfo import available_timezones

from ovix_schema import Installation
from sqlalchemy import select

from ...kit import Operation, Schema, Work, list_of


class Infos(Schema):
    """The installation, as ``origin_uuid`` of its events names it, and the product's version."""

    uuid: UUID
    wazo_version: str


class TimezoneRead(Schema):
    """A name of the tz database."""

    zone_name: str


async def infos(work: Work) -> object:
    """Which installation this is."""
    uuid = await work.session.scalar(select(Installation.uuid))
    return {"uuid": uuid, "wazo_version": version("ovix-confd")}


@cache
def _zones() -> list[dict[str, str]]:
    return [{"zone_name": name} for name in sorted(available_timezones())]


async def timezones(_work: Work) -> object:
    """All of them, whatever the query string asks for: this list has no pages."""
    zones = _zones()
    return {"total": len(zones), "items": zones}


REFERENCE_DATA = (
    Operation("GET", "/infos", "get_infos", infos, ("confd.infos.read",), answer=Infos),
    Operation(
        "GET",
        "/timezones",
        "list_timezones",
        timezones,
        ("confd.timezones.get",),
        answer=list_of(TimezoneRead),
        example={"items": [{"zone_name": "Europe/Paris"}]},
    ),
)
