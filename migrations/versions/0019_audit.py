"""The audit trail, the addresses that logins are known from, and lock-outs that can be named.

Triggers write what changes of accounts, policies and users' logins, because several services and
commands change them. A record names the columns that changed, and never their values.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

AUDITED = (
    ("accounts", "account"),
    ("policies", "policy"),
    ("account_policies", "account_policy"),
)
USER_COLUMNS = ("username", "password_hash", "cti_enabled", "enabled", "email", "entity_id")


def upgrade() -> None:
    op.create_table(
        "known_logins",
        sa.Column("login_key", sa.String(length=400), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("login_key", "address", name=op.f("pk_known_logins")),
        info={"owner": "auth"},
    )
    op.create_index("ix_known_logins_seen_at", "known_logins", ["seen_at"])
    op.create_table(
        "audit_records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=True),
        sa.Column("backend", sa.String(length=64), nullable=True),
        sa.Column("login", sa.String(length=254), nullable=True),
        sa.Column("auth_id", sa.String(length=64), nullable=True),
        sa.Column("by_auth_id", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("repeats", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_records")),
        info={"owner": "auth"},
    )
    op.create_index("ix_audit_records_at", "audit_records", ["at"])
    op.create_index("ix_audit_records_auth_id_id", "audit_records", ["auth_id", "id"])
    op.create_index("ix_audit_records_login_id", "audit_records", [sa.text("lower(login)"), "id"])
    op.create_index("ix_audit_records_address_id", "audit_records", ["address", "id"])
    for column in ("backend", "login", "address"):
        op.add_column("login_failures", sa.Column(column, sa.String(length=254), nullable=True))
    op.add_column(
        "login_failures",
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.create_unique_constraint(op.f("uq_login_failures_uuid"), "login_failures", ["uuid"])
    _create_triggers()


def _create_triggers() -> None:
    op.execute(
        """
        CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql
        AS $$
        DECLARE
            before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) ELSE '{}'::jsonb END;
            after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) ELSE '{}'::jsonb END;
            is_now jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
            told jsonb := jsonb_build_object('service', current_setting('application_name'));
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                told := told || jsonb_build_object('changed', (
                    SELECT jsonb_agg(key ORDER BY key) FROM jsonb_object_keys(after) AS key
                    WHERE key <> 'search_text' AND after -> key IS DISTINCT FROM before -> key));
                IF told -> 'changed' = 'null' THEN RETURN NULL; END IF;
            END IF;
            IF is_now ? 'name' THEN
                told := told || jsonb_build_object('name', is_now -> 'name');
            END IF;
            IF NOT is_now ? 'uuid' THEN  -- a link: ids alone
                told := told || jsonb_build_object('ids', is_now);
            END IF;
            INSERT INTO audit_records
                (action, login, auth_id, by_auth_id, address, entity_id, details)
            VALUES (
                TG_ARGV[0] || CASE TG_OP
                    WHEN 'INSERT' THEN '_created' WHEN 'UPDATE' THEN '_updated' ELSE '_deleted' END,
                left(coalesce(is_now ->> 'login', is_now ->> 'username'), 254),
                coalesce(is_now ->> 'uuid', is_now ->> 'user_uuid', (
                    SELECT uuid::text FROM accounts WHERE id = (is_now ->> 'account_id')::int)),
                nullif(current_setting('ovix.auth_id', true), ''),
                nullif(current_setting('ovix.address', true), ''),
                (is_now ->> 'entity_id')::int,
                told
            );
            RETURN NULL;
        END $$
        """
    )
    for table, name in AUDITED:
        op.execute(
            f"CREATE TRIGGER {table}_audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION audit_change('{name}')"
        )
    old, new = (", ".join(f"{row}.{column}" for column in USER_COLUMNS) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER users_audit_update AFTER UPDATE OF {', '.join(USER_COLUMNS)} ON users"
        f" FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))"
        f" EXECUTE FUNCTION audit_change('user')"
    )
    op.execute(
        "CREATE TRIGGER users_audit_insert AFTER INSERT ON users FOR EACH ROW"
        " WHEN (NEW.cti_enabled) EXECUTE FUNCTION audit_change('user')"
    )
    op.execute(
        "CREATE TRIGGER users_audit_delete AFTER DELETE ON users FOR EACH ROW"
        " WHEN (OLD.cti_enabled) EXECUTE FUNCTION audit_change('user')"
    )


def downgrade() -> None:
    for name in ("update", "insert", "delete"):
        op.execute(f"DROP TRIGGER users_audit_{name} ON users")
    for table, _name in AUDITED:
        op.execute(f"DROP TRIGGER {table}_audit ON {table}")
    op.execute("DROP FUNCTION audit_change()")
    op.drop_constraint(op.f("uq_login_failures_uuid"), "login_failures")
    for column in ("uuid", "backend", "login", "address"):
        op.drop_column("login_failures", column)
    op.drop_table("audit_records")
    op.drop_table("known_logins")
