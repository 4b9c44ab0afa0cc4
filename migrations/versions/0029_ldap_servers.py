"""LDAP servers that several sources share; dird hears of new contexts.

Revision ID: 0029
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ldap_servers",
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security_layer", sa.String(length=4), server_default="none", nullable=False),
        sa.Column("protocol_version", sa.Integer(), server_default="3", nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name=op.f("ck_ldap_servers_port")),
        sa.CheckConstraint(
            "security_layer IN ('none', 'tls', 'ssl')", name=op.f("ck_ldap_servers_security_layer")
        ),
        sa.CheckConstraint(
            "protocol_version IN (2, 3)", name=op.f("ck_ldap_servers_protocol_version")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_ldap_servers_entity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_ldap_servers")),
        sa.UniqueConstraint(
            "entity_id",
            "name",
            name=op.f("uq_ldap_servers_entity_id_name"),
            postgresql_nulls_not_distinct=True,
        ),
        info={"owner": "dird"},
    )
    op.execute(
        "CREATE TRIGGER directories_changed AFTER INSERT OR UPDATE OR DELETE ON ldap_servers"
        " FOR EACH STATEMENT EXECUTE FUNCTION ovix_directories_changed()"
    )
    # Lookups know every internal context by its name.
    op.execute(
        "CREATE TRIGGER directories_changed"
        " AFTER INSERT OR DELETE OR UPDATE OF name, type, entity_id ON contexts"
        " FOR EACH STATEMENT EXECUTE FUNCTION ovix_directories_changed()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER directories_changed ON contexts")
    op.drop_table("ldap_servers")
