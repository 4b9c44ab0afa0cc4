"""Function keys: templates, their keys, and the template of a user.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "func_key_templates",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "user_id IS NULL OR entity_id IS NULL",
            name=op.f("ck_func_key_templates_private_has_no_entity"),
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_func_key_templates_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_func_key_templates_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_func_key_templates")),
        sa.UniqueConstraint("user_id", name=op.f("uq_func_key_templates_user_id")),
        info={"owner": "confd"},
    )
    op.create_index("ix_func_key_templates_entity_id", "func_key_templates", ["entity_id"])
    op.create_table(
        "func_keys",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=True),
        sa.Column("blf", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("destination", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "user_id",
            sa.Integer(),
            sa.Computed("(destination ->> 'user_id')::integer", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_func_keys_position")),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["func_key_templates.id"],
            name=op.f("fk_func_keys_template_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_func_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_func_keys")),
        sa.UniqueConstraint(
            "template_id", "destination", name=op.f("uq_func_keys_template_id_destination")
        ),
        sa.UniqueConstraint(
            "template_id", "position", name=op.f("uq_func_keys_template_id_position")
        ),
        info={"owner": "confd"},
    )
    op.create_index("ix_func_keys_user_id", "func_keys", ["user_id"])
    op.create_table(
        "user_func_key_templates",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["func_key_templates.id"],
            name=op.f("fk_user_func_key_templates_template_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_func_key_templates_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_func_key_templates")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_user_func_key_templates_template_id", "user_func_key_templates", ["template_id"]
    )


def downgrade() -> None:
    op.drop_table("user_func_key_templates")
    op.drop_table("func_keys")
    op.drop_table("func_key_templates")
