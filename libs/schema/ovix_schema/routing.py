"""Trunks and outgoing calls: what agid needs to answer ``outgoing_user_set_features``."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Context as ContextName
from .declarative import IntId, Table, owned_by


class EndpointIax(Table):
    """The peer of an IAX trunk (reference: lines-endpoints-extensions.md, "IAX endpoint")."""

    __tablename__ = "endpoints_iax"
    __table_args__ = (
        CheckConstraint("type IN ('friend', 'peer', 'user')", name="type"),
        Index("ix_endpoints_iax_entity_id", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(40), unique=True)
    type: Mapped[str] = mapped_column(String(8), server_default="friend")
    host: Mapped[str] = mapped_column(String(255), server_default="dynamic")
    native_options: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Options that chan_iax2 knows, by name; only those that were given."""
    extra_options: Mapped[list[list[str]]] = mapped_column(server_default="[]")
    """Any other ``[name, value]`` pairs, in order."""


class Trunk(Table):
    """A way to the outside through one endpoint."""

    __tablename__ = "trunks"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(endpoint_sip_id, endpoint_custom_id, endpoint_iax_id) <= 1",
            name="endpoint",
        ),
        Index("ix_trunks_context", "context"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    context: Mapped[ContextName | None] = mapped_column(
        ForeignKey("contexts.name", ondelete="RESTRICT")
    )
    endpoint_sip_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("endpoints_sip.id", ondelete="RESTRICT"), unique=True
    )
    endpoint_custom_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("endpoints_custom.id", ondelete="RESTRICT"), unique=True
    )
    endpoint_iax_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("endpoints_iax.id", ondelete="RESTRICT"), unique=True
    )
    description: Mapped[str | None]


class Outcall(Table):
    """An outgoing route."""

    __tablename__ = "outcalls"
    __table_args__ = (owned_by("confd"),)

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(128), unique=True)
    internal_caller_id: Mapped[bool] = mapped_column(server_default="false")
    preprocess_subroutine: Mapped[str | None] = mapped_column(String(79))
    ring_time: Mapped[int | None]
    description: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(server_default="true")


class OutcallExtension(Table):
    """A dial pattern of an outgoing route; its id is what the dialplan hands to agid."""

    __tablename__ = "outcall_extensions"
    __table_args__ = (
        CheckConstraint("strip_digits >= 0", name="strip_digits"),
        Index("ix_outcall_extensions_outcall_id", "outcall_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    outcall_id: Mapped[int] = mapped_column(ForeignKey("outcalls.id", ondelete="CASCADE"))
    extension_id: Mapped[int] = mapped_column(
        ForeignKey("extensions.id", ondelete="RESTRICT"), unique=True
    )
    external_prefix: Mapped[str | None] = mapped_column(String(64))
    prefix: Mapped[str | None] = mapped_column(String(32))
    strip_digits: Mapped[int] = mapped_column(server_default="0")
    caller_id: Mapped[str | None] = mapped_column(String(80))


class OutcallTrunk(Table):
    """A trunk of an outgoing route, tried in order of position."""

    __tablename__ = "outcall_trunks"
    __table_args__ = (
        Index("ix_outcall_trunks_trunk_id", "trunk_id"),
        owned_by("confd"),
    )

    outcall_id: Mapped[int] = mapped_column(
        ForeignKey("outcalls.id", ondelete="CASCADE"), primary_key=True
    )
    trunk_id: Mapped[int] = mapped_column(
        ForeignKey("trunks.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int]


class OutcallCallPermission(Table):
    """A permission that speaks when neither the user nor his groups have one."""

    __tablename__ = "outcall_call_permissions"
    __table_args__ = (
        Index("ix_outcall_call_permissions_call_permission_id", "call_permission_id"),
        owned_by("confd"),
    )

    outcall_id: Mapped[int] = mapped_column(
        ForeignKey("outcalls.id", ondelete="CASCADE"), primary_key=True
    )
    call_permission_id: Mapped[int] = mapped_column(
        ForeignKey("call_permissions.id", ondelete="CASCADE"), primary_key=True
    )


class OutcallSchedule(Table):
    """The one schedule of an outgoing route."""

    __tablename__ = "outcall_schedules"
    __table_args__ = (
        Index("ix_outcall_schedules_schedule_id", "schedule_id"),
        owned_by("confd"),
    )

    outcall_id: Mapped[int] = mapped_column(
        ForeignKey("outcalls.id", ondelete="CASCADE"), primary_key=True
    )
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))


__all__ = [
    "EndpointIax",
    "Outcall",
    "OutcallCallPermission",
    "OutcallExtension",
    "OutcallSchedule",
    "OutcallTrunk",
    "Trunk",
]
