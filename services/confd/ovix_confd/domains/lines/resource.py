"""The line resource: what is read, stored and checked."""

from dataclasses import dataclass
from typing import Any

from ovix_bus.catalogue import lines, provisioning, users
from ovix_schema import (
    Context,
    EndpointCustom,
    EndpointSccp,
    EndpointSip,
    Extension,
    GroupUser,
    Line,
    LineExtension,
    Registrar,
    User,
    UserLine,
)
from sqlalchemy import (
    ColumnElement,
    case,
    delete,
    func,
    inspect,
    literal_column,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Example,
    InputError,
    Key,
    ResourceSpec,
    Rows,
    Values,
    Work,
    among,
    constant,
    json_list,
    link,
    links,
    not_permitted,
    param_not_found,
    taken,
)
from ...relations import user_relation
from ..contexts import context_named, entity_of_context, in_context_of_entity
from ..users.reading import custom_relation, extensions_json, sccp_relation, sip_relation
from .main_lines import lock_users, lock_users_of_line, promote_main_lines
from .schemas import LineCreate, LineRead, LineUpdate

CODES_TRIED = 64
"""How many random codes are looked up at once to find one that is free."""
CODES_PER_ENDING = 500
"""How many codes are wanted of the 4096 with the same last two digits."""
ENDINGS_MAX = 16
"""Of the 64: so many large imports at once leave some for others."""
_CODES = text("""
WITH ours AS MATERIALIZED (
  SELECT ending FROM (
    SELECT 10 * a + b AS ending
    FROM generate_series(1, 8) a, generate_series(1, 8) b ORDER BY random() OFFSET 0
  ) shuffled
  WHERE pg_try_advisory_xact_lock(hashtext('provisioning codes'), ending)
  LIMIT :endings
), drawn AS (
  SELECT string_agg((1 + floor(random() * 8)::int)::text, '') || ending::text AS code
  FROM ours, generate_series(1, :tried) n, generate_series(1, 4)
  GROUP BY ending, n
)
SELECT code FROM drawn
WHERE NOT EXISTS (SELECT FROM lines WHERE provisioning_code = code)
ORDER BY random()
""")
DEFAULT_REGISTRAR = "default"
_NULL: Any = literal_column("null::json")
_CALLER_ID = EndpointSip.native_options.op("->>")(literal_column("'callerid'"))

SOURCE = (
    Line.__table__.outerjoin(EndpointSip.__table__, EndpointSip.id == Line.endpoint_sip_id)
    .outerjoin(EndpointSccp.__table__, EndpointSccp.id == Line.endpoint_sccp_id)
    .outerjoin(EndpointCustom.__table__, EndpointCustom.id == Line.endpoint_custom_id)
)


def has_endpoint(line: Line) -> bool:
    """Whether the line has an endpoint of any kind."""
    kinds = (line.endpoint_sip_id, line.endpoint_sccp_id, line.endpoint_custom_id)
    return any(endpoint_id is not None for endpoint_id in kinds)


async def context_is_right(work: Work, line: Line) -> None:
    """The line is in a context that the caller sees: that of its number, once it has one."""
    context = await context_named(work, line.context)
    if line not in work.session:
        return  # a new one: nothing is linked to it yet
    of_number = (
        select(Extension.context)
        .join(LineExtension, LineExtension.extension_id == Extension.id)
        .where(LineExtension.line_id == line.id, LineExtension.main_extension)
        .scalar_subquery()
    )
    of_users = (
        select(func.array_agg(User.entity_id))
        .join(UserLine, UserLine.user_id == User.id)
        .where(UserLine.line_id == line.id)
        .scalar_subquery()
    )
    of_endpoint = [
        select(model.entity_id).where(model.id == endpoint_id).scalar_subquery()
        for model, endpoint_id in (
            (EndpointSip, line.endpoint_sip_id),
            (EndpointSccp, line.endpoint_sccp_id),
            (EndpointCustom, line.endpoint_custom_id),
        )
    ]
    asked = await work.session.execute(select(of_number, of_users, *of_endpoint))
    there, entities_of_users, *entities_of_endpoint = asked.one()
    if there is not None:
        line.context = there
    elif {*(entities_of_users or ()), *entities_of_endpoint} - {None, context.entity_id}:
        raise not_permitted("The users or the endpoint of the line are of another entity")


async def registrar_is_there(work: Work, line: Line) -> None:
    """A registrar that a line is given exists, and stays; every installation has the default."""
    if line.registrar == DEFAULT_REGISTRAR:
        return
    if not inspect(line).attrs.registrar.history.has_changes():
        return
    entity = select(Context.entity_id).where(Context.name == line.context).scalar_subquery()
    found = await work.session.scalar(
        select(Registrar.id)
        .where(Registrar.id == line.registrar)
        .where(or_(Registrar.entity_id.is_(None), Registrar.entity_id == entity))
        .with_for_update(read=True)
    )
    if found is None:
        raise param_not_found("registrar", "Registrar", id=line.registrar)


async def code_is_given(work: Work, line: Line) -> None:
    """A line without a provisioning code gets a free one, of digits 1 to 8."""
    if not line.provisioning_code:
        (line.provisioning_code,) = await free_codes(work, 1)


async def free_codes(work: Work, count: int) -> list[str]:
    """So many codes that no line has, and that no request draws before this one is stored.

    Codes with the same last two digits are drawn by one transaction at a time: an import keeps
    thousands for a minute before anybody else can see them.
    """
    endings = min(1 + count // CODES_PER_ENDING, ENDINGS_MAX)
    drawn = await work.session.execute(
        _CODES, {"endings": endings, "tried": CODES_TRIED + 2 * count // endings}
    )
    found = list(dict.fromkeys(drawn.scalars()))[:count]
    if len(found) < count:
        raise InputError("field 'provisioning_code': no free code was found, give one")
    return found


async def store_caller_id(work: Work, line: Line, values: Values) -> None:
    """The caller id of a line is that of its endpoint: SIP has a name and number, SCCP a name."""
    given = {name: values[name] for name in ("caller_id_name", "caller_id_num") if name in values}
    if not given:
        return
    settable = 2 if line.endpoint_sip_id is not None else 1 if line.endpoint_sccp_id else 0
    allowed = ("caller_id_name", "caller_id_num")[:settable]
    for field, value in given.items():
        if field not in allowed and (value is not None or has_endpoint(line)):
            raise InputError(f"field '{field}': the endpoint of the line has none to set")
        if field in allowed and value is None:
            raise InputError(f"field '{field}': null is not accepted for an endpoint")
    if line.endpoint_sccp_id is not None:
        sccp = await work.session.get_one(
            EndpointSccp, line.endpoint_sccp_id, with_for_update={"key_share": True}
        )
        sccp.cid_name = given["caller_id_name"]
    if line.endpoint_sip_id is None:
        return
    # Locked: its other options are written back as they are read.
    endpoint = await work.session.get_one(
        EndpointSip, line.endpoint_sip_id, with_for_update={"key_share": True}
    )
    name, number = parted(endpoint.native_options.get("callerid") or "")
    name, number = given.get("caller_id_name", name), given.get("caller_id_num", number)
    caller_id = f'"{name}"' + (f" <{number}>" if number else "")
    endpoint.native_options = {**endpoint.native_options, "callerid": caller_id}


def parted(caller_id: str) -> tuple[str, str]:
    """Name and number of ``"name" <number>``."""
    quoted, _, number = (
        caller_id.rpartition(" <") if caller_id.endswith(">") else (caller_id, "", "")
    )
    return quoted.strip('"'), number.removesuffix(">")


async def take_endpoint_along(work: Work, line: Line) -> None:
    """A line goes with its endpoint, and leaves its device, users and extensions."""
    if line.device_id is not None:
        work.announce(
            provisioning.line_device_dissociated(
                line={"id": line.id, "name": None}, device={"id": line.device_id}
            )
        )
    parted = await work.session.execute(
        delete(UserLine)
        .where(UserLine.line_id == line.id)
        .returning(UserLine.user_id, UserLine.main_user, UserLine.main_line)
    )
    user_ids = []
    for user_id, main_user, main_line in sorted(parted.all()):
        user_ids.append(user_id)
        # The phones whose keys call him are not found from the line any more.
        work.announce(
            users.line_dissociated(
                user_id=user_id, line_id=line.id, main_user=main_user, main_line=main_line
            )
        )
    await work.session.execute(delete(LineExtension).where(LineExtension.line_id == line.id))
    if user_ids:
        # Again, for those who got the line before it was locked itself; mostly there is nobody.
        await lock_users(work, User.id.in_(user_ids))
        await promote_main_lines(work, user_ids)
        left = delete(GroupUser).where(GroupUser.user_id == User.id, User.id.in_(user_ids))
        for uuid in set(await work.session.scalars(left.returning(User.uuid))):
            work.announce(users.groups_associated(user_uuid=uuid, group_ids=[]))
    sip_id, sccp_id = line.endpoint_sip_id, line.endpoint_sccp_id
    custom_id = line.endpoint_custom_id
    line.endpoint_sip_id = line.endpoint_sccp_id = line.endpoint_custom_id = None
    await work.session.flush()
    if sip_id is not None:
        await work.session.execute(delete(EndpointSip).where(EndpointSip.id == sip_id))
        work.announce(lines.sip_endpoint_deleted(id=sip_id))
    if sccp_id is not None:
        await work.session.execute(delete(EndpointSccp).where(EndpointSccp.id == sccp_id))
        work.announce(lines.sccp_endpoint_deleted(id=sccp_id))
    if custom_id is not None:
        interface = await work.session.scalar(
            delete(EndpointCustom)
            .where(EndpointCustom.id == custom_id)
            .returning(EndpointCustom.interface)
        )
        work.announce(lines.custom_endpoint_deleted(id=custom_id, interface=interface))


async def _a_context(session: AsyncSession, entity_id: int) -> Values:
    context = Context(name=f"lines{entity_id}", type="internal", entity_id=entity_id)
    session.add(context)
    await session.merge(Registrar(id="backup", main_host="192.0.2.1", proxy_main_host="192.0.2.1"))
    await session.flush()
    return {"context": context.name}


_NUMBER = (
    select(Extension.exten)
    .join(LineExtension, LineExtension.extension_id == Extension.id)
    .where(LineExtension.line_id == Line.id, LineExtension.main_extension)
    .scalar_subquery()
)
_NAME = func.coalesce(
    EndpointSip.username,
    EndpointCustom.interface,
    case((EndpointSccp.id.is_not(None), _NUMBER)),
)
_CALLER_ID_NAME = func.coalesce(
    func.substring(_CALLER_ID, literal_column("""'^"(.*)"'""")),
    func.nullif(EndpointSccp.cid_name, literal_column("''")),
)
_CALLER_ID_NUM = func.coalesce(
    func.substring(_CALLER_ID, literal_column("'<([^<>]*)>$'")),
    func.nullif(EndpointSccp.cid_num, literal_column("''")),
)
_PROTOCOL = case(
    (EndpointSip.id.is_not(None), constant("sip")),
    (EndpointSccp.id.is_not(None), constant("sccp")),
    (EndpointCustom.id.is_not(None), constant("custom")),
    else_=literal_column("null"),
)


def found_by(pattern: ColumnElement[str]) -> ColumnElement[bool]:
    """A search in all columns of lines; each branch uses a trigram index."""
    by_text = select(Line.id).where(Line.search_text.like(pattern))
    numbers = select(Extension.id).where(Extension.exten.ilike(pattern))
    by_number = select(LineExtension.line_id).where(
        LineExtension.main_extension, among(LineExtension.extension_id, numbers)
    )
    by_endpoint = (
        select(Line.id).where(
            among(
                endpoint_id,
                select(endpoint.id).where(endpoint.search_text.like(pattern)).correlate(None),
            )
        )
        for endpoint, endpoint_id in (
            (EndpointSip, Line.endpoint_sip_id),
            (EndpointSccp, Line.endpoint_sccp_id),
            (EndpointCustom, Line.endpoint_custom_id),
        )
    )
    branches = (by_text, by_number, *by_endpoint)
    return among(Line.id, union(*(each.correlate(None) for each in branches)))


@dataclass(frozen=True, kw_only=True)
class LineSpec(ResourceSpec[Line]):
    """Lines, whose users are locked before they go."""

    async def _delete(self, work: Work) -> None:
        await lock_users_of_line(work, *self.seen(work, work.path["id"]))
        await super()._delete(work)


LINES = LineSpec(
    name="line",
    title="Line",
    path="/lines",
    model=Line,
    read=LineRead,
    create=LineCreate,
    update=LineUpdate,
    rows=Rows(
        item={
            "id": Line.id,
            "name": _NAME,
            "protocol": _PROTOCOL,
            "context": Line.context,
            "provisioning_code": Line.provisioning_code,
            "provisioning_extension": Line.provisioning_code,
            "position": Line.position,
            "device_slot": Line.position,
            "device_id": Line.device_id,
            "caller_id_name": _CALLER_ID_NAME,
            "caller_id_num": _CALLER_ID_NUM,
            "registrar": Line.registrar,
            "endpoint_sip": case((EndpointSip.id.is_not(None), sip_relation()), else_=_NULL),
            "endpoint_sccp": case((EndpointSccp.id.is_not(None), sccp_relation()), else_=_NULL),
            "endpoint_custom": case(
                (EndpointCustom.id.is_not(None), custom_relation()), else_=_NULL
            ),
            "extensions": extensions_json(),
            "users": json_list(
                user_relation(),
                UserLine.line_id == Line.id,
                User.id == UserLine.user_id,
                order=(UserLine.main_user.desc(), User.id),
            ),
            "links": links(link("lines", "/lines/", Line.id)),
        },
        columns={
            "id": Line.id,
            "name": _NAME,
            "context": Line.context,
            "provisioning_code": Line.provisioning_code,
            "provisioning_extension": Line.provisioning_code,
            "position": Line.position,
            "device_slot": Line.position,
            "protocol": _PROTOCOL,
            "device_id": Line.device_id,
            "caller_id_name": _CALLER_ID_NAME,
            "caller_id_num": _CALLER_ID_NUM,
            "exten": _NUMBER,
        },
        order="name",
        key=Key(Line.id),
        source=SOURCE,
        entity=entity_of_context(Line.context),
        in_entity=in_context_of_entity(Line.context),
        search=found_by,
    ),
    rules=(context_is_right, registrar_is_there, code_is_given),
    parts=(store_caller_id,),
    deletion=(take_endpoint_along,),
    announces=Announces(
        created=lines.line_created, edited=lines.line_edited, deleted=lines.line_deleted
    ),
    conflicts={"uq_lines_provisioning_code": taken("Line")},
    example=Example(
        body={"context": "default", "provisioning_code": "123456", "position": 1},
        change={"position": 2, "registrar": "backup"},
        vary=lambda n: {"provisioning_code": str(300000 + n)},
        prepare=_a_context,
    ),
)
