"""``/endpoints/iax``: the peer of an IAX trunk. Lines never have one."""

from typing import Annotated, Literal

from ovix_bus.catalogue import lines
from ovix_schema import EndpointIax, Trunk
from pydantic import AfterValidator, Field

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Values,
    link,
    links,
    partial_of,
    set_columns,
    taken,
    text,
)
from .entity_options import options_stay_in_the_entity
from .generated import generated
from .iax_options import IAX_OPTIONS
from .options import Option
from .relations import AssociatedRead, associated_trunk, leaving


class IaxEndpointCreate(Schema):
    """An IAX endpoint to create; a name that is not given is generated."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,40}$")] = Field(default_factory=generated)
    type: Literal["friend", "peer", "user"] = "friend"
    host: Annotated[str, text(255)] = "dynamic"
    options: Annotated[list[Option], AfterValidator(IAX_OPTIONS.accepted)] = Field(
        default_factory=list
    )


class IaxEndpointRead(Schema):
    """An IAX endpoint."""

    id: int
    name: str
    type: str
    host: str
    options: list[list[str]]
    trunk: AssociatedRead | None
    links: list[Link]


def fill(endpoint: EndpointIax, values: Values) -> None:
    """Writing options resets all of them."""
    set_columns(endpoint, values)
    if "options" in values:
        native, extra = IAX_OPTIONS.sorted_out(values["options"])
        endpoint.native_options, endpoint.extra_options = native, extra


ENDPOINTS_IAX = ResourceSpec(
    name="iax_endpoint",
    title="IAXEndpoint",
    path="/endpoints/iax",
    model=EndpointIax,
    read=IaxEndpointRead,
    create=IaxEndpointCreate,
    update=partial_of(IaxEndpointCreate),
    rows=Rows(
        item={
            "id": EndpointIax.id,
            "name": EndpointIax.name,
            "type": EndpointIax.type,
            "host": EndpointIax.host,
            "options": IAX_OPTIONS.shown(EndpointIax),
            "trunk": associated_trunk(Trunk.endpoint_iax_id == EndpointIax.id),
            "links": links(link("endpoint_iax", "/endpoints/iax/", EndpointIax.id)),
        },
        columns={
            "name": EndpointIax.name,
            "type": EndpointIax.type,
            "host": EndpointIax.host,
        },
        order="name",
        key=Key(EndpointIax.id),
        source=EndpointIax.__table__,
        entity=EndpointIax.entity_id,
    ),
    fill=fill,
    rules=(options_stay_in_the_entity("native_options", "extra_options"),),
    deletion=(leaving(Trunk.endpoint_iax_id),),
    announces=Announces(
        created=lines.iax_endpoint_created,
        edited=lines.iax_endpoint_edited,
        deleted=lines.iax_endpoint_deleted,
        data=lambda row: {"id": row.id, "name": row.name},
    ),
    conflicts={"uq_endpoints_iax_name": taken("IAXEndpoint")},
    example=Example(
        body={
            "name": "lyon",
            "type": "peer",
            "host": "pbx.example.org",
            "options": [["username", "paris"], ["trunk", "yes"], ["auth", "md5"], ["x", "1"]],
        },
        change={"host": "dynamic", "options": [["encryption", "aes128"]]},
        vary=lambda n: {"name": f"lyon{n}"},
    ),
)
