"""``POST /users/import``: many rows at once, by the rules of the single requests.

Every new row is checked by the rules of its resource; what they ask the database is asked once.
What is new is inserted for many rows together; what is there already is linked by the single
requests' own functions, as only they know what may be linked to what has links.
"""

import asyncio
from typing import Any
from uuid import uuid4

from ovix_schema import (
    CallPermission,
    EndpointSccp,
    EndpointSip,
    Entity,
    Extension,
    Line,
    User,
    UserLabel,
    Voicemail,
)
from ovix_schema.numbering import EXTENSION_ID
from ovix_web.passwords import hash_password_now
from sqlalchemy import func, inspect, select
from sqlalchemy.dialects.postgresql import insert

from ...kit import NotFound, ResourceSpec, Values, Work, param_not_found
from ...line_caller_ids import refresh_caller_ids
from ..contexts import context_named
from ..endpoints import ENDPOINTS_SCCP, ENDPOINTS_SIP
from ..endpoints.sccp import SccpEndpointCreate
from ..endpoints.sip import SipEndpointCreate
from ..extensions import EXTENSIONS
from ..extensions.schemas import ExtensionCreate
from ..lines import LINES
from ..lines.endpoints import LINE_ENDPOINTS, announce_sccp_of_line, announce_sip_of_line
from ..lines.extensions import LINE_EXTENSIONS, link_new_extension
from ..lines.resource import free_codes
from ..lines.schemas import LineCreate
from ..lines.users import USER_LINES, link_new_line
from ..users import USERS
from ..users.call_permissions import USER_CALL_PERMISSIONS
from ..users.cti import UserCtiUpdate, switch_login
from ..users.resource import RECORD_FLAGS
from ..users.schemas import UserCreate
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

_LINE_SIP = LINE_ENDPOINTS[0]
_OF_NO_ONE = {
    "voicemail_id": None,
    "voicemail_enabled": False,
    "cti_enabled": False,
    "cti_profile_id": None,
} | dict.fromkeys(RECORD_FLAGS, False)
"""Columns of a user that a row may not speak of; rows of one insert name the same columns."""


async def create(work: Work, rows: list[Row]) -> None:
    """Create what the rows say; those that can't be have a ``problem`` then."""
    for row in good(rows):
        with row.tried():
            refuse_what_is_not_there(row.values)
    await _users(work, rows)
    await _voicemails(work, rows)
    await _insert_users(work, rows)
    await _extensions(work, rows)
    await _endpoints(work, rows)
    await _lines(work, rows)
    await _permissions(work, rows)
    await _labels(work, rows)
    await _logins(rows)
    await work.session.flush()
    for row in good(rows):
        if row.user is not None and USERS.announces.created is not None:
            row.work.announce_creation(USERS.announces.created(**USERS.announces.data(row.user)))


async def _users(work: Work, rows: list[Row]) -> None:
    """The users, not stored yet: they are inserted with their box."""
    default = work.entity_id
    if default is None:
        default = await work.known("default entity", lambda: _lowest_entity(work))
    named = await lookups.entities(
        work, (row.values["entity_id"] for row in good(rows) if row.values.get("entity_id"))
    )
    for row in good(rows):
        with row.tried():
            values = body(UserCreate, USER, row.values).model_dump()
            wanted = row.values.get("entity_id")
            if wanted is not None and wanted not in named:
                raise NotFound("Entity", id=wanted)
            user = User(**_OF_NO_ONE, entity_id=wanted or default, password_hash=None)
            user.uuid = uuid_of(row.values) or uuid4()
            await USERS.check(row.work, user, values)
            user.cti_enabled = bool(row.values.get("cti_profile_enabled"))
            name = row.values.get("cti_profile_name")
            user.cti_profile_id = await lookups.profile_id(row.work, name)
            row.user = user
    await _hash_passwords(rows)


async def _lowest_entity(work: Work) -> int | None:
    return await work.session.scalar(select(func.min(Entity.id)))


async def _hash_passwords(rows: list[Row]) -> None:
    """One after another in a thread of their own: whoever logs in meanwhile comes first."""
    for row in good(rows):
        if row.user is not None and row.values.get("password") is not None:
            row.user.password_hash = await asyncio.to_thread(
                hash_password_now, row.values["password"]
            )


async def _voicemails(work: Work, rows: list[Row]) -> None:
    """The boxes, each found or stored, and given to its user."""
    having = [
        row
        for row in good(rows)
        if row.values.get("voicemail_number") or row.values.get("voicemail_context")
    ]
    keys = {}
    for row in having:
        with row.tried():
            keys[row.line.number] = body(VoicemailCreate, VOICEMAIL, row.values)
    there = await lookups.boxes(work, ((key.number, key.context) for key in keys.values()))
    new: list[Row] = []
    for row in good(having):
        given = keys[row.line.number]
        with row.tried():
            box = there.get((given.number, given.context))
            if box is None:
                box = Voicemail()
                await VOICEMAILS.check(row.work, box, given.model_dump())
                there[given.number, given.context] = box
                new.append(row)
            row.voicemail = box
    await _store(work, VOICEMAILS, [(row, row.voicemail) for row in new])
    for row in good(having):
        if row.voicemail is None or row.user is None:
            continue
        with row.tried():
            place = await context_named(row.work, row.voicemail.context)
            USER_VOICEMAILS.of_one_entity(row.user.entity_id, place.entity_id)
            await USER_VOICEMAILS.associate(row.work, row.user, row.voicemail)


async def _store(work: Work, spec: ResourceSpec[Any], new: list[tuple[Row, Any]]) -> None:
    """Store new objects of one kind, and tell of each before whatever was told of its row."""
    work.session.add_all(each for _, each in new)
    await work.session.flush()
    for row, each in new:
        if spec.announces.created is not None:
            row.work.announce_creation(spec.announces.created(**spec.announces.data(each)))


async def _insert_users(work: Work, rows: list[Row]) -> None:
    """One insert; who is not there afterwards has the e-mail address or name of another."""
    users = {row.user.uuid: row.user for row in good(rows) if row.user is not None}
    if not users:
        return
    columns = inspect(User).column_attrs.keys()
    values: list[Values] = [
        {name: value for name, value in vars(user).items() if name in columns}
        for user in users.values()
    ]
    table: Any = User.__table__
    statement = insert(table).on_conflict_do_nothing().returning(table.c.id, table.c.uuid)
    for user_id, uuid in (await work.session.execute(statement, values)).all():
        users[uuid].id = user_id
    for row in good(rows):
        if row.user is not None and (users.get(row.user.uuid) is not row.user or not row.user.id):
            row.refuse(str(USERS.conflicts["uq_users_email"]()))


async def _extensions(work: Work, rows: list[Row]) -> None:
    """The numbers, each found or stored."""
    having, given = [], {}
    for row in good(rows):
        if row.values.get("exten") and row.values.get("context"):
            with row.tried():
                given[row.line.number] = body(ExtensionCreate, EXTENSION, row.values)
                having.append(row)
    there = await lookups.extensions(work, ((each.exten, each.context) for each in given.values()))
    new: list[Row] = []
    for row in good(having):
        number = given[row.line.number]
        with row.tried():
            extension = there.get((number.exten, number.context))
            if extension is None:
                extension = Extension()
                await EXTENSIONS.check(row.work, extension, number.model_dump())
                there[number.exten, number.context] = extension
                new.append(row)
            row.extension = extension
    await _number(work, [row.extension for row in new if row.extension is not None])
    await _store(work, EXTENSIONS, [(row, row.extension) for row in new])
    for row in new:
        row.created.add("extension")


async def _number(work: Work, extensions: list[Extension]) -> None:
    """Their ids, drawn at once, and what the table would add: else each is inserted alone."""
    many = func.generate_series(1, len(extensions)).alias("many")
    drawn = await work.session.scalars(select(EXTENSION_ID.next_value()).select_from(many))
    for extension, number in zip(extensions, drawn, strict=True):
        extension.id, extension.enabled, extension.type = number, True, "user"


def _has_phone(row: Row, *protocols: str) -> bool:
    return bool(row.values.get("line_protocol") in protocols and row.values.get("context"))


async def _endpoints(work: Work, rows: list[Row]) -> None:
    """The SIP endpoints, each found or stored; those of SCCP have nothing to be found by."""
    sccp = [row for row in good(rows) if _has_phone(row, "sccp")]
    for row in sccp:
        row.sccp = EndpointSccp(entity_id=None if row.user is None else row.user.entity_id)
        await ENDPOINTS_SCCP.check(row.work, row.sccp, SccpEndpointCreate().model_dump())
    await _store(work, ENDPOINTS_SCCP, [(row, row.sccp) for row in sccp])
    having, given = [], {}
    for row in good(rows):
        if _has_phone(row, "sip"):
            with row.tried():
                given[row.line.number] = body(SipEndpointCreate, SIP, row.values)
                having.append(row)
    there = await lookups.endpoints(
        work, (each.username for each in given.values() if each.username)
    )
    new: list[Row] = []
    for row in good(having):
        account = given[row.line.number]
        with row.tried():
            endpoint = there.get(account.username)
            if endpoint is None:
                entity_id = None if row.user is None else row.user.entity_id
                endpoint = EndpointSip(entity_id=entity_id)
                await ENDPOINTS_SIP.check(row.work, endpoint, account.model_dump())
                there[endpoint.username] = endpoint
                new.append(row)
            row.endpoint = endpoint
    await _store(work, ENDPOINTS_SIP, [(row, row.endpoint) for row in new])
    for row in new:
        row.created.add("endpoint")


async def _lines(work: Work, rows: list[Row]) -> None:
    """The lines with their endpoints, users and numbers."""
    having = [row for row in good(rows) if row.endpoint is not None or row.sccp is not None]
    if not having:
        return
    for row, code in zip(having, await free_codes(work, len(having)), strict=True):
        with row.tried():
            line = Line(provisioning_code=code)
            values = body(LineCreate, LINE, row.values).model_dump(exclude={"provisioning_code"})
            await LINES.check(row.work, line, values)
            place = await context_named(row.work, line.context)
            if row.user is not None:
                USER_LINES.of_one_entity(row.user.entity_id, place.entity_id)
            if row.endpoint is not None:
                _LINE_SIP.of_one_entity(place.entity_id, row.endpoint.entity_id)
            if row.sccp is not None:
                line.endpoint_sccp_id = row.sccp.id
            if row.endpoint is not None and "endpoint" in row.created:
                line.endpoint_sip_id = row.endpoint.id
            row.phone = line
    having = list(good(having))
    await _store(work, LINES, [(row, row.phone) for row in having])
    for row in having:
        with row.tried():
            await _link_line(row)
    await work.session.flush()
    new = [row.phone.id for row in good(having) if row.phone is not None]
    await refresh_caller_ids(work, line_ids=new)


async def _link_line(row: Row) -> None:
    """What is new is free to be linked; of what was there, the link's own rules are asked."""
    if row.phone is None or row.user is None:
        return
    if row.sccp is not None:
        announce_sccp_of_line(row.work, row.phone, row.sccp)
    elif row.endpoint is not None and "endpoint" in row.created:
        announce_sip_of_line(row.work, row.phone, row.endpoint)
    elif row.endpoint is not None:
        await _LINE_SIP.associate(row.work, row.phone, row.endpoint)
    link_new_line(row.work, row.user, row.phone)
    if row.extension is None:
        return
    if "extension" in row.created:
        await link_new_extension(row.work, row.phone, row.extension)
    else:
        await LINE_EXTENSIONS.associate(row.work, row.phone, row.extension)


async def _permissions(work: Work, rows: list[Row]) -> None:
    """The call permissions that the rows name."""
    named = {row.line.number: names_of(row.values, "call_permissions") for row in good(rows)}
    there = await lookups.permissions(work, (name for names in named.values() for name in names))
    for row in good(rows):
        with row.tried():
            for name in named[row.line.number]:
                await _permit(row, name, there.get(name))


async def _permit(row: Row, name: str, permission: CallPermission | None) -> None:
    if permission is None:
        raise param_not_found("call_permissions", "CallPermission", name=name)
    if row.user is not None:
        USER_CALL_PERMISSIONS.of_one_entity(row.user.entity_id, permission.entity_id)
        await USER_CALL_PERMISSIONS.associate(row.work, row.user, permission)
        row.permissions.append(permission)


async def _labels(work: Work, rows: list[Row]) -> None:
    """The labels that the rows name."""
    named = {row.line.number: names_of(row.values, "labels") for row in good(rows)}
    there = await lookups.labels(work, (name for names in named.values() for name in names))
    for row in good(rows):
        with row.tried():
            for name in named[row.line.number]:
                if row.user is None or (label := there.get((row.user.entity_id, name))) is None:
                    raise param_not_found("labels", "Label", name=name)
                work.session.add(UserLabel(user_id=row.user.id, label_id=label.id))


async def _logins(rows: list[Row]) -> None:
    """Whoever may log in has name and password."""
    for row in good(rows):
        told = row.values.get("cti_profile_enabled") is not None
        if row.user is not None and (told or row.user.cti_profile_id is not None):
            with row.tried():
                await switch_login(row.work, row.user, UserCtiUpdate())
