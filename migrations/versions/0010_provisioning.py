"""Phones and their configurations as documents; the configurations every installation has.

Revision ID: 0010
Revises: 0009
"""

import json
import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TOLD = ("ip", "sn", "uuid", "plugin", "vendor", "model", "version", "config")
INDEXED = ("ip", "sn", "uuid", "plugin", "config")
PREFIX_ALPHABET = "2346789bcdfghjkmnpqrtvwxyzBCDFGHJKLMNPQRTVWXYZ"
JSONB: Any = postgresql.JSONB(astext_type=sa.Text())


def told(key: str, column: str | None = None, length: int = 255) -> sa.Column[Any]:
    return sa.Column(
        column or key,
        sa.String(length=length),
        sa.Computed(f"document ->> '{key}'", persisted=True),
        nullable=True,
    )


def seed_configs() -> list[dict[str, Any]]:
    """Without addresses: nobody knows yet under which ones phones reach this installation."""
    suffix = "".join(secrets.choice(PREFIX_ALPHABET) for _ in range(8))
    line = {
        "display_name": "Autoprov",
        "number": "autoprov",
        "username": f"ap{suffix}",
        "password": "autoprov",
        "proxy_ip": "",
        "registrar_ip": "",
    }
    ntp: dict[str, Any] = {"ntp_enabled": False}
    return [
        {"id": "base", "X_type": "internal", "parent_ids": [], "raw_config": ntp},
        {
            "id": "defaultconfigdevice",
            "X_type": "device",
            "label": "Default config device",
            "parent_ids": [],
            "raw_config": {**ntp, "sip_dtmf_mode": "RTP-out-of-band"},
        },
        {
            "id": "autoprov",
            "X_type": "internal",
            "role": "autocreate",
            "parent_ids": ["base", "defaultconfigdevice"],
            "raw_config": {"sip_lines": {"1": line}, "sccp_call_managers": {"1": {"ip": ""}}},
        },
    ]


def upgrade() -> None:
    _devices_as_documents()
    op.create_table(
        "provd_configs",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("document", JSONB, nullable=False),
        told("X_type", "x_type"),
        told("role"),
        told("configdevice"),
        sa.CheckConstraint(
            "jsonb_typeof(document -> 'raw_config') = 'object'"
            " AND jsonb_typeof(document -> 'parent_ids') = 'array'",
            name=op.f("ck_provd_configs_document"),
        ),
        sa.CheckConstraint(
            "x_type IS DISTINCT FROM 'registrar'", name=op.f("ck_provd_configs_x_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provd_configs")),
        info={"owner": "provd"},
    )
    op.create_index("ix_provd_configs_x_type", "provd_configs", ["x_type"])
    op.create_index("ix_provd_configs_role", "provd_configs", ["role"])
    _index_documents("provd_configs")
    configs = sa.table("provd_configs", sa.column("id", sa.Text()), sa.column("document", JSONB))
    documents = [{**each, "deletable": False} for each in seed_configs()]
    op.bulk_insert(configs, [{"id": each["id"], "document": each} for each in documents])
    op.create_table(
        "provd_parameters",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provd_parameters")),
        info={"owner": "provd"},
    )
    extra = json.dumps({"parent_ids": [], "raw_config": {"X_key": "xivo"}})
    op.add_column(
        "registrars",
        sa.Column("extra", JSONB, server_default=sa.text(f"'{extra}'"), nullable=False),
    )


def _devices_as_documents() -> None:
    op.add_column("devices", sa.Column("document", JSONB, nullable=True))
    op.execute(
        "UPDATE devices SET document = jsonb_strip_nulls("
        "to_jsonb(devices) - 'document' - 'created_at' - 'template_id')"
    )
    op.alter_column("devices", "document", nullable=False)
    for name in ("ip", "mac", "sn", "plugin", "vendor", "model", "version", "description"):
        op.drop_column("devices", name)
    for name in ("template_id", "options", "created_at"):
        op.drop_column("devices", name)
    op.alter_column("lines", "device_id", type_=sa.String(length=128))
    op.alter_column("devices", "id", type_=sa.String(length=128))
    op.add_column("devices", told("mac", length=17))
    for name in TOLD:
        op.add_column("devices", told(name))
    for name, kind, expression, nullable in (
        ("description", sa.Text(), "document ->> 'description'", True),
        ("configured", sa.Boolean(), """document @> '{"configured": true}'""", False),
    ):
        computed = sa.Computed(expression, persisted=True)
        op.add_column("devices", sa.Column(name, kind, computed, nullable=nullable))
    op.create_check_constraint(
        op.f("ck_devices_document"), "devices", "jsonb_typeof(document) = 'object'"
    )
    op.create_unique_constraint(op.f("uq_devices_mac"), "devices", ["mac"])
    for name in INDEXED:
        op.create_index(f"ix_devices_{name}", "devices", [name])
    _index_documents("devices")


def _index_documents(table: str) -> None:
    op.create_index(
        f"ix_{table}_document",
        table,
        ["document"],
        postgresql_using="gin",
        postgresql_ops={"document": "jsonb_path_ops"},
    )


def downgrade() -> None:
    op.drop_column("registrars", "extra")
    op.drop_table("provd_parameters")
    op.drop_table("provd_configs")
    op.execute("DELETE FROM devices WHERE length(id) > 32")
    for name in ("mac", *TOLD, "description", "configured"):
        op.drop_column("devices", name)
    op.alter_column("devices", "id", type_=sa.String(length=32))
    op.alter_column("lines", "device_id", type_=sa.String(length=32))
    for name, length in (("ip", 39), ("mac", 17)):
        op.add_column("devices", sa.Column(name, sa.String(length=length), nullable=True))
    for name in ("sn", "plugin", "vendor", "model", "version", "description", "template_id"):
        op.add_column("devices", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("devices", sa.Column("options", JSONB, server_default="{}", nullable=False))
    op.add_column(
        "devices",
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.execute(
        "UPDATE devices SET ip = document ->> 'ip', mac = document ->> 'mac',"
        " sn = document ->> 'sn', plugin = document ->> 'plugin', vendor = document ->> 'vendor',"
        " model = document ->> 'model', version = document ->> 'version',"
        " description = document ->> 'description'"
    )
    op.drop_column("devices", "document")
