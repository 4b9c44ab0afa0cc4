"""Rows for the benchmark of confd: working users in bulk, and the floor of reading them."""

from typing import Any

import asyncpg
import orjson

CONTEXT = "bench"
RARE_NAME = "Lefèvre-Ünique"
"""The last name of a few users, whatever their number."""
RARE = 10

_FILL = (
    """
    INSERT INTO users (id, entity_id, firstname, lastname, email, caller_id, language, username,
                       mobile_phone_number, userfield, voicemail_id)
    SELECT n, (SELECT min(id) FROM entities),
           (ARRAY['Zoé', 'Jeanne', 'André', 'Chloé', 'Rémi', 'Inès', 'Paul'])[1 + n % 7],
           CASE WHEN n <= $3 THEN $4 ELSE 'Martin ' || md5(n::text) END,
           'user' || n || '@example.org', '"User ' || n || '"', 'fr_FR', 'user' || n,
           '+336' || lpad(n::text, 8, '0'), 'floor ' || n % 9,
           CASE WHEN n % 3 = 0 THEN n END
    FROM generate_series($1::int, $2::int) AS n
    """,
    """
    INSERT INTO endpoints_sip (id, entity_id, username, secret, native_options)
    SELECT n, (SELECT min(id) FROM entities), 'sip' || n, md5(n::text),
           jsonb_build_object('callerid', '"User ' || n || '" <' || 100000 + n || '>')
    FROM generate_series($1::int, $2::int) AS n
    """,
    """
    INSERT INTO lines (id, context, provisioning_code, endpoint_sip_id)
    SELECT n, $3, lpad(n::text, 6, '0'), n FROM generate_series($1::int, $2::int) AS n
    """,
    """
    INSERT INTO extensions (id, exten, context)
    SELECT 1000000 + n, (100000 + n)::text, $3 FROM generate_series($1::int, $2::int) AS n
    """,
    """
    INSERT INTO line_extensions (line_id, extension_id, main_extension)
    SELECT n, 1000000 + n, true FROM generate_series($1::int, $2::int) AS n
    """,
    """
    INSERT INTO user_lines (user_id, line_id, main_user, main_line)
    SELECT n, n, true, true FROM generate_series($1::int, $2::int) AS n
    """,
    """
    INSERT INTO user_call_permissions (user_id, call_permission_id)
    SELECT n, id FROM generate_series($1::int, $2::int) AS n, call_permissions WHERE n % 4 = id % 4
    """,
    """
    INSERT INTO dial_actions (category, category_id, event, action, arg1)
    SELECT 'user', n, 'noanswer', 'voicemail', n
    FROM generate_series($1::int, $2::int) AS n WHERE n % 3 = 0
    """,
)
_VOICEMAILS = """
    INSERT INTO voicemails (id, name, number, context)
    SELECT n, 'User ' || n, (100000 + n)::text, $3
    FROM generate_series($1::int, $2::int) AS n WHERE n % 3 = 0
    """
_FIRST = (
    "INSERT INTO entities (name) SELECT 'bench' WHERE NOT EXISTS (SELECT FROM entities)",
    f"""INSERT INTO contexts (name, type, entity_id)
        SELECT '{CONTEXT}', 'internal', min(id) FROM entities""",
    f"""INSERT INTO context_ranges (context_id, kind, start, "end")
        SELECT id, 'user', '100000', '999999' FROM contexts WHERE name = '{CONTEXT}'""",
    """INSERT INTO call_permissions (name, entity_id)
       SELECT 'permission ' || n, (SELECT min(id) FROM entities) FROM generate_series(1, 6) AS n""",
)
_SEQUENCES = ("users", "endpoints_sip", "lines", "voicemails")


async def begin(connection: asyncpg.Connection) -> None:
    """What users need: an entity, a context with numbers, call permissions."""
    for statement in _FIRST:
        await connection.execute(statement)


async def fill(connection: asyncpg.Connection, first: int, last: int) -> None:
    """Users first … last: line, SIP endpoint, number; some with box, fallback, permissions."""
    async with connection.transaction():
        for statement in (_VOICEMAILS, *_FILL):
            arguments: list[Any] = [first, last]
            if "$4" in statement:
                arguments += [RARE, RARE_NAME]
            elif "$3" in statement:
                arguments.append(CONTEXT)
            await connection.execute(statement, *arguments)
        for table in _SEQUENCES:
            await connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
        await connection.execute("SELECT setval('extension_id_seq', max(id)) FROM extensions")
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")


FLOOR = """
    SELECT u.id, u.uuid, u.firstname, nullif(u.lastname, '') AS lastname, u.email, u.timezone,
           u.language, u.description, u.caller_id, u.outgoing_caller_id, u.mobile_phone_number,
           u.username, NULL AS password, u.music_on_hold, u.preprocess_subroutine, u.userfield,
           u.call_transfer_enabled, u.dtmf_hangup_enabled,
           u.call_record_outgoing_external_enabled AND u.call_record_outgoing_internal_enabled
           AND u.call_record_incoming_external_enabled AND u.call_record_incoming_internal_enabled
           AS call_record_enabled,
           u.call_record_outgoing_external_enabled, u.call_record_outgoing_internal_enabled,
           u.call_record_incoming_external_enabled, u.call_record_incoming_internal_enabled,
           u.online_call_record_enabled, u.supervision_enabled, u.mobile_fallback_enabled,
           u.ring_seconds, u.simultaneous_calls, u.call_permission_password, u.subscription_type,
           u.enabled, u.created_at,
           u.dnd_enabled, u.incallfilter_enabled, u.busy_enabled, u.busy_destination,
           u.noanswer_enabled, u.noanswer_destination, u.unconditional_enabled,
           u.unconditional_destination, v.id AS box_id, v.name AS box_name,
           (SELECT json_agg(json_build_array(a.event, a.action, a.arg1, a.arg2))
              FROM dial_actions a
             WHERE a.category = 'user' AND a.category_id = u.id AND a.linked) AS fallbacks,
           (SELECT json_agg(json_build_array(p.id, p.name) ORDER BY p.name)
              FROM user_call_permissions up JOIN call_permissions p ON p.id = up.call_permission_id
             WHERE up.user_id = u.id) AS call_permissions,
           (SELECT json_agg(json_build_array(s.id, s.name) ORDER BY s.id)
              FROM user_schedules us JOIN schedules s ON s.id = us.schedule_id
             WHERE us.user_id = u.id) AS schedules,
           (SELECT json_agg(json_build_array(l.id, e.id, e.username, c.id, c.interface,
                   (SELECT json_agg(json_build_array(x.id, x.exten, x.context)
                                    ORDER BY le.main_extension DESC, x.id)
                      FROM line_extensions le JOIN extensions x ON x.id = le.extension_id
                     WHERE le.line_id = l.id)) ORDER BY ul.main_line DESC, l.id)
              FROM user_lines ul JOIN lines l ON l.id = ul.line_id
              LEFT JOIN endpoints_sip e ON e.id = l.endpoint_sip_id
              LEFT JOIN endpoints_custom c ON c.id = l.endpoint_custom_id
             WHERE ul.user_id = u.id) AS lines
    FROM users u LEFT JOIN voicemails v ON v.id = u.voicemail_id
    ORDER BY u.lastname, u.id LIMIT $1
    """
_JSON = ("fallbacks", "call_permissions", "schedules", "lines")


async def floor(connection: asyncpg.Connection, limit: int) -> bytes:
    """The same facts by one query, serialised by orjson: no links, no count, no HTTP, no access."""
    rows = []
    for record in await connection.fetch(FLOOR, limit):
        row = dict(record)
        for name in _JSON:
            row[name] = orjson.Fragment(row[name] or "[]")
        rows.append(row)
    return orjson.dumps(rows, default=str)
