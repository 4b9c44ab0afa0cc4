"""Entities as tenants: a tree, domains, addresses, directories; how users prove their logins.

Revision ID: 0026
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OF_ENTITIES = (
    ("parent_id", sa.Integer()),
    ("default_authentication_method", sa.String(length=8)),
    ("contact_uuid", sa.UUID()),
    ("phone", sa.String(length=32)),
    ("address_line_1", sa.String(length=256)),
    ("address_line_2", sa.String(length=256)),
    ("address_zip_code", sa.String(length=16)),
    ("address_city", sa.String(length=128)),
    ("address_state", sa.String(length=128)),
    ("address_country", sa.String(length=128)),
)
METHODS = "('default', 'native', 'ldap', 'saml', 'oidc')"
AUDITED = (
    ("entities", "entity"),
    ("entity_domains", "entity_domain"),
    ("ldap_configs", "ldap_config"),
)


def upgrade() -> None:
    for name, kind in OF_ENTITIES:
        op.add_column("entities", sa.Column(name, kind, nullable=True))
    op.create_foreign_key(
        op.f("fk_entities_parent_id"),
        *("entities", "entities", ["parent_id"], ["id"]),
        ondelete="RESTRICT",
    )
    op.create_index("ix_entities_parent_id", "entities", ["parent_id"])
    op.create_check_constraint(op.f("ck_entities_parent_id"), "entities", "parent_id <> id")
    op.create_check_constraint(
        op.f("ck_entities_default_authentication_method"),
        "entities",
        "default_authentication_method IN ('native', 'ldap', 'saml', 'oidc')",
    )
    for table in ("accounts", "users"):
        op.add_column(
            table,
            sa.Column(
                "authentication_method",
                sa.String(length=8),
                server_default="default",
                nullable=False,
            ),
        )
        op.create_check_constraint(
            op.f(f"ck_{table}_authentication_method"), table, f"authentication_method IN {METHODS}"
        )
    _create_tables()
    for table, name in AUDITED:
        op.execute(
            f"CREATE TRIGGER {table}_audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION audit_change('{name}')"
        )
    op.execute(
        "CREATE TRIGGER users_audit_method AFTER UPDATE OF authentication_method ON users"
        " FOR EACH ROW WHEN (OLD.authentication_method <> NEW.authentication_method)"
        " EXECUTE FUNCTION audit_change('user')"
    )


def _create_tables() -> None:
    op.create_table(
        "entity_domains",
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_entity_domains_entity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_entity_domains")),
        sa.UniqueConstraint("name", name=op.f("uq_entity_domains_name")),
        info={"owner": "auth"},
    )
    op.create_index("ix_entity_domains_entity_id", "entity_domains", ["entity_id"])
    op.create_table(
        "ldap_configs",
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("host", sa.String(length=512), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("protocol_version", sa.Integer(), server_default="3", nullable=False),
        sa.Column("protocol_security", sa.String(length=8), nullable=True),
        sa.Column("bind_dn", sa.String(length=256), nullable=True),
        sa.Column("bind_password", sa.String(length=256), nullable=True),
        sa.Column("user_base_dn", sa.String(length=256), nullable=False),
        sa.Column("user_login_attribute", sa.String(length=64), nullable=False),
        sa.Column("user_email_attribute", sa.String(length=64), nullable=False),
        sa.Column("search_filters", sa.String(length=1024), nullable=True),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name=op.f("ck_ldap_configs_port")),
        sa.CheckConstraint(
            "protocol_version IN (2, 3)", name=op.f("ck_ldap_configs_protocol_version")
        ),
        sa.CheckConstraint(
            "protocol_security IN ('ldaps', 'tls')", name=op.f("ck_ldap_configs_protocol_security")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_ldap_configs_entity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_ldap_configs")),
        sa.UniqueConstraint("uuid", name=op.f("uq_ldap_configs_uuid")),
        info={"owner": "auth"},
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER users_audit_method ON users")
    for table, _name in AUDITED:
        op.execute(f"DROP TRIGGER {table}_audit ON {table}")
    op.drop_table("ldap_configs")
    op.drop_table("entity_domains")
    for table in ("users", "accounts"):
        op.drop_constraint(op.f(f"ck_{table}_authentication_method"), table, type_="check")
        op.drop_column(table, "authentication_method")
    for name in ("default_authentication_method", "parent_id"):
        op.drop_constraint(op.f(f"ck_entities_{name}"), "entities", type_="check")
    op.drop_index("ix_entities_parent_id", "entities")
    op.drop_constraint(op.f("fk_entities_parent_id"), "entities", type_="foreignkey")
    for name, _kind in reversed(OF_ENTITIES):
        op.drop_column("entities", name)
