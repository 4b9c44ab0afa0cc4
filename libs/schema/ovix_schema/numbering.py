"""Entities, contexts with their number ranges and inclusions, extensions and feature codes."""

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Context as ContextName
from .declarative import IntId, NewUuid, Now, Table, owned_by, trigrams

CONTEXT_TYPES = ("internal", "incall", "outcall", "services", "others")
RANGE_KINDS = ("user", "group", "queue", "conference", "incall")


class Entity(Table):
    """A company or site that owns contexts and users; entities never see each other's objects.

    auth's clients know it as a tenant, and keep there all that is not its name.
    """

    __tablename__ = "entities"
    __table_args__ = (
        CheckConstraint("parent_id <> id", name="parent_id"),
        CheckConstraint(
            "default_authentication_method IN ('native', 'ldap', 'saml', 'oidc')",
            name="default_authentication_method",
        ),
        Index("ix_entities_parent_id", "parent_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    uuid: Mapped[NewUuid] = mapped_column(unique=True)
    """What auth's clients know it by, as a tenant."""
    name: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str | None] = mapped_column(String(128))
    country: Mapped[str] = mapped_column(String(2), server_default="FR")
    created_at: Mapped[Now]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    """Tokens of an entity reach those below it where a request says so; null: below none."""
    default_authentication_method: Mapped[str | None] = mapped_column(String(8))
    """How users log in who have no method of their own; null: by any back end that proves them."""
    contact_uuid: Mapped[UUID | None]
    """An account or a user: no foreign key, as they are in two tables."""
    phone: Mapped[str | None] = mapped_column(String(32))
    address_line_1: Mapped[str | None] = mapped_column(String(256))
    address_line_2: Mapped[str | None] = mapped_column(String(256))
    address_zip_code: Mapped[str | None] = mapped_column(String(16))
    address_city: Mapped[str | None] = mapped_column(String(128))
    address_state: Mapped[str | None] = mapped_column(String(128))
    address_country: Mapped[str | None] = mapped_column(String(128))


class EntityDomain(Table):
    """An internet domain by which logins name the entity; of one entity alone."""

    __tablename__ = "entity_domains"
    __table_args__ = (Index("ix_entity_domains_entity_id", "entity_id"), owned_by("auth"))

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(253), unique=True)
    """In lower case."""
    entity_id: Mapped[int] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))


class Context(Table):
    """A dialplan context that the administrator knows of."""

    __tablename__ = "contexts"
    __table_args__ = (
        CheckConstraint(f"type IN {CONTEXT_TYPES}", name="type"),
        Index("ix_contexts_entity_id", "entity_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    name: Mapped[ContextName] = mapped_column(String(39), unique=True)
    label: Mapped[str | None] = mapped_column(String(128))
    type: Mapped[str] = mapped_column(String(16), server_default="internal")
    description: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(server_default="true")
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))


class ContextRange(Table):
    """Numbers of one kind that a context offers; bounds are kept as typed (leading zeros)."""

    __tablename__ = "context_ranges"
    __table_args__ = (
        CheckConstraint(f"kind IN {RANGE_KINDS}", name="kind"),
        CheckConstraint("did_length >= 0", name="did_length"),
        Index("ix_context_ranges_context_id", "context_id"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    context_id: Mapped[int] = mapped_column(ForeignKey("contexts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    start: Mapped[str] = mapped_column(String(16))
    end: Mapped[str] = mapped_column(String(16))
    did_length: Mapped[int] = mapped_column(server_default="0")


class ContextInclusion(Table):
    """``include => included`` of a context, in order of position."""

    __tablename__ = "context_inclusions"
    __table_args__ = (
        CheckConstraint("context_id <> included_id", name="not_itself"),
        Index("ix_context_inclusions_included_id", "included_id"),
        owned_by("confd"),
    )

    context_id: Mapped[int] = mapped_column(
        ForeignKey("contexts.id", ondelete="CASCADE"), primary_key=True
    )
    included_id: Mapped[int] = mapped_column(
        ForeignKey("contexts.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int]


EXTENSION_ID = Sequence("extension_id_seq", metadata=Table.metadata)
"""Extensions and feature codes share their ids, as they are one table for XiVO's clients."""


class Extension(Table):
    """A number or pattern (stored with its leading ``_``) in a context."""

    __tablename__ = "extensions"
    __table_args__ = (
        UniqueConstraint("exten", "context"),
        Index("ix_extensions_context", "context"),
        trigrams("ix_extensions_exten_trgm", "exten"),
        owned_by("confd"),
    )

    id: Mapped[int] = mapped_column(
        Integer, EXTENSION_ID, server_default=EXTENSION_ID.next_value(), primary_key=True
    )
    exten: Mapped[str] = mapped_column(String(40))
    context: Mapped[ContextName] = mapped_column(ForeignKey("contexts.name", ondelete="RESTRICT"))
    enabled: Mapped[bool] = mapped_column(server_default="true")
    type: Mapped[str] = mapped_column(String(16), server_default="user")
    """What it leads to: ``user`` (also when free), ``incall``, ``outcall``, ``group`` …"""


class FeatureCode(Table):
    """A code such as ``*25`` of the pseudo context ``xivo-features``."""

    __tablename__ = "feature_codes"
    __table_args__ = (owned_by("confd"),)

    id: Mapped[int] = mapped_column(
        Integer, EXTENSION_ID, server_default=EXTENSION_ID.next_value(), primary_key=True
    )
    feature: Mapped[str] = mapped_column(String(40), unique=True)
    exten: Mapped[str] = mapped_column(String(40), unique=True)
    enabled: Mapped[bool] = mapped_column(server_default="true")


__all__ = [
    "CONTEXT_TYPES",
    "RANGE_KINDS",
    "Context",
    "ContextInclusion",
    "ContextRange",
    "Entity",
    "EntityDomain",
    "Extension",
    "FeatureCode",
]
