"""The profile of XiVO's client that a user has.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("cti_profile_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_users_cti_profile_id"),
        "users",
        "cti_profiles",
        ["cti_profile_id"],
        ["id"],
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_users_cti_profile_id"), "users", type_="foreignkey")
    op.drop_column("users", "cti_profile_id")
