"""``/endpoints/sip``: credentials and options of a SIP phone or trunk."""

import secrets
import string
from typing import Annotated, Any, Literal

from ovix_bus.catalogue import lines
from ovix_schema import EndpointSip, Line, Trunk
from pydantic import AfterValidator, Field
from sqlalchemy import func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    NullMeansDefault,
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
from .options import Option
from .relations import (
    AssociatedRead,
    associated_line,
    associated_trunk,
    leaving,
    line_view,
    trunk_view,
)
from .sip_options import DEFAULTS, sorted_out

ALPHABET = string.ascii_lowercase + string.digits


def _accepted(options: list[list[str]]) -> list[list[str]]:
    sorted_out(options)
    return options


class SipEndpointCreate(Schema):
    """A SIP endpoint to create; what is not given is generated."""

    username: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,40}$"), NullMeansDefault()] = ""
    secret: Annotated[str, Field(pattern=r"^[ -~]{1,80}$"), NullMeansDefault()] = ""
    type: Literal["friend", "peer", "user"] = "friend"
    host: Annotated[str, text(255), NullMeansDefault()] = "dynamic"
    options: Annotated[list[Option], AfterValidator(_accepted)] = Field(default_factory=list)


class SipEndpointRead(Schema):
    """A SIP endpoint."""

    id: int
    username: str
    secret: str
    type: str
    host: str
    options: list[list[str]]
    trunk: AssociatedRead | None
    line: AssociatedRead | None
    links: list[Link]


def generated() -> str:
    """A name or secret nobody has to type more than once."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))


def fill(endpoint: EndpointSip, values: Values) -> None:
    """Writing options resets all of them, but the caller id that follows from the line's user."""
    set_columns(endpoint, values)
    endpoint.username = endpoint.username or generated()
    endpoint.secret = endpoint.secret or generated()
    if "options" in values:
        native, extra = sorted_out(values["options"])
        caller_id = (endpoint.native_options or {}).get("callerid")
        if caller_id is not None:
            native.setdefault("callerid", caller_id)
        endpoint.native_options, endpoint.extra_options = native, extra


def _options_json() -> Any:
    """Native options that have a value, then the extra ones in order."""
    defaults = ", ".join(f'"{name}": "{value}"' for name, value in DEFAULTS.items())
    known: Any = literal_column(f"'{{{defaults}}}'::jsonb", JSONB)
    each = func.jsonb_each_text(known.concat(EndpointSip.native_options)).table_valued(
        "key", "value"
    )
    native = (
        select(func.jsonb_agg(func.jsonb_build_array(each.c.key, each.c.value), type_=JSONB))
        .where(each.c.value != literal_column("''"))
        .scalar_subquery()
    )
    return func.coalesce(native, literal_column("'[]'::jsonb"), type_=JSONB).concat(
        EndpointSip.extra_options
    )


ENDPOINTS_SIP = ResourceSpec(
    name="sip_endpoint",
    title="SIPEndpoint",
    path="/endpoints/sip",
    model=EndpointSip,
    read=SipEndpointRead,
    create=SipEndpointCreate,
    update=partial_of(SipEndpointCreate),
    rows=Rows(
        item={
            "id": EndpointSip.id,
            "username": EndpointSip.username,
            "secret": EndpointSip.secret,
            "type": EndpointSip.type,
            "host": EndpointSip.host,
            "options": _options_json(),
            "trunk": associated_trunk(Trunk.endpoint_sip_id == EndpointSip.id),
            "line": associated_line(Line.endpoint_sip_id == EndpointSip.id),
            "links": links(link("endpoint_sip", "/endpoints/sip/", EndpointSip.id)),
        },
        columns={
            "username": EndpointSip.username,
            "type": EndpointSip.type,
            "host": EndpointSip.host,
        },
        order="username",
        key=Key(EndpointSip.id),
        source=EndpointSip.__table__,
        entity=EndpointSip.entity_id,
    ),
    fill=fill,
    deletion=(leaving(Line.endpoint_sip_id, Trunk.endpoint_sip_id),),
    announces=Announces(
        created=lines.sip_endpoint_created,
        edited=lines.sip_endpoint_edited,
        deleted=lines.sip_endpoint_deleted,
    ),
    conflicts={"uq_endpoints_sip_username": taken("SIPEndpoint")},
    example=Example(
        body={
            "username": "jmartin",
            "secret": "s3cret",
            "type": "friend",
            "host": "dynamic",
            "options": [
                ["amaflags", "default"],
                ["language", "fr_FR"],
                ["call-limit", "5"],
                ["subscribemwi", "no"],
                ["max_contacts", "2"],
            ],
        },
        change={"secret": "another", "options": [["nat", "force_rport"]]},
        vary=lambda n: {"username": f"jmartin{n}"},
    ),
)


async def an_endpoint(session: AsyncSession, entity_id: int) -> EndpointSip:
    """A SIP endpoint of that entity, for examples."""
    endpoint = EndpointSip(username=f"sip{entity_id}", secret="secret", entity_id=entity_id)  # noqa: S106
    session.add(endpoint)
    await session.flush()
    return endpoint


SIP_VIEWS = (
    line_view(ENDPOINTS_SIP, "sip", Line.endpoint_sip_id, an_endpoint),
    trunk_view(ENDPOINTS_SIP, "sip", Trunk.endpoint_sip_id, an_endpoint),
)
