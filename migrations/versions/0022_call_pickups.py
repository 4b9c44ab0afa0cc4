"""Call pickups: who may take calls that ring at whom.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_pickups",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_call_pickups_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_pickups")),
        sa.UniqueConstraint("name", name=op.f("uq_call_pickups_name")),
        info={"owner": "confd"},
    )
    op.create_index("ix_call_pickups_entity_id", "call_pickups", ["entity_id"])
    op.create_table(
        "call_pickup_users",
        sa.Column("call_pickup_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "role IN ('interceptor', 'target')", name=op.f("ck_call_pickup_users_role")
        ),
        sa.ForeignKeyConstraint(
            ["call_pickup_id"],
            ["call_pickups.id"],
            name=op.f("fk_call_pickup_users_call_pickup_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_call_pickup_users_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "call_pickup_id", "role", "user_id", name=op.f("pk_call_pickup_users")
        ),
        info={"owner": "confd"},
    )
    op.create_index("ix_call_pickup_users_user_id", "call_pickup_users", ["user_id"])
    op.create_table(
        "call_pickup_groups",
        sa.Column("call_pickup_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "role IN ('interceptor', 'target')", name=op.f("ck_call_pickup_groups_role")
        ),
        sa.ForeignKeyConstraint(
            ["call_pickup_id"],
            ["call_pickups.id"],
            name=op.f("fk_call_pickup_groups_call_pickup_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name=op.f("fk_call_pickup_groups_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "call_pickup_id", "role", "group_id", name=op.f("pk_call_pickup_groups")
        ),
        info={"owner": "confd"},
    )
    op.create_index("ix_call_pickup_groups_group_id", "call_pickup_groups", ["group_id"])


def downgrade() -> None:
    op.drop_table("call_pickup_groups")
    op.drop_table("call_pickup_users")
    op.drop_table("call_pickups")
