"""Who may call the APIs: accounts, policies, tokens, and the count of failed logins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, NewUuid, Now, Table, owned_by

AUTHENTICATION_METHODS = ("default", "native", "ldap", "saml", "oidc")
"""How somebody may prove a login; ``default`` is what the entity says."""


def _unique_in_entity(table: str, column: str) -> Index:
    """Alike in two entities they tell nothing of each other; what is of none is one set too."""
    return Index(
        f"uq_{table}_{column}",
        "entity_id",
        column,
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


class Account(Table):
    """Who may ask for tokens: an administrator (``admin``), a program (``service``), or a person
    who is no telephony user (``user``)."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("kind IN ('admin', 'service', 'user')", name="kind"),
        CheckConstraint("NOT internal OR kind = 'service'", name="internal"),
        CheckConstraint(
            f"authentication_method IN {AUTHENTICATION_METHODS}", name="authentication_method"
        ),
        Index("uq_accounts_login", "kind", text("lower(login)"), unique=True),
        owned_by("auth"),
    )

    id: Mapped[IntId]
    uuid: Mapped[NewUuid] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(254))
    login: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str | None]
    """Null: no password is right."""
    password_expired: Mapped[bool] = mapped_column(server_default="false")
    is_root: Mapped[bool] = mapped_column(server_default="true")
    """Whether an administrator has every right, or only those granted."""
    internal: Mapped[bool] = mapped_column(server_default="false")
    """Whether a program is a part of the platform, and no integrator's."""
    firstname: Mapped[str | None] = mapped_column(String(128))
    lastname: Mapped[str | None] = mapped_column(String(128))
    host: Mapped[str | None] = mapped_column(String(255))
    """Address, network or name the account may come from; null means anywhere."""
    acl: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    """The only entity whose objects the account's tokens see; null means all."""
    enabled: Mapped[bool] = mapped_column(server_default="true")
    authentication_method: Mapped[str] = mapped_column(String(8), server_default="default")
    description: Mapped[str | None]
    created_at: Mapped[Now]


class Policy(Table):
    """A named list of ACLs, which may be templates."""

    __tablename__ = "policies"
    __table_args__ = (
        Index("ix_policies_entity_id", "entity_id"),
        _unique_in_entity("policies", "name"),
        _unique_in_entity("policies", "slug"),
        owned_by("auth"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80), server_default=text("(gen_random_uuid())::text"))
    read_only: Mapped[bool] = mapped_column(server_default="false")
    """One of those that come with Ovix."""
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    """The entity it belongs to; null: seen by all, changed by those of none."""
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


class UserPolicy(Table):
    """A policy held by a telephony user."""

    __tablename__ = "user_policies"
    __table_args__ = (Index("ix_user_policies_policy_uuid", "policy_uuid"), owned_by("auth"))

    user_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("users.uuid", ondelete="CASCADE"), primary_key=True
    )
    policy_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("policies.uuid", ondelete="CASCADE"), primary_key=True
    )


class AccountGroup(Table):
    """Accounts and telephony users who hold the same policies; no hunt group."""

    __tablename__ = "account_groups"
    __table_args__ = (
        Index("ix_account_groups_entity_id", "entity_id"),
        _unique_in_entity("account_groups", "name"),
        _unique_in_entity("account_groups", "slug"),
        owned_by("auth"),
    )

    uuid: Mapped[NewUuid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    slug: Mapped[str] = mapped_column(String(80))
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))


class AccountGroupAccount(Table):
    """An account in a group."""

    __tablename__ = "account_group_accounts"
    __table_args__ = (Index("ix_account_group_accounts_account_id", "account_id"), owned_by("auth"))

    group_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("account_groups.uuid", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )


class AccountGroupUser(Table):
    """A telephony user in a group."""

    __tablename__ = "account_group_users"
    __table_args__ = (Index("ix_account_group_users_user_uuid", "user_uuid"), owned_by("auth"))

    group_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("account_groups.uuid", ondelete="CASCADE"), primary_key=True
    )
    user_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("users.uuid", ondelete="CASCADE"), primary_key=True
    )


class AccountGroupPolicy(Table):
    """A policy that all of a group hold."""

    __tablename__ = "account_group_policies"
    __table_args__ = (
        Index("ix_account_group_policies_policy_uuid", "policy_uuid"),
        owned_by("auth"),
    )

    group_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("account_groups.uuid", ondelete="CASCADE"), primary_key=True
    )
    policy_uuid: Mapped[UUID] = mapped_column(
        ForeignKey("policies.uuid", ondelete="CASCADE"), primary_key=True
    )


class RefreshToken(Table):
    """What a client may get new tokens for, without a password; those die with it.

    Its SHA-256 is kept, never the token. ``seed`` makes the same token again out of the password
    (docs/decisions/0032); null where no password was given. A trigger announces deletions.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        CheckConstraint("num_nonnulls(account_id, user_uuid) = 1", name="holder"),
        Index(
            "uq_refresh_tokens_auth_id_client_id",
            "auth_id",
            text("md5(client_id)"),  # up to 4 kB, more than an index entry holds
            unique=True,
        ),
        Index("ix_refresh_tokens_account_id", "account_id"),
        Index("ix_refresh_tokens_user_uuid", "user_uuid"),
        owned_by("auth"),
    )

    id: Mapped[IntId]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    client_id: Mapped[str] = mapped_column(String(1024))
    backend: Mapped[str] = mapped_column(String(64))
    auth_id: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_uuid: Mapped[UUID | None] = mapped_column(ForeignKey("users.uuid", ondelete="CASCADE"))
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"))
    mobile: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[Now]
    remote_addr: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(255))


class Token(Table):
    """An issued token. Its SHA-256 is kept, never the token; a trigger announces deletions.

    The channel is ``ovix_token_deleted``, the payload the hash in hexadecimal; the event is
    ``auth_session_deleted``.
    """

    __tablename__ = "tokens"
    __table_args__ = (
        Index("ix_tokens_expires_at", "expires_at"),
        Index("ix_tokens_account_id", "account_id"),
        Index("ix_tokens_user_uuid", "user_uuid"),
        Index("ix_tokens_login_key", "login_key"),
        Index("ix_tokens_auth_id", "auth_id"),
        Index("ix_tokens_session_uuid", "session_uuid", unique=True),
        Index("ix_tokens_refresh_token_id", "refresh_token_id"),
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
    login_key: Mapped[str | None] = mapped_column(String(400))
    """Under which key of ``login_failures`` failures of this login would be counted."""
    mobile: Mapped[bool] = mapped_column(server_default="false")
    refresh_token_id: Mapped[int | None] = mapped_column(
        ForeignKey("refresh_tokens.id", ondelete="CASCADE")
    )
    expiry_announced: Mapped[bool] = mapped_column(server_default="false")
    """Whether ``auth_session_expire_soon`` was told."""


class LdapConfig(Table):
    """The directory that proves the logins of an entity's users (reference/auth.md, C4)."""

    __tablename__ = "ldap_configs"
    __table_args__ = (
        CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
        CheckConstraint("protocol_version IN (2, 3)", name="protocol_version"),
        CheckConstraint("protocol_security IN ('ldaps', 'tls')", name="protocol_security"),
        owned_by("auth"),
    )

    entity_id: Mapped[int] = mapped_column(
        ForeignKey("entities.id", ondelete="CASCADE"), primary_key=True
    )
    uuid: Mapped[NewUuid] = mapped_column(unique=True)
    """For the audit trail, which writes rows without one down whole."""
    host: Mapped[str] = mapped_column(String(512))
    port: Mapped[int]
    protocol_version: Mapped[int] = mapped_column(server_default="3")
    protocol_security: Mapped[str | None] = mapped_column(String(8))
    """``ldaps``: encrypted from the start, ``tls``: by StartTLS; null: not."""
    bind_dn: Mapped[str | None] = mapped_column(String(256))
    bind_password: Mapped[str | None] = mapped_column(String(256))
    user_base_dn: Mapped[str] = mapped_column(String(256))
    user_login_attribute: Mapped[str] = mapped_column(String(64))
    user_email_attribute: Mapped[str] = mapped_column(String(64))
    search_filters: Mapped[str | None] = mapped_column(String(1024))


class LoginFailure(Table):
    """Failed logins of an account or address (``account:<backend>:<login>``, ``address:<ip>``)."""

    __tablename__ = "login_failures"
    __table_args__ = (
        Index("ix_login_failures_blocked_until", "blocked_until"),
        owned_by("auth"),
    )

    key: Mapped[str] = mapped_column(String(400), primary_key=True)
    uuid: Mapped[NewUuid] = mapped_column(unique=True)
    backend: Mapped[str | None] = mapped_column(String(254))
    login: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(254))
    failures: Mapped[int]
    blocked_until: Mapped[datetime]


__all__ = [
    "AUTHENTICATION_METHODS",
    "Account",
    "AccountGroup",
    "AccountGroupAccount",
    "AccountGroupPolicy",
    "AccountGroupUser",
    "AccountPolicy",
    "LdapConfig",
    "LoginFailure",
    "Policy",
    "RefreshToken",
    "Token",
    "UserPolicy",
]
