"""The lines of a registrar by an index: its phones are looked for at every event about phones.

Revision ID: 0031
Revises: 0030
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_lines_registrar", "lines", ["registrar"])


def downgrade() -> None:
    op.drop_index("ix_lines_registrar", "lines")
