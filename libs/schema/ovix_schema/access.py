"""Who may call the APIs: accounts, policies, tokens, and the count of failed logins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, NewUuid, Now, Table, owned_by


class Account(Table):
    """An administrator (``admin``) or a program (``service``) that may ask for tokens."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("kind IN ('admin', 'service')", name="kind"),
        Index("uq_accounts_login", "kind", text("lower(login)"), unique=True),
        owned_by("auth"),
    )

    id: Mapped[IntId]
    uuid: Mapped[NewUuid] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(64))
    login: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str]
    host: Mapped[str | None] = mapped_column(String(255))
    """Address, network or name the account may come from; null means anywhere."""
    acl: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    """The only entity whose objects the account's tokens see; null means all."""
    enabled: Mapped[bool] = mapped_column(server_default="true")
    description: Mapped[str | None]
    created_at: Mapped[Now]


class Policy(Table):
    """A named list of ACLs."""

    __tablename__ = "policies"
    __table_args__ = (owned_by("auth"),)

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str | None]
    acl: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")


class AccountPolicy(Table):
    """A policy held by an account, beside its own ACLs."""

    __tablename__ = "account_policies"
    __table_args__ = (
        Index("ix_account_policies_policy_uuid", "policy_uuid"),
        owned_by("auth"),
    )

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    policy_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("policies.uuid", ondelete="CASCADE"), primary_key=True
    )


class Token(Table):
    """An issued token. Its SHA-256 is kept, never the token; a trigger announces deletions.

    The channel is ``ovix_token_deleted``, the payload the hash in hexadecimal.
    """

    __tablename__ = "tokens"
    __table_args__ = (
        Index("ix_tokens_expires_at", "expires_at"),
        Index("ix_tokens_account_id", "account_id"),
        Index("ix_tokens_user_uuid", "user_uuid"),
        owned_by("auth"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    auth_id: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_uuid: Mapped[UUID | None] = mapped_column(ForeignKey("users.uuid", ondelete="CASCADE"))
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    session_uuid: Mapped[NewUuid]
    acl: Mapped[list[str]] = mapped_column(ARRAY(String))
    issued_at: Mapped[Now]
    expires_at: Mapped[datetime]
    remote_addr: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(255))


class LoginFailure(Table):
    """Failed logins of an account or address (``account:<backend>:<login>``, ``address:<ip>``)."""

    __tablename__ = "login_failures"
    __table_args__ = (
        Index("ix_login_failures_blocked_until", "blocked_until"),
        owned_by("auth"),
    )

    key: Mapped[str] = mapped_column(String(400), primary_key=True)
    failures: Mapped[int]
    blocked_until: Mapped[datetime]


__all__ = ["Account", "AccountPolicy", "LoginFailure", "Policy", "Token"]
