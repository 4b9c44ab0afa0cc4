"""A boss's call filters by a function: whoever has none does not pay for the query.

PostgreSQL prepares every part of a statement for each of its executions, also the parts that are
not reached; it prepares the query in a function only when that is called.

Revision ID: 0030
Revises: 0029
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

FILTERS = """
CREATE FUNCTION ovix_call_filters_of(boss_id integer) RETURNS json
LANGUAGE plpgsql STABLE
AS $$ BEGIN RETURN (
    SELECT json_agg(json_build_object(
        'id', f.id, 'strategy', f.strategy, 'source', f.source,
        'boss_timeout', boss.timeout, 'timeout', f.surrogates_timeout,
        'caller_id_mode', f.caller_id_mode, 'caller_id_name', f.caller_id_name,
        'dial_actions', (
            SELECT array_agg(ARRAY[da.event::text, da.action::text, da.arg1::text, da.arg2::text])
            FROM dial_actions da
            WHERE da.category = 'callfilter' AND da.category_id = f.id AND da.linked
        ),
        'secretaries', (
            SELECT json_agg(json_build_object(
                'user_id', s.id, 'active', m.active, 'ring_seconds', s.ring_seconds,
                'selected', s.selected_device, 'line_id', sl.line_id,
                'lines', (
                    SELECT array_agg(ARRAY[
                        le.line_id::text, sip.username::text, custom.interface::text,
                        sip.native_options ->> 'webrtc'
                    ])
                    FROM line_extensions le
                    JOIN lines l ON l.id = le.line_id
                    LEFT JOIN endpoints_sip sip ON sip.id = l.endpoint_sip_id
                    LEFT JOIN endpoints_custom custom
                        ON custom.id = l.endpoint_custom_id AND custom.enabled
                    WHERE le.extension_id = sx.extension_id
                )
            ) ORDER BY m.priority, m.id)
            FROM call_filter_members m
            JOIN users s ON s.id = m.user_id
            LEFT JOIN user_lines sl ON sl.user_id = s.id AND sl.main_line
            LEFT JOIN line_extensions sx ON sx.line_id = sl.line_id AND sx.main_extension
            WHERE m.call_filter_id = f.id AND m.role = 'surrogate'
        )
    ) ORDER BY f.id)
    FROM call_filter_members boss
    JOIN call_filters f ON f.id = boss.call_filter_id AND f.enabled
    WHERE boss.user_id = boss_id AND boss.role = 'recipient'
); END $$
"""


def upgrade() -> None:
    op.execute(FILTERS)


def downgrade() -> None:
    op.execute("DROP FUNCTION ovix_call_filters_of(integer)")
