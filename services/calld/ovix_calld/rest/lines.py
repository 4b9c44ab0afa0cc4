"""The line a click-to-call rings: one statement."""

from dataclasses import dataclass
from uuid import UUID

from ovix_telephony import caller_id
from ovix_telephony.line_devices import ringing_device
from ovix_web import Identity
from ovix_web.bodies import INT32_MAX
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from .errors import InvalidUser, InvalidUserLine, UserMissingMainLine

_USER_LINES = text(
    """
    SELECT users.uuid, users.caller_id, lines.id AS line_id, lines.context,
           user_lines.main_line, endpoints_sip.username, endpoints_custom.interface,
           endpoints_sip.native_options ->> 'webrtc' AS webrtc, users.selected_device,
           extensions.exten
    FROM users
    LEFT JOIN user_lines ON user_lines.user_id = users.id
    LEFT JOIN lines ON lines.id = user_lines.line_id
    LEFT JOIN endpoints_sip ON endpoints_sip.id = lines.endpoint_sip_id
    LEFT JOIN endpoints_custom ON endpoints_custom.id = lines.endpoint_custom_id
    LEFT JOIN line_extensions ON line_extensions.line_id = lines.id
        AND line_extensions.main_extension
    LEFT JOIN extensions ON extensions.id = line_extensions.extension_id
    WHERE (users.uuid = CAST(:uuid AS uuid) OR users.id = CAST(:id AS int))
        AND (CAST(:entity_id AS int) IS NULL OR users.entity_id = CAST(:entity_id AS int))
    """
)


@dataclass(frozen=True, slots=True)
class UserLine:
    """A line of a user that can be rung."""

    user_uuid: UUID
    line_id: int
    context: str
    interface: str
    is_sip: bool
    caller_name: str
    caller_number: str


async def find_line(
    session: AsyncSession, identity: Identity, user: str, line_id: int | None
) -> UserLine:
    """That line of the user, or the main one; of the token's entity if it is bound to one."""
    parameters = {"uuid": _uuid(user), "id": _id(user), "entity_id": identity.entity_id}
    rows = (await session.execute(_USER_LINES, parameters)).mappings().all()
    if not rows:
        raise InvalidUser(user=user[:64])
    if line_id is not None:
        wanted = [row for row in rows if row["line_id"] == line_id]
        if not wanted or _interface(wanted[0]) is None:
            raise InvalidUserLine(user=user[:64], line_id=line_id)
    else:
        wanted = [row for row in rows if row["main_line"]]
        if not wanted or _interface(wanted[0]) is None:
            raise UserMissingMainLine(user=user[:64])
    return _line(wanted[0])


def _line(row: RowMapping) -> UserLine:
    known = caller_id.parse(row["caller_id"])
    return UserLine(
        user_uuid=row["uuid"],
        line_id=row["line_id"],
        context=row["context"],
        interface=_interface(row) or "",
        is_sip=row["username"] is not None,
        caller_name=(known and known.name) or "",
        caller_number=(known and known.number) or row["exten"] or "",
    )


def _interface(row: RowMapping) -> str | None:
    if row["username"] is not None:
        return f"PJSIP/{ringing_device(row['username'], row['webrtc'], row['selected_device'])}"
    interface: str | None = row["interface"]
    return interface


def _uuid(user: str) -> UUID | None:
    try:
        return UUID(user)
    except ValueError:
        return None


def _id(user: str) -> int | None:
    digits = user.isascii() and user.isdigit() and len(user) <= 10
    return int(user) if digits and int(user) <= INT32_MAX else None
