"""``/endpoints/sip``: credentials and options of a SIP phone or trunk."""

from typing import Annotated, Literal

from ovix_bus import Event
from ovix_bus.catalogue import lines
from ovix_schema import EndpointSip, EndpointSipTemplate, Line, SipTemplate, Trunk
from ovix_telephony.line_devices import BROWSER_SUFFIX
from pydantic import AfterValidator, Field
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Example,
    InputError,
    Key,
    Link,
    NullMeansDefault,
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
from .options import Option
from .relations import (
    AssociatedRead,
    LineEndpointSpec,
    associated_line,
    associated_trunk,
    leaving,
    line_view,
    trunk_view,
)
from .sip_inheritance import (
    References,
    TemplateRelation,
    TransportReference,
    put_transport,
    shown_templates,
    shown_transport,
    storing_templates,
    transport_is_usable,
)
from .sip_merged import OF_ENDPOINT, merged_sections
from .sip_options import SIP_OPTIONS


class SipEndpointCreate(Schema):
    """A SIP endpoint to create; what is not given is generated."""

    username: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,40}$"), NullMeansDefault()] = ""
    secret: Annotated[str, Field(pattern=r"^[ -~]{1,80}$"), NullMeansDefault()] = ""
    type: Literal["friend", "peer", "user"] = "friend"
    host: Annotated[str, text(255), NullMeansDefault()] = "dynamic"
    options: Annotated[list[Option], AfterValidator(SIP_OPTIONS.accepted)] = Field(
        default_factory=list
    )
    templates: References = Field(default_factory=list)
    transport: TransportReference | None = None


class SipEndpointRead(Schema):
    """A SIP endpoint."""

    id: int
    username: str
    secret: str
    type: str
    host: str
    options: list[list[str]]
    templates: list[TemplateRelation]
    transport: TransportReference | None
    trunk: AssociatedRead | None
    line: AssociatedRead | None
    links: list[Link]


def fill(endpoint: EndpointSip, values: Values) -> None:
    """Writing options resets all of them, but the caller id that follows from the line's user."""
    set_columns(endpoint, values)
    put_transport(endpoint, values)
    endpoint.username = endpoint.username or generated()
    endpoint.secret = endpoint.secret or generated()
    if "options" in values:
        native, extra = SIP_OPTIONS.sorted_out(values["options"])
        caller_id = (endpoint.native_options or {}).get("callerid")
        if caller_id is not None:
            native.setdefault("callerid", caller_id)
        endpoint.native_options, endpoint.extra_options = native, extra


_ROWS = Rows(
    item={
        "id": EndpointSip.id,
        "username": EndpointSip.username,
        "secret": EndpointSip.secret,
        "type": EndpointSip.type,
        "host": EndpointSip.host,
        "options": SIP_OPTIONS.shown(EndpointSip),
        "templates": shown_templates(
            EndpointSipTemplate,
            EndpointSipTemplate.endpoint_id == EndpointSip.id,
            template=SipTemplate,
        ),
        "transport": shown_transport(EndpointSip.transport_uuid),
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
)


def sip_parted(line_id: int, endpoint: EndpointSip) -> Event:
    """What tells that a line has lost its SIP endpoint; without one it has no name."""
    return lines.line_endpoint_sip_dissociated(
        line={"id": line_id, "name": None},
        endpoint_sip={"id": endpoint.id, "username": endpoint.username},
    )


ENDPOINTS_SIP = LineEndpointSpec(
    name="sip_endpoint",
    title="SIPEndpoint",
    path="/endpoints/sip",
    model=EndpointSip,
    read=SipEndpointRead,
    create=SipEndpointCreate,
    update=partial_of(SipEndpointCreate),
    rows=_ROWS,
    views={"merged": _ROWS.showing(**_ROWS.item, **merged_sections(OF_ENDPOINT))},
    fill=fill,
    rules=(transport_is_usable, options_stay_in_the_entity("native_options", "extra_options")),
    parts=(storing_templates(EndpointSipTemplate, EndpointSipTemplate.endpoint_id),),
    of_line=Line.endpoint_sip_id,
    deletion=(
        leaving(Line.endpoint_sip_id, sip_parted),
        leaving(Trunk.endpoint_sip_id),
    ),
    announces=Announces(
        created=lines.sip_endpoint_created,
        edited=lines.sip_endpoint_edited,
        deleted=lines.sip_endpoint_deleted,
    ),
    conflicts={
        "uq_endpoints_sip_username": taken("SIPEndpoint"),
        # A unique account's browser bears a name too (ovix_telephony.line_devices).
        "uq_endpoints_sip_last_device": taken("SIPEndpoint"),
        "ck_endpoints_sip_unique_account": lambda: InputError(
            f"field 'username': of a unique account must not end in {BROWSER_SUFFIX}"
        ),
    },
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
