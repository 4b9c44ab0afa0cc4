"""``/0.1/token`` and ``/0.1/backends`` (reference/auth.md, A2); no token is asked for here."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from ovix_schema import Entity
from ovix_web import DbSession, OrjsonResponse, TokenGuard, answers, hash_of
from ovix_web.acl import AccessList
from ovix_web.tenants import and_below
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from . import audit, tokens
from .audit import Action
from .backends import LoginRequest
from .bodies import (
    BackendsAnswer,
    CheckedScopes,
    MessageAnswer,
    ScopesToCheck,
    TokenAnswer,
    TokenRequest,
    token_answer,
)
from .credentials import BasicHeader, Credentials
from .errors import MissingAccess, NoSuchToken, WrongTenant
from .login import Login

router = APIRouter(prefix="/0.1")


async def _login(request: Request) -> Login:
    login: Login = request.app.state.login
    return login


async def _guard(request: Request) -> TokenGuard:
    guard: TokenGuard = request.app.state.guard
    return guard


async def _canonical(token: str) -> str:
    """The token as it was issued: a UUID, or a JWT of ``/xuc``."""
    try:
        return str(UUID(token))
    except ValueError as error:
        if token.count(".") == 2:
            return token
        raise NoSuchToken from error


TokenText = Annotated[str, Depends(_canonical)]
Scope = Annotated[str, Query(description="Also check that the token grants this scope")]
Tenant = Annotated[
    UUID | None,
    Query(description="Also check that the token reaches this tenant: its own, or one below it"),
]


async def _must_reach(
    session: AsyncSession, tenant: UUID | None, own: ColumnElement[bool] | None
) -> None:
    """A token of an entity reaches that and those below it; one of none (None) all there are."""
    if tenant is None:
        return
    reached = () if own is None else (Entity.id.in_(and_below(own)),)
    if await session.scalar(select(Entity.id).where(Entity.uuid == tenant, *reached)) is None:
        raise WrongTenant(tenant=tenant)


def _of(uuid: UUID | None) -> ColumnElement[bool] | None:
    return None if uuid is None else Entity.uuid == uuid


@router.post("/token", tags=["token"], **answers(TokenAnswer, 400, 401, 429))
async def create_token(
    request: Request,
    body: TokenRequest,
    login: Annotated[Login, Depends(_login)],
    credentials: Annotated[Credentials, Depends(BasicHeader())],
    user_agent: Annotated[str | None, Header()] = None,
    wazo_session_type: Annotated[
        str | None, Header(description="mobile: a telephone's application asks")
    ] = None,
) -> Any:
    """Prove a password, or show a refresh token: get a token."""
    granted = await login.token(
        credentials,
        body,
        LoginRequest(
            request.scope["ovix.client"],
            user_agent,
            (wazo_session_type or "").lower() == "mobile",
            {
                **(body.model_extra or {}),
                **body.tenant_named,
                "saml_session_id": body.saml_session_id,
            },
        ),
    )
    return OrjsonResponse(
        token_answer(granted.token, granted.refresh_token),
        headers={"Wazo-Sessions-Revoked": str(granted.sessions_revoked)},
    )


@router.get("/token/{token}", tags=["token"], **answers(TokenAnswer, 403, 404))
async def get_token(
    token: TokenText, session: DbSession, scope: Scope = "", tenant: Tenant = None
) -> Any:
    """What a token is and grants."""
    found = await tokens.find(session, token)
    if found is None:
        raise NoSuchToken
    access = AccessList(found.acl, found.auth_id, str(found.session_uuid))
    if scope and not access.allows(scope):
        raise MissingAccess(scope)
    await _must_reach(session, tenant, _of(found.tenant_uuid))
    return OrjsonResponse(token_answer(found))


@router.head("/token/{token}", tags=["token"], status_code=204, **answers(None, 403, 404))
async def check_token(
    token: TokenText,
    guard: Annotated[TokenGuard, Depends(_guard)],
    request: Request,
    scope: Scope = "",
    tenant: Tenant = None,
) -> Response:
    """Whether a token is good, and grants a scope."""
    identity = await guard.identity(token)
    if identity is None:
        raise NoSuchToken
    if scope and not identity.allows(scope):
        raise MissingAccess(scope)
    if tenant is not None:
        own = None if identity.entity_id is None else Entity.id == identity.entity_id
        async with request.app.state.sessions() as session:
            await _must_reach(session, tenant, own)
    return Response(status_code=204)


@router.post("/token/{token}/scopes/check", tags=["token"], **answers(CheckedScopes, 403, 404))
async def check_scopes(token: TokenText, body: ScopesToCheck, session: DbSession) -> Any:
    """Which of many scopes a token grants."""
    found = await tokens.find(session, token)
    if found is None:
        raise NoSuchToken
    tenant = UUID(body.tenant_uuid) if body.tenant_uuid else None
    await _must_reach(session, tenant, _of(found.tenant_uuid))
    access = AccessList(found.acl, found.auth_id, str(found.session_uuid))
    return OrjsonResponse({"scopes": {scope: access.allows(scope) for scope in body.scopes}})


@router.delete("/token/{token}", tags=["token"], **answers(MessageAnswer, 404))
async def revoke_token(
    request: Request, token: TokenText, guard: Annotated[TokenGuard, Depends(_guard)]
) -> Any:
    """Revoke a token; one that is gone already is no error."""
    async with request.app.state.sessions.begin() as session:
        gone = await tokens.revoke(session, token)
        if gone is not None:
            await audit.record(
                session,
                Action.REVOKED,
                auth_id=gone.auth_id,
                by_auth_id=gone.auth_id,
                address=request.scope["ovix.client"],
                entity_id=gone.entity_id,
                details={"session_uuid": str(gone.session_uuid)},
            )
    guard.forget(hash_of(token))  # the other services hear of it from the database
    return OrjsonResponse({"data": {"message": "success"}})


@router.get("/backends", tags=["backends"], **answers(BackendsAnswer))
async def list_backends(login: Annotated[Login, Depends(_login)]) -> Any:
    """The ways to prove who one is; one that could not be loaded is named too."""
    return OrjsonResponse({"data": list(login.backends)})
