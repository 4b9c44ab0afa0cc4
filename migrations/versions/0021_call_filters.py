"""Boss-secretary filters, and function keys that switch them.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STRATEGIES = (
    "all-recipients-then-linear-surrogates",
    "all-recipients-then-all-surrogates",
    "linear-surrogates-then-all-recipients",
    "all-surrogates-then-all-recipients",
    "all",
)


def upgrade() -> None:
    op.create_table(
        "call_filters",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("strategy", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("caller_id_mode", sa.String(length=16), nullable=True),
        sa.Column("caller_id_name", sa.String(length=80), nullable=True),
        sa.Column("surrogates_timeout", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint(f"strategy IN {STRATEGIES}", name=op.f("ck_call_filters_strategy")),
        sa.CheckConstraint(
            "source IN ('internal', 'external', 'all')", name=op.f("ck_call_filters_source")
        ),
        sa.CheckConstraint(
            "caller_id_mode IN ('prepend', 'overwrite', 'append')",
            name=op.f("ck_call_filters_caller_id_mode"),
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_call_filters_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_filters")),
        sa.UniqueConstraint("name", name=op.f("uq_call_filters_name")),
        info={"owner": "confd"},
    )
    op.create_index("ix_call_filters_entity_id", "call_filters", ["entity_id"])
    op.create_table(
        "call_filter_members",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("call_filter_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("timeout", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "role IN ('recipient', 'surrogate')", name=op.f("ck_call_filter_members_role")
        ),
        sa.CheckConstraint("timeout >= 0", name=op.f("ck_call_filter_members_timeout")),
        sa.ForeignKeyConstraint(
            ["call_filter_id"],
            ["call_filters.id"],
            name=op.f("fk_call_filter_members_call_filter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_call_filter_members_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_filter_members")),
        sa.UniqueConstraint(
            "call_filter_id", "user_id", name=op.f("uq_call_filter_members_call_filter_id_user_id")
        ),
        info={"owner": "confd"},
    )
    op.create_index(
        "uq_call_filter_members_recipient",
        "call_filter_members",
        ["call_filter_id"],
        unique=True,
        postgresql_where=sa.text("role = 'recipient'"),
    )
    op.create_index("ix_call_filter_members_user_id", "call_filter_members", ["user_id"])
    op.add_column(
        "func_keys",
        sa.Column(
            "filter_member_id",
            sa.Integer(),
            sa.Computed("(destination ->> 'filter_member_id')::integer", persisted=True),
            nullable=True,
        ),
    )
    op.create_index("ix_func_keys_filter_member_id", "func_keys", ["filter_member_id"])
    op.create_foreign_key(
        op.f("fk_func_keys_filter_member_id"),
        "func_keys",
        "call_filter_members",
        ["filter_member_id"],
        ["id"],
        ondelete="CASCADE",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_func_keys_filter_member_id"), "func_keys", type_="foreignkey")
    op.drop_index("ix_func_keys_filter_member_id", table_name="func_keys")
    op.drop_column("func_keys", "filter_member_id")
    op.drop_table("call_filter_members")
    op.drop_table("call_filters")
