"""``/1.0/lines``: whether lines are registered, and how many calls they have (features F-116).

The list is that of calld HEAD (reference/calls.md 6.6); the status of one line is beside it.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from ovix_asterisk.ami_client import AmiDisconnected, AmiTimeout
from ovix_telephony.line_devices import UNIQUE_ACCOUNT, browser_of
from ovix_web import DbSession, Identity, OrjsonResponse
from ovix_web.bodies import INT32_MAX
from ovix_web.tenants import access_in_tenant
from pydantic import BaseModel
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from ovix_calld.live.follower import Follower
from ovix_calld.live.registrations import registered_devices

from .calls import ERRORS, InStep
from .errors import AsteriskUnreachable, NoSuchLine

router = APIRouter(prefix="/1.0", tags=["lines"])

# live_calls are few, and counted once.
_LINES = text(
    """
    SELECT lines.id, sip.username, sip.native_options ->> 'webrtc' AS webrtc, custom.interface,
           lines.endpoint_sccp_id, COALESCE(calls.number, 0) AS calls
    FROM lines
    JOIN contexts ON contexts.name = lines.context
    LEFT JOIN endpoints_sip AS sip ON sip.id = lines.endpoint_sip_id
    LEFT JOIN endpoints_custom AS custom ON custom.id = lines.endpoint_custom_id
    LEFT JOIN (
        SELECT (state -> 'call' ->> 'line_id')::int AS line_id, count(*) AS number
        FROM live_calls GROUP BY 1
    ) AS calls ON calls.line_id = lines.id
    WHERE (CAST(:id AS int) IS NULL OR lines.id = :id)
        AND (CAST(:entity_id AS int) IS NULL OR contexts.entity_id = :entity_id)
    ORDER BY lines.id
    """
)


class Device(BaseModel):
    """A device of a SIP line; a unique account has two."""

    name: str
    registered: bool


class LineState(BaseModel):
    """A line as Asterisk knows it; null where only SIP is known to register."""

    id: int
    technology: str | None
    name: str | None
    registered: bool | None
    current_call_count: int | None
    devices: list[Device]


class LineStates(BaseModel):
    """All lines the token may see."""

    items: list[LineState]
    total: int
    filtered: int


LineId = Annotated[int, Path(ge=1, le=INT32_MAX)]


@router.get("/lines", response_model=LineStates, responses=ERRORS)
async def list_lines(
    session: DbSession,
    identity: Annotated[Identity, access_in_tenant("calld.lines.read")],
    follower: InStep,
) -> Response:
    """Every line: what is registered of it, and its calls."""
    rows = await _rows(session, identity)
    registered = await _registered(follower)
    items = [_state(row, registered) for row in rows]
    return OrjsonResponse({"items": items, "total": len(items), "filtered": len(items)})


@router.get(
    "/lines/{line_id}/status",
    response_model=LineState,
    responses={**ERRORS, 404: {"description": "No such line"}},
)
async def get_line_status(
    line_id: LineId,
    session: DbSession,
    identity: Annotated[Identity, access_in_tenant("calld.lines.{line_id}.status.read")],
    follower: InStep,
) -> Response:
    """One line: what is registered of it, and its calls."""
    rows = await _rows(session, identity, line_id)
    if not rows:
        raise NoSuchLine(line_id=line_id)
    registered = await _registered(follower)
    return OrjsonResponse(_state(rows[0], registered))


async def _rows(
    session: AsyncSession, identity: Identity, line_id: int | None = None
) -> list[RowMapping]:
    found = await session.execute(_LINES, {"id": line_id, "entity_id": identity.entity_id})
    return list(found.mappings())


async def _registered(follower: Follower) -> set[str]:
    try:
        return await registered_devices(follower.ami)
    except (AmiDisconnected, AmiTimeout) as error:
        raise AsteriskUnreachable() from error


def _state(row: RowMapping, registered: set[str]) -> dict[str, Any]:
    username = row["username"]
    names = [username] if username is not None else []
    if row["webrtc"] == UNIQUE_ACCOUNT:
        names.append(browser_of(username))
    is_sip = username is not None
    return {
        "id": row["id"],
        "technology": _technology(row),
        "name": username if is_sip else row["interface"],
        "registered": not registered.isdisjoint(names) if is_sip else None,
        "current_call_count": row["calls"] if is_sip else None,
        "devices": [{"name": name, "registered": name in registered} for name in names],
    }


def _technology(row: RowMapping) -> str | None:
    if row["username"] is not None:
        return "sip"
    if row["interface"] is not None:
        return "custom"
    return "sccp" if row["endpoint_sccp_id"] is not None else None
