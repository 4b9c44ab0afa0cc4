"""``/endpoints/sccp``: the line of a Cisco phone. It has no name: that follows from its number."""

from typing import Annotated, Any

from ovix_bus import Event
from ovix_bus.catalogue import lines
from ovix_schema import EndpointSccp, Line
from pydantic import AfterValidator, Field
from sqlalchemy import func, literal_column
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    Rows,
    Schema,
    Values,
    constant,
    link,
    links,
    partial_of,
)
from .options import Option
from .relations import AssociatedRead, LineEndpointSpec, associated_line, leaving, line_view

MAX_LENGTHS = {"cid_name": 160, "cid_num": 80, "allow": None, "disallow": 100}
"""Every option there is, and the longest value of each."""


def _accepted(options: list[list[str]]) -> list[list[str]]:
    unknown = [name for name, _value in options if name not in MAX_LENGTHS]
    if unknown:
        raise ValueError(f"Unknown SCCP options: {', '.join(unknown)}")
    for name, value in options:
        longest = MAX_LENGTHS[name]
        if longest is not None and len(value) > longest:
            raise ValueError(f"option '{name}' must have a maximum length of {longest}")
    return options


class SccpEndpointCreate(Schema):
    """An SCCP endpoint to create."""

    options: Annotated[list[Option], AfterValidator(_accepted)] = Field(default_factory=list)


class SccpEndpointRead(Schema):
    """An SCCP endpoint."""

    id: int
    options: list[list[str]]
    line: AssociatedRead | None
    links: list[Link]


def fill(endpoint: EndpointSccp, values: Values) -> None:
    """Writing options forgets the codecs, and keeps a caller id that is not among them."""
    if "options" not in values:
        return
    endpoint.allow = endpoint.disallow = None
    for name, value in values["options"]:
        setattr(endpoint, name, value)


def _options_json() -> Any:
    """Those that have a value, in the order of `MAX_LENGTHS`."""
    pairs = func.jsonb_build_array(
        *(
            func.jsonb_build_array(constant(name), getattr(EndpointSccp, name))
            for name in MAX_LENGTHS
        )
    )
    elements = func.jsonb_array_elements(pairs)
    each = elements.table_valued("value", with_ordinality="position").render_derived()
    told: Any = each.c.value.op("->>")(literal_column("1"))
    found = func.json_agg(aggregate_order_by(each.c.value, each.c.position), type_=JSON)
    shown = (
        func.coalesce(found, literal_column("'[]'::json"), type_=JSON)
        .select()
        .select_from(each)
        .where(told != literal_column("''"))
    )
    return shown.scalar_subquery()


def sccp_parted(line_id: int, endpoint: EndpointSccp) -> Event:
    """What tells that a line has lost its SCCP endpoint; without one it has no name."""
    return lines.line_endpoint_sccp_dissociated(
        line={"id": line_id, "name": None}, endpoint_sccp={"id": endpoint.id}
    )


ENDPOINTS_SCCP = LineEndpointSpec(
    name="sccp_endpoint",
    title="SCCPEndpoint",
    path="/endpoints/sccp",
    model=EndpointSccp,
    read=SccpEndpointRead,
    create=SccpEndpointCreate,
    update=partial_of(SccpEndpointCreate),
    rows=Rows(
        item={
            "id": EndpointSccp.id,
            "options": _options_json(),
            "line": associated_line(Line.endpoint_sccp_id == EndpointSccp.id),
            "links": links(link("endpoint_sccp", "/endpoints/sccp/", EndpointSccp.id)),
        },
        columns={"id": EndpointSccp.id},
        order="id",
        key=Key(EndpointSccp.id),
        source=EndpointSccp.__table__,
        entity=EndpointSccp.entity_id,
    ),
    fill=fill,
    of_line=Line.endpoint_sccp_id,
    deletion=(leaving(Line.endpoint_sccp_id, sccp_parted),),
    announces=Announces(
        created=lines.sccp_endpoint_created,
        edited=lines.sccp_endpoint_edited,
        deleted=lines.sccp_endpoint_deleted,
    ),
    example=Example(
        body={
            "options": [
                ["cid_name", "Jeanne Martin"],
                ["cid_num", "1000"],
                ["allow", "alaw"],
                ["disallow", "all"],
            ]
        },
        change={"options": [["allow", "g729"]]},
        vary=lambda n: {"options": [["cid_num", str(1000 + n)]]},
    ),
)


async def an_endpoint(session: AsyncSession, entity_id: int) -> EndpointSccp:
    """An SCCP endpoint of that entity, for examples."""
    endpoint = EndpointSccp(entity_id=entity_id)
    session.add(endpoint)
    await session.flush()
    return endpoint


SCCP_VIEWS = (line_view(ENDPOINTS_SCCP, "sccp", Line.endpoint_sccp_id, an_endpoint),)
