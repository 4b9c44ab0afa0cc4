"""Settings of the whole installation: a document for each section of the configuration API."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Table, owned_by


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


__all__ = ["CtiProfile", "Setting"]
