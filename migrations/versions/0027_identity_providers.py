"""SAML providers of entities, logins at them, and proofs that work once.

Revision ID: 0027
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

AUDITED = (("saml_configs", "saml_config"), ("saml_domains", "saml_domain"))


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _config_uuid(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    return (
        sa.Column("config_uuid", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["config_uuid"],
            ["saml_configs.uuid"],
            name=op.f(f"fk_{table}_config_uuid"),
            ondelete="CASCADE",
        ),
    )


def upgrade() -> None:
    op.create_table(
        "saml_configs",
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("sp_entity_id", sa.String(length=1024), nullable=False),
        sa.Column("acs_url", sa.String(length=2048), nullable=False),
        sa.Column("idp_entity_id", sa.String(length=1024), nullable=False),
        sa.Column("idp_metadata", sa.Text(), nullable=False),
        sa.Column("user_attribute", sa.String(length=512), nullable=True),
        sa.Column("user_field", sa.String(length=8), server_default="email", nullable=False),
        sa.CheckConstraint(
            "user_field IN ('email', 'username', 'uuid')", name=op.f("ck_saml_configs_user_field")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_saml_configs_entity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_saml_configs")),
        sa.UniqueConstraint(
            "entity_id",
            name=op.f("uq_saml_configs_entity_id"),
            postgresql_nulls_not_distinct=True,
        ),
        info={"owner": "auth"},
    )
    op.create_index("ix_saml_configs_idp_entity_id", "saml_configs", ["idp_entity_id"])
    op.create_table(
        "saml_domains",
        sa.Column("name", sa.String(length=253), nullable=False),
        *_config_uuid("saml_domains"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_saml_domains")),
        info={"owner": "auth"},
    )
    op.create_index("ix_saml_domains_config_uuid", "saml_domains", ["config_uuid"])
    op.create_table(
        "saml_logins",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("session_hash", sa.LargeBinary(), nullable=False),
        *_config_uuid("saml_logins"),
        sa.Column("redirect_url", sa.String(length=2048), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        _moment("expires_at"),
        _moment("proven_at", nullable=True),
        sa.Column("subject", sa.String(length=512), nullable=True),
        sa.Column("name_id", postgresql.JSONB(), nullable=True),
        _moment("used_at", nullable=True),
        sa.Column("auth_id", sa.String(length=64), nullable=True),
        sa.Column("logout_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_saml_logins")),
        sa.UniqueConstraint("session_hash", name=op.f("uq_saml_logins_session_hash")),
        sa.UniqueConstraint("logout_id", name=op.f("uq_saml_logins_logout_id")),
        info={"owner": "auth"},
    )
    for column in ("config_uuid", "auth_id", "address", "expires_at"):
        op.create_index(f"ix_saml_logins_{column}", "saml_logins", [column])
    op.create_table(
        "taken_proofs",
        sa.Column("proof_hash", sa.LargeBinary(), nullable=False),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("proof_hash", name=op.f("pk_taken_proofs")),
        info={"owner": "auth"},
    )
    op.create_index("ix_taken_proofs_expires_at", "taken_proofs", ["expires_at"])
    for table, name in AUDITED:
        op.execute(
            f"CREATE TRIGGER {table}_audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION audit_change('{name}')"
        )


def downgrade() -> None:
    for table in ("taken_proofs", "saml_logins", "saml_domains", "saml_configs"):
        op.drop_table(table)
