"""Agents, and groups of people who are rung together, with what is given to a group."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Context as ContextName
from .declarative import IntId, NewUuid, Table, owned_by

RING_STRATEGIES = (
    "all",
    "random",
    "least_recent",
    "linear",
    "fewest_calls",
    "memorized_round_robin",
    "weight_random",
)
CALLER_ID_MODES = ("prepend", "overwrite", "append")


class Agent(Table):
    """Someone who logs in to take the calls of queues; users may be agents."""

    __tablename__ = "agents"
    __table_args__ = (
        Index("ix_agents_entity_id", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    number: Mapped[str] = mapped_column(String(40), unique=True)
    firstname: Mapped[str | None] = mapped_column(String(128))
    lastname: Mapped[str | None] = mapped_column(String(128))
    password: Mapped[str | None] = mapped_column(String(128))
    """The code dialled to log in."""
    language: Mapped[str | None] = mapped_column(String(20))
    preprocess_subroutine: Mapped[str | None] = mapped_column(String(79))
    description: Mapped[str | None]


class Group(Table):
    """People and numbers that ring together, or one after another."""

    __tablename__ = "groups"
    __table_args__ = (
        CheckConstraint(f"ring_strategy IN {RING_STRATEGIES}", name="ring_strategy"),
        CheckConstraint(f"caller_id_mode IN {CALLER_ID_MODES}", name="caller_id_mode"),
        Index("ix_groups_entity_id", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    uuid: Mapped[NewUuid] = mapped_column(unique=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(128), unique=True)
    label: Mapped[str] = mapped_column(String(128))
    extension_id: Mapped[int | None] = mapped_column(
        ForeignKey("extensions.id", ondelete="RESTRICT"), unique=True
    )
    preprocess_subroutine: Mapped[str | None] = mapped_column(String(79))
    ring_strategy: Mapped[str] = mapped_column(String(24), server_default="all")
    caller_id_mode: Mapped[str | None] = mapped_column(String(16))
    caller_id_name: Mapped[str | None] = mapped_column(String(80))
    timeout: Mapped[int | None]
    user_timeout: Mapped[int | None] = mapped_column(server_default="15")
    retry_delay: Mapped[int | None] = mapped_column(server_default="5")
    music_on_hold: Mapped[str | None] = mapped_column(String(128))
    ring_in_use: Mapped[bool] = mapped_column(server_default="true")
    enabled: Mapped[bool] = mapped_column(server_default="true")
    dtmf_record_toggle: Mapped[bool] = mapped_column(server_default="false")
    mark_answered_elsewhere: Mapped[bool] = mapped_column(server_default="false")
    ignore_forward: Mapped[bool] = mapped_column(server_default="true")
    max_calls: Mapped[int | None] = mapped_column(server_default="0")


class GroupUser(Table):
    """A user who is rung with a group, on his main line."""

    __tablename__ = "group_users"
    __table_args__ = (
        Index("ix_group_users_user_id", "user_id"),
        owned_by("confd"),
    )

    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    priority: Mapped[int] = mapped_column(server_default="0")


class GroupExtension(Table):
    """A number that is rung with a group; it may be one of the outside."""

    __tablename__ = "group_extensions"
    __table_args__ = (owned_by("confd"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )
    exten: Mapped[str] = mapped_column(String(40), primary_key=True)
    context: Mapped[ContextName] = mapped_column(primary_key=True)
    priority: Mapped[int] = mapped_column(server_default="0")


class GroupCallPermission(Table):
    """A permission given to the members of a group."""

    __tablename__ = "group_call_permissions"
    __table_args__ = (
        Index("ix_group_call_permissions_call_permission_id", "call_permission_id"),
        owned_by("confd"),
    )

    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )
    call_permission_id: Mapped[int] = mapped_column(
        ForeignKey("call_permissions.id", ondelete="CASCADE"), primary_key=True
    )


class GroupSchedule(Table):
    """The one schedule of a group."""

    __tablename__ = "group_schedules"
    __table_args__ = (
        Index("ix_group_schedules_schedule_id", "schedule_id"),
        owned_by("confd"),
    )

    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))


__all__ = [
    "CALLER_ID_MODES",
    "RING_STRATEGIES",
    "Agent",
    "Group",
    "GroupCallPermission",
    "GroupExtension",
    "GroupSchedule",
    "GroupUser",
]
