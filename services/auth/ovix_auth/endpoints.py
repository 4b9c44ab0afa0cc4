"""``/0.1/token`` and ``/0.1/backends`` (reference/auth.md, A2); no token is asked for here."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from ovix_web import DbSession, OrjsonResponse, TokenGuard, answers, hash_of
from ovix_web.acl import AccessList
from starlette.responses import Response

from . import tokens
from .bodies import BackendsAnswer, MessageAnswer, TokenAnswer, TokenRequest, token_answer
from .credentials import BasicHeader, Credentials
from .errors import MissingAccess, NoSuchToken
from .holders import BACKENDS
from .login import Login

router = APIRouter(prefix="/0.1")


async def _login(request: Request) -> Login:
    login: Login = request.app.state.login
    return login


async def _guard(request: Request) -> TokenGuard:
    guard: TokenGuard = request.app.state.guard
    return guard


async def _canonical(token: str) -> str:
    """The token as it was issued; whatever is no UUID can't be one."""
    try:
        return str(UUID(token))
    except ValueError as error:
        raise NoSuchToken from error


TokenText = Annotated[str, Depends(_canonical)]
Scope = Annotated[str, Query(description="Also check that the token grants this scope")]


@router.post("/token", tags=["token"], **answers(TokenAnswer, 400, 401, 429))
async def create_token(
    request: Request,
    body: TokenRequest,
    login: Annotated[Login, Depends(_login)],
    credentials: Annotated[Credentials, Depends(BasicHeader())],
    user_agent: Annotated[str | None, Header()] = None,
) -> Any:
    """Prove a password, get a token."""
    token = await login.token(
        credentials,
        body.backend,
        body.expiration,
        address=request.scope["ovix.client"],
        user_agent=user_agent,
    )
    return OrjsonResponse(token_answer(token))


@router.get("/token/{token}", tags=["token"], **answers(TokenAnswer, 403, 404))
async def get_token(token: TokenText, session: DbSession, scope: Scope = "") -> Any:
    """What a token is and grants."""
    found = await tokens.find(session, token)
    if found is None:
        raise NoSuchToken
    access = AccessList(found.acl, found.auth_id, str(found.session_uuid))
    if scope and not access.allows(scope):
        raise MissingAccess(scope)
    return OrjsonResponse(token_answer(found))


@router.head("/token/{token}", tags=["token"], status_code=204, **answers(None, 403, 404))
async def check_token(
    token: TokenText, guard: Annotated[TokenGuard, Depends(_guard)], scope: Scope = ""
) -> Response:
    """Whether a token is good, and grants a scope."""
    identity = await guard.identity(token)
    if identity is None:
        raise NoSuchToken
    if scope and not identity.allows(scope):
        raise MissingAccess(scope)
    return Response(status_code=204)


@router.delete("/token/{token}", tags=["token"], **answers(MessageAnswer, 404))
async def revoke_token(
    request: Request, token: TokenText, guard: Annotated[TokenGuard, Depends(_guard)]
) -> Any:
    """Revoke a token; one that is gone already is no error."""
    async with request.app.state.sessions.begin() as session:
        await tokens.revoke(session, token)
    guard.forget(hash_of(token))  # the other services hear of it from the database
    return OrjsonResponse({"data": {"message": "success"}})


@router.get("/backends", tags=["backends"], **answers(BackendsAnswer))
async def list_backends() -> Any:
    """The ways to prove a password."""
    return OrjsonResponse({"data": list(BACKENDS)})
