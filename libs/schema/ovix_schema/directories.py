"""Directories: sources, displays and profiles, phonebooks, and what users keep for themselves."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from .declarative import SEARCHED_AT_ONCE, IntId, NewUuid, Now, Table, owned_by


class DirectorySource(Table):
    """A place where contacts are looked up; ``settings`` are those of its back end."""

    __tablename__ = "directory_sources"
    __table_args__ = (
        UniqueConstraint("entity_id", "name", postgresql_nulls_not_distinct=True),
        owned_by("dird"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    """The only entity that sees it; null: all."""
    backend: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(512))
    settings: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[Now]


class LdapServer(Table):
    """Where an LDAP directory is; sources name it and say what they search there, and as whom."""

    __tablename__ = "ldap_servers"
    __table_args__ = (
        UniqueConstraint("entity_id", "name", postgresql_nulls_not_distinct=True),
        CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
        CheckConstraint("security_layer IN ('none', 'tls', 'ssl')", name="security_layer"),
        CheckConstraint("protocol_version IN (2, 3)", name="protocol_version"),
        owned_by("dird"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    """The only entity that sees it; null: all."""
    name: Mapped[str] = mapped_column(String(255))
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    security_layer: Mapped[str] = mapped_column(String(4), server_default="none")
    """``tls``: StartTLS on the plain port; ``ssl``: TLS from the first byte."""
    protocol_version: Mapped[int] = mapped_column(server_default="3")
    description: Mapped[str | None]
    created_at: Mapped[Now]


class DirectoryDisplay(Table):
    """Which fields of contacts are shown, in which order."""

    __tablename__ = "directory_displays"
    __table_args__ = (
        UniqueConstraint("entity_id", "name", postgresql_nulls_not_distinct=True),
        owned_by("dird"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(512))
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[Now]


class DirectoryProfile(Table):
    """Named sets of sources, one for each service, and the display of what they give."""

    __tablename__ = "directory_profiles"
    __table_args__ = (
        UniqueConstraint("entity_id", "name", postgresql_nulls_not_distinct=True),
        Index("ix_directory_profiles_display_uuid", "display_uuid"),
        owned_by("dird"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(512))
    display_uuid: Mapped[UUID | None] = mapped_column(
        ForeignKey("directory_displays.uuid", ondelete="SET NULL")
    )
    services: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """By service (``lookup``, ``reverse``, ``favorites``), its ``options``; a service that is not
    here is not offered."""
    created_at: Mapped[Now]


class DirectoryProfileSource(Table):
    """A source of one service of a profile."""

    __tablename__ = "directory_profile_sources"
    __table_args__ = (
        CheckConstraint("service IN ('lookup', 'reverse', 'favorites')", name="service"),
        Index("ix_directory_profile_sources_source_uuid", "source_uuid"),
        owned_by("dird"),
    )

    profile_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("directory_profiles.uuid", ondelete="CASCADE"), primary_key=True
    )
    service: Mapped[str] = mapped_column(String(16), primary_key=True)
    source_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("directory_sources.uuid", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int]


class DirectoryFavorite(Table):
    """A contact that a user marked. The source may be one of a file, so no row need be there."""

    __tablename__ = "directory_favorites"
    __table_args__ = (owned_by("dird"),)

    user_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("users.uuid", ondelete="CASCADE"), primary_key=True
    )
    source_uuid: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(String(512), primary_key=True)
    created_at: Mapped[Now]


class Phonebook(Table):
    """Contacts that are shared. ``tenant`` is a free name, as XiVO's clients give it."""

    __tablename__ = "phonebooks"
    __table_args__ = (
        UniqueConstraint("entity_id", "tenant", "name", postgresql_nulls_not_distinct=True),
        owned_by("dird"),
    )

    id: Mapped[IntId]
    uuid: Mapped[NewUuid] = mapped_column(unique=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    tenant: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None]
    created_at: Mapped[Now]


class _ContactColumns:
    """What contacts of phonebooks and of users have in common."""

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    fields: Mapped[dict[str, Any]]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of the fields, by which the same contact is not kept twice."""
    created_at: Mapped[Now]

    @declared_attr
    def search_text(cls) -> Mapped[str]:
        """Every value, folded, each word after a blank; numbers also as their digits alone."""
        computed = Computed("ovix_contact_search(fields)", persisted=True)
        return mapped_column(computed, deferred=True)

    @declared_attr
    def numbers(cls) -> Mapped[list[str]]:
        """What `ovix_number` makes of the values that are numbers."""
        computed = Computed("ovix_contact_numbers(fields)", persisted=True)
        return mapped_column(ARRAY(String), computed, deferred=True)


class PhonebookContact(_ContactColumns, Table):
    """A contact of a phonebook."""

    __tablename__ = "phonebook_contacts"
    __table_args__ = (
        UniqueConstraint("phonebook_id", "content_hash"),
        Index(
            "ix_phonebook_contacts_search_trgm",
            "search_text",
            postgresql_using="gin",
            postgresql_with=SEARCHED_AT_ONCE,
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index(
            "ix_phonebook_contacts_numbers",
            "numbers",
            postgresql_using="gin",
            postgresql_with=SEARCHED_AT_ONCE,
        ),
        Index("ix_phonebook_contacts_in_order", "phonebook_id", "created_at", "uuid"),
        owned_by("dird"),
    )

    phonebook_id: Mapped[int] = mapped_column(ForeignKey("phonebooks.id", ondelete="CASCADE"))


class PersonalContact(_ContactColumns, Table):
    """A contact that only its user sees."""

    __tablename__ = "personal_contacts"
    __table_args__ = (UniqueConstraint("user_uuid", "content_hash"), owned_by("dird"))

    user_uuid: Mapped[UUID] = mapped_column(ForeignKey("users.uuid", ondelete="CASCADE"))


__all__ = [
    "DirectoryDisplay",
    "DirectoryFavorite",
    "DirectoryProfile",
    "DirectoryProfileSource",
    "DirectorySource",
    "LdapServer",
    "PersonalContact",
    "Phonebook",
    "PhonebookContact",
]
