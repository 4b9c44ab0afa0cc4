"""Labels of users: a way for the administration to find them again, private to it."""

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, Table, owned_by


class Label(Table):
    """A label that users may bear; it never reaches phones, directories or Asterisk."""

    __tablename__ = "labels"
    __table_args__ = (
        UniqueConstraint("entity_id", "display_name", postgresql_nulls_not_distinct=True),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    display_name: Mapped[str] = mapped_column(String(128))
    description: Mapped[str | None]


class UserLabel(Table):
    """A label that a user bears."""

    __tablename__ = "user_labels"
    __table_args__ = (
        Index("ix_user_labels_label_id", "label_id"),
        owned_by("confd"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    label_id: Mapped[int] = mapped_column(
        ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True
    )


__all__ = ["Label", "UserLabel"]
