"""``/endpoints/custom``: an interface that Asterisk dials as it is written."""

from typing import Annotated

from ovix_bus import Event
from ovix_bus.catalogue import lines
from ovix_schema import Context, EndpointCustom, Line, Trunk
from ovix_telephony.interfaces import SUFFIX, named_by
from pydantic import Field
from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Example,
    InputError,
    Key,
    Link,
    Rows,
    Schema,
    Strict,
    Values,
    Work,
    link,
    links,
    partial_of,
    taken,
)
from ...own_names import must_be_own
from .relations import (
    AssociatedRead,
    LineEndpointSpec,
    associated_line,
    associated_trunk,
    leaving,
    line_view,
    trunk_view,
)


class CustomEndpointCreate(Schema):
    """A custom endpoint to create."""

    interface: Annotated[str, Field(pattern=r"^[a-zA-Z0-9#*./_@:-]{1,128}$")]
    interface_suffix: Annotated[str, Field(pattern=rf"^$|{SUFFIX}")] | None = None
    enabled: Strict = True


class CustomEndpointRead(Schema):
    """A custom endpoint."""

    id: int
    interface: str
    interface_suffix: str | None
    enabled: bool
    trunk: AssociatedRead | None
    line: AssociatedRead | None
    links: list[Link]


def custom_parted(line_id: int, endpoint: EndpointCustom) -> Event:
    """What tells that a line has lost its custom endpoint; without one it has no name."""
    return lines.line_endpoint_custom_dissociated(
        line={"id": line_id, "name": None},
        endpoint_custom={"id": endpoint.id, "interface": endpoint.interface},
    )


async def it_leads_nowhere_foreign(work: Work, endpoint: EndpointCustom) -> None:
    """An entity's administrator names own numbers and endpoints; what was there before stays."""
    if work.entity_id is None:
        return
    state = inspect(endpoint).attrs
    suffix = endpoint.interface_suffix or ""
    if state.interface_suffix.history.has_changes() and "@" in suffix:
        raise InputError("field 'interface_suffix': must not name a context or an endpoint")
    if not state.interface.history.has_changes():
        return
    try:
        named = named_by(endpoint.interface)
    except ValueError as refusal:
        raise InputError(f"field 'interface': {refusal}") from refusal
    await must_be_own(work, "interface", named)


async def _a_context(session: AsyncSession, entity_id: int) -> Values:
    session.add(Context(name="gateway", entity_id=entity_id))
    await session.flush()
    return {}


ENDPOINTS_CUSTOM = LineEndpointSpec(
    name="custom_endpoint",
    title="CustomEndpoint",
    path="/endpoints/custom",
    model=EndpointCustom,
    read=CustomEndpointRead,
    create=CustomEndpointCreate,
    update=partial_of(CustomEndpointCreate),
    rows=Rows(
        item={
            "id": EndpointCustom.id,
            "interface": EndpointCustom.interface,
            "interface_suffix": EndpointCustom.interface_suffix,
            "enabled": EndpointCustom.enabled,
            "trunk": associated_trunk(Trunk.endpoint_custom_id == EndpointCustom.id),
            "line": associated_line(Line.endpoint_custom_id == EndpointCustom.id),
            "links": links(link("endpoint_custom", "/endpoints/custom/", EndpointCustom.id)),
        },
        columns={
            "id": EndpointCustom.id,
            "interface": EndpointCustom.interface,
            "context": select(Line.context)
            .where(Line.endpoint_custom_id == EndpointCustom.id)
            .scalar_subquery(),
        },
        order="interface",
        key=Key(EndpointCustom.id),
        source=EndpointCustom.__table__,
        entity=EndpointCustom.entity_id,
    ),
    rules=(it_leads_nowhere_foreign,),
    of_line=Line.endpoint_custom_id,
    deletion=(
        leaving(Line.endpoint_custom_id, custom_parted),
        leaving(Trunk.endpoint_custom_id),
    ),
    announces=Announces(
        created=lines.custom_endpoint_created,
        edited=lines.custom_endpoint_edited,
        deleted=lines.custom_endpoint_deleted,
        data=lambda row: {"id": row.id, "interface": row.interface},
    ),
    conflicts={"uq_endpoints_custom_interface": taken("CustomEndpoint")},
    example=Example(
        body={"interface": "Local/0612345678@gateway", "enabled": True},
        change={"enabled": False},
        vary=lambda n: {"interface": f"Local/061234{n:04}@gateway"},
        prepare=_a_context,
    ),
)


async def an_endpoint(session: AsyncSession, entity_id: int) -> EndpointCustom:
    """A custom endpoint of that entity, for examples."""
    endpoint = EndpointCustom(interface=f"Local/{entity_id}@default", entity_id=entity_id)
    session.add(endpoint)
    await session.flush()
    return endpoint


CUSTOM_VIEWS = (
    line_view(ENDPOINTS_CUSTOM, "custom", Line.endpoint_custom_id, an_endpoint),
    trunk_view(ENDPOINTS_CUSTOM, "custom", Trunk.endpoint_custom_id, an_endpoint),
)
