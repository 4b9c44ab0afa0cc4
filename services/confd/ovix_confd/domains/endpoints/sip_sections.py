"""Names and options of the sections of pjsip.conf, as bodies take them."""

from collections.abc import Mapping
from typing import Annotated, Any

from ovix_schema import EndpointSip, SipTemplate, SipTransport
from ovix_telephony.pjsip_options import OBJECTS
from pydantic import AfterValidator, Field
from sqlalchemy import select

from ...kit import Work, already_exists

RESERVED = ("global", "system")
MOST_OPTIONS = 512


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"must not be one of ({', '.join(RESERVED)})")
    return name


SectionName = Annotated[
    str, Field(pattern=r"^[-_.a-zA-Z0-9]{1,79}$"), AfterValidator(_not_reserved)
]
_Value = Annotated[str, Field(pattern=r"^[^\x00]{1,4092}$")]
_Pair = Annotated[list[_Value], Field(min_length=2, max_length=2)]

SECTIONS: Mapping[str, str] = {
    "aor_section_options": "aor",
    "auth_section_options": "auth",
    "endpoint_section_options": "endpoint",
    "identify_section_options": "identify",
    "registration_section_options": "registration",
    "registration_outbound_auth_section_options": "auth",
    "outbound_auth_section_options": "auth",
}
"""The object that a field holds options of."""


def options_of(target: str, pair: Any = _Pair, most: int = MOST_OPTIONS) -> Any:
    """The type of a field with options of that PJSIP object; others are refused."""

    def known(options: list[list[str]]) -> list[list[str]]:
        unknown = sorted({name for name, _value in options} - OBJECTS[target].keys())
        if unknown:
            raise ValueError(f"unknown to the {target} section: {', '.join(unknown)}")
        return options

    return Annotated[list[pair], Field(max_length=most), AfterValidator(known)]


async def name_is_free(work: Work, row: SipTemplate | SipTransport, resource: str) -> None:
    """No endpoint, template or transport bears the name of this one."""
    others = (
        select(SipTemplate.uuid)
        .where(SipTemplate.name == row.name)
        .union_all(select(SipTransport.uuid).where(SipTransport.name == row.name))
    )
    of_endpoint = select(EndpointSip.id).where(EndpointSip.username == row.name).limit(1)
    bearers = others.subquery()
    other = select(bearers.c.uuid).where(bearers.c.uuid.is_distinct_from(row.uuid)).limit(1)
    asked = select(other.scalar_subquery(), of_endpoint.scalar_subquery())
    if any((await work.session.execute(asked)).one()):
        raise already_exists(resource, name=row.name)
