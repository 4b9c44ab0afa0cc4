"""``GET /users/export``: every user as a row that an import takes back."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

from ovix_schema import (
    CallPermission,
    CtiProfile,
    EndpointSip,
    Extension,
    Line,
    LineExtension,
    User,
    UserCallPermission,
    UserLine,
    Voicemail,
)
from ovix_web import Sessions
from sqlalchemy import Select, and_, case, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from ...kit import Operation, Work
from ..users.resource import RECORD_FLAGS
from .columns import SEPARATOR

ROWS_AT_ONCE = 500
_TAKES_CSV = ("text/csv", "text/*", "*/*")

_PERMISSIONS = (
    select(
        func.string_agg(
            CallPermission.name,
            aggregate_order_by(literal_column(f"'{SEPARATOR}'"), CallPermission.name),
        )
    )
    .join(UserCallPermission, UserCallPermission.call_permission_id == CallPermission.id)
    .where(UserCallPermission.user_id == User.id)
    .scalar_subquery()
)
_PROFILE = select(CtiProfile.name).where(CtiProfile.id == User.cti_profile_id).scalar_subquery()

COLUMNS: dict[str, Any] = {
    "uuid": User.uuid,
    "entity_id": User.entity_id,
    "firstname": User.firstname,
    "lastname": User.lastname,
    "email": User.email,
    "mobile_phone_number": User.mobile_phone_number,
    "outgoing_caller_id": User.outgoing_caller_id,
    "language": User.language,
    "call_permission_password": User.call_permission_password,
    "enabled": User.enabled,
    "ring_seconds": User.ring_seconds,
    "simultaneous_calls": User.simultaneous_calls,
    "supervision_enabled": User.supervision_enabled,
    "call_transfer_enabled": User.call_transfer_enabled,
    "dtmf_hangup_enabled": User.dtmf_hangup_enabled,
    "call_record_enabled": and_(*(getattr(User, flag) for flag in RECORD_FLAGS)),
    "online_call_record_enabled": User.online_call_record_enabled,
    "userfield": User.userfield,
    "username": User.username,
    "password": null(),
    "cti_profile_name": _PROFILE,
    "cti_profile_enabled": User.cti_enabled,
    "voicemail_name": Voicemail.name,
    "voicemail_number": Voicemail.number,
    "voicemail_context": Voicemail.context,
    "voicemail_password": Voicemail.password,
    "voicemail_email": Voicemail.email,
    "voicemail_attach_audio": Voicemail.attach_audio,
    "voicemail_delete_messages": Voicemail.delete_messages,
    "voicemail_ask_password": Voicemail.ask_password,
    "line_protocol": case(
        (EndpointSip.id.is_not(None), "sip"),
        (Line.endpoint_sccp_id.is_not(None), "sccp"),
        else_=null(),
    ),
    "provisioning_code": Line.provisioning_code,
    "context": func.coalesce(Extension.context, Line.context),
    "sip_username": EndpointSip.username,
    "sip_secret": EndpointSip.secret,
    "exten": Extension.exten,
    "incall_exten": null(),
    "incall_context": null(),
    "call_permissions": _PERMISSIONS,
}
"""In XiVO's order. Passwords are kept as hashes, and incoming calls are no resource yet: empty."""


class CsvResponse(StreamingResponse):
    """Also tells the API description what kind of answer this is."""

    media_type = "text/csv"


def _exported(work: Work) -> Select[Any]:
    """A row of each user that the caller sees, with his main line only."""
    return (
        select(*(expression.label(name) for name, expression in COLUMNS.items()))
        .select_from(User)
        .outerjoin(Voicemail, Voicemail.id == User.voicemail_id)
        .outerjoin(UserLine, and_(UserLine.user_id == User.id, UserLine.main_line))
        .outerjoin(Line, Line.id == UserLine.line_id)
        .outerjoin(EndpointSip, EndpointSip.id == Line.endpoint_sip_id)
        .outerjoin(
            LineExtension, and_(LineExtension.line_id == Line.id, LineExtension.main_extension)
        )
        .outerjoin(Extension, Extension.id == LineExtension.extension_id)
        .where(*work.owned(User.entity_id))
        .order_by(User.id)
    )


def _cell(value: object) -> object:
    if value is None:
        return ""
    return int(value) if isinstance(value, bool) else value


async def _written(sessions: Sessions, statement: Select[Any]) -> AsyncIterator[bytes]:
    """The CSV in pieces: it is never whole in memory."""
    buffer = io.StringIO()
    lines = csv.writer(buffer)
    lines.writerow(COLUMNS)
    async with sessions() as session:
        rows = await session.stream(statement.execution_options(yield_per=ROWS_AT_ONCE))
        async for some in rows.partitions():
            lines.writerows([_cell(value) for value in row] for row in some)
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


async def export_users(work: Work) -> object:
    """Users as CSV, with the columns that an import takes."""
    accepted = work.request.headers.get("Accept", "*/*").lower()
    if not any(kind.partition(";")[0].strip() in _TAKES_CSV for kind in accepted.split(",")):
        raise HTTPException(406, "Not Acceptable: ask for text/csv; charset=utf-8")
    return CsvResponse(
        _written(work.request.app.state.sessions, _exported(work)),
        headers={"Content-Disposition": "attachment;filename=xivo-users.csv"},
    )


EXPORT = Operation(
    "GET",
    "/users/export",
    "export_users",
    export_users,
    ("confd.users.export.read",),
    summary="Users as CSV",
    described={
        "responses": {
            "200": {"description": "Done", "content": {"text/csv": {"schema": {"type": "string"}}}},
            "406": {"description": "Not Acceptable"},
        }
    },
)
