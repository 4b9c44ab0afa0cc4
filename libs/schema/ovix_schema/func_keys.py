"""Function keys of phones: templates, the keys in them, and who has which template."""

from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, Table, owned_by


class FuncKeyTemplate(Table):
    """A set of keys: public, for any number of users, or the private one of a single user.

    A private template has no entity: it is reached through its user.
    """

    __tablename__ = "func_key_templates"
    __table_args__ = (
        CheckConstraint("user_id IS NULL OR entity_id IS NULL", name="private_has_no_entity"),
        Index("ix_func_key_templates_entity_id", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    name: Mapped[str | None] = mapped_column(String(128))
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), unique=True
    )
    """Whose private template it is; none: it is public."""


class FuncKey(Table):
    """A key of a template, at a position of the phone."""

    __tablename__ = "func_keys"
    __table_args__ = (
        CheckConstraint("position >= 1", name="position"),
        UniqueConstraint("template_id", "position"),
        UniqueConstraint("template_id", "destination"),
        Index("ix_func_keys_user_id", "user_id"),
        Index("ix_func_keys_group_id", "group_id"),
        Index("ix_func_keys_agent_id", "agent_id"),
        Index("ix_func_keys_filter_member_id", "filter_member_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    template_id: Mapped[int] = mapped_column(
        ForeignKey("func_key_templates.id", ondelete="CASCADE")
    )
    position: Mapped[int]
    label: Mapped[str | None] = mapped_column(String(128))
    blf: Mapped[bool] = mapped_column(server_default="true")
    destination: Mapped[dict[str, Any]]
    """``type`` and all fields of that type, those not given as null."""
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        Computed("(destination ->> 'user_id')::integer", persisted=True),
    )
    """The user the key calls: it disappears with him."""
    group_id: Mapped[int | None] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"),
        Computed("(destination ->> 'group_id')::integer", persisted=True),
    )
    """The same of a group that is called, joined or left."""
    agent_id: Mapped[int | None] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"),
        Computed("(destination ->> 'agent_id')::integer", persisted=True),
    )
    """The same of an agent who logs in or out."""
    filter_member_id: Mapped[int | None] = mapped_column(
        ForeignKey("call_filter_members.id", ondelete="CASCADE"),
        Computed("(destination ->> 'filter_member_id')::integer", persisted=True),
    )
    """The same of a surrogate of a call filter who is switched on or off."""


class UserFuncKeyTemplate(Table):
    """The one public template of a user."""

    __tablename__ = "user_func_key_templates"
    __table_args__ = (
        Index("ix_user_func_key_templates_template_id", "template_id"),
        owned_by("confd"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    template_id: Mapped[int] = mapped_column(
        ForeignKey("func_key_templates.id", ondelete="CASCADE")
    )


__all__ = ["FuncKey", "FuncKeyTemplate", "UserFuncKeyTemplate"]
