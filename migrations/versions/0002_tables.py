"""Every table of the shared schema, as ovix_schema declared it for the first release.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("extension_id_seq")))
    op.create_table(
        "bus_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_uuid", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("routing_key", sa.String(length=255), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bus_messages")),
        sa.UniqueConstraint("event_uuid", name=op.f("uq_bus_messages_event_uuid")),
        info={"owner": "bus"},
    )
    op.create_index("ix_bus_messages_created_at", "bus_messages", ["created_at"], unique=False)
    op.create_table(
        "bus_queues",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("bindings", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_bus_queues")),
        info={"owner": "bus"},
    )
    op.create_table(
        "call_logs",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.String(length=150), nullable=False),
        sa.Column("date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_answer", sa.DateTime(timezone=True), nullable=True),
        sa.Column("date_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_name", sa.String(length=255), nullable=True),
        sa.Column("source_exten", sa.String(length=255), nullable=True),
        sa.Column("source_user_uuid", sa.UUID(), nullable=True),
        sa.Column("source_line_identity", sa.String(length=255), nullable=True),
        sa.Column("requested_exten", sa.String(length=255), nullable=True),
        sa.Column("requested_context", sa.String(length=255), nullable=True),
        sa.Column("destination_name", sa.String(length=255), nullable=True),
        sa.Column("destination_exten", sa.String(length=255), nullable=True),
        sa.Column("destination_user_uuid", sa.UUID(), nullable=True),
        sa.Column("destination_line_identity", sa.String(length=255), nullable=True),
        sa.Column("direction", sa.String(length=16), server_default="internal", nullable=False),
        sa.Column("answered", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("user_field", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_logs")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_call_logs_conversation_id")),
        info={"owner": "calld"},
    )
    op.create_index("ix_call_logs_date", "call_logs", ["date"], unique=False)
    op.create_index(
        "ix_call_logs_destination_user_uuid", "call_logs", ["destination_user_uuid"], unique=False
    )
    op.create_index(
        "ix_call_logs_source_user_uuid", "call_logs", ["source_user_uuid"], unique=False
    )
    op.create_table(
        "cel_spools",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_cel_spools")),
        info={"owner": "calld"},
    )
    op.create_table(
        "consumed_events",
        sa.Column("consumer", sa.String(length=128), nullable=False),
        sa.Column("event_uuid", sa.UUID(), nullable=False),
        sa.Column(
            "consumed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("consumer", "event_uuid", name=op.f("pk_consumed_events")),
        info={"owner": "bus"},
    )
    op.create_index(
        "ix_consumed_events_consumed_at", "consumed_events", ["consumed_at"], unique=False
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ip", sa.String(length=39), nullable=True),
        sa.Column("mac", sa.String(length=17), nullable=True),
        sa.Column("sn", sa.Text(), nullable=True),
        sa.Column("plugin", sa.Text(), nullable=True),
        sa.Column("vendor", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("template_id", sa.Text(), nullable=True),
        sa.Column(
            "options", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        info={"owner": "provd"},
    )
    op.create_table(
        "dial_actions",
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("arg1", sa.String(length=255), nullable=True),
        sa.Column("arg2", sa.String(length=255), nullable=True),
        sa.Column("linked", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("category", "category_id", "event", name=op.f("pk_dial_actions")),
        info={"owner": "confd"},
    )
    op.create_index("ix_dial_actions_target", "dial_actions", ["action", "arg1"], unique=False)
    op.create_table(
        "entities",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=128), nullable=True),
        sa.Column("country", sa.String(length=2), server_default="FR", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entities")),
        sa.UniqueConstraint("name", name=op.f("uq_entities_name")),
        info={"owner": "confd"},
    )
    op.create_table(
        "feature_codes",
        sa.Column(
            "id",
            sa.Integer(),
            server_default=sa.text("nextval('extension_id_seq')"),
            nullable=False,
        ),
        sa.Column("feature", sa.String(length=40), nullable=False),
        sa.Column("exten", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_codes")),
        sa.UniqueConstraint("exten", name=op.f("uq_feature_codes_exten")),
        sa.UniqueConstraint("feature", name=op.f("uq_feature_codes_feature")),
        info={"owner": "confd"},
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Europe/Paris", nullable=False),
        sa.Column("live_reload", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        info={"owner": "confd"},
    )
    op.create_table(
        "live_calls",
        sa.Column("call_id", sa.String(length=150), nullable=False),
        sa.Column("linkedid", sa.String(length=150), nullable=False),
        sa.Column("user_uuid", sa.UUID(), nullable=True),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_live_calls")),
        info={"owner": "calld"},
    )
    op.create_index("ix_live_calls_linkedid", "live_calls", ["linkedid"], unique=False)
    op.create_index("ix_live_calls_user_uuid", "live_calls", ["user_uuid"], unique=False)
    op.create_table(
        "login_failures",
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failures")),
        info={"owner": "auth"},
    )
    op.create_index(
        "ix_login_failures_blocked_until", "login_failures", ["blocked_until"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "event_uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False
        ),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("routing_key", sa.String(length=255), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        info={"owner": "bus"},
    )
    op.create_table(
        "policies",
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("acl", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_policies")),
        sa.UniqueConstraint("name", name=op.f("uq_policies_name")),
        info={"owner": "auth"},
    )
    op.create_table(
        "voicemail_zones",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("timezone", sa.String(length=128), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_voicemail_zones")),
        info={"owner": "confd"},
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=True),
        sa.Column("acl", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('admin', 'service')", name=op.f("ck_accounts_kind")),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_accounts_entity_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("uuid", name=op.f("uq_accounts_uuid")),
        info={"owner": "auth"},
    )
    op.create_index(
        "uq_accounts_login", "accounts", ["kind", sa.literal_column("lower(login)")], unique=True
    )
    op.create_table(
        "bus_dead_letters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("queue", sa.String(length=128), nullable=False),
        sa.Column("event_uuid", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("routing_key", sa.String(length=255), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["bus_queues.name"],
            name=op.f("fk_bus_dead_letters_queue"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bus_dead_letters")),
        info={"owner": "bus"},
    )
    op.create_table(
        "call_permissions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=40), nullable=True),
        sa.Column("mode", sa.String(length=8), server_default="deny", nullable=False),
        sa.Column(
            "extensions",
            postgresql.ARRAY(sa.String(length=40)),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('allow', 'deny')", name=op.f("ck_call_permissions_mode")),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_call_permissions_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_permissions")),
        sa.UniqueConstraint("name", name=op.f("uq_call_permissions_name")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_call_permissions_entity_id", "call_permissions", ["entity_id"], unique=False
    )
    op.create_table(
        "cel",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("eventtype", sa.String(length=30), nullable=False),
        sa.Column("eventtime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("userdeftype", sa.String(length=255), server_default="", nullable=False),
        sa.Column("cid_name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("cid_num", sa.String(length=80), server_default="", nullable=False),
        sa.Column("cid_ani", sa.String(length=80), server_default="", nullable=False),
        sa.Column("cid_rdnis", sa.String(length=80), server_default="", nullable=False),
        sa.Column("cid_dnid", sa.String(length=80), server_default="", nullable=False),
        sa.Column("exten", sa.String(length=80), server_default="", nullable=False),
        sa.Column("context", sa.String(length=80), server_default="", nullable=False),
        sa.Column("channame", sa.String(length=80), server_default="", nullable=False),
        sa.Column("appname", sa.String(length=80), server_default="", nullable=False),
        sa.Column("appdata", sa.Text(), server_default="", nullable=False),
        sa.Column("amaflags", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accountcode", sa.String(length=80), server_default="", nullable=False),
        sa.Column("peeraccount", sa.String(length=80), server_default="", nullable=False),
        sa.Column("uniqueid", sa.String(length=150), server_default="", nullable=False),
        sa.Column("linkedid", sa.String(length=150), server_default="", nullable=False),
        sa.Column("userfield", sa.String(length=255), server_default="", nullable=False),
        sa.Column("peer", sa.String(length=255), server_default="", nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.Column("call_log_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_log_id"], ["call_logs.id"], name=op.f("fk_cel_call_log_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cel")),
        info={"owner": "calld"},
    )
    op.create_index("ix_cel_call_log_id", "cel", ["call_log_id"], unique=False)
    op.create_index("ix_cel_eventtime", "cel", ["eventtime"], unique=False)
    op.create_index("ix_cel_linkedid", "cel", ["linkedid"], unique=False)
    op.create_index("ix_cel_uniqueid", "cel", ["uniqueid"], unique=False)
    op.create_table(
        "contexts",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=39), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=True),
        sa.Column("type", sa.String(length=16), server_default="internal", nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "type IN ('internal', 'incall', 'outcall', 'services', 'others')",
            name=op.f("ck_contexts_type"),
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_contexts_entity_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contexts")),
        sa.UniqueConstraint("name", name=op.f("uq_contexts_name")),
        info={"owner": "confd"},
    )
    op.create_index("ix_contexts_entity_id", "contexts", ["entity_id"], unique=False)
    op.create_table(
        "endpoints_custom",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("interface", sa.String(length=128), nullable=False),
        sa.Column("interface_suffix", sa.String(length=32), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_endpoints_custom_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints_custom")),
        sa.UniqueConstraint("interface", name=op.f("uq_endpoints_custom_interface")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_endpoints_custom_entity_id", "endpoints_custom", ["entity_id"], unique=False
    )
    op.create_table(
        "endpoints_sip",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=8), server_default="friend", nullable=False),
        sa.Column("host", sa.String(length=255), server_default="dynamic", nullable=False),
        sa.Column(
            "native_options",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "extra_options",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.CheckConstraint(
            "type IN ('friend', 'peer', 'user')", name=op.f("ck_endpoints_sip_type")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_endpoints_sip_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints_sip")),
        sa.UniqueConstraint("username", name=op.f("uq_endpoints_sip_username")),
        info={"owner": "confd"},
    )
    op.create_index("ix_endpoints_sip_entity_id", "endpoints_sip", ["entity_id"], unique=False)
    op.create_table(
        "outcalls",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("internal_caller_id", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("preprocess_subroutine", sa.String(length=79), nullable=True),
        sa.Column("ring_time", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_outcalls_entity_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcalls")),
        sa.UniqueConstraint("name", name=op.f("uq_outcalls_name")),
        info={"owner": "confd"},
    )
    op.create_table(
        "schedules",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("timezone", sa.String(length=128), nullable=True),
        sa.Column("closed_action", sa.String(length=40), server_default="none", nullable=False),
        sa.Column("closed_arg1", sa.String(length=255), nullable=True),
        sa.Column("closed_arg2", sa.String(length=255), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_schedules_entity_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        info={"owner": "confd"},
    )
    op.create_index("ix_schedules_entity_id", "schedules", ["entity_id"], unique=False)
    op.create_table(
        "account_policies",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("policy_uuid", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_policies_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["policy_uuid"],
            ["policies.uuid"],
            name=op.f("fk_account_policies_policy_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "policy_uuid", name=op.f("pk_account_policies")),
        info={"owner": "auth"},
    )
    op.create_index(
        "ix_account_policies_policy_uuid", "account_policies", ["policy_uuid"], unique=False
    )
    op.create_table(
        "context_inclusions",
        sa.Column("context_id", sa.Integer(), nullable=False),
        sa.Column("included_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "context_id <> included_id", name=op.f("ck_context_inclusions_not_itself")
        ),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["contexts.id"],
            name=op.f("fk_context_inclusions_context_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["included_id"],
            ["contexts.id"],
            name=op.f("fk_context_inclusions_included_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("context_id", "included_id", name=op.f("pk_context_inclusions")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_context_inclusions_included_id", "context_inclusions", ["included_id"], unique=False
    )
    op.create_table(
        "context_ranges",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("context_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("start", sa.String(length=16), nullable=False),
        sa.Column("end", sa.String(length=16), nullable=False),
        sa.Column("did_length", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "kind IN ('user', 'group', 'queue', 'conference', 'incall')",
            name=op.f("ck_context_ranges_kind"),
        ),
        sa.CheckConstraint("did_length >= 0", name=op.f("ck_context_ranges_did_length")),
        sa.ForeignKeyConstraint(
            ["context_id"],
            ["contexts.id"],
            name=op.f("fk_context_ranges_context_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_context_ranges")),
        info={"owner": "confd"},
    )
    op.create_index("ix_context_ranges_context_id", "context_ranges", ["context_id"], unique=False)
    op.create_table(
        "extensions",
        sa.Column(
            "id",
            sa.Integer(),
            server_default=sa.text("nextval('extension_id_seq')"),
            nullable=False,
        ),
        sa.Column("exten", sa.String(length=40), nullable=False),
        sa.Column("context", sa.String(length=39), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("type", sa.String(length=16), server_default="user", nullable=False),
        sa.ForeignKeyConstraint(
            ["context"], ["contexts.name"], name=op.f("fk_extensions_context"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extensions")),
        sa.UniqueConstraint("exten", "context", name=op.f("uq_extensions_exten_context")),
        info={"owner": "confd"},
    )
    op.create_index("ix_extensions_context", "extensions", ["context"], unique=False)
    op.create_index(
        "ix_extensions_exten_trgm",
        "extensions",
        ["exten"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_ops={"exten": "gin_trgm_ops"},
    )
    op.create_table(
        "lines",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("context", sa.String(length=39), nullable=False),
        sa.Column("provisioning_code", sa.String(length=6), nullable=False),
        sa.Column("position", sa.Integer(), server_default="1", nullable=False),
        sa.Column("registrar", sa.String(length=128), server_default="default", nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=True),
        sa.Column("endpoint_sip_id", sa.Integer(), nullable=True),
        sa.Column("endpoint_custom_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(endpoint_sip_id, endpoint_custom_id) <= 1", name=op.f("ck_lines_endpoint")
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_lines_position")),
        sa.ForeignKeyConstraint(
            ["context"], ["contexts.name"], name=op.f("fk_lines_context"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_lines_device_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_custom_id"],
            ["endpoints_custom.id"],
            name=op.f("fk_lines_endpoint_custom_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_sip_id"],
            ["endpoints_sip.id"],
            name=op.f("fk_lines_endpoint_sip_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lines")),
        sa.UniqueConstraint("endpoint_custom_id", name=op.f("uq_lines_endpoint_custom_id")),
        sa.UniqueConstraint("endpoint_sip_id", name=op.f("uq_lines_endpoint_sip_id")),
        sa.UniqueConstraint("provisioning_code", name=op.f("uq_lines_provisioning_code")),
        info={"owner": "confd"},
    )
    op.create_index("ix_lines_context", "lines", ["context"], unique=False)
    op.create_index(
        "ix_lines_provisioning_code_trgm",
        "lines",
        ["provisioning_code"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_ops={"provisioning_code": "gin_trgm_ops"},
    )
    op.create_index("uq_lines_device_id_position", "lines", ["device_id", "position"], unique=True)
    op.create_table(
        "outcall_call_permissions",
        sa.Column("outcall_id", sa.Integer(), nullable=False),
        sa.Column("call_permission_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_permission_id"],
            ["call_permissions.id"],
            name=op.f("fk_outcall_call_permissions_call_permission_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["outcall_id"],
            ["outcalls.id"],
            name=op.f("fk_outcall_call_permissions_outcall_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "outcall_id", "call_permission_id", name=op.f("pk_outcall_call_permissions")
        ),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_outcall_call_permissions_call_permission_id",
        "outcall_call_permissions",
        ["call_permission_id"],
        unique=False,
    )
    op.create_table(
        "outcall_schedules",
        sa.Column("outcall_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outcall_id"],
            ["outcalls.id"],
            name=op.f("fk_outcall_schedules_outcall_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_outcall_schedules_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("outcall_id", name=op.f("pk_outcall_schedules")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_outcall_schedules_schedule_id", "outcall_schedules", ["schedule_id"], unique=False
    )
    op.create_table(
        "schedule_periods",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hours_start", sa.String(length=5), nullable=True),
        sa.Column("hours_end", sa.String(length=5), nullable=True),
        sa.Column("week_days", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column(
            "month_days", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False
        ),
        sa.Column("months", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column("action", sa.String(length=40), nullable=True),
        sa.Column("arg1", sa.String(length=255), nullable=True),
        sa.Column("arg2", sa.String(length=255), nullable=True),
        sa.CheckConstraint("mode IN ('opened', 'closed')", name=op.f("ck_schedule_periods_mode")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_schedule_periods_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_periods")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_schedule_periods_schedule_id", "schedule_periods", ["schedule_id"], unique=False
    )
    op.create_table(
        "trunks",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("context", sa.String(length=39), nullable=True),
        sa.Column("endpoint_sip_id", sa.Integer(), nullable=True),
        sa.Column("endpoint_custom_id", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(endpoint_sip_id, endpoint_custom_id) <= 1",
            name=op.f("ck_trunks_endpoint"),
        ),
        sa.ForeignKeyConstraint(
            ["context"], ["contexts.name"], name=op.f("fk_trunks_context"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_custom_id"],
            ["endpoints_custom.id"],
            name=op.f("fk_trunks_endpoint_custom_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_sip_id"],
            ["endpoints_sip.id"],
            name=op.f("fk_trunks_endpoint_sip_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trunks")),
        sa.UniqueConstraint("endpoint_custom_id", name=op.f("uq_trunks_endpoint_custom_id")),
        sa.UniqueConstraint("endpoint_sip_id", name=op.f("uq_trunks_endpoint_sip_id")),
        info={"owner": "confd"},
    )
    op.create_index("ix_trunks_context", "trunks", ["context"], unique=False)
    op.create_table(
        "voicemails",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("context", sa.String(length=39), nullable=False),
        sa.Column("password", sa.String(length=80), nullable=True),
        sa.Column("email", sa.String(length=80), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("timezone", sa.String(length=128), nullable=True),
        sa.Column("pager", sa.String(length=80), nullable=True),
        sa.Column("max_messages", sa.Integer(), nullable=True),
        sa.Column("attach_audio", sa.Boolean(), nullable=True),
        sa.Column("delete_messages", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("ask_password", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "options", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("accesstype", sa.String(length=16), server_default="personal", nullable=False),
        sa.CheckConstraint(
            "accesstype IN ('personal', 'global')", name=op.f("ck_voicemails_accesstype")
        ),
        sa.CheckConstraint("max_messages >= 0", name=op.f("ck_voicemails_max_messages")),
        sa.ForeignKeyConstraint(
            ["context"], ["contexts.name"], name=op.f("fk_voicemails_context"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["timezone"],
            ["voicemail_zones.name"],
            name=op.f("fk_voicemails_timezone"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voicemails")),
        sa.UniqueConstraint("number", "context", name=op.f("uq_voicemails_number_context")),
        info={"owner": "confd"},
    )
    op.create_index("ix_voicemails_context", "voicemails", ["context"], unique=False)
    op.create_table(
        "line_extensions",
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("extension_id", sa.Integer(), nullable=False),
        sa.Column("main_extension", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["extension_id"],
            ["extensions.id"],
            name=op.f("fk_line_extensions_extension_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["lines.id"], name=op.f("fk_line_extensions_line_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("line_id", "extension_id", name=op.f("pk_line_extensions")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_line_extensions_extension_id", "line_extensions", ["extension_id"], unique=False
    )
    op.create_index(
        "uq_line_extensions_main_extension",
        "line_extensions",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("main_extension"),
    )
    op.create_table(
        "outcall_extensions",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("outcall_id", sa.Integer(), nullable=False),
        sa.Column("extension_id", sa.Integer(), nullable=False),
        sa.Column("external_prefix", sa.String(length=64), nullable=True),
        sa.Column("prefix", sa.String(length=32), nullable=True),
        sa.Column("strip_digits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("caller_id", sa.String(length=80), nullable=True),
        sa.CheckConstraint("strip_digits >= 0", name=op.f("ck_outcall_extensions_strip_digits")),
        sa.ForeignKeyConstraint(
            ["extension_id"],
            ["extensions.id"],
            name=op.f("fk_outcall_extensions_extension_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["outcall_id"],
            ["outcalls.id"],
            name=op.f("fk_outcall_extensions_outcall_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcall_extensions")),
        sa.UniqueConstraint("extension_id", name=op.f("uq_outcall_extensions_extension_id")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_outcall_extensions_outcall_id", "outcall_extensions", ["outcall_id"], unique=False
    )
    op.create_table(
        "outcall_trunks",
        sa.Column("outcall_id", sa.Integer(), nullable=False),
        sa.Column("trunk_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outcall_id"],
            ["outcalls.id"],
            name=op.f("fk_outcall_trunks_outcall_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["trunk_id"], ["trunks.id"], name=op.f("fk_outcall_trunks_trunk_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("outcall_id", "trunk_id", name=op.f("pk_outcall_trunks")),
        info={"owner": "confd"},
    )
    op.create_index("ix_outcall_trunks_trunk_id", "outcall_trunks", ["trunk_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("firstname", sa.String(length=128), nullable=False),
        sa.Column("lastname", sa.String(length=128), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("timezone", sa.String(length=128), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("caller_id", sa.String(length=160), nullable=False),
        sa.Column("outgoing_caller_id", sa.String(length=80), nullable=True),
        sa.Column("mobile_phone_number", sa.String(length=80), nullable=True),
        sa.Column("username", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("cti_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("music_on_hold", sa.String(length=128), nullable=True),
        sa.Column("preprocess_subroutine", sa.String(length=79), nullable=True),
        sa.Column("userfield", sa.String(length=128), nullable=True),
        sa.Column("call_transfer_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("dtmf_hangup_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "call_record_outgoing_external_enabled",
            sa.Boolean(),
            server_default="false",
            nullable=False,
        ),
        sa.Column(
            "call_record_outgoing_internal_enabled",
            sa.Boolean(),
            server_default="false",
            nullable=False,
        ),
        sa.Column(
            "call_record_incoming_external_enabled",
            sa.Boolean(),
            server_default="false",
            nullable=False,
        ),
        sa.Column(
            "call_record_incoming_internal_enabled",
            sa.Boolean(),
            server_default="false",
            nullable=False,
        ),
        sa.Column(
            "online_call_record_enabled", sa.Boolean(), server_default="false", nullable=False
        ),
        sa.Column("supervision_enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("mobile_fallback_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("ring_seconds", sa.Integer(), server_default="30", nullable=False),
        sa.Column("simultaneous_calls", sa.Integer(), server_default="5", nullable=False),
        sa.Column("call_permission_password", sa.String(length=16), nullable=True),
        sa.Column("subscription_type", sa.Integer(), server_default="0", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("dnd_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("incallfilter_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("busy_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("busy_destination", sa.String(length=128), nullable=True),
        sa.Column("noanswer_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("noanswer_destination", sa.String(length=128), nullable=True),
        sa.Column("unconditional_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("unconditional_destination", sa.String(length=128), nullable=True),
        sa.Column("voicemail_id", sa.Integer(), nullable=True),
        sa.Column("voicemail_enabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "search_text",
            sa.Text(),
            sa.Computed(
                "ovix_search(coalesce(firstname || ' ' || lastname, '') || E'\\n' || coalesce(caller_id, '') || E'\\n' || coalesce(description, '') || E'\\n' || coalesce(userfield, '') || E'\\n' || coalesce(email, '') || E'\\n' || coalesce(mobile_phone_number, '') || E'\\n' || coalesce(music_on_hold, '') || E'\\n' || coalesce(preprocess_subroutine, '') || E'\\n' || coalesce(outgoing_caller_id, '') || E'\\n' || coalesce(username, ''))",  # noqa: E501
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "NOT (busy_enabled AND busy_destination IS NULL)",
            name=op.f("ck_users_busy_destination"),
        ),
        sa.CheckConstraint(
            "NOT (noanswer_enabled AND noanswer_destination IS NULL)",
            name=op.f("ck_users_noanswer_destination"),
        ),
        sa.CheckConstraint(
            "NOT (unconditional_enabled AND unconditional_destination IS NULL)",
            name=op.f("ck_users_unconditional_destination"),
        ),
        sa.CheckConstraint("ring_seconds BETWEEN 0 AND 10800", name=op.f("ck_users_ring_seconds")),
        sa.CheckConstraint(
            "simultaneous_calls BETWEEN 1 AND 20", name=op.f("ck_users_simultaneous_calls")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_users_entity_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["voicemail_id"],
            ["voicemails.id"],
            name=op.f("fk_users_voicemail_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("uuid", name=op.f("uq_users_uuid")),
        info={"owner": "confd"},
    )
    op.create_index("ix_users_entity_id", "users", ["entity_id"], unique=False)
    op.create_index("ix_users_firstname_id", "users", ["firstname", "id"], unique=False)
    op.create_index("ix_users_lastname_id", "users", ["lastname", "id"], unique=False)
    op.create_index(
        "ix_users_search_trgm",
        "users",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_index("ix_users_voicemail_id", "users", ["voicemail_id"], unique=False)
    op.create_index("uq_users_email", "users", [sa.literal_column("lower(email)")], unique=True)
    op.create_index(
        "uq_users_username", "users", [sa.literal_column("lower(username)")], unique=True
    )
    op.create_table(
        "tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("auth_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("user_uuid", sa.UUID(), nullable=True),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column(
            "session_uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False
        ),
        sa.Column("acl", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column(
            "issued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remote_addr", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_tokens_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f("fk_tokens_entity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_uuid"], ["users.uuid"], name=op.f("fk_tokens_user_uuid"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_tokens")),
        info={"owner": "auth"},
    )
    op.create_index("ix_tokens_account_id", "tokens", ["account_id"], unique=False)
    op.create_index("ix_tokens_expires_at", "tokens", ["expires_at"], unique=False)
    op.create_index("ix_tokens_user_uuid", "tokens", ["user_uuid"], unique=False)
    op.create_table(
        "user_call_permissions",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("call_permission_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_permission_id"],
            ["call_permissions.id"],
            name=op.f("fk_user_call_permissions_call_permission_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_call_permissions_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "call_permission_id", name=op.f("pk_user_call_permissions")
        ),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_user_call_permissions_call_permission_id",
        "user_call_permissions",
        ["call_permission_id"],
        unique=False,
    )
    op.create_table(
        "user_lines",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("main_user", sa.Boolean(), nullable=False),
        sa.Column("main_line", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"], ["lines.id"], name=op.f("fk_user_lines_line_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_lines_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("user_id", "line_id", name=op.f("pk_user_lines")),
        info={"owner": "confd"},
    )
    op.create_index("ix_user_lines_line_id", "user_lines", ["line_id"], unique=False)
    op.create_index(
        "uq_user_lines_main_line",
        "user_lines",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("main_line"),
    )
    op.create_index(
        "uq_user_lines_main_user",
        "user_lines",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("main_user"),
    )
    op.create_table(
        "user_schedules",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_user_schedules_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_schedules_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_schedules")),
        info={"owner": "confd"},
    )
    op.create_index(
        "ix_user_schedules_schedule_id", "user_schedules", ["schedule_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_user_schedules_schedule_id", table_name="user_schedules")
    op.drop_table("user_schedules")
    op.drop_index(
        "uq_user_lines_main_user", table_name="user_lines", postgresql_where=sa.text("main_user")
    )
    op.drop_index(
        "uq_user_lines_main_line", table_name="user_lines", postgresql_where=sa.text("main_line")
    )
    op.drop_index("ix_user_lines_line_id", table_name="user_lines")
    op.drop_table("user_lines")
    op.drop_index("ix_user_call_permissions_call_permission_id", table_name="user_call_permissions")
    op.drop_table("user_call_permissions")
    op.drop_index("ix_tokens_user_uuid", table_name="tokens")
    op.drop_index("ix_tokens_expires_at", table_name="tokens")
    op.drop_index("ix_tokens_account_id", table_name="tokens")
    op.drop_table("tokens")
    op.drop_index("uq_users_username", table_name="users")
    op.drop_index("uq_users_email", table_name="users")
    op.drop_index("ix_users_voicemail_id", table_name="users")
    op.drop_index(
        "ix_users_search_trgm",
        table_name="users",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_index("ix_users_lastname_id", table_name="users")
    op.drop_index("ix_users_firstname_id", table_name="users")
    op.drop_index("ix_users_entity_id", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_outcall_trunks_trunk_id", table_name="outcall_trunks")
    op.drop_table("outcall_trunks")
    op.drop_index("ix_outcall_extensions_outcall_id", table_name="outcall_extensions")
    op.drop_table("outcall_extensions")
    op.drop_index(
        "uq_line_extensions_main_extension",
        table_name="line_extensions",
        postgresql_where=sa.text("main_extension"),
    )
    op.drop_index("ix_line_extensions_extension_id", table_name="line_extensions")
    op.drop_table("line_extensions")
    op.drop_index("ix_voicemails_context", table_name="voicemails")
    op.drop_table("voicemails")
    op.drop_index("ix_trunks_context", table_name="trunks")
    op.drop_table("trunks")
    op.drop_index("ix_schedule_periods_schedule_id", table_name="schedule_periods")
    op.drop_table("schedule_periods")
    op.drop_index("ix_outcall_schedules_schedule_id", table_name="outcall_schedules")
    op.drop_table("outcall_schedules")
    op.drop_index(
        "ix_outcall_call_permissions_call_permission_id", table_name="outcall_call_permissions"
    )
    op.drop_table("outcall_call_permissions")
    op.drop_index("uq_lines_device_id_position", table_name="lines")
    op.drop_index(
        "ix_lines_provisioning_code_trgm",
        table_name="lines",
        postgresql_using="gin",
        postgresql_ops={"provisioning_code": "gin_trgm_ops"},
    )
    op.drop_index("ix_lines_context", table_name="lines")
    op.drop_table("lines")
    op.drop_index(
        "ix_extensions_exten_trgm",
        table_name="extensions",
        postgresql_using="gin",
        postgresql_ops={"exten": "gin_trgm_ops"},
    )
    op.drop_index("ix_extensions_context", table_name="extensions")
    op.drop_table("extensions")
    op.drop_index("ix_context_ranges_context_id", table_name="context_ranges")
    op.drop_table("context_ranges")
    op.drop_index("ix_context_inclusions_included_id", table_name="context_inclusions")
    op.drop_table("context_inclusions")
    op.drop_index("ix_account_policies_policy_uuid", table_name="account_policies")
    op.drop_table("account_policies")
    op.drop_index("ix_schedules_entity_id", table_name="schedules")
    op.drop_table("schedules")
    op.drop_table("outcalls")
    op.drop_index("ix_endpoints_sip_entity_id", table_name="endpoints_sip")
    op.drop_table("endpoints_sip")
    op.drop_index("ix_endpoints_custom_entity_id", table_name="endpoints_custom")
    op.drop_table("endpoints_custom")
    op.drop_index("ix_contexts_entity_id", table_name="contexts")
    op.drop_table("contexts")
    op.drop_index("ix_cel_uniqueid", table_name="cel")
    op.drop_index("ix_cel_linkedid", table_name="cel")
    op.drop_index("ix_cel_eventtime", table_name="cel")
    op.drop_index("ix_cel_call_log_id", table_name="cel")
    op.drop_table("cel")
    op.drop_index("ix_call_permissions_entity_id", table_name="call_permissions")
    op.drop_table("call_permissions")
    op.drop_table("bus_dead_letters")
    op.drop_index("uq_accounts_login", table_name="accounts")
    op.drop_table("accounts")
    op.drop_table("voicemail_zones")
    op.drop_table("policies")
    op.drop_table("outbox")
    op.drop_index("ix_login_failures_blocked_until", table_name="login_failures")
    op.drop_table("login_failures")
    op.drop_index("ix_live_calls_user_uuid", table_name="live_calls")
    op.drop_index("ix_live_calls_linkedid", table_name="live_calls")
    op.drop_table("live_calls")
    op.drop_table("installation")
    op.drop_table("feature_codes")
    op.drop_table("entities")
    op.drop_index("ix_dial_actions_target", table_name="dial_actions")
    op.drop_table("dial_actions")
    op.drop_table("devices")
    op.drop_index("ix_consumed_events_consumed_at", table_name="consumed_events")
    op.drop_table("consumed_events")
    op.drop_table("cel_spools")
    op.drop_index("ix_call_logs_source_user_uuid", table_name="call_logs")
    op.drop_index("ix_call_logs_destination_user_uuid", table_name="call_logs")
    op.drop_index("ix_call_logs_date", table_name="call_logs")
    op.drop_table("call_logs")
    op.drop_table("bus_queues")
    op.drop_index("ix_bus_messages_created_at", table_name="bus_messages")
    op.drop_table("bus_messages")
    op.execute(sa.schema.DropSequence(sa.Sequence("extension_id_seq")))
