"""Searches of lines and voicemails find by indexes.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

SEARCHED = {
    "lines": (
        "id::text",
        "context",
        "provisioning_code",
        "position::text",
        "device_id",
        "CASE WHEN endpoint_sip_id IS NOT NULL THEN 'sip'"
        " WHEN endpoint_sccp_id IS NOT NULL THEN 'sccp'"
        " WHEN endpoint_custom_id IS NOT NULL THEN 'custom' END",
    ),
    "endpoints_sip": (
        "username",
        """substring(native_options ->> 'callerid', '^"(.*)"')""",
        "substring(native_options ->> 'callerid', '<([^<>]*)>$')",
    ),
    "endpoints_sccp": ("cid_name", "cid_num"),
    "endpoints_custom": ("interface",),
    "voicemails": ("name", "number", "email", "pager"),
}


def upgrade() -> None:
    for table, fields in SEARCHED.items():
        lines = " || E'\\n' || ".join(f"coalesce({field}, '')" for field in fields)
        computed = sa.Computed(f"ovix_search({lines})", persisted=True)
        op.add_column(table, sa.Column("search_text", sa.Text(), computed, nullable=False))
        op.execute(
            f"CREATE INDEX ix_{table}_search_trgm ON {table}"
            " USING gin (search_text gin_trgm_ops) WITH (fastupdate = off)"
        )


def downgrade() -> None:
    for table in SEARCHED:
        op.drop_column(table, "search_text")
