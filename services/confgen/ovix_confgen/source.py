"""Where the rows come from: a few statements on one snapshot of the database, streamed.

Every statement is ordered, bytes first (``COLLATE "C"``), so that the same rows always make the
same file.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from ovix_telephony.line_devices import BROWSER_SUFFIX, UNIQUE_ACCOUNT
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ovix_confgen.rows import (
    DialledNumber,
    DialplanContext,
    Feature,
    IaxPeer,
    Installation,
    Mailbox,
    Range,
    Route,
    RouteTrunk,
    Section,
    SipAccount,
    SipLine,
    SipTemplate,
    SipTransport,
    SipTrunk,
    UserFallback,
    WatchedKey,
    Zone,
)

ROWS_AT_ONCE = 1000
WAITING_CONTEXT = "xivo-initconfig"

CONTEXTS = """
SELECT c.name, c.type,
  ARRAY(SELECT i.name FROM context_inclusions n JOIN contexts i ON i.id = n.included_id
        WHERE n.context_id = c.id AND i.enabled ORDER BY n.position, i.id) AS includes,
  COALESCE((SELECT jsonb_agg(jsonb_build_array(r.kind, r.start, r."end", r.did_length)
                             ORDER BY r.id)
            FROM context_ranges r WHERE r.context_id = c.id), '[]') AS ranges
FROM contexts c WHERE c.enabled ORDER BY c.name COLLATE "C"
"""

_INTERFACE = f"""COALESCE(
  CASE WHEN s.native_options ->> 'webrtc' = '{UNIQUE_ACCOUNT}'
    THEN 'PJSIP/' || s.username || '&PJSIP/' || s.username || '{BROWSER_SUFFIX}'
    ELSE 'PJSIP/' || s.username END,
  k.interface)"""
"""All devices of a line: both of a unique account."""

NUMBERS = f"""
WITH devices AS (
  SELECT le.extension_id, string_agg({_INTERFACE}, '&' ORDER BY l.id) AS hint
  FROM line_extensions le JOIN lines l ON l.id = le.line_id
  LEFT JOIN endpoints_sip s ON s.id = l.endpoint_sip_id
  LEFT JOIN endpoints_custom k ON k.id = l.endpoint_custom_id AND k.enabled
  GROUP BY le.extension_id
), owners AS (
  SELECT DISTINCT ON (le.extension_id) le.extension_id, u.id AS user_id, u.supervision_enabled
  FROM line_extensions le
  JOIN user_lines ul ON ul.line_id = le.line_id AND ul.main_user
  JOIN users u ON u.id = ul.user_id AND u.enabled
  ORDER BY le.extension_id, le.main_extension DESC, le.line_id
)
SELECT x.id, x.context, x.exten, x.type, o.user_id, r.id AS outcall_extension_id,
  CASE WHEN o.supervision_enabled THEN d.hint END AS hint
FROM extensions x
LEFT JOIN owners o ON o.extension_id = x.id
LEFT JOIN devices d ON d.extension_id = x.id
LEFT JOIN (outcall_extensions r JOIN outcalls c ON c.id = r.outcall_id AND c.enabled)
  ON r.extension_id = x.id
WHERE x.enabled ORDER BY x.context COLLATE "C", x.exten COLLATE "C"
"""  # noqa: S608 - no value of a caller is in it

_ACCOUNT = """s.username, s.secret, s.type, s.host, s.native_options, s.extra_options,
  (SELECT name FROM sip_transports WHERE uuid = s.transport_uuid) AS transport,
  ARRAY(SELECT parent_uuid FROM endpoint_sip_templates WHERE endpoint_id = s.id
        ORDER BY position) AS templates"""

TRANSPORTS = 'SELECT name, options FROM sip_transports ORDER BY name COLLATE "C"'

TEMPLATES = """
SELECT t.uuid, x.name AS transport,
  ARRAY(SELECT parent_uuid FROM sip_template_parents WHERE template_uuid = t.uuid
        ORDER BY position) AS parents,
  jsonb_build_object(
    'aor', t.aor_section_options, 'auth', t.auth_section_options,
    'endpoint', t.endpoint_section_options, 'identify', t.identify_section_options,
    'registration', t.registration_section_options,
    'registration_outbound_auth', t.registration_outbound_auth_section_options,
    'outbound_auth', t.outbound_auth_section_options) AS sections
FROM sip_templates t LEFT JOIN sip_transports x ON x.uuid = t.transport_uuid ORDER BY t.uuid
"""

LINES = f"""
WITH members AS (
  SELECT call_pickup_id, role, user_id FROM call_pickup_users
  UNION SELECT g.call_pickup_id, g.role, gu.user_id
  FROM call_pickup_groups g JOIN group_users gu ON gu.group_id = g.group_id
), pickups AS (
  SELECT m.user_id,
    array_agg(p.id ORDER BY p.id) FILTER (WHERE m.role = 'interceptor') AS pickup_groups,
    array_agg(p.id ORDER BY p.id) FILTER (WHERE m.role = 'target') AS call_groups
  FROM members m JOIN call_pickups p ON p.id = m.call_pickup_id AND p.enabled GROUP BY m.user_id
)
SELECT {_ACCOUNT}, l.context, u.id AS user_id, u.uuid AS user_uuid, u.caller_id, u.language,
  u.music_on_hold, x.exten, x.context AS exten_context,
  CASE WHEN v.enabled THEN v.number || '@' || v.context END AS mailbox,
  pickups.pickup_groups, pickups.call_groups
FROM lines l JOIN endpoints_sip s ON s.id = l.endpoint_sip_id
LEFT JOIN user_lines ul ON ul.line_id = l.id AND ul.main_user
LEFT JOIN users u ON u.id = ul.user_id
LEFT JOIN pickups ON pickups.user_id = u.id
LEFT JOIN voicemails v ON v.id = u.voicemail_id
LEFT JOIN line_extensions le ON le.line_id = l.id AND le.main_extension
LEFT JOIN extensions x ON x.id = le.extension_id
WHERE COALESCE(u.enabled, true) ORDER BY s.username COLLATE "C"
"""  # noqa: S608

WAITING_PHONES = """
WITH pattern AS (
  SELECT document #>> '{raw_config,sip_lines,1,username}' AS prefix,
    document #>> '{raw_config,sip_lines,1,password}' AS secret
  FROM provd_configs WHERE role = 'autocreate' ORDER BY id LIMIT 1
), names AS (
  SELECT config.document #>> '{raw_config,sip_lines,1,username}' AS username
  FROM devices JOIN provd_configs config ON config.id = devices.config
  WHERE devices.config LIKE 'autoprov%'
  UNION SELECT document ->> 'remote_state_sip_username' FROM devices
)
SELECT names.username, pattern.secret FROM names JOIN pattern
  ON starts_with(names.username, pattern.prefix) AND length(pattern.prefix) >= 4
WHERE names.username ~ '^[A-Za-z0-9]{1,80}$' AND pattern.secret <> ''
  AND NOT EXISTS (SELECT FROM endpoints_sip s WHERE s.username = names.username)
ORDER BY names.username COLLATE "C"
"""
"""Accounts of phones without a line (reference/asterisk.md 4.5). Each stays until its phone is
known to run with another one: by it the phone is told to fetch its line."""

TRUNKS = f"""
SELECT {_ACCOUNT}, t.context FROM trunks t JOIN endpoints_sip s ON s.id = t.endpoint_sip_id
WHERE NOT EXISTS (SELECT FROM lines l WHERE l.endpoint_sip_id = s.id)
ORDER BY s.username COLLATE "C"
"""  # noqa: S608

IAX_PEERS = """
SELECT e.name, t.context, e.type, e.host, e.native_options, e.extra_options
FROM endpoints_iax e JOIN trunks t ON t.endpoint_iax_id = e.id ORDER BY e.name COLLATE "C"
"""

USER_FALLBACKS = f"""
SELECT u.id AS user_id, u.uuid AS user_uuid,
  array_remove(array_agg({_INTERFACE} ORDER BY l.id), NULL) AS interfaces
FROM users u
JOIN user_lines ul ON ul.user_id = u.id AND ul.main_line
LEFT JOIN line_extensions m ON m.line_id = ul.line_id AND m.main_extension
LEFT JOIN line_extensions le ON le.extension_id = m.extension_id
LEFT JOIN lines l ON l.id = le.line_id
LEFT JOIN endpoints_sip s ON s.id = l.endpoint_sip_id
LEFT JOIN endpoints_custom k ON k.id = l.endpoint_custom_id AND k.enabled
WHERE u.enabled GROUP BY u.id ORDER BY u.id
"""  # noqa: S608

ROUTES = """
SELECT r.id, r.strip_digits, r.external_prefix, COALESCE(e.country, 'FR') AS country,
  COALESCE((SELECT jsonb_agg(jsonb_build_array(
    s.username, COALESCE(k.interface, 'IAX2/' || i.name), k.interface_suffix)
                             ORDER BY p.position, t.id)
    FROM outcall_trunks p JOIN trunks t ON t.id = p.trunk_id
    LEFT JOIN endpoints_sip s ON s.id = t.endpoint_sip_id
    LEFT JOIN endpoints_custom k ON k.id = t.endpoint_custom_id AND k.enabled
    LEFT JOIN endpoints_iax i ON i.id = t.endpoint_iax_id
    WHERE p.outcall_id = o.id AND num_nonnulls(s.id, k.id, i.id) > 0), '[]') AS trunks
FROM outcall_extensions r JOIN outcalls o ON o.id = r.outcall_id AND o.enabled
LEFT JOIN extensions x ON x.id = r.extension_id
LEFT JOIN contexts c ON c.name = x.context
LEFT JOIN entities e ON e.id = COALESCE(o.entity_id, c.entity_id)
ORDER BY r.id
"""

FEATURES = """
SELECT feature, exten FROM feature_codes WHERE enabled ORDER BY feature COLLATE "C"
"""

WATCHED = """
WITH watched AS (
  SELECT l.context, u.id AS user_id, u.uuid AS user_uuid, k.destination, k.position, g.own
  FROM users u
  CROSS JOIN LATERAL (
    SELECT id AS template_id, true AS own FROM func_key_templates WHERE user_id = u.id
    UNION ALL
    SELECT template_id, false FROM user_func_key_templates WHERE user_id = u.id
  ) g
  JOIN func_keys k ON k.template_id = g.template_id
  JOIN user_lines ul ON ul.user_id = u.id AND ul.main_line
  JOIN lines l ON l.id = ul.line_id
  JOIN contexts c ON c.name = l.context AND c.enabled
  WHERE u.enabled AND k.blf AND k.destination ->> 'type' IN
      ('service', 'forward', 'custom', 'agent', 'bsfilter', 'groupmember')
    AND (g.own OR NOT EXISTS (
      SELECT FROM func_key_templates o JOIN func_keys p ON p.template_id = o.id
      WHERE o.user_id = u.id AND p.position = k.position))
    AND NOT EXISTS (SELECT FROM extensions x WHERE x.enabled AND x.context = l.context
      AND k.destination ->> 'type' = 'custom' AND x.exten = k.destination ->> 'exten')
)
"""
"""Keys with a lamp of their own. A number of the context has its own hint: a second one would be
refused."""

WATCHED_KEYS = f"""{WATCHED}
SELECT context, user_id, destination FROM watched
ORDER BY context COLLATE "C", user_id, position, own
"""  # noqa: S608

MAILBOXES = """
SELECT context, number, name, password, email, pager, language, timezone AS zone, attach_audio,
  delete_messages, max_messages, options
FROM voicemails WHERE enabled ORDER BY context COLLATE "C", number COLLATE "C"
"""

ZONES = 'SELECT name, timezone, message FROM voicemail_zones ORDER BY position, name COLLATE "C"'

SECTIONS = 'SELECT name, content FROM settings ORDER BY name COLLATE "C"'

INSTALLATION = "SELECT live_reload FROM installation"


class Source(Protocol):
    """All rows the files are made of."""

    def contexts(self) -> AsyncIterator[DialplanContext]:
        """Enabled contexts, by name."""

    def numbers(self) -> AsyncIterator[DialledNumber]:
        """Enabled extensions, by context and number."""

    def sip_transports(self) -> AsyncIterator[SipTransport]:
        """Transports, by name."""

    def sip_templates(self) -> AsyncIterator[SipTemplate]:
        """Templates that SIP endpoints may inherit."""

    def lines(self) -> AsyncIterator[SipLine]:
        """Lines with a SIP endpoint."""

    def waiting_phones(self) -> AsyncIterator[SipLine]:
        """Accounts of phones that wait for a line."""

    def trunks(self) -> AsyncIterator[SipTrunk]:
        """Trunks with a SIP endpoint."""

    def iax_peers(self) -> AsyncIterator[IaxPeer]:
        """IAX endpoints of trunks, by name."""

    def user_fallbacks(self) -> AsyncIterator[UserFallback]:
        """Enabled users with a line, by id."""

    def routes(self) -> AsyncIterator[Route]:
        """Dial patterns of enabled routes, by id."""

    def features(self) -> AsyncIterator[Feature]:
        """Enabled feature codes."""

    def watched_keys(self) -> AsyncIterator[WatchedKey]:
        """Keys of enabled users whose lamps watch something, by context."""

    def mailboxes(self) -> AsyncIterator[Mailbox]:
        """Enabled voicemail boxes, by context."""

    def zones(self) -> AsyncIterator[Zone]:
        """Zone messages, in order."""

    def sections(self) -> AsyncIterator[Section]:
        """Settings of the files, by name of their section."""

    def installation(self) -> AsyncIterator[Installation]:
        """One row."""


class DatabaseSource:
    """The rows as one transaction sees them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def contexts(self) -> AsyncIterator[DialplanContext]:
        async for row in self._rows(CONTEXTS):
            ranges = tuple(Range(*each) for each in row["ranges"])
            yield DialplanContext(row["name"], row["type"], tuple(row["includes"]), ranges)

    async def numbers(self) -> AsyncIterator[DialledNumber]:
        async for row in self._rows(NUMBERS):
            yield DialledNumber(**row)

    async def sip_transports(self) -> AsyncIterator[SipTransport]:
        async for row in self._rows(TRANSPORTS):
            yield SipTransport(**row)

    async def sip_templates(self) -> AsyncIterator[SipTemplate]:
        async for row in self._rows(TEMPLATES):
            yield SipTemplate(**row)

    async def lines(self) -> AsyncIterator[SipLine]:
        async for row in self._rows(LINES):
            yield SipLine(
                _account(row),
                row["context"],
                row["user_id"],
                row["user_uuid"],
                row["caller_id"],
                row["language"],
                row["music_on_hold"],
                row["exten"],
                row["exten_context"],
                row["mailbox"],
                row["pickup_groups"],
                row["call_groups"],
            )

    async def waiting_phones(self) -> AsyncIterator[SipLine]:
        async for row in self._rows(WAITING_PHONES):
            yield SipLine(SipAccount(row["username"], row["secret"]), WAITING_CONTEXT)

    async def trunks(self) -> AsyncIterator[SipTrunk]:
        async for row in self._rows(TRUNKS):
            yield SipTrunk(_account(row), row["context"])

    async def iax_peers(self) -> AsyncIterator[IaxPeer]:
        async for row in self._rows(IAX_PEERS):
            yield IaxPeer(**row)

    async def user_fallbacks(self) -> AsyncIterator[UserFallback]:
        async for row in self._rows(USER_FALLBACKS):
            yield UserFallback(**row)

    async def routes(self) -> AsyncIterator[Route]:
        async for row in self._rows(ROUTES):
            trunks = tuple(RouteTrunk(*each) for each in row["trunks"])
            yield Route(
                row["id"], row["country"], row["strip_digits"], row["external_prefix"], trunks
            )

    async def features(self) -> AsyncIterator[Feature]:
        async for row in self._rows(FEATURES):
            yield Feature(**row)

    async def watched_keys(self) -> AsyncIterator[WatchedKey]:
        async for row in self._rows(WATCHED_KEYS):
            yield WatchedKey(**row)

    async def mailboxes(self) -> AsyncIterator[Mailbox]:
        async for row in self._rows(MAILBOXES):
            yield Mailbox(**row)

    async def zones(self) -> AsyncIterator[Zone]:
        async for row in self._rows(ZONES):
            yield Zone(**row)

    async def sections(self) -> AsyncIterator[Section]:
        async for row in self._rows(SECTIONS):
            yield Section(**row)

    async def installation(self) -> AsyncIterator[Installation]:
        async for row in self._rows(INSTALLATION):
            yield Installation(**row)

    async def _rows(self, statement: str) -> AsyncIterator[RowMapping]:
        result = await self._connection.stream(
            text(statement), execution_options={"yield_per": ROWS_AT_ONCE}
        )
        async for row in result.mappings():
            yield row


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[DatabaseSource]:
    """All statements in it see the same moment; nothing can be written."""
    async with engine.connect() as connection:
        await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        yield DatabaseSource(connection)


def _account(row: RowMapping) -> SipAccount:
    return SipAccount(
        username=row["username"],
        secret=row["secret"],
        type=row["type"],
        host=row["host"],
        native_options=row["native_options"],
        extra_options=row["extra_options"],
        transport=row["transport"],
        templates=row["templates"],
    )
