"""Lines, their SIP, SCCP and custom endpoints, and their links."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Context as ContextName
from .declarative import IntId, Table, owned_by, searchable, trigrams

LAST_DEVICE = (
    "(username::text || repeat('_w'::text,"
    """ (native_options @> '{"webrtc": "ua"}'::jsonb)::integer))"""
)
"""The name of an endpoint's only device, or of the second one of a unique account.

A unique account does not end in ``_w`` itself, so these names and those of the endpoints are all
the names of devices, each unique.
"""

LINE_SEARCH_FIELDS = (
    "id::text",
    "context",
    "provisioning_code",
    "position::text",
    "device_id",
    "CASE WHEN endpoint_sip_id IS NOT NULL THEN 'sip' WHEN endpoint_sccp_id IS NOT NULL THEN 'sccp'"
    " WHEN endpoint_custom_id IS NOT NULL THEN 'custom' END",
)
"""What searches of lines look into, but for the number and what is the endpoint's."""
SIP_SEARCH_FIELDS = (
    "username",
    """substring(native_options ->> 'callerid', '^"(.*)"')""",
    "substring(native_options ->> 'callerid', '<([^<>]*)>$')",
)
"""What searches of lines look into of their SIP endpoints: name and caller id."""


class EndpointSip(Table):
    """SIP credentials and options (reference: lines-endpoints-extensions.md, "SIP endpoint")."""

    __tablename__ = "endpoints_sip"
    __table_args__ = (
        CheckConstraint("type IN ('friend', 'peer', 'user')", name="type"),
        CheckConstraint(
            "NOT (native_options ->> 'webrtc' = 'ua' AND right(username, 2) = '_w')",
            name="unique_account",
        ),
        Index("ix_endpoints_sip_entity_id", "entity_id"),
        # No device of Asterisk bears the name of a unique account's browser.
        Index("uq_endpoints_sip_last_device", text(LAST_DEVICE), unique=True),
        Index("ix_endpoints_sip_transport_uuid", "transport_uuid"),
        trigrams("ix_endpoints_sip_search_trgm"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    username: Mapped[str] = mapped_column(String(40), unique=True)
    secret: Mapped[str] = mapped_column(String(80))
    type: Mapped[str] = mapped_column(String(8), server_default="friend")
    host: Mapped[str] = mapped_column(String(255), server_default="dynamic")
    native_options: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Options that chan_sip had a column for, by name; only those that were given."""
    extra_options: Mapped[list[list[str]]] = mapped_column(server_default="[]")
    """Any other ``[name, value]`` pairs, in order."""
    transport_uuid: Mapped[UUID | None] = mapped_column(
        ForeignKey("sip_transports.uuid", ondelete="RESTRICT")
    )
    search_text: Mapped[str] = mapped_column(searchable(*SIP_SEARCH_FIELDS), deferred=True)


class EndpointSccp(Table):
    """A Cisco phone's line; its name and number follow from what it is linked to."""

    __tablename__ = "endpoints_sccp"
    __table_args__ = (
        Index("ix_endpoints_sccp_entity_id", "entity_id"),
        trigrams("ix_endpoints_sccp_search_trgm"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    cid_name: Mapped[str] = mapped_column(String(160), server_default="")
    cid_num: Mapped[str] = mapped_column(String(80), server_default="")
    allow: Mapped[str | None]
    disallow: Mapped[str | None] = mapped_column(String(100))
    search_text: Mapped[str] = mapped_column(searchable("cid_name", "cid_num"), deferred=True)


class EndpointCustom(Table):
    """An interface that Asterisk dials as it is written."""

    __tablename__ = "endpoints_custom"
    __table_args__ = (
        Index("ix_endpoints_custom_entity_id", "entity_id"),
        trigrams("ix_endpoints_custom_search_trgm"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    interface: Mapped[str] = mapped_column(String(128), unique=True)
    interface_suffix: Mapped[str | None] = mapped_column(String(32))
    enabled: Mapped[bool] = mapped_column(server_default="true")
    search_text: Mapped[str] = mapped_column(searchable("interface"), deferred=True)


class Line(Table):
    """What links people, numbers, an endpoint and a key of a device."""

    __tablename__ = "lines"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint(
            "num_nonnulls(endpoint_sip_id, endpoint_sccp_id, endpoint_custom_id) <= 1",
            name="endpoint",
        ),
        Index("ix_lines_context", "context"),
        Index("ix_lines_registrar", "registrar"),
        Index("uq_lines_device_id_position", "device_id", "position", unique=True),
        trigrams("ix_lines_provisioning_code_trgm", "provisioning_code"),
        trigrams("ix_lines_search_trgm"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    context: Mapped[ContextName] = mapped_column(ForeignKey("contexts.name", ondelete="RESTRICT"))
    provisioning_code: Mapped[str] = mapped_column(String(6), unique=True)
    position: Mapped[int] = mapped_column(server_default="1")
    registrar: Mapped[str] = mapped_column(String(128), server_default="default")
    device_id: Mapped[str | None] = mapped_column(
        String(128), ForeignKey("devices.id", ondelete="SET NULL")
    )
    endpoint_sip_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("endpoints_sip.id", ondelete="RESTRICT"), unique=True
    )
    endpoint_sccp_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("endpoints_sccp.id", ondelete="RESTRICT"), unique=True
    )
    endpoint_custom_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("endpoints_custom.id", ondelete="RESTRICT"), unique=True
    )
    search_text: Mapped[str] = mapped_column(searchable(*LINE_SEARCH_FIELDS), deferred=True)


class UserLine(Table):
    """A user of a line; the first user of a line is its main user, a user's first line the main."""

    __tablename__ = "user_lines"
    __table_args__ = (
        Index("ix_user_lines_line_id", "line_id"),
        Index(
            "uq_user_lines_main_user", "line_id", unique=True, postgresql_where=text("main_user")
        ),
        Index(
            "uq_user_lines_main_line", "user_id", unique=True, postgresql_where=text("main_line")
        ),
        owned_by("confd"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="RESTRICT"), primary_key=True
    )
    line_id: Mapped[int] = mapped_column(
        ForeignKey("lines.id", ondelete="RESTRICT"), primary_key=True
    )
    main_user: Mapped[bool]
    main_line: Mapped[bool]


class LineRegistration(Table):
    """When a device of a line was last seen registered; calld looks every few minutes."""

    __tablename__ = "line_registrations"
    __table_args__ = (owned_by("calld"),)

    line_id: Mapped[int] = mapped_column(
        ForeignKey("lines.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seen_at: Mapped[datetime]


class LineExtension(Table):
    """A number of a line."""

    __tablename__ = "line_extensions"
    __table_args__ = (
        Index("ix_line_extensions_extension_id", "extension_id"),
        Index(
            "uq_line_extensions_main_extension",
            "line_id",
            unique=True,
            postgresql_where=text("main_extension"),
        ),
        owned_by("confd"),
    )

    line_id: Mapped[int] = mapped_column(
        ForeignKey("lines.id", ondelete="RESTRICT"), primary_key=True
    )
    extension_id: Mapped[int] = mapped_column(
        ForeignKey("extensions.id", ondelete="RESTRICT"), primary_key=True
    )
    main_extension: Mapped[bool]


__all__ = [
    "EndpointCustom",
    "EndpointSccp",
    "EndpointSip",
    "Line",
    "LineExtension",
    "LineRegistration",
    "UserLine",
]
