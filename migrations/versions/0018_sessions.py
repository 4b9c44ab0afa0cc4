"""Sessions that can be listed and revoked, refresh tokens, and what is told of their end.

Triggers tell of the end, as they revoke (0004): tokens are deleted by several services, by
cascades and by sweeps, and none of them must forget to say so.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

HOLDERS = (("accounts", "account_id", "id"), ("users", "user_uuid", "uuid"))


def upgrade() -> None:
    op.add_column(
        "entities",
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.create_unique_constraint(op.f("uq_entities_uuid"), "entities", ["uuid"])
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=True),
        sa.Column("client_id", sa.String(length=1024), nullable=False),
        sa.Column("backend", sa.String(length=64), nullable=False),
        sa.Column("auth_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("user_uuid", sa.UUID(), nullable=True),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("mobile", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("remote_addr", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(account_id, user_uuid) = 1", name=op.f("ck_refresh_tokens_holder")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_refresh_tokens_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_uuid"],
            ["users.uuid"],
            name=op.f("fk_refresh_tokens_user_uuid"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_refresh_tokens_entity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
        info={"owner": "auth"},
    )
    op.create_index(
        "uq_refresh_tokens_auth_id_client_id",
        "refresh_tokens",
        ["auth_id", sa.text("md5(client_id)")],
        unique=True,
    )
    op.create_index("ix_refresh_tokens_account_id", "refresh_tokens", ["account_id"])
    op.create_index("ix_refresh_tokens_user_uuid", "refresh_tokens", ["user_uuid"])
    op.add_column(
        "tokens", sa.Column("mobile", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("tokens", sa.Column("refresh_token_id", sa.Integer(), nullable=True))
    op.add_column(
        "tokens",
        sa.Column("expiry_announced", sa.Boolean(), server_default="false", nullable=False),
    )
    op.create_foreign_key(
        op.f("fk_tokens_refresh_token_id"),
        "tokens",
        "refresh_tokens",
        ["refresh_token_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index("ix_tokens_refresh_token_id", "tokens", ["refresh_token_id"])
    op.create_index("ix_tokens_auth_id", "tokens", ["auth_id"])
    op.create_index("ix_tokens_session_uuid", "tokens", ["session_uuid"], unique=True)
    op.execute(
        """
        CREATE OR REPLACE FUNCTION tokens_notify_deleted() RETURNS trigger LANGUAGE plpgsql
        AS $$
        DECLARE
            key text := 'auth.sessions.' || OLD.session_uuid || '.deleted';
        BEGIN
            PERFORM pg_notify('ovix_token_deleted', encode(OLD.token_hash, 'hex'));
            INSERT INTO outbox (name, routing_key, body) VALUES (
                'auth_session_deleted', key, jsonb_build_object(
                    'name', 'auth_session_deleted',
                    'data', jsonb_build_object(
                        'uuid', OLD.session_uuid,
                        'user_uuid', OLD.auth_id,
                        'tenant_uuid', (SELECT uuid FROM entities WHERE id = OLD.entity_id)),
                    'required_acl', 'events.' || key));
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION refresh_tokens_announce_deleted() RETURNS trigger LANGUAGE plpgsql
        AS $$
        DECLARE
            client text := OLD.client_id;
            key text;
        BEGIN
            client := replace(replace(replace(
                client, '.', '__DOT__'), '#', '__HASH__'), '*', '__STAR__');
            IF octet_length(client) > 128 THEN
                client := encode(sha256(convert_to(OLD.client_id, 'UTF8')), 'hex');
            END IF;
            key := 'auth.users.' || OLD.auth_id || '.tokens.' || client || '.deleted';
            INSERT INTO outbox (name, routing_key, body) VALUES (
                'auth_refresh_token_deleted', key, jsonb_build_object(
                    'name', 'auth_refresh_token_deleted',
                    'data', jsonb_build_object(
                        'client_id', OLD.client_id,
                        'mobile', OLD.mobile,
                        'user_uuid', OLD.auth_id,
                        'tenant_uuid', (SELECT uuid FROM entities WHERE id = OLD.entity_id)),
                    'required_acl', 'events.' || key));
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER refresh_tokens_announce_deleted AFTER DELETE ON refresh_tokens"
        " FOR EACH ROW EXECUTE FUNCTION refresh_tokens_announce_deleted()"
    )
    for table, reference, key in HOLDERS:
        op.execute(
            f"""
            CREATE OR REPLACE FUNCTION {table}_revoke_tokens() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN
                DELETE FROM refresh_tokens WHERE {reference} = OLD.{key};
                DELETE FROM tokens WHERE {reference} = OLD.{key};
                RETURN NULL;
            END $$
            """  # noqa: S608 - built of the names above
        )


def downgrade() -> None:
    for table, reference, key in HOLDERS:
        op.execute(
            f"""
            CREATE OR REPLACE FUNCTION {table}_revoke_tokens() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN
                DELETE FROM tokens WHERE {reference} = OLD.{key};
                RETURN NULL;
            END $$
            """  # noqa: S608 - built of the names above
        )
    op.execute(
        """
        CREATE OR REPLACE FUNCTION tokens_notify_deleted() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN
            PERFORM pg_notify('ovix_token_deleted', encode(OLD.token_hash, 'hex'));
            RETURN NULL;
        END $$
        """
    )
    op.drop_index("ix_tokens_session_uuid", "tokens")
    op.drop_index("ix_tokens_auth_id", "tokens")
    op.drop_index("ix_tokens_refresh_token_id", "tokens")
    op.drop_constraint(op.f("fk_tokens_refresh_token_id"), "tokens", type_="foreignkey")
    for column in ("expiry_announced", "refresh_token_id", "mobile"):
        op.drop_column("tokens", column)
    op.drop_table("refresh_tokens")
    op.execute("DROP FUNCTION refresh_tokens_announce_deleted()")
    op.drop_constraint(op.f("uq_entities_uuid"), "entities", type_="unique")
    op.drop_column("entities", "uuid")
