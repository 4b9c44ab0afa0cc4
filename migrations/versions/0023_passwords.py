"""Passwords that have to be changed, and links that set new ones.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("users", "accounts"):
        op.add_column(
            table,
            sa.Column(
                "password_expired", sa.Boolean(), server_default=sa.text("false"), nullable=False
            ),
        )
    op.create_table(
        "password_resets",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_uuid", sa.UUID(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_uuid"],
            ["users.uuid"],
            name=op.f("fk_password_resets_user_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_resets")),
        info={"owner": "auth"},
    )
    op.create_index("ix_password_resets_user_uuid", "password_resets", ["user_uuid"])
    op.create_index(
        "ix_password_resets_address_created_at", "password_resets", ["address", "created_at"]
    )


def downgrade() -> None:
    op.drop_table("password_resets")
    for table in ("accounts", "users"):
        op.drop_column(table, "password_expired")
