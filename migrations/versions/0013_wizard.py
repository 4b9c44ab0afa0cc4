"""Whether the wizard was run.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "installation",
        sa.Column("configured", sa.Boolean(), server_default="false", nullable=False),
    )
    op.execute("UPDATE installation SET configured = true WHERE EXISTS (SELECT FROM contexts)")


def downgrade() -> None:
    op.drop_column("installation", "configured")
