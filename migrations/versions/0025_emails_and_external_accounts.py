"""E-mail addresses of accounts and links that confirm them; accounts at external services.

Revision ID: 0025
Revises: 0024
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def _uuid() -> sa.Column[Any]:
    return sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False)


def _created_at() -> sa.Column[Any]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _key(table: str, column: str, of: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [of], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def upgrade() -> None:
    _create_emails()
    _let_accounts_reset()
    _create_external()


def _create_emails() -> None:
    op.create_table(
        "account_emails",
        _uuid(),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), server_default="false", nullable=False),
        _key("account_emails", "account_id", "accounts.id"),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_account_emails")),
        info={"owner": "auth"},
    )
    op.create_index(
        "uq_account_emails_address", "account_emails", [sa.text("lower(address)")], unique=True
    )
    op.create_index("ix_account_emails_account_id", "account_emails", ["account_id"])
    op.create_index(
        "uq_account_emails_main",
        "account_emails",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("main"),
    )
    # An administrator gave it: it was good for logins, and stays so.
    op.execute(
        "INSERT INTO account_emails (account_id, address, main, confirmed)"
        " SELECT id, email, true, true FROM accounts WHERE email IS NOT NULL"
    )
    op.drop_index("uq_accounts_email", "accounts")
    op.drop_column("accounts", "email")
    op.create_table(
        "email_confirmations",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("email_uuid", sa.UUID(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        _created_at(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _key("email_confirmations", "email_uuid", "account_emails.uuid", "SET NULL"),
        _key("email_confirmations", "account_id", "accounts.id", "SET NULL"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_email_confirmations")),
        info={"owner": "auth"},
    )
    op.create_index("ix_email_confirmations_email_uuid", "email_confirmations", ["email_uuid"])
    op.create_index("ix_email_confirmations_account_id", "email_confirmations", ["account_id"])
    op.create_index(
        "ix_email_confirmations_address_created_at",
        "email_confirmations",
        ["address", "created_at"],
    )


def _let_accounts_reset() -> None:
    op.alter_column("password_resets", "user_uuid", nullable=True)
    op.add_column("password_resets", sa.Column("account_uuid", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_password_resets_account_uuid"),
        "password_resets",
        "accounts",
        ["account_uuid"],
        ["uuid"],
        ondelete="CASCADE",
    )
    op.create_check_constraint(
        op.f("ck_password_resets_owner"),
        "password_resets",
        "num_nonnulls(user_uuid, account_uuid) = 1",
    )
    op.create_index("ix_password_resets_account_uuid", "password_resets", ["account_uuid"])


def _create_external() -> None:
    op.create_table(
        "external_configs",
        _uuid(),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        _key("external_configs", "entity_id", "entities.id"),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_external_configs")),
        info={"owner": "auth"},
    )
    op.create_index(
        "uq_external_configs_type_entity_id",
        "external_configs",
        ["type", "entity_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_external_configs_entity_id", "external_configs", ["entity_id"])
    op.create_table(
        "external_accounts",
        _uuid(),
        *_holder("external_accounts"),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("scope", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False),
        _created_at(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewing_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_external_accounts")),
        info={"owner": "auth"},
    )
    for holder in ("account_id", "user_uuid"):
        op.create_index(
            f"uq_external_accounts_{holder}_type",
            "external_accounts",
            [holder, "type"],
            unique=True,
        )
    op.create_index("ix_external_accounts_type", "external_accounts", ["type"])
    op.create_table(
        "external_authorizations",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        *_holder("external_authorizations"),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("scope", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("redirect_uri", sa.String(length=2048), nullable=False),
        sa.Column("code_verifier", sa.String(length=128), nullable=False),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now() + interval '10 minutes'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_external_authorizations")),
        info={"owner": "auth"},
    )
    for column in ("account_id", "user_uuid", "expires_at"):
        op.create_index(f"ix_external_authorizations_{column}", "external_authorizations", [column])


def _holder(table: str) -> tuple[Any, ...]:
    """An account or a telephony user."""
    return (
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("user_uuid", sa.UUID(), nullable=True),
        _key(table, "account_id", "accounts.id"),
        _key(table, "user_uuid", "users.uuid"),
        sa.CheckConstraint(
            "num_nonnulls(account_id, user_uuid) = 1", name=op.f(f"ck_{table}_holder")
        ),
    )


def downgrade() -> None:
    for table in ("external_authorizations", "external_accounts", "external_configs"):
        op.drop_table(table)
    op.execute("DELETE FROM password_resets WHERE user_uuid IS NULL")
    op.drop_index("ix_password_resets_account_uuid", "password_resets")
    op.drop_constraint(op.f("ck_password_resets_owner"), "password_resets", type_="check")
    op.drop_column("password_resets", "account_uuid")
    op.alter_column("password_resets", "user_uuid", nullable=False)
    op.drop_table("email_confirmations")
    op.add_column("accounts", sa.Column("email", sa.String(length=254), nullable=True))
    op.execute(
        "UPDATE accounts SET email = address FROM account_emails"
        " WHERE account_id = accounts.id AND main AND confirmed"
    )
    op.create_index("uq_accounts_email", "accounts", [sa.text("lower(email)")], unique=True)
    op.drop_table("account_emails")
