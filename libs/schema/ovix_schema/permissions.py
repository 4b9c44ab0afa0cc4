"""Call permissions and schedules, and whom they are given to."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, Table, owned_by


class CallPermission(Table):
    """Numbers that are allowed or denied, perhaps behind a password."""

    __tablename__ = "call_permissions"
    __table_args__ = (
        CheckConstraint("mode IN ('allow', 'deny')", name="mode"),
        Index("ix_call_permissions_entity_id", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(128), unique=True)
    password: Mapped[str | None] = mapped_column(String(40))
    mode: Mapped[str] = mapped_column(String(8), server_default="deny")
    extensions: Mapped[list[str]] = mapped_column(ARRAY(String(40)), server_default="{}")
    enabled: Mapped[bool] = mapped_column(server_default="true")
    description: Mapped[str | None]


class UserCallPermission(Table):
    """A permission given to a user."""

    __tablename__ = "user_call_permissions"
    __table_args__ = (
        Index("ix_user_call_permissions_call_permission_id", "call_permission_id"),
        owned_by("confd"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    call_permission_id: Mapped[int] = mapped_column(
        ForeignKey("call_permissions.id", ondelete="CASCADE"), primary_key=True
    )


class Schedule(Table):
    """When something is open, and what happens when it is closed."""

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_entity_id", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str | None] = mapped_column(String(255))
    timezone: Mapped[str | None] = mapped_column(String(128))
    closed_action: Mapped[str] = mapped_column(String(40), server_default="none")
    closed_arg1: Mapped[str | None] = mapped_column(String(255))
    closed_arg2: Mapped[str | None] = mapped_column(String(255))
    enabled: Mapped[bool] = mapped_column(server_default="true")


class SchedulePeriod(Table):
    """An opened period, or an exceptional (closed) one with its own destination.

    An empty array means "any"; hours are ``HH:MM``, the end minute included.
    """

    __tablename__ = "schedule_periods"
    __table_args__ = (
        CheckConstraint("mode IN ('opened', 'closed')", name="mode"),
        Index("ix_schedule_periods_schedule_id", "schedule_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    mode: Mapped[str] = mapped_column(String(8))
    position: Mapped[int]
    hours_start: Mapped[str | None] = mapped_column(String(5))
    hours_end: Mapped[str | None] = mapped_column(String(5))
    week_days: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    month_days: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    months: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    action: Mapped[str | None] = mapped_column(String(40))
    arg1: Mapped[str | None] = mapped_column(String(255))
    arg2: Mapped[str | None] = mapped_column(String(255))


class UserSchedule(Table):
    """The one schedule of a user."""

    __tablename__ = "user_schedules"
    __table_args__ = (
        Index("ix_user_schedules_schedule_id", "schedule_id"),
        owned_by("confd"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))


__all__ = ["CallPermission", "Schedule", "SchedulePeriod", "UserCallPermission", "UserSchedule"]
