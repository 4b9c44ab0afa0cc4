"""``/endpoints/sip/templates``: options that SIP endpoints and other templates inherit."""

from typing import Annotated, Any
from uuid import UUID

from ovix_bus.catalogue import lines
from ovix_bus.database import lock_key
from ovix_schema import SipTemplate, SipTemplateParent, SipTransport
from pydantic import Field, create_model
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Values,
    Work,
    link,
    links,
    not_permitted,
    partial_of,
    set_columns,
    taken,
    text,
)
from .entity_options import options_stay_in_the_entity
from .generated import generated
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
from .sip_merged import OF_TEMPLATE, merged_sections
from .sip_sections import SECTIONS, SectionName, name_is_free, options_of


class _Named(Schema):
    name: SectionName = Field(default_factory=generated)
    label: Annotated[str, text(128)] | None = None
    templates: References = Field(default_factory=list)
    transport: TransportReference | None = None
    asterisk_id: Annotated[str, text(1024)] | None = None


_fields: dict[str, Any] = {
    field: (options_of(target), Field(default_factory=list)) for field, target in SECTIONS.items()
}
SipTemplateCreate = create_model(
    "SipTemplateCreate", __base__=_Named, __doc__="A template to create.", **_fields
)


class SipTemplateRead(Schema):
    """A template."""

    uuid: UUID
    name: str
    label: str | None
    aor_section_options: list[list[str]]
    auth_section_options: list[list[str]]
    endpoint_section_options: list[list[str]]
    identify_section_options: list[list[str]]
    registration_section_options: list[list[str]]
    registration_outbound_auth_section_options: list[list[str]]
    outbound_auth_section_options: list[list[str]]
    templates: list[TemplateRelation]
    transport: TransportReference | None
    asterisk_id: str | None
    links: list[Link]


def fill(template: SipTemplate, values: Values) -> None:
    """The transport is a column of another name."""
    set_columns(template, values)
    put_transport(template, values)


async def its_name_is_free(work: Work, template: SipTemplate) -> None:
    """No other section of pjsip.conf has this name."""
    await name_is_free(work, template, "SIPEndpointTemplate")


_INHERITING = lock_key("sip templates inherit")


async def inherits_no_loop(work: Work, template: SipTemplate, values: Values) -> None:
    """A template is not among those it inherits; a new one can't be."""
    if not values.get("templates"):
        return
    # One at a time: two that inherit each other by two requests would each not see the other's.
    await work.session.execute(select(func.pg_advisory_xact_lock(_INHERITING)))
    inherited = (
        select(SipTemplateParent.parent_uuid)
        .where(SipTemplateParent.template_uuid == template.uuid)
        .cte("inherited", recursive=True)
    )
    more = select(SipTemplateParent.parent_uuid).where(
        SipTemplateParent.template_uuid == inherited.c.parent_uuid
    )
    inherited = inherited.union(more)
    itself = select(inherited.c.parent_uuid).where(inherited.c.parent_uuid == template.uuid)
    if await work.session.scalar(itself.limit(1)) is not None:
        raise not_permitted("A template can't inherit from itself", uuid=str(template.uuid))


async def _parent_and_transport(session: AsyncSession, entity_id: int) -> Values:
    transport = SipTransport(name=f"transport-{entity_id}", entity_id=entity_id)
    parent = SipTemplate(name=f"parent-{entity_id}", label="parent")
    session.add_all([transport, parent])
    await session.flush()
    return {
        "transport": {"uuid": str(transport.uuid)},
        "templates": [{"uuid": str(parent.uuid)}],
    }


_parent = aliased(SipTemplate)

_ROWS = Rows(
    item={
        "uuid": SipTemplate.uuid,
        "name": SipTemplate.name,
        "label": SipTemplate.label,
        **{field: getattr(SipTemplate, field) for field in SECTIONS},
        "templates": shown_templates(
            SipTemplateParent,
            SipTemplateParent.template_uuid == SipTemplate.uuid,
            template=_parent,
        ),
        "transport": shown_transport(SipTemplate.transport_uuid),
        "asterisk_id": SipTemplate.asterisk_id,
        "links": links(
            link("endpoint_sip_templates", "/endpoints/sip/templates/", SipTemplate.uuid)
        ),
    },
    columns={
        "name": SipTemplate.name,
        "asterisk_id": SipTemplate.asterisk_id,
        "label": SipTemplate.label,
    },
    order="label",
    key=Key(uuid=SipTemplate.uuid),
    source=SipTemplate.__table__,
    entity=SipTemplate.entity_id,
)

SIP_TEMPLATES = ResourceSpec(
    name="sip_endpoint_template",
    title="SIPEndpointTemplate",
    path="/endpoints/sip/templates",
    model=SipTemplate,
    read=SipTemplateRead,
    create=SipTemplateCreate,
    update=partial_of(SipTemplateCreate),
    rows=_ROWS,
    views={"merged": _ROWS.showing(**{**_ROWS.item, **merged_sections(OF_TEMPLATE)})},
    fill=fill,
    rules=(its_name_is_free, transport_is_usable, options_stay_in_the_entity(*SECTIONS)),
    parts=(storing_templates(SipTemplateParent, SipTemplateParent.template_uuid),),
    entails=(inherits_no_loop,),
    announces=Announces(
        created=lines.sip_endpoint_template_created,
        edited=lines.sip_endpoint_template_edited,
        deleted=lines.sip_endpoint_template_deleted,
        data=lambda row: {"uuid": row.uuid, "name": row.name, "label": row.label},
    ),
    conflicts={"uq_sip_templates_name": taken("SIPEndpointTemplate")},
    example=Example(
        body={
            "name": "phones",
            "label": "Phones",
            "aor_section_options": [["max_contacts", "2"]],
            "auth_section_options": [["realm", "example.org"]],
            "endpoint_section_options": [["dtmf_mode", "rfc4733"], ["set_var", "SITE=lyon"]],
            "identify_section_options": [["srv_lookups", "no"]],
            "registration_section_options": [["retry_interval", "20"]],
            "registration_outbound_auth_section_options": [["username", "lyon"]],
            "outbound_auth_section_options": [["username", "lyon"]],
            "asterisk_id": "lyon-1",
        },
        change={"label": "All phones", "transport": None, "templates": []},
        vary=lambda n: {"name": f"phones{n}", "label": f"Phones {n}"},
        prepare=_parent_and_transport,
    ),
)
