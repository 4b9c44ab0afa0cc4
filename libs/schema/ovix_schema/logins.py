"""What is remembered of logins: addresses they come from, e-mails, links sent, the audit trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import BigId, NewUuid, Now, Table, owned_by


class KnownLogin(Table):
    """An address that a login succeeded from (``account:<backend>:<login>``)."""

    __tablename__ = "known_logins"
    __table_args__ = (
        Index("ix_known_logins_seen_at", "seen_at"),
        owned_by("auth"),
    )

    login_key: Mapped[str] = mapped_column(String(400), primary_key=True)
    address: Mapped[str] = mapped_column(String(45), primary_key=True)
    seen_at: Mapped[Now]


class PasswordReset(Table):
    """A link that sets a new password once. The SHA-256 of its token is kept, never the token."""

    __tablename__ = "password_resets"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_uuid, account_uuid) = 1", name="owner"),
        Index("ix_password_resets_user_uuid", "user_uuid"),
        Index("ix_password_resets_account_uuid", "account_uuid"),
        Index("ix_password_resets_address_created_at", "address", "created_at"),
        owned_by("auth"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_uuid: Mapped[UUID | None] = mapped_column(ForeignKey("users.uuid", ondelete="CASCADE"))
    account_uuid: Mapped[UUID | None] = mapped_column(
        ForeignKey("accounts.uuid", ondelete="CASCADE")
    )
    address: Mapped[str] = mapped_column(String(45))
    """Who asked for it."""
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AccountEmail(Table):
    """An e-mail address of an account; a telephony user's is in ``users``, and confd's."""

    __tablename__ = "account_emails"
    __table_args__ = (
        Index("uq_account_emails_address", text("lower(address)"), unique=True),
        Index("ix_account_emails_account_id", "account_id"),
        Index("uq_account_emails_main", "account_id", unique=True, postgresql_where=text("main")),
        owned_by("auth"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(254))
    main: Mapped[bool]
    confirmed: Mapped[bool] = mapped_column(server_default="false")
    """Whether its mailbox is the account's: proven by a link, or said by an administrator."""


class EmailConfirmation(Table):
    """A link that confirms an address once. The SHA-256 of its token is kept, never the token.

    Rows outlive the address by an hour at least: they count the mails that were sent.
    """

    __tablename__ = "email_confirmations"
    __table_args__ = (
        Index("ix_email_confirmations_email_uuid", "email_uuid"),
        Index("ix_email_confirmations_account_id", "account_id"),
        Index("ix_email_confirmations_address_created_at", "address", "created_at"),
        owned_by("auth"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    email_uuid: Mapped[UUID | None] = mapped_column(
        ForeignKey("account_emails.uuid", ondelete="SET NULL")
    )
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    address: Mapped[str] = mapped_column(String(45))
    """Who asked for it."""
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditRecord(Table):
    """A grant, refusal or change: who, when, from where. Never a password, token or hash.

    Rows of accounts, policies and of what users log in with are written by triggers
    (``audit_change``), whichever service or command made the change. There are no foreign keys:
    a record outlives what it tells of.
    """

    __tablename__ = "audit_records"
    __table_args__ = (
        Index("ix_audit_records_at", "at"),
        Index("ix_audit_records_auth_id_id", "auth_id", "id"),
        Index("ix_audit_records_login_id", text("lower(login)"), "id"),
        Index("ix_audit_records_address_id", "address", "id"),
        owned_by("auth"),
    )

    id: Mapped[BigId]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    action: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str | None] = mapped_column(String(64))
    backend: Mapped[str | None] = mapped_column(String(64))
    login: Mapped[str | None] = mapped_column(String(254))
    auth_id: Mapped[str | None] = mapped_column(String(64))
    """Whom it is about."""
    by_auth_id: Mapped[str | None] = mapped_column(String(64))
    """Who did it; null where no token was used."""
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(255))
    entity_id: Mapped[int | None]
    """The entity of whom it is about; whoever is bound to an entity sees only its records."""
    repeats: Mapped[int] = mapped_column(BigInteger, server_default="1")
    """So many times since the record before."""
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


__all__ = ["AccountEmail", "AuditRecord", "EmailConfirmation", "KnownLogin", "PasswordReset"]
