"""``/0.1/oidc``: what a client needs to send somebody to the identity provider."""

from typing import Any

from fastapi import APIRouter, Request
from ovix_web import OrjsonResponse, Unavailable, answers
from pydantic import BaseModel, Field

from .backends.oidc import Oidc
from .errors import ObjectError
from .identity_provider import ProviderFailed

router = APIRouter(prefix="/0.1")


class NoProvider(ObjectError):
    """The back end oidc is not configured."""

    status = 404
    resource = "oidc"
    template = "No identity provider is configured"


class OidcClient(BaseModel):
    """The parameters of an authorization request (RFC 6749, 4.1.1), as far as they are ours."""

    issuer: str
    client_id: str
    authorization_endpoint: str
    scope: str
    code_challenge_method: str = Field(description="S256: PKCE is asked for")
    nonce_required: bool = Field(description="True: a nonce goes with the request, and to /token")


@router.get("/oidc", tags=["backends"], **answers(OidcClient, 404))
async def get_oidc_client(request: Request) -> Any:
    """Where and how to ask the identity provider for a code; no token is needed."""
    backend = request.app.state.login.backends.get("oidc")
    if not isinstance(backend, Oidc):
        raise NoProvider
    try:
        described = await backend.provider.discovered()
    except ProviderFailed as error:
        raise Unavailable(message="the identity provider can't be reached") from error
    return OrjsonResponse(
        {
            "issuer": backend.provider.issuer,
            "client_id": backend.provider.client_id,
            "authorization_endpoint": described["authorization_endpoint"],
            "scope": request.app.state.settings.oidc_scopes,
            "code_challenge_method": "S256",
            "nonce_required": True,
        }
    )
