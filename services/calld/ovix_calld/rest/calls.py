"""``/1.0/calls`` and ``/1.0/users/me/calls`` (reference/calls.md 4.1, 6.1).

Calls are read from ``live_calls``, so any replica answers, also right after a restart. Access is
granted under calld's prefix and under ``ctid-ng.``, its name in XiVO 16.16.
"""

from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from ovix_asterisk.ami_client import AmiDisconnected, AmiRefused, AmiTimeout
from ovix_schema import Context, LiveCall, User
from ovix_web import DbSession, Identity, OrjsonResponse, Sessions
from ovix_web.tenants import access_in_tenant
from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from ovix_calld.live.follower import Follower
from ovix_calld.settings import CalldSettings

from .bodies import CallCreate, CallList, CallRead, UserCallCreate
from .errors import (
    AsteriskUnreachable,
    InvalidExtension,
    NoSuchCall,
    TokenWithUserUuidRequired,
    UserPermissionDenied,
)
from .lines import UserLine, find_line
from .origination import Target, check_variables, originate

router = APIRouter(prefix="/1.0", tags=["calls"])
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": text}
    for status, text in (
        (400, "Invalid request"),
        (401, "Unauthorized"),
        (503, "Asterisk or the database can't be reached"),
    )
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {**ERRORS, 404: {"description": "No such call"}}
NOT_OWN: dict[int | str, dict[str, Any]] = {
    **NOT_FOUND,
    403: {"description": "The call is another user's"},
}


def _scopes(scope: str) -> Any:
    return access_in_tenant(f"calld.{scope}", f"ctid-ng.{scope}")


async def _follower(request: Request) -> Follower:
    """The follower, when what it knows is true now."""
    follower: Follower = request.app.state.follower
    if not follower.in_step:
        raise AsteriskUnreachable()
    return follower


def _user_of(identity: Identity) -> UUID:
    if identity.user_uuid is None:
        raise TokenWithUserUuidRequired()
    return identity.user_uuid


InStep = Annotated[Follower, Depends(_follower)]
"""Comes after the identity: whoever has no right is told so, whether Asterisk is there or not."""
CallId = Annotated[str, Path(min_length=1, max_length=150, pattern=r"^[^\x00/]+$")]
Application = Annotated[
    str | None, Query(description="Only calls in this application; there are none", max_length=80)
]


def _calls(identity: Identity, *conditions: ColumnElement[bool]) -> Select[tuple[Any]]:
    """Calls the token may see: those of its entity's users, if it is bound to one."""
    query = select(LiveCall.state["call"]).where(*conditions).order_by(LiveCall.call_id)
    if identity.entity_id is not None:
        query = query.where(
            exists().where(User.uuid == LiveCall.user_uuid, User.entity_id == identity.entity_id)
        )
    return query


@router.get("/calls", response_model=CallList, responses=ERRORS)
async def list_calls(
    session: DbSession,
    identity: Annotated[Identity, _scopes("calls.read")],
    _follower: InStep,
    application: Application = None,
    application_instance: Application = None,
) -> Response:
    """Every call there is; each leg of a conversation is one."""
    if application or application_instance:
        return OrjsonResponse({"items": []})
    items = (await session.scalars(_calls(identity))).all()
    return OrjsonResponse({"items": items})


@router.post("/calls", status_code=201, response_model=CallRead, responses=ERRORS)
async def create_call(
    request: Request,
    body: CallCreate,
    identity: Annotated[Identity, _scopes("calls.create")],
    follower: InStep,
) -> Response:
    """Ring a user's phone, and call the destination when it is lifted."""
    check_variables(body.variables, own_call=False)
    where = body.destination
    target = Target(where.context, where.extension, where.priority)
    async with _transaction(request) as session:
        line = await find_line(session, identity, body.source.user, body.source.line_id)
        await _may_dial(session, identity, target)
    return await _created(request, follower, line, target, body.variables)


@router.get("/calls/{call_id}", response_model=CallRead, responses=NOT_FOUND)
async def get_call(
    call_id: CallId,
    session: DbSession,
    identity: Annotated[Identity, _scopes("calls.{call_id}.read")],
    _follower: InStep,
) -> Response:
    """One call."""
    return OrjsonResponse(await _one(session, identity, call_id))


@router.delete("/calls/{call_id}", status_code=204, responses=NOT_FOUND)
async def hang_up_call(
    request: Request,
    call_id: CallId,
    identity: Annotated[Identity, _scopes("calls.{call_id}.delete")],
    follower: InStep,
) -> Response:
    """Hang up."""
    async with _transaction(request) as session:
        await _one(session, identity, call_id)
        channel = await _channel_name(session, call_id)
    return await _hung_up(follower, call_id, channel)


@router.get("/users/me/calls", response_model=CallList, responses=ERRORS)
async def list_my_calls(
    session: DbSession,
    identity: Annotated[Identity, _scopes("users.me.calls.read")],
    _follower: InStep,
    application: Application = None,
    application_instance: Application = None,
) -> Response:
    """The calls of the token's user."""
    mine = LiveCall.user_uuid == _user_of(identity)
    if application or application_instance:
        return OrjsonResponse({"items": []})
    items = (await session.scalars(_calls(identity, mine))).all()
    return OrjsonResponse({"items": items})


@router.post("/users/me/calls", status_code=201, response_model=CallRead, responses=ERRORS)
async def create_my_call(
    request: Request,
    body: UserCallCreate,
    identity: Annotated[Identity, _scopes("users.me.calls.create")],
    follower: InStep,
) -> Response:
    """Ring the phone of the token's user, and call the extension when it is lifted."""
    check_variables(body.variables, own_call=True)
    user = str(_user_of(identity))
    async with _transaction(request) as session:
        line = await find_line(session, identity, user, body.line_id)
    target = Target(line.context, body.extension)
    return await _created(request, follower, line, target, body.variables)


@router.get("/users/me/calls/{call_id}", response_model=CallRead, responses=NOT_OWN)
async def get_my_call(
    call_id: CallId,
    session: DbSession,
    identity: Annotated[Identity, _scopes("users.me.calls.{call_id}.read")],
    _follower: InStep,
) -> Response:
    """One call of the token's user."""
    return OrjsonResponse(await _own(session, identity, call_id))


@router.delete("/users/me/calls/{call_id}", status_code=204, responses=NOT_OWN)
async def hang_up_my_call(
    request: Request,
    call_id: CallId,
    identity: Annotated[Identity, _scopes("users.me.calls.{call_id}.delete")],
    follower: InStep,
) -> Response:
    """Hang up a call of the token's user."""
    async with _transaction(request) as session:
        await _own(session, identity, call_id)
        channel = await _channel_name(session, call_id)
    return await _hung_up(follower, call_id, channel)


def _transaction(request: Request) -> AbstractAsyncContextManager[AsyncSession]:
    """Ended before Asterisk is asked: no connection is held while it takes its time."""
    sessions: Sessions = request.app.state.sessions
    return sessions.begin()


async def _may_dial(session: AsyncSession, identity: Identity, target: Target) -> None:
    """A token bound to an entity knows no other contexts than those of its entity."""
    if identity.entity_id is None:
        return
    entity_id = await session.scalar(
        select(Context.entity_id).where(Context.name == target.context)
    )
    if entity_id != identity.entity_id:
        raise InvalidExtension(context=target.context, exten=target.extension)


async def _one(session: AsyncSession, identity: Identity, call_id: str) -> dict[str, Any]:
    call: dict[str, Any] | None = await session.scalar(
        _calls(identity, LiveCall.call_id == call_id)
    )
    if call is None:
        raise NoSuchCall(call_id=call_id)
    return call


async def _own(session: AsyncSession, identity: Identity, call_id: str) -> dict[str, Any]:
    user_uuid = str(_user_of(identity))
    call = await _one(session, identity, call_id)
    if call["user_uuid"] != user_uuid:
        raise UserPermissionDenied(user=user_uuid, call_id=call_id)
    return call


async def _created(
    request: Request,
    follower: Follower,
    line: UserLine,
    target: Target,
    variables: dict[str, str],
) -> Response:
    settings: CalldSettings = request.app.state.settings
    call = await originate(
        follower, line, target, variables, timeout_s=settings.originate_timeout_s
    )
    return Response(
        orjson.dumps(call),
        status_code=201,
        media_type="application/json",
        headers={"Location": str(request.url_for("get_call", call_id=call["call_id"]))},
    )


async def _channel_name(session: AsyncSession, call_id: str) -> str:
    name = await session.scalar(
        select(LiveCall.state["channel"]["name"].as_string()).where(LiveCall.call_id == call_id)
    )
    return name or call_id


async def _hung_up(follower: Follower, call_id: str, channel: str) -> Response:
    try:
        await follower.ami.send("Hangup", Channel=channel)
    except AmiRefused as error:
        raise NoSuchCall(call_id=call_id) from error
    except (AmiDisconnected, AmiTimeout) as error:
        raise AsteriskUnreachable() from error
    return Response(status_code=204)
