"""``/0.1/saml/sso`` and ``/0.1/saml/acs``: people go to their provider, and come back proven.

Nobody has a token here. The ``saml_session_id`` of ``/sso`` gets one by ``POST /token`` once the
provider's response arrived at ``/acs``.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import APIRouter, Request
from ovix_schema import SamlConfig, SamlLogin
from ovix_web import OrjsonResponse, answers
from ovix_web.bodies import text
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from ..errors import AuthenticationFailed, InvalidData
from ..identity_provider import is_protected
from ..saml_settings import SamlSettings
from . import logins, responses
from .configs import RESOURCE, UnknownSamlConfig
from .forms import decoded, posted
from .messages import authn_request, redirect_to
from .metadata import provider_of
from .names import SamlRefused
from .responses import Expected, Proven

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/0.1/saml")

FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "SAMLResponse": {"type": "string"},
                        "RelayState": {"type": "string"},
                    },
                    "required": ["SAMLResponse"],
                }
            }
        },
    }
}


class SsoRequest(BaseModel):
    """Who wants to log in, by the domain of the e-mail, and where the browser shall end."""

    redirect_url: Annotated[str, text(2048, 1)]
    domain_name: Annotated[str, text(253)] | None = Field(
        None, description="Tells which provider; not needed where there is one alone"
    )
    domain: Annotated[str, text(253)] | None = Field(None, description="The same as domain_name")


class SsoAnswer(BaseModel):
    """Where the browser has to go, and what a token can be asked for with afterwards."""

    location: str
    saml_session_id: str = Field(description="A secret, for POST /token")


@router.post("/sso", tags=["saml"], **answers(SsoAnswer, 400, 404, 429))
async def start_saml_login(request: Request, body: SsoRequest) -> Any:
    """Begin a login at the provider of a domain; no token is needed."""
    settings: SamlSettings = request.app.state.settings
    must_be_allowed(body.redirect_url, settings)
    async with request.app.state.sessions.begin() as session:
        config = await logins.config_of_domain(session, body.domain_name or body.domain)
        if config is None:
            raise UnknownSamlConfig
        asked = await logins.begin(
            session,
            config,
            body.redirect_url,
            request.scope["ovix.client"],
            settings.saml_login_timeout_s,
        )
    provider = provider_of(config.idp_metadata)
    message = authn_request(
        asked.request_id,
        config.sp_entity_id,
        provider.sso_url,
        config.acs_url,
        by_email=config.user_attribute is None and config.user_field == "email",
    )
    location = redirect_to(provider.sso_url, "SAMLRequest", message, request.app.state.saml_key)
    return OrjsonResponse({"location": location, "saml_session_id": asked.session_id})


def must_be_allowed(redirect_url: str, settings: SamlSettings) -> None:
    """400 unless browsers may be sent there."""
    allowed = settings.saml_redirect_urls
    try:
        scheme = urlsplit(redirect_url).scheme
        is_good = redirect_url.isascii() and redirect_url.isprintable() and " " not in redirect_url
        is_good = is_good and bool(scheme) and scheme not in ("javascript", "data", "vbscript")
        if allowed:
            is_good = is_good and any(redirect_url.startswith(each) for each in allowed)
        else:
            is_good = is_good and is_protected(redirect_url)
    except ValueError:
        is_good = False
    if not is_good:
        raise InvalidData(RESOURCE, "redirect_url: is not allowed")


@router.post("/acs", tags=["saml"], status_code=303, openapi_extra=FORM, **answers(None, 401))
async def take_saml_response(request: Request) -> Response:
    """The provider's response, which the browser posts; it is sent on to the redirect_url.

    A response that is refused adds ``login_failure_code=401`` to that URL, or is answered with 401
    where it belongs to no login.
    """
    client = request.scope["ovix.client"]
    sessions = request.app.state.sessions
    waiting: tuple[SamlLogin, SamlConfig] | None = None
    try:
        form = await posted(request)
        root = responses.read(decoded(form.get("SAMLResponse", "")))
        async with sessions() as session:
            waiting = await logins.waiting_for(session, responses.answered_request(root))
        if waiting is None:
            raise SamlRefused("no login is waiting for it")
        login, config = waiting
        if request.app.state.settings.saml_same_address and login.address != client[:45]:
            raise SamlRefused(f"asked for by {login.address}")
        # Off the event loop: canonicalising and checking take milliseconds.
        proven: Proven = await asyncio.to_thread(
            responses.proven, root, _expected(login, config), datetime.now(UTC)
        )
        async with sessions.begin() as session:
            if not await logins.prove(session, login.request_id, proven):
                raise SamlRefused("it was taken already")
    except SamlRefused as error:
        log.warning("saml_response_refused", cause=str(error), client=client)
        if waiting is None:
            raise AuthenticationFailed from error
        return RedirectResponse(with_query(waiting[0].redirect_url, login_failure_code="401"), 303)
    return RedirectResponse(login.redirect_url, 303)


def _expected(login: SamlLogin, config: SamlConfig) -> Expected:
    return Expected(
        request_id=login.request_id,
        acs_url=config.acs_url,
        our_entity_id=config.sp_entity_id,
        provider=provider_of(config.idp_metadata),
        user_attribute=config.user_attribute,
    )


def with_query(url: str, **more: str) -> str:
    """The URL with further parameters."""
    base, mark, fragment = url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{urlencode(more)}{mark}{fragment}"
