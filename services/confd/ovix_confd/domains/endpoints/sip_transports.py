"""``/sip/transports``: where Asterisk listens for SIP."""

from typing import Annotated, Any
from uuid import UUID

from ovix_bus.catalogue import lines
from ovix_schema import EndpointSip, SipTemplate, SipTransport
from pydantic import Field
from sqlalchemy import select, update

from ...kit import (
    Announces,
    Example,
    InputError,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Work,
    in_use,
    link,
    links,
    param_not_found,
    partial_of,
    taken,
)
from .sip_inheritance import usable_in
from .sip_sections import SectionName, name_is_free, options_of

_Value = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_/.:,-]{1,4092}$")]
_Pair = Annotated[list[_Value], Field(min_length=2, max_length=2)]


class SipTransportCreate(Schema):
    """A transport to create."""

    name: SectionName
    options: options_of("transport", _Pair, 128) = Field(default_factory=list)  # type: ignore[valid-type]  # made by a call


class SipTransportRead(Schema):
    """A transport."""

    uuid: UUID
    name: str
    options: list[list[str]]
    links: list[Link]


async def its_name_is_free(work: Work, transport: SipTransport) -> None:
    """No other section of pjsip.conf has this name."""
    await name_is_free(work, transport, "Transport")


async def hand_over(work: Work, transport: SipTransport) -> None:
    """``fallback`` names the transport that whoever uses this one gets instead."""
    named = work.query.get("fallback")
    if named is None:
        return
    fallback = await _fallback(work, transport, named)
    for user in (EndpointSip, SipTemplate):
        await work.session.execute(
            update(user)
            .where(user.transport_uuid == transport.uuid)
            .values(transport_uuid=fallback)
            .execution_options(synchronize_session=False)
        )


async def _fallback(work: Work, transport: SipTransport, named: str) -> Any:
    """Another transport that whoever uses this one may use."""
    wrong = InputError(f"parameter 'fallback': '{named}' is not valid")
    try:
        given = UUID(named)
    except ValueError:
        raise wrong from None
    if given == transport.uuid:
        raise wrong
    found = await work.session.scalar(
        select(SipTransport.uuid)
        .where(SipTransport.uuid == given, usable_in(transport.entity_id, SipTransport))
        .with_for_update(read=True, key_share=True)
    )
    if found is None:
        raise param_not_found("fallback", "Transport", uuid=named)
    return found


SIP_TRANSPORTS = ResourceSpec(
    name="sip_transport",
    title="Transport",
    path="/sip/transports",
    model=SipTransport,
    read=SipTransportRead,
    create=SipTransportCreate,
    update=partial_of(SipTransportCreate),
    rows=Rows(
        item={
            "uuid": SipTransport.uuid,
            "name": SipTransport.name,
            "options": SipTransport.options,
            "links": links(link("sip_transports", "/sip/transports/", SipTransport.uuid)),
        },
        columns={"uuid": SipTransport.uuid, "name": SipTransport.name},
        searched=(SipTransport.name,),
        order="name",
        key=Key(uuid=SipTransport.uuid),
        source=SipTransport.__table__,
        entity=SipTransport.entity_id,
    ),
    rules=(its_name_is_free,),
    deletion=(hand_over,),
    deletion_query={"fallback": "uuid of the transport that those who use this one get"},
    announces=Announces(
        created=lines.sip_transport_created,
        edited=lines.sip_transport_edited,
        deleted=lines.sip_transport_deleted,
        data=lambda row: {"uuid": row.uuid, "name": row.name, "options": row.options},
    ),
    conflicts={
        "uq_sip_transports_name": taken("Transport"),
        "fk_endpoints_sip_transport_uuid": in_use("Transport", "EndpointSIP"),
        "fk_sip_templates_transport_uuid": in_use("Transport", "EndpointSIP"),
    },
    example=Example(
        body={
            "name": "transport-lan",
            "options": [["protocol", "udp"], ["bind", "192.168.1.1:5060"]],
        },
        change={"options": [["protocol", "tcp"], ["bind", "192.168.1.1:5062"]]},
        vary=lambda n: {"name": f"transport-lan{n}"},
    ),
)
