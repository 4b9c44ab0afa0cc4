"""Call pickups: who may take calls that ring at whom."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, Table, owned_by

_ROLE = "role IN ('interceptor', 'target')"


class CallPickup(Table):
    """Interceptors may pick up what rings at targets."""

    __tablename__ = "call_pickups"
    __table_args__ = (Index("ix_call_pickups_entity_id", "entity_id"), owned_by("confd"))

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(128), unique=True)
    description: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(server_default="true")


class CallPickupUser(Table):
    """A user among the interceptors or the targets."""

    __tablename__ = "call_pickup_users"
    __table_args__ = (
        CheckConstraint(_ROLE, name="role"),
        Index("ix_call_pickup_users_user_id", "user_id"),
        owned_by("confd"),
    )

    call_pickup_id: Mapped[int] = mapped_column(
        ForeignKey("call_pickups.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )


class CallPickupGroup(Table):
    """A group, whose users are all among the interceptors or the targets."""

    __tablename__ = "call_pickup_groups"
    __table_args__ = (
        CheckConstraint(_ROLE, name="role"),
        Index("ix_call_pickup_groups_group_id", "group_id"),
        owned_by("confd"),
    )

    call_pickup_id: Mapped[int] = mapped_column(
        ForeignKey("call_pickups.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )


__all__ = ["CallPickup", "CallPickupGroup", "CallPickupUser"]
