"""``/0.1/lockouts``: which accounts and addresses guessing has closed, and their release."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from ovix_schema import Account, LoginFailure, User
from ovix_web import ApiError, Identity, OrjsonResponse, answers
from ovix_web.tenants import access_in_tenant
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, case, delete, exists, extract, func, literal, or_, select
from starlette.responses import Response

from . import audit
from .audit import Action

router = APIRouter(prefix="/0.1")
ITEMS_MAX = 1000
_KINDS = {"xivo_admin": "admin", "xivo_service": "service", "wazo_user": "user"}
"""Which accounts log in by these back ends; by the others, telephony users do."""
_NO_LOGINS = ("init", "refresh_token", "register")
"""What is held back like a back end, and takes no login of anybody's."""


class UnknownLockout(ApiError):
    """Never there, over, or of another entity."""

    status = 404
    template = "Unknown lockout: {uuid}"


class Lockout(BaseModel):
    """Failed logins of an account or an address, and for how long it is closed."""

    uuid: UUID
    of: Literal["account", "address"]
    backend: str | None
    login: str | None
    address: str | None = Field(description="An IPv6 address counts by its /64")
    failures: int
    blocked_until: datetime = Field(description="UTC; past when the failures are still free ones")
    wait_s: int = Field(description="Seconds from now; 0 when logins may go on")


class LockoutList(BaseModel):
    """Lock-outs, the longest first."""

    items: list[Lockout]
    total: int


def _seen_by(identity: Identity) -> ColumnElement[bool]:
    """Whoever is bound to an entity sees its accounts and users; addresses are everybody's."""
    if identity.entity_id is None:
        return literal(True)
    login = func.lower(LoginFailure.login)
    # The same login is somebody else at another back end, perhaps another entity's.
    kind = case(_KINDS, value=LoginFailure.backend)
    return or_(
        exists().where(
            LoginFailure.backend.not_in((*_KINDS, *_NO_LOGINS)),
            User.entity_id == identity.entity_id,
            func.lower(User.username) == login,
        ),
        exists().where(
            Account.entity_id == identity.entity_id,
            Account.kind == kind,
            func.lower(Account.login) == login,
        ),
    )


@router.get("/lockouts", tags=["lockouts"], **answers(LockoutList))
async def list_lockouts(
    request: Request,
    identity: Annotated[Identity, access_in_tenant("auth.lockouts.read")],
    search: Annotated[
        str | None, Query(max_length=254, description="Part of the login or the address")
    ] = None,
    blocked: Annotated[
        bool, Query(description="false: those too whose failures are still free")
    ] = True,
    limit: Annotated[int, Query(ge=1, le=ITEMS_MAX)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Any:
    """Which accounts and addresses must wait after failed logins."""
    wait_s = func.ceil(extract("epoch", LoginFailure.blocked_until - func.now()))
    found = select(LoginFailure, wait_s.label("wait_s")).where(_seen_by(identity))
    if blocked:
        found = found.where(LoginFailure.blocked_until > func.now())
    if search:
        found = found.where(
            or_(
                LoginFailure.login.icontains(search, autoescape=True),
                LoginFailure.address.icontains(search, autoescape=True),
            )
        )
    page = found.order_by(LoginFailure.blocked_until.desc(), LoginFailure.key)
    async with request.app.state.sessions() as session:
        total = await session.scalar(select(func.count()).select_from(found.subquery()))
        rows: Sequence[Any] = (await session.execute(page.limit(limit).offset(offset))).all()
    items = [_lockout(row.LoginFailure, row.wait_s) for row in rows]
    return OrjsonResponse({"items": items, "total": total})


@router.delete("/lockouts/{lockout_uuid}", tags=["lockouts"], status_code=204, **answers(None, 404))
async def release_lockout(
    request: Request,
    lockout_uuid: UUID,
    identity: Annotated[Identity, access_in_tenant("auth.lockouts.{lockout_uuid}.delete")],
) -> Response:
    """Let an account or an address log in again at once; its failures are forgotten."""
    async with request.app.state.sessions.begin() as session:
        released = await session.execute(
            delete(LoginFailure)
            .where(LoginFailure.uuid == lockout_uuid, _seen_by(identity))
            .returning(
                LoginFailure.backend,
                LoginFailure.login,
                LoginFailure.address,
                LoginFailure.failures,
            )
            .execution_options(synchronize_session=False)
        )
        row = released.one_or_none()
        if row is None:
            raise UnknownLockout(resource="lockouts", uuid=str(lockout_uuid))
        await audit.record(
            session,
            Action.BLOCK_RELEASED,
            backend=row.backend,
            login=row.login,
            by_auth_id=identity.auth_id,
            address=request.scope["ovix.client"],
            entity_id=identity.entity_id,
            details={"failures": row.failures, "of": row.login or row.address},
        )
    return Response(status_code=204)


def _lockout(failure: LoginFailure, wait_s: float) -> dict[str, Any]:
    return {
        "uuid": failure.uuid,
        "of": "address" if failure.login is None else "account",
        "backend": failure.backend,
        "login": failure.login,
        "address": failure.address,
        "failures": failure.failures,
        "blocked_until": failure.blocked_until,
        "wait_s": max(0, int(wait_s)),
    }
