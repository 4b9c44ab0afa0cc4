"""Lines of browsers: which device of a unique account rings, and its two names in Asterisk.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# The option was kept as it came, whatever its value.
KNOW_THE_OPTION = """
UPDATE endpoints_sip SET
    native_options = native_options || jsonb_build_object('webrtc', given.value),
    extra_options = COALESCE(
        (SELECT jsonb_agg(pair ORDER BY position)
         FROM jsonb_array_elements(extra_options) WITH ORDINALITY AS kept(pair, position)
         WHERE pair ->> 0 <> 'webrtc'), '[]')
FROM (
    SELECT id, CASE
        WHEN lower(last) IN ('1', 'y', 'yes', 't', 'true', 'on') THEN 'yes'
        -- Where its browser could have no name it stays a phone.
        WHEN lower(last) = 'ua' AND right(username, 2) <> '_w' AND NOT EXISTS (
            SELECT FROM endpoints_sip AS other WHERE other.username = endpoints_sip.username || '_w'
        ) THEN 'ua'
        ELSE 'no' END AS value
    FROM endpoints_sip,
    LATERAL (SELECT pair ->> 1 AS last
             FROM jsonb_array_elements(extra_options) WITH ORDINALITY AS kept(pair, position)
             WHERE pair ->> 0 = 'webrtc' ORDER BY position DESC LIMIT 1) AS pairs
) AS given
WHERE given.id = endpoints_sip.id
"""


def upgrade() -> None:
    op.add_column(
        "users",
        sa.Column("selected_device", sa.String(8), server_default="phone", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_users_selected_device"), "users", "selected_device IN ('phone', 'webrtc')"
    )
    op.execute(KNOW_THE_OPTION)
    op.create_check_constraint(
        op.f("ck_endpoints_sip_unique_account"),
        "endpoints_sip",
        "NOT (native_options ->> 'webrtc' = 'ua' AND right(username, 2) = '_w')",
    )
    op.create_index(
        "uq_endpoints_sip_last_device",
        "endpoints_sip",
        [
            sa.text(
                "(username::text || repeat('_w'::text,"
                """ (native_options @> '{"webrtc": "ua"}'::jsonb)::integer))"""
            )
        ],
        unique=True,
    )


def downgrade() -> None:
    op.drop_index("uq_endpoints_sip_last_device", table_name="endpoints_sip")
    op.drop_constraint("ck_endpoints_sip_unique_account", "endpoints_sip")
    op.drop_column("users", "selected_device")
