"""The metadata every table belongs to, its naming convention and the column types they share."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Computed,
    DateTime,
    Identity,
    Index,
    MetaData,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """A row of the shared schema. ``Table.metadata`` is what Alembic compares with the database."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        UUID: PgUUID(as_uuid=True),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[list[str]]: JSONB(),
    }


IntId = Annotated[int, mapped_column(Identity(), primary_key=True)]
BigId = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
NewUuid = Annotated[UUID, mapped_column(server_default=text("gen_random_uuid()"))]
Now = Annotated[datetime, mapped_column(server_default=func.now())]
Context = Annotated[str, mapped_column(String(39))]

SEARCHED_AT_ONCE = {"fastupdate": "off"}
"""Option of trigram indexes: without it new entries lie in an unsorted list that each search reads
whole, until the next vacuum."""


def searchable(*fields: str) -> Computed:
    """The generated column that searches look into: the fields, without accents and case."""
    lines = " || E'\\n' || ".join(f"coalesce({field}, '')" for field in fields)
    return Computed(f"ovix_search({lines})", persisted=True)


def trigrams(name: str, column: str = "search_text") -> Index:
    """The index by which a search finds what contains a text."""
    return Index(
        name,
        column,
        postgresql_using="gin",
        postgresql_with=SEARCHED_AT_ONCE,
        postgresql_ops={column: "gin_trgm_ops"},
    )


def owned_by(service: str) -> dict[str, Any]:
    """``__table_args__`` options: the only service that writes the table."""
    return {"info": {"owner": service}}
