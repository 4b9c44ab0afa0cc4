"""Whom an endpoint of Asterisk belongs to: one statement for all endpoints of a batch."""

from collections.abc import Collection

from ovix_telephony import caller_id
from ovix_telephony.line_devices import account_of
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from .channels import Party

# A line's owner is its main user; an endpoint without line (a trunk) is outside. A unique account
# (ovix_telephony.line_devices) is two endpoints of one line.
_PARTIES = text(
    """
    SELECT endpoint.interface, lines.id AS line_id, users.uuid AS user_uuid, users.caller_id,
           users.userfield, extensions.exten
    FROM (
        SELECT 'PJSIP/' || username AS interface, id AS sip_id, NULL::int AS custom_id
        FROM endpoints_sip WHERE username = ANY(:names)
        UNION ALL
        SELECT 'PJSIP/' || username || '_w', id, NULL
        FROM endpoints_sip
        WHERE username = ANY(:accounts) AND native_options ->> 'webrtc' = 'ua'
        UNION ALL
        SELECT interface, NULL, id FROM endpoints_custom WHERE interface = ANY(:interfaces)
    ) AS endpoint
    LEFT JOIN lines ON lines.endpoint_sip_id = endpoint.sip_id
        OR lines.endpoint_custom_id = endpoint.custom_id
    LEFT JOIN user_lines ON user_lines.line_id = lines.id AND user_lines.main_user
    LEFT JOIN users ON users.id = user_lines.user_id
    LEFT JOIN line_extensions ON line_extensions.line_id = lines.id
        AND line_extensions.main_extension
    LEFT JOIN extensions ON extensions.id = line_extensions.extension_id
    """
)


async def find_parties(session: AsyncSession, interfaces: Collection[str]) -> dict[str, Party]:
    """The parties of those interfaces (``PJSIP/abc``) that the configuration knows."""
    if not interfaces:
        return {}
    names = [each.removeprefix("PJSIP/") for each in interfaces if each.startswith("PJSIP/")]
    accounts = [account for name in names if (account := account_of(name))]
    parameters = {"names": names, "accounts": accounts, "interfaces": list(interfaces)}
    rows = await session.execute(_PARTIES, parameters)
    return {row["interface"]: _party(row) for row in rows.mappings()}


_OWNER = text(
    """
    SELECT lines.id AS line_id, users.uuid AS user_uuid, users.caller_id, users.userfield,
           extensions.exten
    FROM extensions
    JOIN line_extensions ON line_extensions.extension_id = extensions.id
    JOIN lines ON lines.id = line_extensions.line_id
    JOIN user_lines ON user_lines.line_id = lines.id AND user_lines.main_user
    JOIN users ON users.id = user_lines.user_id
    WHERE extensions.exten = :exten AND extensions.context = :context
    LIMIT 1
    """
)


async def find_owner(session: AsyncSession, exten: str, context: str) -> Party:
    """The user who has that number; nobody's number gives a party without user."""
    found = await session.execute(_OWNER, {"exten": exten, "context": context})
    row = found.mappings().one_or_none()
    return Party() if row is None else _party(row)


def _party(row: RowMapping) -> Party:
    line_id, user_uuid, exten = row["line_id"], row["user_uuid"], row["exten"]
    known = caller_id.parse(str(row["caller_id"] or ""))
    return Party(
        user_uuid=None if user_uuid is None else str(user_uuid),
        line_id=line_id if isinstance(line_id, int) else None,
        name=(known and known.name) or "",
        number=(known and known.number) or str(exten or ""),
        userfield=row["userfield"] or "",
        external=line_id is None,
    )
