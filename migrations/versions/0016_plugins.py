"""Plugins of provd, and the devices whose files are to be written anew.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provd_plugins",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=128), nullable=True),
        sa.Column("revision", sa.UUID(), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=True),
        sa.CheckConstraint(
            "change IN ('install', 'upgrade', 'uninstall', 'reload')",
            name=op.f("ck_provd_plugins_change"),
        ),
        sa.CheckConstraint(
            "version IS NOT NULL OR change IS NOT NULL", name=op.f("ck_provd_plugins_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provd_plugins")),
        info={"owner": "provd"},
    )
    op.create_table(
        "provd_reconfigurations",
        sa.Column("device_id", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_provd_reconfigurations_device_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_provd_reconfigurations")),
        info={"owner": "provd"},
    )


def downgrade() -> None:
    op.drop_table("provd_reconfigurations")
    op.drop_table("provd_plugins")
