"""SCCP endpoints of lines and IAX endpoints of trunks.

Revision ID: 0007
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "endpoints_sccp",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("cid_name", sa.String(length=160), server_default="", nullable=False),
        sa.Column("cid_num", sa.String(length=80), server_default="", nullable=False),
        sa.Column("allow", sa.Text(), nullable=True),
        sa.Column("disallow", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_endpoints_sccp_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints_sccp")),
        info={"owner": "confd"},
    )
    op.create_index("ix_endpoints_sccp_entity_id", "endpoints_sccp", ["entity_id"])
    _give_owner("lines", "sccp", ("sip", "sccp", "custom"))
    op.create_table(
        "endpoints_iax",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=8), server_default="friend", nullable=False),
        sa.Column("host", sa.String(length=255), server_default="dynamic", nullable=False),
        sa.Column(
            "native_options",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "extra_options",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.CheckConstraint(
            "type IN ('friend', 'peer', 'user')", name=op.f("ck_endpoints_iax_type")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_endpoints_iax_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints_iax")),
        sa.UniqueConstraint("name", name=op.f("uq_endpoints_iax_name")),
        info={"owner": "confd"},
    )
    op.create_index("ix_endpoints_iax_entity_id", "endpoints_iax", ["entity_id"])
    _give_owner("trunks", "iax", ("sip", "custom", "iax"))


def downgrade() -> None:
    _take_from_owner("trunks", "iax", ("sip", "custom"))
    op.drop_table("endpoints_iax")
    _take_from_owner("lines", "sccp", ("sip", "custom"))
    op.drop_table("endpoints_sccp")


def _give_owner(table: str, kind: str, kinds: tuple[str, ...]) -> None:
    """A line or trunk may have an endpoint of this kind too, still one at most."""
    column = f"endpoint_{kind}_id"
    op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f(f"fk_{table}_{column}"),
        table,
        f"endpoints_{kind}",
        [column],
        ["id"],
        ondelete="RESTRICT",
    )
    op.create_unique_constraint(op.f(f"uq_{table}_{column}"), table, [column])
    _one_of(table, kinds)


def _take_from_owner(table: str, kind: str, kinds: tuple[str, ...]) -> None:
    # Dropping the column drops the check that names it.
    op.drop_column(table, f"endpoint_{kind}_id")
    _one_of(table, kinds)


def _one_of(table: str, kinds: tuple[str, ...]) -> None:
    name = f"ck_{table}_endpoint"
    columns = ", ".join(f"endpoint_{kind}_id" for kind in kinds)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
    op.create_check_constraint(op.f(name), table, f"num_nonnulls({columns}) <= 1")
