"""How many rows large tables have, kept by triggers, so that a list need not count them."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import BigId, Table, owned_by

COUNTED: dict[str, bool] = {
    "users": True,
    "lines": False,
    "endpoints_sip": True,
    "voicemails": False,
}
"""The tables counted, and whether by entity."""


class RowCount(Table):
    """A part of the number of rows of a table: the number is the sum of all parts.

    Triggers of the tables in `COUNTED` write here, and fold earlier parts into theirs where nobody
    else is doing so: writers never wait for each other, and parts stay few.
    """

    __tablename__ = "row_counts"
    __table_args__ = (
        Index("ix_row_counts_table_name_entity_id", "table_name", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[BigId]
    table_name: Mapped[str] = mapped_column(String(63))
    entity_id: Mapped[int | None]
    """No foreign key: a part may outlive its entity, and then counts nothing."""
    counted: Mapped[int] = mapped_column(BigInteger)


__all__ = ["COUNTED", "RowCount"]
