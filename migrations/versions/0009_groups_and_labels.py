"""Agents, groups, labels, the keys that lead to them; the call log by user and date.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("firstname", sa.String(length=128), nullable=True),
        sa.Column("lastname", sa.String(length=128), nullable=True),
        sa.Column("password", sa.String(length=128), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("preprocess_subroutine", sa.String(length=79), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_agents_entity_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("number", name=op.f("uq_agents_number")),
        info={"owner": "confd"},
    )
    op.create_index("ix_agents_entity_id", "agents", ["entity_id"])
    op.create_table(
        "labels",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("display_name", sa.String(length=128), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_labels_entity_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint(
            "entity_id",
            "display_name",
            name=op.f("uq_labels_entity_id_display_name"),
            postgresql_nulls_not_distinct=True,
        ),
        info={"owner": "confd"},
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("extension_id", sa.Integer(), nullable=True),
        sa.Column("preprocess_subroutine", sa.String(length=79), nullable=True),
        sa.Column("ring_strategy", sa.String(length=24), server_default="all", nullable=False),
        sa.Column("caller_id_mode", sa.String(length=16), nullable=True),
        sa.Column("caller_id_name", sa.String(length=80), nullable=True),
        sa.Column("timeout", sa.Integer(), nullable=True),
        sa.Column("user_timeout", sa.Integer(), server_default="15", nullable=True),
        sa.Column("retry_delay", sa.Integer(), server_default="5", nullable=True),
        sa.Column("music_on_hold", sa.String(length=128), nullable=True),
        sa.Column("ring_in_use", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("dtmf_record_toggle", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("mark_answered_elsewhere", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("ignore_forward", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("max_calls", sa.Integer(), server_default="0", nullable=True),
        sa.CheckConstraint(
            "caller_id_mode IN ('prepend', 'overwrite', 'append')",
            name=op.f("ck_groups_caller_id_mode"),
        ),
        sa.CheckConstraint(
            "ring_strategy IN ('all', 'random', 'least_recent', 'linear', 'fewest_calls',"
            " 'memorized_round_robin', 'weight_random')",
            name=op.f("ck_groups_ring_strategy"),
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_groups_entity_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["extension_id"],
            ["extensions.id"],
            name=op.f("fk_groups_extension_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("extension_id", name=op.f("uq_groups_extension_id")),
        sa.UniqueConstraint("name", name=op.f("uq_groups_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_groups_uuid")),
        info={"owner": "confd"},
    )
    op.create_index("ix_groups_entity_id", "groups", ["entity_id"])
    op.create_table(
        "group_call_permissions",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("call_permission_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_permission_id"],
            ["call_permissions.id"],
            name=op.f("fk_group_call_permissions_call_permission_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name=op.f("fk_group_call_permissions_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "group_id", "call_permission_id", name=op.f("pk_group_call_permissions")
        ),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_group_call_permissions_call_permission_id",
        "group_call_permissions",
        ["call_permission_id"],
    )
    op.create_table(
        "group_extensions",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("exten", sa.String(length=40), nullable=False),
        sa.Column("context", sa.String(length=39), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name=op.f("fk_group_extensions_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "exten", "context", name=op.f("pk_group_extensions")),
        info={"owner": "confd"},
    )
    op.create_table(
        "group_schedules",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name=op.f("fk_group_schedules_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_group_schedules_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_group_schedules")),
        info={"owner": "confd"},
    )
    op.create_index("ix_group_schedules_schedule_id", "group_schedules", ["schedule_id"])
    op.create_table(
        "group_users",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_group_users_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_group_users_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_group_users")),
        info={"owner": "confd"},
    )
    op.create_index("ix_group_users_user_id", "group_users", ["user_id"])
    op.create_table(
        "user_labels",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.id"], name=op.f("fk_user_labels_label_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_labels_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "label_id", name=op.f("pk_user_labels")),
        info={"owner": "confd"},
    )
    op.create_index("ix_user_labels_label_id", "user_labels", ["label_id"])
    op.drop_index(op.f("ix_call_logs_destination_user_uuid"), table_name="call_logs")
    op.drop_index(op.f("ix_call_logs_source_user_uuid"), table_name="call_logs")
    op.create_index(
        "ix_call_logs_destination_user_uuid_date", "call_logs", ["destination_user_uuid", "date"]
    )
    op.create_index("ix_call_logs_source_user_uuid_date", "call_logs", ["source_user_uuid", "date"])
    op.add_column(
        "func_keys",
        sa.Column(
            "group_id",
            sa.Integer(),
            sa.Computed("(destination ->> 'group_id')::integer", persisted=True),
            nullable=True,
        ),
    )
    op.add_column(
        "func_keys",
        sa.Column(
            "agent_id",
            sa.Integer(),
            sa.Computed("(destination ->> 'agent_id')::integer", persisted=True),
            nullable=True,
        ),
    )
    op.create_index("ix_func_keys_agent_id", "func_keys", ["agent_id"])
    op.create_index("ix_func_keys_group_id", "func_keys", ["group_id"])
    op.create_foreign_key(
        op.f("fk_func_keys_group_id"),
        "func_keys",
        "groups",
        ["group_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_foreign_key(
        op.f("fk_func_keys_agent_id"),
        "func_keys",
        "agents",
        ["agent_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.add_column("users", sa.Column("agent_id", sa.Integer(), nullable=True))
    op.create_index("ix_users_agent_id", "users", ["agent_id"])
    op.create_foreign_key(
        op.f("fk_users_agent_id"), "users", "agents", ["agent_id"], ["id"], ondelete="SET NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_users_agent_id"), "users", type_="foreignkey")
    op.drop_index("ix_users_agent_id", table_name="users")
    op.drop_column("users", "agent_id")
    op.drop_constraint(op.f("fk_func_keys_agent_id"), "func_keys", type_="foreignkey")
    op.drop_constraint(op.f("fk_func_keys_group_id"), "func_keys", type_="foreignkey")
    op.drop_index("ix_func_keys_group_id", table_name="func_keys")
    op.drop_index("ix_func_keys_agent_id", table_name="func_keys")
    op.drop_column("func_keys", "agent_id")
    op.drop_column("func_keys", "group_id")
    op.drop_index("ix_call_logs_source_user_uuid_date", table_name="call_logs")
    op.drop_index("ix_call_logs_destination_user_uuid_date", table_name="call_logs")
    op.create_index(op.f("ix_call_logs_source_user_uuid"), "call_logs", ["source_user_uuid"])
    op.create_index(
        op.f("ix_call_logs_destination_user_uuid"), "call_logs", ["destination_user_uuid"]
    )
    op.drop_index("ix_user_labels_label_id", table_name="user_labels")
    op.drop_table("user_labels")
    op.drop_index("ix_group_users_user_id", table_name="group_users")
    op.drop_table("group_users")
    op.drop_index("ix_group_schedules_schedule_id", table_name="group_schedules")
    op.drop_table("group_schedules")
    op.drop_table("group_extensions")
    op.drop_index(
        "ix_group_call_permissions_call_permission_id", table_name="group_call_permissions"
    )
    op.drop_table("group_call_permissions")
    op.drop_index("ix_groups_entity_id", table_name="groups")
    op.drop_table("groups")
    op.drop_table("labels")
    op.drop_index("ix_agents_entity_id", table_name="agents")
    op.drop_table("agents")
