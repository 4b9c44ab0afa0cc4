"""PJSIP transports and templates that SIP endpoints may refer to."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Table, owned_by

Options = list[list[str]]


class SipTransport(Table):
    """Where Asterisk listens for SIP; one without an entity is there for all of them."""

    __tablename__ = "sip_transports"
    __table_args__ = (Index("ix_sip_transports_entity_id", "entity_id"), owned_by("confd"))

    uuid: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(79), unique=True)
    options: Mapped[Options] = mapped_column(server_default="[]")


class SipTemplate(Table):
    """Options of PJSIP objects that endpoints and other templates inherit."""

    __tablename__ = "sip_templates"
    __table_args__ = (
        Index("ix_sip_templates_entity_id", "entity_id"),
        Index("ix_sip_templates_transport_uuid", "transport_uuid"),
        owned_by("confd"),
    )

    uuid: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(79), unique=True)
    label: Mapped[str | None] = mapped_column(String(128))
    asterisk_id: Mapped[str | None] = mapped_column(String(1024))
    transport_uuid: Mapped[UUID | None] = mapped_column(
        ForeignKey("sip_transports.uuid", ondelete="RESTRICT")
    )
    aor_section_options: Mapped[Options] = mapped_column(server_default="[]")
    auth_section_options: Mapped[Options] = mapped_column(server_default="[]")
    endpoint_section_options: Mapped[Options] = mapped_column(server_default="[]")
    identify_section_options: Mapped[Options] = mapped_column(server_default="[]")
    registration_section_options: Mapped[Options] = mapped_column(server_default="[]")
    registration_outbound_auth_section_options: Mapped[Options] = mapped_column(server_default="[]")
    outbound_auth_section_options: Mapped[Options] = mapped_column(server_default="[]")


class SipTemplateParent(Table):
    """A template that another one inherits; later positions win."""

    __tablename__ = "sip_template_parents"
    __table_args__ = (
        Index("ix_sip_template_parents_parent_uuid", "parent_uuid"),
        owned_by("confd"),
    )

    template_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("sip_templates.uuid", ondelete="CASCADE"), primary_key=True
    )
    parent_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("sip_templates.uuid", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int]


class EndpointSipTemplate(Table):
    """A template that a SIP endpoint inherits; later positions win."""

    __tablename__ = "endpoint_sip_templates"
    __table_args__ = (
        Index("ix_endpoint_sip_templates_parent_uuid", "parent_uuid"),
        owned_by("confd"),
    )

    endpoint_id: Mapped[int] = mapped_column(
        ForeignKey("endpoints_sip.id", ondelete="CASCADE"), primary_key=True
    )
    parent_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("sip_templates.uuid", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int]


__all__ = ["EndpointSipTemplate", "SipTemplate", "SipTemplateParent", "SipTransport"]
