"""Tokens know the login they were issued to.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("login_key", sa.String(length=400), nullable=True))
    op.create_index("ix_tokens_login_key", "tokens", ["login_key"])


def downgrade() -> None:
    op.drop_index("ix_tokens_login_key", "tokens")
    op.drop_column("tokens", "login_key")
