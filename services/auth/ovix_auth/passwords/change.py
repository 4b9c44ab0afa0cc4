"""``/0.1/users/{uuid}/password``: changed by who knows the old one, and forced to be changed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from ovix_schema import RefreshToken, Token
from ovix_web import Identity, Unauthorized, answers
from ovix_web.passwords import hash_password, verify_password
from ovix_web.tenants import access_in_tenant
from pydantic import BaseModel, Field
from sqlalchemy import delete, update
from starlette.responses import Response

from .. import audit
from ..audit import Action, act_as
from ..errors import PasswordManagedExternally, TooManyFailures, UnknownUser
from ..throttle import Throttle
from .owners import Owner, owner_of, store
from .rules import LONGEST, accept

router = APIRouter(prefix="/0.1")
PATH = "/users/{user:uuid_or_me}/password"


class PasswordChange(BaseModel):
    """The body of a change."""

    old_password: Annotated[str, Field(max_length=LONGEST)]
    new_password: Annotated[str, Field(max_length=4 * LONGEST)]


async def _owner(request: Request, identity: Identity, user: str) -> Owner:
    uuid = UUID(identity.auth_id if user == "me" else user)
    async with request.app.state.sessions() as session:
        owner = await owner_of(session, uuid, identity.entity_id)
    if owner is None:
        raise UnknownUser(uuid=str(uuid))
    return owner


@router.put(PATH, tags=["passwords"], status_code=204, **answers(None, 401, 404, 405, 429))
async def change_password(
    request: Request,
    user: str,
    body: PasswordChange,
    identity: Annotated[Identity, access_in_tenant("auth.users.{user}.password.update")],
) -> Response:
    """Change a password; the old one must be right. All sessions of its owner end."""
    owner = await _owner(request, identity, user)
    if owner.is_external:
        raise PasswordManagedExternally(uuid=str(owner.uuid), method=owner.method)
    await _proven(request, identity, owner, body.old_password)
    settings = request.app.state.settings
    await accept(
        body.new_password,
        [*owner.names, body.old_password],
        shortest=settings.password_min_length,
        score=settings.password_min_score,
    )
    new_hash = await hash_password(body.new_password)
    async with request.app.state.sessions.begin() as session:
        await act_as(session, identity, request.scope["ovix.client"])
        if not await store(session, owner, new_hash):
            raise Unauthorized(reason="changed_meanwhile")
    return Response(status_code=204)


async def _proven(request: Request, identity: Identity, owner: Owner, password: str) -> None:
    """401 for a wrong old password, which counts as a failed login of its owner."""
    address = request.scope["ovix.client"]
    throttle: Throttle = request.app.state.login.throttle
    attempt = owner.attempt(address)
    async with request.app.state.sessions() as session:
        wait_s = await throttle.wait_s(session, attempt)
    if wait_s:
        raise TooManyFailures(seconds=wait_s)
    if await verify_password(owner.password_hash, password):
        return
    async with request.app.state.sessions.begin() as session:
        await throttle.failed(session, attempt)
        await audit.record(
            session,
            Action.PASSWORD_REFUSED,
            cause="wrong_password",
            backend=owner.backend,
            login=owner.login,
            auth_id=str(owner.uuid),
            by_auth_id=identity.auth_id,
            address=address,
            entity_id=owner.entity_id,
        )
    raise Unauthorized(reason="wrong_password")


@router.put(f"{PATH}/expired", tags=["passwords"], status_code=204, **answers(None, 401, 404))
async def expire_password(
    request: Request,
    user: str,
    identity: Annotated[Identity, access_in_tenant("auth.users.{user}.password.expired.update")],
) -> Response:
    """End all sessions; until the password is changed, tokens grant nothing but that."""
    return await _expired(request, identity, user, True)


@router.delete(f"{PATH}/expired", tags=["passwords"], status_code=204, **answers(None, 401, 404))
async def unexpire_password(
    request: Request,
    user: str,
    identity: Annotated[Identity, access_in_tenant("auth.users.{user}.password.expired.delete")],
) -> Response:
    """Let the password stay as it is."""
    return await _expired(request, identity, user, False)


async def _expired(request: Request, identity: Identity, user: str, expired: bool) -> Response:
    owner = await _owner(request, identity, user)
    table: Any = owner.table
    async with request.app.state.sessions.begin() as session:
        await act_as(session, identity, request.scope["ovix.client"])
        await session.execute(
            update(table).where(table.uuid == owner.uuid).values(password_expired=expired)
        )
        await audit.record(
            session,
            Action.PASSWORD_EXPIRED,
            backend=owner.backend,
            login=owner.login,
            auth_id=str(owner.uuid),
            by_auth_id=identity.auth_id,
            address=request.scope["ovix.client"],
            entity_id=owner.entity_id,
            details={"expired": expired},
        )
        if expired:
            for tokens in (RefreshToken, Token):
                await session.execute(delete(tokens).where(tokens.auth_id == str(owner.uuid)))
    return Response(status_code=204)
