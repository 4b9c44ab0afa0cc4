"""What is set for the whole installation: a document for each section, and a few short lists."""

from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, Table, owned_by


class Setting(Table):
    """A section, in the JSON that the API takes and shows; written whole, by one update."""

    __tablename__ = "settings"
    __table_args__ = (owned_by("confd"),)

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[dict[str, Any]]


class CtiProfile(Table):
    """A profile of XiVO's client."""

    __tablename__ = "cti_profiles"
    __table_args__ = (owned_by("confd"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40), unique=True)


class AccessFeature(Table):
    """A host or network that may use a service of the phones."""

    __tablename__ = "access_features"
    __table_args__ = (
        UniqueConstraint("host", "feature"),
        CheckConstraint("feature IN ('phonebook')", name="feature"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    host: Mapped[str] = mapped_column(String(255))
    feature: Mapped[str] = mapped_column(String(64))
    enabled: Mapped[bool] = mapped_column(server_default="true")


__all__ = ["AccessFeature", "CtiProfile", "Setting"]
