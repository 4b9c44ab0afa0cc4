"""``/xuc/api/2.0/auth``: the login of XiVO's CTI server (reference/auth.md, part E).

Its tokens are ordinary ones whose text is a JWT: every service finds them by their hash, as it does
others, and they are revoked as others are. The JWT is there for clients that read it.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Annotated, Any

import jwt
import orjson
from fastapi import APIRouter, Request
from ovix_schema import Account, User
from ovix_web import ApiError, OrjsonResponse, Sessions, TokenGuard, Unavailable, token_of
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import exists, func, select
from starlette.responses import Response

from .backends import LoginRequest
from .bodies import TokenRequest
from .credentials import Credentials
from .holders import Holder
from .login import Login
from .settings import AuthSettings

router = APIRouter(prefix="/xuc/api/2.0/auth")


class XucLogin(BaseModel):
    """The body of a login; clients also send softwareType and applicationType."""

    login: Annotated[str, Field(max_length=1000)]
    password: Annotated[str, Field(max_length=10_000)]


class XucToken(BaseModel):
    """A token, for ``Authorization: Bearer``, ``X-Auth-Token`` or ``?token=``."""

    login: str
    token: str = Field(description="A JWT")
    TTL: int = Field(description="Seconds it lives")


class XucError(BaseModel):
    """An error of these two requests."""

    error: str = Field(description="InvalidCredentials, InvalidJson, InvalidToken, TokenExpired …")
    message: str


OWN_BACKENDS = frozenset({"xivo_user", "xivo_service", "xivo_admin", "wazo_user"})
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": XucError},
    401: {"model": XucError},
    429: {"model": XucError},
    503: {"model": XucError},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": XucLogin.model_json_schema()}},
    }
}


class Jwts:
    """Writes tokens as JWTs, signed with the operator's key or one of this process."""

    def __init__(self, settings: AuthSettings) -> None:
        key = settings.jwt_key
        self._key = key.get_secret_value() if key else secrets.token_hex(32)

    def writer(self, login: str | None) -> Callable[[Holder, int], str]:
        """What `LoginRequest.token_text` takes; without a login, the holder's own."""

        def written(holder: Holder, lifetime_s: int) -> str:
            now = int(time.time())
            claims = {
                "sub": holder.auth_id,
                "login": holder.login or holder.auth_id if login is None else login,
                "iat": now,
                "exp": now + lifetime_s,
                "jti": secrets.token_urlsafe(32),  # what makes it a secret, whoever knows the key
            }
            return jwt.encode(claims, self._key, algorithm="HS256")

        return written


def claims_of(token: str) -> dict[str, Any]:
    """What a JWT says; empty for another text. Only a token that is stored may be believed."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}
    return claims


def refused(status: int, error: str, message: str, refusal: ApiError | None = None) -> Response:
    """An error in XUC's words."""
    headers = dict(refusal.headers()) if refusal else {}
    return OrjsonResponse({"error": error, "message": message}, status, headers)


@router.post(
    "/login",
    tags=["xuc"],
    response_model=XucToken,
    responses=ERRORS,
    openapi_extra=_BODY,
)
async def xuc_login(request: Request) -> Response:
    """Log in as to XiVO's CTI server: a user, or a program's account."""
    try:
        body = XucLogin.model_validate(orjson.loads(await request.body()))
    except (orjson.JSONDecodeError, ValidationError):
        return refused(400, "InvalidJson", "send JSON with login and password")
    state = request.app.state
    settings: AuthSettings = state.settings
    try:
        backend = settings.xuc_backend or await _backend_of(state.sessions, body.login)
        token = await token_for(
            request, backend, Credentials(body.login, body.password), named=body.login
        )
    except ApiError as error:
        name = "InvalidCredentials" if error.status == 401 else "UnhandledError"
        return refused(error.status, name, str(error), error)
    return OrjsonResponse({"login": body.login, **token})


async def token_for(
    request: Request,
    backend: str,
    credentials: Credentials,
    *,
    named: str | None = None,
    **extras: str | None,
) -> dict[str, Any]:
    """``token`` and ``TTL`` of a login; `ApiError` for one that is refused, or takes too long.

    ``named`` is what the JWT calls the holder; None takes the holder's own login.
    """
    state = request.app.state
    login: Login = state.login
    settings: AuthSettings = state.settings
    lifetime_s = lifetime_of(settings, is_program=backend == "xivo_service")
    # Our own passwords are never slow, but may have to queue when all of an office log in.
    timeout_s = None if backend in OWN_BACKENDS else settings.xuc_login_timeout_s
    try:
        async with asyncio.timeout(timeout_s):
            granted = await login.token(
                credentials,
                TokenRequest(backend=backend, expiration=lifetime_s),
                LoginRequest(
                    request.scope["ovix.client"],
                    request.headers.get("User-Agent"),
                    extras=extras,
                    token_text=state.jwts.writer(named),
                    nonce_optional=True,
                ),
            )
    except TimeoutError as error:
        raise Unavailable(message="who has to prove the login is too slow") from error
    return {"token": granted.token.token, "TTL": lifetime_s}


def lifetime_of(settings: AuthSettings, *, is_program: bool) -> int:
    """Seconds: users and programs have settings of their own."""
    own = settings.xuc_webservice_token_lifetime if is_program else None
    return own or settings.xuc_token_lifetime


@router.get("/check", tags=["xuc"], response_model=XucToken, responses=ERRORS)
async def xuc_check(request: Request) -> Response:
    """Whether ``Authorization: Bearer`` is good; a new token once half of its time is over."""
    token = token_of(request.headers) or ""
    claims = claims_of(token)
    guard: TokenGuard = request.app.state.guard
    try:
        identity = await guard.identity(token) if claims else None
        if identity is None:
            over = claims.get("exp")
            if isinstance(over, int) and over < time.time():
                return refused(401, "TokenExpired", "The token has expired, log in again")
            return refused(401, "InvalidToken", "The token is not known, log in again")
        ttl_s = int(identity.expires_at.timestamp() - time.time())
        lifetime_s = lifetime_of(request.app.state.settings, is_program=identity.user_uuid is None)
        name = str(claims.get("login", ""))
        if ttl_s * 2 < lifetime_s:
            login: Login = request.app.state.login
            granted = await login.renewed(
                token,
                lifetime_s,
                LoginRequest(
                    request.scope["ovix.client"],
                    request.headers.get("User-Agent"),
                    token_text=request.app.state.jwts.writer(name),
                ),
            )
            token, ttl_s = granted.token.token, lifetime_s
    except ApiError as error:
        known = error.status == 401
        return refused(error.status, "InvalidToken" if known else "UnhandledError", str(error))
    return OrjsonResponse({"login": name, "token": token, "TTL": ttl_s})


async def _backend_of(sessions: Sessions, login: str) -> str:
    """Users come before programs; an unknown login is refused as a user's."""
    name = login.lower().replace("\x00", "")
    is_program = exists().where(Account.kind == "service", func.lower(Account.login) == name)
    is_user = exists().where(func.lower(User.username) == name)
    async with sessions() as session:
        found = (await session.execute(select(is_user.label("u"), is_program.label("p")))).one()
    return "xivo_service" if found.p and not found.u else "xivo_user"
