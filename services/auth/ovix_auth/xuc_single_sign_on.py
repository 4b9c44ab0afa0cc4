"""``/xuc/api/2.0/auth/oidc``, ``/cas`` and ``/sso``: logins that somebody else proved.

reference/auth.md, part E. Which errors ``/oidc`` and ``/cas`` give is not documented there: they
use the words of ``/login`` and ``/sso``.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from ovix_web import ApiError, OrjsonResponse, token_of
from starlette.responses import Response

from .backends import Refused
from .backends.loading import Broken
from .credentials import NOBODY
from .login import Login
from .xuc import XucError, XucToken, claims_of, refused, token_for

router = APIRouter(prefix="/xuc/api/2.0/auth")

_AWAY = ("provider_away", "backend_not_loaded")
_ALL: dict[int | str, dict[str, Any]] = {
    status: {"model": XucError} for status in (401, 404, 429, 503)
}


@router.get("/oidc", tags=["xuc"], response_model=XucToken, responses=_ALL)
async def xuc_oidc(
    request: Request,
    token: Annotated[
        str | None, Query(description="The provider's ID token, if it is no Bearer")
    ] = None,
    nonce: Annotated[str | None, Query(description="What the ID token was asked for with")] = None,
) -> Response:
    """A token for an ID token of the OpenID Connect provider, which is taken once."""
    id_token = token or token_of(request.headers) or ""
    return await _answered(request, "oidc", id_token=id_token, nonce=nonce)


@router.get("/cas", tags=["xuc"], response_model=XucToken, responses=_ALL)
async def xuc_cas(
    request: Request,
    service: Annotated[str, Query(description="At most 2048 characters")] = "",
    ticket: Annotated[str, Query(description="At most 512 characters")] = "",
) -> Response:
    """A token for a ticket of the CAS server, and the service that it was given for."""
    # Both are judged by the back end: what is no ticket is refused in XUC's words.
    return await _answered(request, "cas", service=service, ticket=ticket)


@router.get(
    "/sso", tags=["xuc"], responses={401: {"model": XucError}}, status_code=401, response_model=None
)
async def xuc_sso() -> Response:
    """Kerberos is not available: always ``SsoAuthenticationFailed``."""
    # No `WWW-Authenticate: Negotiate` either: a browser would go and fetch a ticket for nothing.
    return refused(401, "SsoAuthenticationFailed", "Kerberos is not available, log in otherwise")


async def _answered(request: Request, backend: str, **extras: str | None) -> Response:
    login: Login = request.app.state.login
    if isinstance(login.backends.get(backend, Broken()), Broken):
        return refused(404, "UnhandledError", f"{backend} is not configured")
    try:
        answer: dict[str, Any] = await token_for(request, backend, NOBODY, **extras)
    except ApiError as error:
        refusal = error.__cause__
        cause = refusal.cause if isinstance(refusal, Refused) else None
        if cause in _AWAY:
            return refused(503, "UnhandledError", "who has to prove the login can't be reached")
        if cause == "no_such_user":
            return refused(401, "UserNotFound", "Nobody here is that user")
        word = "InvalidCredentials" if error.status == 401 else "UnhandledError"
        return refused(error.status, word, str(error), error)
    name = str(claims_of(answer["token"]).get("login", ""))
    return OrjsonResponse({"login": name, **answer})
