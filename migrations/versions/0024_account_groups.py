"""Groups of accounts, policies of telephony users and of entities, users of auth's own.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

LINKS = (
    ("user_policies", ("user_uuid", "users.uuid"), ("policy_uuid", "policies.uuid")),
    (
        "account_group_accounts",
        ("group_uuid", "account_groups.uuid"),
        ("account_id", "accounts.id"),
    ),
    ("account_group_users", ("group_uuid", "account_groups.uuid"), ("user_uuid", "users.uuid")),
    (
        "account_group_policies",
        ("group_uuid", "account_groups.uuid"),
        ("policy_uuid", "policies.uuid"),
    ),
)


AUDITED = (
    ("user_policies", "user_policy"),
    ("account_groups", "group"),
    ("account_group_accounts", "group_account"),
    ("account_group_users", "group_user"),
    ("account_group_policies", "group_policy"),
)

# A column that a trigger's condition names can't get another type under it.
REVOKED_BY = ("login", "password_hash", "enabled", "host", "entity_id")


def _alter_logins(to: str) -> None:
    op.execute("DROP TRIGGER accounts_revoke_tokens ON accounts")
    op.execute(
        f"ALTER TABLE accounts ALTER COLUMN name TYPE {to} USING name::{to},"
        f" ALTER COLUMN login TYPE {to} USING login::{to}"
    )
    old, new = (", ".join(f"{row}.{column}" for column in REVOKED_BY) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER accounts_revoke_tokens AFTER UPDATE OF {', '.join(REVOKED_BY)} ON accounts"
        f" FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))"
        " EXECUTE FUNCTION accounts_revoke_tokens()"
    )


def upgrade() -> None:
    op.drop_constraint(op.f("ck_accounts_kind"), "accounts", type_="check")
    op.create_check_constraint(
        op.f("ck_accounts_kind"), "accounts", "kind IN ('admin', 'service', 'user')"
    )
    _alter_logins("varchar(254)")
    op.alter_column("accounts", "password_hash", nullable=True)
    op.add_column(
        "accounts", sa.Column("is_root", sa.Boolean(), server_default="true", nullable=False)
    )
    op.add_column("accounts", sa.Column("firstname", sa.String(length=128), nullable=True))
    op.add_column("accounts", sa.Column("lastname", sa.String(length=128), nullable=True))
    op.add_column("accounts", sa.Column("email", sa.String(length=254), nullable=True))
    op.create_index("uq_accounts_email", "accounts", [sa.text("lower(email)")], unique=True)
    op.add_column(
        "policies",
        sa.Column(
            "slug",
            sa.String(length=80),
            server_default=sa.text("(gen_random_uuid())::text"),
            nullable=False,
        ),
    )
    op.create_unique_constraint(op.f("uq_policies_slug"), "policies", ["slug"])
    op.add_column(
        "policies", sa.Column("read_only", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("policies", sa.Column("entity_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_policies_entity_id"),
        "policies",
        "entities",
        ["entity_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index("ix_policies_entity_id", "policies", ["entity_id"])
    op.create_table(
        "account_groups",
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_account_groups_entity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_account_groups")),
        sa.UniqueConstraint("name", name=op.f("uq_account_groups_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_account_groups_slug")),
        info={"owner": "auth"},
    )
    op.create_index("ix_account_groups_entity_id", "account_groups", ["entity_id"])
    for table, *ends in LINKS:
        op.create_table(
            table,
            *(
                sa.Column(
                    column, sa.Integer() if column == "account_id" else sa.UUID(), nullable=False
                )
                for column, _ in ends
            ),
            *(
                sa.ForeignKeyConstraint(
                    [column], [of], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
                )
                for column, of in ends
            ),
            sa.PrimaryKeyConstraint(*(column for column, _ in ends), name=op.f(f"pk_{table}")),
            info={"owner": "auth"},
        )
        op.create_index(f"ix_{table}_{ends[1][0]}", table, [ends[1][0]])
    # Those that come with Ovix are nobody's change.
    op.execute("DROP TRIGGER policies_audit ON policies")
    for change, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER policies_audit_{change.lower()} AFTER {change} ON policies"
            f" FOR EACH ROW WHEN (NOT {row}.read_only) EXECUTE FUNCTION audit_change('policy')"
        )
    for table, name in AUDITED:
        op.execute(
            f"CREATE TRIGGER {table}_audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION audit_change('{name}')"
        )


def downgrade() -> None:
    for change in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER policies_audit_{change} ON policies")
    op.execute(
        "CREATE TRIGGER policies_audit AFTER INSERT OR UPDATE OR DELETE ON policies"
        " FOR EACH ROW EXECUTE FUNCTION audit_change('policy')"
    )
    for table, *_ends in reversed(LINKS):
        op.drop_table(table)
    op.drop_table("account_groups")
    op.drop_index("ix_policies_entity_id", "policies")
    op.drop_constraint(op.f("fk_policies_entity_id"), "policies", type_="foreignkey")
    for column in ("entity_id", "read_only", "slug"):
        op.drop_column("policies", column)
    op.drop_index("uq_accounts_email", "accounts")
    for column in ("email", "lastname", "firstname", "is_root"):
        op.drop_column("accounts", column)
    op.execute("DELETE FROM accounts WHERE kind = 'user' OR password_hash IS NULL")
    op.alter_column("accounts", "password_hash", nullable=False)
    _alter_logins("varchar(64)")
    op.drop_constraint(op.f("ck_accounts_kind"), "accounts", type_="check")
    op.create_check_constraint(op.f("ck_accounts_kind"), "accounts", "kind IN ('admin', 'service')")
