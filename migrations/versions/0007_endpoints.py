"""SCCP endpoints of lines, IAX endpoints of trunks, SIP transports and templates, registrars.

Revision ID: 0007
Revises: 0006
"""

import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


NO_OPTIONS = sa.text("'[]'")
TRANSPORTS = (
    ("transport-udp", [["protocol", "udp"]]),
    ("transport-wss", [["protocol", "wss"]]),
)
GLOBAL_AOR = [
    ["maximum_expiration", "3600"],
    ["default_expiration", "120"],
    ["minimum_expiration", "60"],
    ["qualify_frequency", "60"],
    ["remove_existing", "true"],
    ["max_contacts", "1"],
]
GLOBAL_ENDPOINT = [
    ["rtp_timeout", "7200"],
    ["allow_transfer", "yes"],
    ["use_ptime", "yes"],
    ["direct_media", "no"],
    ["dtmf_mode", "rfc4733"],
    ["language", "en_US"],
    ["inband_progress", "no"],
    ["rtp_timeout_hold", "0"],
    ["timers_sess_expires", "600"],
    ["timers_min_se", "90"],
    ["trust_id_inbound", "no"],
    ["allow_subscribe", "yes"],
    ["allow", "!all,ulaw"],
    ["set_var", "TIMEOUT(absolute)=36000"],
    ["set_var", "DYNAMIC_FEATURES=togglerecord"],
    ["notify_early_inuse_ringing", "yes"],
]
WEBRTC_ENDPOINT = [
    ["webrtc", "yes"],
    ["dtls_auto_generate_cert", "yes"],
    ["allow", "!all,opus,g722,alaw,ulaw,vp9,vp8,h264"],
    ["max_video_streams", "25"],
    ["max_audio_streams", "1"],
    ["timers", "always"],
    ["timers_sess_expires", "300"],
    ["timers_min_se", "90"],
]
TRUNK_REGISTRATION = [
    ["forbidden_retry_interval", "30"],
    ["retry_interval", "20"],
    ["max_retries", "10000"],
    ["auth_rejection_permanent", "no"],
    ["fatal_retry_interval", "30"],
]
TEMPLATES = (
    ("global", None, "transport-udp", {"aor": GLOBAL_AOR, "endpoint": GLOBAL_ENDPOINT}),
    (
        "webrtc",
        "global",
        "transport-wss",
        {
            "aor": [["remove_existing", "false"], ["max_contacts", "10"]],
            "endpoint": WEBRTC_ENDPOINT,
        },
    ),
    ("registration_trunk", "global", None, {"registration": TRUNK_REGISTRATION}),
)
"""Label, parent, transport and options; the names are made of the labels."""
SECTIONS = (
    "aor",
    "auth",
    "endpoint",
    "identify",
    "registration",
    "registration_outbound_auth",
    "outbound_auth",
)


def upgrade() -> None:
    op.create_table(
        "endpoints_sccp",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("cid_name", sa.String(length=160), server_default="", nullable=False),
        sa.Column("cid_num", sa.String(length=80), server_default="", nullable=False),
        sa.Column("allow", sa.Text(), nullable=True),
        sa.Column("disallow", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_endpoints_sccp_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints_sccp")),
        info={"owner": "confd"},
    )
    op.create_index("ix_endpoints_sccp_entity_id", "endpoints_sccp", ["entity_id"])
    _give_owner("lines", "sccp", ("sip", "sccp", "custom"))
    op.create_table(
        "endpoints_iax",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
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
            "type IN ('friend', 'peer', 'user')", name=op.f("ck_endpoints_iax_type")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_endpoints_iax_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints_iax")),
        sa.UniqueConstraint("name", name=op.f("uq_endpoints_iax_name")),
        info={"owner": "confd"},
    )
    op.create_index("ix_endpoints_iax_entity_id", "endpoints_iax", ["entity_id"])
    _give_owner("trunks", "iax", ("sip", "custom", "iax"))
    _add_sip_objects()
    _add_sip_rows()
    _add_registrars()


def _uuid_of_its_own(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("uuid", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=79), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entities.id"], name=op.f(f"fk_{table}_entity_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("uuid", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("name", name=op.f(f"uq_{table}_name")),
    )


def _options(name: str) -> sa.Column[object]:
    return sa.Column(
        name, postgresql.JSONB(astext_type=sa.Text()), server_default=NO_OPTIONS, nullable=False
    )


def _add_sip_objects() -> None:
    op.create_table(
        "sip_transports",
        *_uuid_of_its_own("sip_transports"),
        _options("options"),
        info={"owner": "confd"},
    )
    op.create_index("ix_sip_transports_entity_id", "sip_transports", ["entity_id"])
    op.create_table(
        "sip_templates",
        *_uuid_of_its_own("sip_templates"),
        sa.Column("label", sa.String(length=128), nullable=True),
        sa.Column("asterisk_id", sa.String(length=1024), nullable=True),
        sa.Column("transport_uuid", sa.UUID(), nullable=True),
        *(_options(f"{section}_section_options") for section in SECTIONS),
        sa.ForeignKeyConstraint(
            ["transport_uuid"],
            ["sip_transports.uuid"],
            name=op.f("fk_sip_templates_transport_uuid"),
            ondelete="RESTRICT",
        ),
        info={"owner": "confd"},
    )
    op.create_index("ix_sip_templates_entity_id", "sip_templates", ["entity_id"])
    op.create_index("ix_sip_templates_transport_uuid", "sip_templates", ["transport_uuid"])
    op.add_column("endpoints_sip", sa.Column("transport_uuid", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_endpoints_sip_transport_uuid"),
        "endpoints_sip",
        "sip_transports",
        ["transport_uuid"],
        ["uuid"],
        ondelete="RESTRICT",
    )
    op.create_index("ix_endpoints_sip_transport_uuid", "endpoints_sip", ["transport_uuid"])
    _add_inheritance("sip_template_parents", "template_uuid", sa.UUID(), "sip_templates.uuid")
    _add_inheritance("endpoint_sip_templates", "endpoint_id", sa.Integer(), "endpoints_sip.id")


def _add_inheritance(table: str, heir: str, kind: sa.types.TypeEngine[Any], key: str) -> None:
    op.create_table(
        table,
        sa.Column(heir, kind, nullable=False),
        sa.Column("parent_uuid", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint([heir], [key], name=op.f(f"fk_{table}_{heir}"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["parent_uuid"],
            ["sip_templates.uuid"],
            name=op.f(f"fk_{table}_parent_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(heir, "parent_uuid", name=op.f(f"pk_{table}")),
        info={"owner": "confd"},
    )
    op.create_index(f"ix_{table}_parent_uuid", table, ["parent_uuid"])


def _add_sip_rows() -> None:
    """What every system starts with; it belongs to no entity, so all of them may use it."""
    transports: dict[str | None, uuid.UUID | None] = {None: None}
    for name, options in TRANSPORTS:
        transports[name] = _row("sip_transports", name=name, options=options)
    templates: dict[str, uuid.UUID] = {}
    for label, parent, transport, sections in TEMPLATES:
        templates[label] = _row(
            "sip_templates",
            name=f"template-{label}",
            label=label,
            transport_uuid=transports[transport],
            **{f"{name}_section_options": options for name, options in sections.items()},
        )
        if parent is not None:
            op.bulk_insert(
                _lightweight("sip_template_parents", "template_uuid", "parent_uuid", "position"),
                [
                    {
                        "template_uuid": templates[label],
                        "parent_uuid": templates[parent],
                        "position": 0,
                    }
                ],
            )


def _row(table: str, **values: object) -> uuid.UUID:
    named = uuid.uuid4()
    op.bulk_insert(_lightweight(table, "uuid", *values), [{"uuid": named, **values}])
    return named


def _lightweight(table: str, *columns: str) -> sa.TableClause:
    def kind(name: str) -> sa.types.TypeEngine[Any] | None:
        if name.endswith("uuid"):
            return sa.UUID()
        return postgresql.JSONB() if name.endswith("options") else None

    return sa.table(table, *(sa.column(name, kind(name)) for name in columns))


def _add_registrars() -> None:
    hosts = ("main", "backup", "proxy_main", "proxy_backup", "outbound_proxy")
    required = ("main", "proxy_main")
    op.create_table(
        "registrars",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("deletable", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("name", sa.String(length=128), nullable=True),
        *(
            column
            for host in hosts
            for column in (
                sa.Column(f"{host}_host", sa.String(length=255), nullable=host not in required),
                sa.Column(f"{host}_port", sa.Integer(), nullable=True),
            )
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["entities.id"],
            name=op.f("fk_registrars_entity_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrars")),
        info={"owner": "confd"},
    )
    op.create_index("ix_registrars_entity_id", "registrars", ["entity_id"])
    # Nobody knows yet under which address phones reach this installation.
    op.execute(
        "INSERT INTO registrars (id, deletable, name, main_host, proxy_main_host)"
        " VALUES ('default', false, 'local', '', '')"
    )


def downgrade() -> None:
    op.drop_table("registrars")
    op.drop_table("endpoint_sip_templates")
    op.drop_table("sip_template_parents")
    op.drop_column("endpoints_sip", "transport_uuid")
    op.drop_table("sip_templates")
    op.drop_table("sip_transports")
    _take_from_owner("trunks", "iax", ("sip", "custom"))
    op.drop_table("endpoints_iax")
    _take_from_owner("lines", "sccp", ("sip", "custom"))
    op.drop_table("endpoints_sccp")


def _give_owner(table: str, kind: str, kinds: tuple[str, ...]) -> None:
    """A line or trunk may have an endpoint of this kind too, still one at most."""
    column = f"endpoint_{kind}_id"
    op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f(f"fk_{table}_{column}"),
        table,
        f"endpoints_{kind}",
        [column],
        ["id"],
        ondelete="RESTRICT",
    )
    op.create_unique_constraint(op.f(f"uq_{table}_{column}"), table, [column])
    _one_of(table, kinds)


def _take_from_owner(table: str, kind: str, kinds: tuple[str, ...]) -> None:
    # Dropping the column drops the check that names it.
    op.drop_column(table, f"endpoint_{kind}_id")
    _one_of(table, kinds)


def _one_of(table: str, kinds: tuple[str, ...]) -> None:
    name = f"ck_{table}_endpoint"
    columns = ", ".join(f"endpoint_{kind}_id" for kind in kinds)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
    op.create_check_constraint(op.f(name), table, f"num_nonnulls({columns}) <= 1")
