"""Accounts that people have elsewhere: Google, Microsoft, and the push service of a telephone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import NewUuid, Now, Table, owned_by


class ExternalConfig(Table):
    """What an entity's people reach an external service by: its client there, with its secret."""

    __tablename__ = "external_configs"
    __table_args__ = (
        Index(
            "uq_external_configs_type_entity_id",
            "type",
            "entity_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_external_configs_entity_id", "entity_id"),
        owned_by("auth"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(16))
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    """Null: for the people of all entities that have none of their own."""
    data: Mapped[dict[str, Any]]


class ExternalAccount(Table):
    """A person's account at an external service, with the tokens that reach it."""

    __tablename__ = "external_accounts"
    __table_args__ = (
        CheckConstraint("num_nonnulls(account_id, user_uuid) = 1", name="holder"),
        Index("uq_external_accounts_account_id_type", "account_id", "type", unique=True),
        Index("uq_external_accounts_user_uuid_type", "user_uuid", "type", unique=True),
        Index("ix_external_accounts_type", "type"),
        owned_by("auth"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_uuid: Mapped[UUID | None] = mapped_column(ForeignKey("users.uuid", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]]
    """Tokens: never shown in lists, logs and events."""
    scope: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    created_at: Mapped[Now]
    expires_at: Mapped[datetime | None]
    """When the access token ends; null: not known, or there is none."""
    renewing_until: Mapped[datetime | None]
    """Until then whoever set it is asking for a new access token, and nobody else does."""


class ExternalAuthorization(Table):
    """A consent that is asked for. The SHA-256 of its state is kept, never the state."""

    __tablename__ = "external_authorizations"
    __table_args__ = (
        CheckConstraint("num_nonnulls(account_id, user_uuid) = 1", name="holder"),
        Index("ix_external_authorizations_account_id", "account_id"),
        Index("ix_external_authorizations_user_uuid", "user_uuid"),
        Index("ix_external_authorizations_expires_at", "expires_at"),
        owned_by("auth"),
    )

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_uuid: Mapped[UUID | None] = mapped_column(ForeignKey("users.uuid", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(16))
    scope: Mapped[list[str]] = mapped_column(ARRAY(String))
    redirect_uri: Mapped[str] = mapped_column(String(2048))
    code_verifier: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime] = mapped_column(
        server_default=text("now() + interval '10 minutes'")
    )


__all__ = ["ExternalAccount", "ExternalAuthorization", "ExternalConfig"]
