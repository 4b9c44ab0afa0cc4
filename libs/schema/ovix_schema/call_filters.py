"""Boss-secretary filters: calls to a boss (recipient) that secretaries (surrogates) take."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, Table, owned_by
from .groups import CALLER_ID_MODES

CALL_FILTER_STRATEGIES = (
    "all-recipients-then-linear-surrogates",
    "all-recipients-then-all-surrogates",
    "linear-surrogates-then-all-recipients",
    "all-surrogates-then-all-recipients",
    "all",
)
CALL_FILTER_SOURCES = ("internal", "external", "all")


class CallFilter(Table):
    """Who is rung for a boss, in which order, for which calls."""

    __tablename__ = "call_filters"
    __table_args__ = (
        CheckConstraint(f"strategy IN {CALL_FILTER_STRATEGIES}", name="strategy"),
        CheckConstraint(f"source IN {CALL_FILTER_SOURCES}", name="source"),
        CheckConstraint(f"caller_id_mode IN {CALLER_ID_MODES}", name="caller_id_mode"),
        Index("ix_call_filters_entity_id", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(128), unique=True)
    strategy: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(8))
    caller_id_mode: Mapped[str | None] = mapped_column(String(16))
    caller_id_name: Mapped[str | None] = mapped_column(String(80))
    surrogates_timeout: Mapped[int | None]
    """Seconds that surrogates are rung together; null and 0: until the caller hangs up."""
    description: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(server_default="true")


class CallFilterMember(Table):
    """A user's place in a filter. Function keys name surrogates by ``id``, so it is kept."""

    __tablename__ = "call_filter_members"
    __table_args__ = (
        CheckConstraint("role IN ('recipient', 'surrogate')", name="role"),
        CheckConstraint("timeout >= 0", name="timeout"),
        UniqueConstraint("call_filter_id", "user_id"),
        Index(
            "uq_call_filter_members_recipient",
            "call_filter_id",
            unique=True,
            postgresql_where=text("role = 'recipient'"),
        ),
        Index("ix_call_filter_members_user_id", "user_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    call_filter_id: Mapped[int] = mapped_column(ForeignKey("call_filters.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    timeout: Mapped[int | None]
    """Seconds that a recipient is rung; null and 0: until the caller hangs up."""
    priority: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="false")
    """Whether the surrogate takes the boss's calls; agid switches it when the code is dialled."""


__all__ = [
    "CALL_FILTER_SOURCES",
    "CALL_FILTER_STRATEGIES",
    "CallFilter",
    "CallFilterMember",
]
