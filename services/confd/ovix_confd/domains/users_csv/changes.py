"""``PUT /users/import``: each row changes a user and what is his, by the rules of single requests.

Rows are changed one after another, each behind a savepoint: what a row changes, its rules and the
database's constraints must be told of that row, and the next ones tried all the same.
"""

from typing import Any

from ovix_schema import (
    EndpointSccp,
    EndpointSip,
    Extension,
    Line,
    LineExtension,
    User,
    UserCallPermission,
    UserLine,
)
from ovix_web.database_errors import ConstraintErrors, translated
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from ...kit import InputError, Values, Work, param_not_found
from ..endpoints import ENDPOINTS_SCCP, ENDPOINTS_SIP
from ..endpoints.sccp import SccpEndpointCreate
from ..endpoints.sip import SipEndpointCreate
from ..extensions import EXTENSIONS
from ..extensions.schemas import ExtensionCreate
from ..lines import LINES
from ..lines.endpoints import LINE_ENDPOINTS
from ..lines.extensions import LINE_EXTENSIONS
from ..lines.schemas import LineCreate
from ..lines.users import USER_LINES
from ..users import USERS
from ..users.call_permissions import USER_CALL_PERMISSIONS
from ..users.cti import UserCtiUpdate, switch_login
from ..users.entities import move_to_entity
from ..users.nested import linked
from ..users.schemas import UserUpdate
from ..users.voicemails import USER_VOICEMAILS
from ..voicemails import VOICEMAILS
from ..voicemails.resource import VoicemailCreate
from . import lookups
from .columns import (
    EXTENSION,
    LINE,
    SIP,
    USER,
    VOICEMAIL,
    body,
    names_of,
    refuse_what_is_not_there,
    uuid_of,
)
from .rows import Row, good

_LINE_SIP, _LINE_SCCP, _ = LINE_ENDPOINTS


async def change(work: Work, rows: list[Row], constraints: ConstraintErrors) -> None:
    """Change what the rows say; those that can't be have a ``problem`` then."""
    for row in good(rows):
        with row.tried():
            try:
                async with work.session.begin_nested():
                    await _change(row)
                    await work.session.flush()
            except DBAPIError as error:
                told = translated(error, constraints)
                if told is None:
                    raise
                raise told from error
        if row.problem is not None:
            # What was read for the row may have been changed by it, and taken back.
            work.session.expunge_all()


async def _change(row: Row) -> None:
    values = row.values
    refuse_what_is_not_there(values)
    uuid = uuid_of(values)
    if uuid is None:
        raise InputError("missing parameters: uuid")
    user = row.user = await USERS.find(row.work, uuid)
    if values.get("entity_id") not in (None, user.entity_id):
        await move_to_entity(row.work, user, values["entity_id"])
    given = body(UserUpdate, USER, values).model_dump(exclude_unset=True)
    if given.get("password") is None:
        # An export can't tell passwords: importing it again must not take them away.
        given.pop("password", None)
    if "labels" in values:
        given["labels"] = await _labels(row, user)
    await USERS.edit(row.work, user, given)
    login: Values = {}
    if "cti_profile_enabled" in values:
        login["enabled"] = bool(values["cti_profile_enabled"])
    if "cti_profile_name" in values:
        login["cti_profile_id"] = await lookups.profile_id(row.work, values["cti_profile_name"])
    if login:
        await switch_login(row.work, user, UserCtiUpdate(**login))
    await _voicemail(row, user)
    if "call_permissions" in values:
        await _permissions(row, user)
    await _phone(row, user)


async def _labels(row: Row, user: User) -> list[Values]:
    """What a body says instead of the names."""
    names = names_of(row.values, "labels")
    there = await lookups.labels(row.work, names)
    for name in names:
        if (user.entity_id, name) not in there:
            raise param_not_found("labels", "Label", name=name)
    return [{"id": there[user.entity_id, name].id} for name in names]


def _given(columns: dict[str, str], values: Values) -> Values:
    return {field: values[column] for column, field in columns.items() if column in values}


async def _voicemail(row: Row, user: User) -> None:
    """His box follows the cells; without one he gets the one of that number, or a new one."""
    given = _given(VOICEMAIL, row.values)
    if user.voicemail_id is not None:
        row.voicemail = await VOICEMAILS.find(row.work, user.voicemail_id)
    elif given.get("number") and given.get("context"):
        key = given["number"], given["context"]
        row.voicemail = (await lookups.boxes(row.work, [key])).get(key)
        if row.voicemail is None:
            wanted = body(VoicemailCreate, VOICEMAIL, row.values)
            row.voicemail = await VOICEMAILS.make(row.work, wanted.model_dump())
            given = {}
        await linked(row.work, USER_VOICEMAILS, user, row.voicemail)
    if row.voicemail is not None and given and VOICEMAILS.update is not None:
        edit = body(VOICEMAILS.update, VOICEMAIL, row.values)
        await VOICEMAILS.edit(row.work, row.voicemail, edit.model_dump(exclude_unset=True))


async def _permissions(row: Row, user: User) -> None:
    """Exactly those that are named."""
    names = names_of(row.values, "call_permissions")
    there = await lookups.permissions(row.work, names)
    missing = [name for name in names if name not in there]
    if missing:
        raise param_not_found("call_permissions", "CallPermission", name=missing[0])
    wanted = {permission.id: permission for permission in there.values()}
    having = select(UserCallPermission.call_permission_id).where(
        UserCallPermission.user_id == user.id
    )
    before = set(await row.work.session.scalars(having))
    for permission_id in sorted(before - wanted.keys()):
        both = await USER_CALL_PERMISSIONS.both(row.work, user.id, permission_id)
        await USER_CALL_PERMISSIONS.dissociate(row.work, *both)
    for permission_id in sorted(wanted.keys() - before):
        await linked(row.work, USER_CALL_PERMISSIONS, user, wanted[permission_id])
    row.permissions = [there[name] for name in names]


async def _phone(row: Row, user: User) -> None:
    """His main line, its endpoint and its number."""
    values = row.values
    if values.keys().isdisjoint({"line_protocol", "context", *EXTENSION, *SIP}):
        return
    row.phone = await row.work.session.scalar(
        select(Line)
        .join(UserLine, UserLine.line_id == Line.id)
        .where(UserLine.user_id == user.id, UserLine.main_line)
        .with_for_update(key_share=True, of=Line)
    )
    if row.phone is None:
        if not (values.get("line_protocol") and values.get("context")):
            return
        row.phone = await LINES.make(row.work, body(LineCreate, LINE, values).model_dump())
        await _account(row, row.phone)
        await linked(row.work, USER_LINES, user, row.phone)
        await _number(row, row.phone)
        return
    wanted, current = values.get("line_protocol"), _protocol_of(row.phone)
    if wanted and current not in (None, wanted):
        raise InputError("field 'line_protocol': the protocol of a line can't be changed")
    await _account(row, row.phone)
    await _number(row, row.phone)
    if values.get("line_protocol") and values.get("context") != row.phone.context:
        given = body(LineCreate, LINE, values).model_dump(include={"context"})
        await LINES.edit(row.work, row.phone, given)


def _protocol_of(line: Line) -> str | None:
    kinds = ("sip", "sccp", "custom")
    return next((kind for kind in kinds if getattr(line, f"endpoint_{kind}_id") is not None), None)


async def _account(row: Row, line: Line) -> None:
    """The endpoint of the line; a SIP one with the cells' username and secret."""
    session, given = row.work.session, _given(SIP, row.values)
    if "sccp" in (_protocol_of(line), row.values.get("line_protocol")):
        row.sccp = await _sccp_account(row, line)
        return
    if line.endpoint_sip_id is not None:
        row.endpoint = await session.get_one(EndpointSip, line.endpoint_sip_id)
    elif row.values.get("line_protocol"):
        name = given.get("username")
        found = await lookups.endpoints(row.work, [name] if name else [])
        row.endpoint = found.get(name or "")
        if row.endpoint is None:
            wanted = body(SipEndpointCreate, SIP, row.values)
            row.endpoint = await ENDPOINTS_SIP.make(row.work, wanted.model_dump())
            given = {}
        await linked(row.work, _LINE_SIP, line, row.endpoint)
    changed = {field: value for field, value in given.items() if value is not None}
    if row.endpoint is not None and changed and ENDPOINTS_SIP.update is not None:
        columns = {column: field for column, field in SIP.items() if field in changed}
        wanted_now = body(ENDPOINTS_SIP.update, columns, row.values)
        await ENDPOINTS_SIP.edit(row.work, row.endpoint, wanted_now.model_dump(exclude_unset=True))


async def _sccp_account(row: Row, line: Line) -> EndpointSccp:
    if line.endpoint_sccp_id is not None:
        return await row.work.session.get_one(EndpointSccp, line.endpoint_sccp_id)
    made = await ENDPOINTS_SCCP.make(row.work, SccpEndpointCreate().model_dump())
    await linked(row.work, _LINE_SCCP, line, made)
    return made


async def _number(row: Row, line: Line) -> None:
    """The main number of the line: changed, or found or created and linked."""
    values = row.values
    row.extension = await row.work.session.scalar(
        select(Extension)
        .join(LineExtension, LineExtension.extension_id == Extension.id)
        .where(LineExtension.line_id == line.id, LineExtension.main_extension)
        .with_for_update(key_share=True, of=Extension)
    )
    given = {field: values[field] for field in EXTENSION if values.get(field)}
    if row.extension is not None:
        current: dict[str, Any] = {"exten": row.extension.exten, "context": row.extension.context}
        wanted = body(ExtensionCreate, EXTENSION, current | given)
        changed = {k: v for k, v in wanted.model_dump().items() if current.get(k, v) != v}
        if changed:
            await EXTENSIONS.edit(row.work, row.extension, changed)
    elif len(given) == len(EXTENSION):
        wanted = body(ExtensionCreate, EXTENSION, values)
        key = wanted.exten, wanted.context
        row.extension = (await lookups.extensions(row.work, [key])).get(key)
        if row.extension is None:
            row.extension = await EXTENSIONS.make(row.work, wanted.model_dump())
        await linked(row.work, LINE_EXTENSIONS, line, row.extension)
