"""Logins that somebody else vouches for: SAML providers of entities, and proofs already taken."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import NewUuid, Now, Table, owned_by


class SamlConfig(Table):
    """The SAML identity provider of an entity, and what this service is called there."""

    __tablename__ = "saml_configs"
    __table_args__ = (
        CheckConstraint("user_field IN ('email', 'username', 'uuid')", name="user_field"),
        UniqueConstraint("entity_id", postgresql_nulls_not_distinct=True),
        Index("ix_saml_configs_idp_entity_id", "idp_entity_id"),
        owned_by("auth"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    """Of Ovix: whose users it lets in; null: those of all."""
    sp_entity_id: Mapped[str] = mapped_column(String(1024))
    """Of SAML: our name at the provider."""
    acs_url: Mapped[str] = mapped_column(String(2048))
    idp_entity_id: Mapped[str] = mapped_column(String(1024))
    """Of SAML: the provider's name, as ``idp_metadata`` has it."""
    idp_metadata: Mapped[str]
    """The provider's XML: its addresses and the certificates that are believed."""
    user_attribute: Mapped[str | None] = mapped_column(String(512))
    """What of an assertion names the user; null: its NameID."""
    user_field: Mapped[str] = mapped_column(String(8), server_default="email")
    """What of the user that must be."""


class SamlDomain(Table):
    """A domain of e-mail addresses whose people log in at the provider."""

    __tablename__ = "saml_domains"
    __table_args__ = (Index("ix_saml_domains_config_uuid", "config_uuid"), owned_by("auth"))

    name: Mapped[str] = mapped_column(String(253), primary_key=True)
    """In lower case."""
    config_uuid: Mapped[UUID] = mapped_column(ForeignKey("saml_configs.uuid", ondelete="CASCADE"))


class SamlLogin(Table):
    """A login at a SAML provider: asked for, proven, then used once, and kept for the logout.

    The SHA-256 of ``saml_session_id`` is kept, never the id.
    """

    __tablename__ = "saml_logins"
    __table_args__ = (
        Index("ix_saml_logins_config_uuid", "config_uuid"),
        Index("ix_saml_logins_auth_id", "auth_id"),
        Index("ix_saml_logins_address", "address"),
        Index("ix_saml_logins_expires_at", "expires_at"),
        owned_by("auth"),
    )

    request_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the AuthnRequest: what the response must answer."""
    session_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    config_uuid: Mapped[UUID] = mapped_column(ForeignKey("saml_configs.uuid", ondelete="CASCADE"))
    redirect_url: Mapped[str] = mapped_column(String(2048))
    address: Mapped[str] = mapped_column(String(45))
    """Who asked."""
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]
    """When the row is forgotten: the end of the login's time, then of the session's."""
    proven_at: Mapped[datetime | None]
    subject: Mapped[str | None] = mapped_column(String(512))
    """What the assertion names the user by."""
    name_id: Mapped[dict[str, Any] | None]
    """The NameID and SessionIndex, for the logout."""
    used_at: Mapped[datetime | None]
    auth_id: Mapped[str | None] = mapped_column(String(64))
    """Who got a token for it."""
    logout_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the LogoutRequest that was sent."""


class TakenProof(Table):
    """A proof that works once and was taken: the SHA-256 of an ID token's signed part."""

    __tablename__ = "taken_proofs"
    __table_args__ = (Index("ix_taken_proofs_expires_at", "expires_at"), owned_by("auth"))

    proof_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]
    """When nobody would take the proof any more."""


__all__ = ["SamlConfig", "SamlDomain", "SamlLogin", "TakenProof"]
