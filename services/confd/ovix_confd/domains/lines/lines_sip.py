"""``/lines_sip``, deprecated: a line and its SIP endpoint as one thing.

Source: reference/confd/lines-endpoints-extensions.md, "lines_sip".
"""

from typing import Annotated, Any

from orjson import Fragment
from ovix_bus.catalogue import lines
from ovix_schema import EndpointSip, Line
from pydantic import Field
from sqlalchemy import case, literal_column, select

from ...kit import (
    Key,
    Link,
    NotFound,
    NullMeansDefault,
    Operation,
    Rows,
    Schema,
    Values,
    Work,
    json_object,
    link,
    links,
    list_of,
    partial_of,
    text,
)
from ..contexts import context_named
from ..endpoints import ENDPOINTS_SIP
from ..endpoints.sip import SipEndpointCreate
from .endpoints import LINE_ENDPOINTS
from .main_lines import lock_users_of_line
from .resource import LINES
from .schemas import LineCreate

PATH = "/lines_sip"
ANYTHING = ("confd.#",)
"""XiVO asks for it, and for nothing less."""


CallerId = Annotated[str, Field(pattern=r'^"[^\x00-\x1f"]*"( <[^<>\x00-\x1f]*>)?$', max_length=160)]


class LineSipCreate(Schema):
    """A line to create with its SIP endpoint; what is not given is generated."""

    username: Annotated[str, Field(pattern=r"^[a-zA-Z0-9]{1,40}$"), NullMeansDefault()] = ""
    secret: Annotated[str, Field(pattern=r"^[a-zA-Z0-9]{1,80}$"), NullMeansDefault()] = ""
    callerid: CallerId | None = None
    device_slot: Annotated[int, Field(ge=0, le=2**31 - 1), NullMeansDefault()] = 1
    context: Annotated[str, text(39)]
    provisioning_extension: Annotated[str, Field(pattern=r"^[0-9]{6}$"), NullMeansDefault()] = ""


LineSipUpdate = partial_of(LineSipCreate)


class LineSipRead(Schema):
    """A line with its SIP endpoint."""

    id: int
    username: str
    secret: str
    callerid: str | None
    device_slot: int
    context: str
    provisioning_extension: str
    links: list[Link]


_SHOWN = json_object(
    id=Line.id,
    username=EndpointSip.username,
    secret=EndpointSip.secret,
    callerid=EndpointSip.native_options.op("->>")(literal_column("'callerid'")),
    device_slot=Line.position,
    context=Line.context,
    provisioning_extension=Line.provisioning_code,
    links=links(link("lines", "/lines/", Line.id), link("lines_sip", "/lines_sip/", Line.id)),
)
_ROWS = Rows(
    item={"shown": case((EndpointSip.id.is_not(None), _SHOWN), else_=literal_column("null::json"))},
    columns=LINES.rows.columns,
    order=LINES.rows.order,
    key=Key(Line.id),
    source=LINES.rows.source,
    entity=LINES.rows.entity,
    in_entity=LINES.rows.in_entity,
    search=LINES.rows.search,
)


def _told(row: str) -> str | None:
    """What a row shows; None for a line without a SIP endpoint."""
    shown = row.removeprefix('{"shown":').removesuffix("}")
    return None if shown == "null" else shown


def _not_found(given: object) -> NotFound:
    return NotFound("LineSIP", id=given)


async def _shown(work: Work, given: object) -> Fragment:
    row = await _ROWS.one(work, given)
    told = None if row is None else _told(row)
    if told is None:
        raise _not_found(given)
    return Fragment(told)


async def _found(work: Work, given: object) -> tuple[Line, EndpointSip]:
    """The line of that id and its SIP endpoint, locked."""
    statement = (
        select(Line, EndpointSip)
        .join(EndpointSip, EndpointSip.id == Line.endpoint_sip_id)
        .where(*LINES.seen(work, given))
        .with_for_update(key_share=True)
    )
    found = (await work.session.execute(statement)).one_or_none()
    if found is None:
        raise _not_found(given)
    line, endpoint = found
    return line, endpoint


def _line_values(values: Values) -> Values:
    """What of a body belongs to the line. A device has no key 0: it stood for the first one."""
    names = {
        "context": "context",
        "provisioning_extension": "provisioning_code",
        "device_slot": "position",
    }
    given = {own: values[name] for name, own in names.items() if name in values}
    if "position" in given:
        given["position"] = max(given["position"], 1)
    return given


def _endpoint_values(values: Values) -> Values:
    """What of a body belongs to the endpoint, but for the caller id."""
    return {name: values[name] for name in ("username", "secret") if name in values}


async def show_lines(work: Work) -> object:
    """Lines of other kinds are skipped, and counted all the same."""
    total, rows = await _ROWS.found(work, work.query)
    items = [Fragment(told) for told in map(_told, rows) if told is not None]
    return {"total": total, "items": items}


async def show_line(work: Work) -> object:
    """One line with its endpoint."""
    return await _shown(work, work.path["id"])


async def create_line(work: Work) -> object:
    """A line and its endpoint, linked, in the entity of the context."""
    values = (await work.body(LineSipCreate)).model_dump()
    context = await context_named(work, values["context"])
    line = await LINES.make(
        work, LineCreate(context=values["context"]).model_dump() | _line_values(values)
    )
    options = [["callerid", values["callerid"]]] if values["callerid"] else []
    body = SipEndpointCreate(options=options).model_dump() | _endpoint_values(values)
    endpoint = await ENDPOINTS_SIP.make(work, body, entity=context.entity_id)
    to_sip: Any = LINE_ENDPOINTS[0]
    await to_sip.associate(work, line, endpoint)
    await work.session.flush()
    work.headers["Location"] = f"{work.base_url}{PATH}/{line.id}"
    return await _shown(work, line.id)


async def edit_line(work: Work) -> None:
    """Both the line and its endpoint."""
    body = await work.body(LineSipUpdate)
    values = body.model_dump(exclude_unset=True)
    line, endpoint = await _found(work, work.path["id"])
    if "callerid" in values:
        others = {k: v for k, v in endpoint.native_options.items() if k != "callerid"}
        caller_id = values["callerid"]
        endpoint.native_options = {**others, **({"callerid": caller_id} if caller_id else {})}
    for spec, row, own in (
        (ENDPOINTS_SIP, endpoint, _endpoint_values(values)),
        (LINES, line, _line_values(values)),
    ):
        resource: Any = spec
        await resource.check(work, row, own)
        await resource.store(work, row, own)
    work.announce(lines.sip_endpoint_edited(id=endpoint.id), lines.line_edited(id=line.id))


async def delete_line(work: Work) -> None:
    """The line, and its endpoint with it."""
    await lock_users_of_line(work, *LINES.seen(work, work.path["id"]))
    line, _endpoint = await _found(work, work.path["id"])
    for rule in LINES.deletion:
        await rule(work, line)
    work.announce(lines.line_deleted(id=line.id))
    await work.session.delete(line)
    await work.session.flush()


_ITEM = f"{PATH}/{{id:int}}"
_EXAMPLE = {"context": "default", "username": "zoe", "secret": "sesame", "callerid": None}
_TOLD: dict[str, Any] = {"answer": LineSipRead, "example": _EXAMPLE, "deprecated": True}
_DONE: dict[str, Any] = {"status": 204, "deprecated": True}
LINES_SIP = (
    Operation(
        "GET", PATH, "list_lines_sip", show_lines, ANYTHING, answer=list_of(LineSipRead),
        example={"items": [_EXAMPLE]}, query=_ROWS.parameters,
        deprecated=True,
    ),
    Operation(
        "POST", PATH, "create_line_sip", create_line, ANYTHING, status=201, body=LineSipCreate,
        body_example={"context": "default", "username": "zoe"}, **_TOLD,
    ),
    Operation("GET", _ITEM, "get_line_sip", show_line, ANYTHING, **_TOLD),
    Operation(
        "PUT", _ITEM, "update_line_sip", edit_line, ANYTHING, body=LineSipUpdate,
        body_example={"secret": "another"}, **_DONE,
    ),
    Operation("DELETE", _ITEM, "delete_line_sip", delete_line, ANYTHING, **_DONE),
)  # fmt: skip
