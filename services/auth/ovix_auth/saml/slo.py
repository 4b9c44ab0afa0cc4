"""``/0.1/saml/logout`` and ``/0.1/saml/sls``: logouts, from here and from the provider.

Single Logout by HTTP-Redirect (SAML Profiles 4.4); a provider may also post its messages.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from cryptography.x509 import Certificate
from fastapi import APIRouter, Query, Request
from ovix_schema import SamlConfig, SamlLogin, Token
from ovix_web import OrjsonResponse, Sessions, TokenGuard, Unauthorized, answers, hash_of, token_of
from pydantic import BaseModel, Field
from sqlalchemy import delete, func, select, update
from starlette.responses import RedirectResponse, Response

from ..errors import AuthenticationFailed, ObjectError
from ..safe_xml import BadXml, parsed, text_of
from . import logins
from .configs import RESOURCE
from .forms import decoded, fields_of, posted
from .messages import (
    inflated,
    logout_request,
    logout_response,
    must_be_signed,
    new_id,
    redirect_to,
)
from .metadata import Provider, provider_of, sls_url
from .names import PREFIXES, SAMLP, SamlRefused
from .signatures import must_have_unique_ids, signed
from .sso import must_be_allowed

if TYPE_CHECKING:
    from lxml import etree

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/0.1/saml")

MESSAGE_AGE_MAX = timedelta(minutes=5)
RELAY_STATE_MAX = 80


class NoSamlSession(ObjectError):
    """The token's holder did not come by SAML, or too long ago."""

    status = 404
    resource = RESOURCE
    template = "The token is of no SAML session"


class LogoutAnswer(BaseModel):
    """Where the browser has to go to end the session at the provider."""

    location: str | None = Field(description="Null where the provider takes no logouts")


@router.get("/logout", tags=["saml"], **answers(LogoutAnswer, 401, 404))
@router.post(
    "/logout", tags=["saml"], operation_id="post_saml_logout", **answers(LogoutAnswer, 401, 404)
)
async def saml_logout(
    request: Request,
    redirect_url: Annotated[
        str | None, Query(max_length=2048, description="Where the browser shall end")
    ] = None,
) -> Any:
    """End what the token's holder got by SAML; the token is its own credential."""
    guard: TokenGuard = request.app.state.guard
    token = token_of(request.headers)
    identity = await guard.identity(token) if token else None
    if token is None or identity is None:
        raise Unauthorized(reason="not_found_or_expired" if token else "missing_token")
    if redirect_url is not None:
        must_be_allowed(redirect_url, request.app.state.settings)
    sessions: Sessions = request.app.state.sessions
    location = None
    async with sessions.begin() as session:
        found = await logins.of_holder(session, identity.auth_id)
        if not found:
            raise NoSamlSession
        newest, config = found[0]
        same = [
            login
            for login, of in found
            if of.uuid == config.uuid and _name_of(login) == _name_of(newest)
        ]
        ended = await logins.end_tokens(session, identity.auth_id)
        await session.execute(delete(Token).where(Token.token_hash == hash_of(token)))
        provider = provider_of(config.idp_metadata)
        if provider.slo_url is not None and newest.name_id:
            logout_id = new_id()
            message = logout_request(
                logout_id, config.sp_entity_id, provider.slo_url, _name_of(newest), _indexes(same)
            )
            location = redirect_to(
                provider.slo_url, "SAMLRequest", message, request.app.state.saml_key
            )
            await session.execute(
                update(SamlLogin)
                .where(SamlLogin.request_id == newest.request_id)
                .values(
                    logout_id=logout_id,
                    redirect_url=redirect_url or newest.redirect_url,
                    expires_at=func.now()
                    + timedelta(seconds=request.app.state.settings.saml_login_timeout_s),
                )
            )
        others = [login.request_id for login, _ in found if location is None or login is not newest]
        await session.execute(delete(SamlLogin).where(SamlLogin.request_id.in_(others)))
    for token_hash in (*ended, hash_of(token)):
        guard.forget(token_hash)
    return OrjsonResponse({"location": location})


def _name_of(login: SamlLogin) -> dict[str, str]:
    return {key: value for key, value in (login.name_id or {}).items() if key != "SessionIndex"}


def _indexes(of: list[SamlLogin]) -> list[str]:
    found = [(login.name_id or {}).get("SessionIndex") for login in of]
    return sorted({each for each in found if each})


@router.get("/sls", tags=["saml"], status_code=303, **answers(None, 401))
async def take_saml_logout(
    request: Request,
    SAMLRequest: Annotated[str | None, Query()] = None,
    SAMLResponse: Annotated[str | None, Query()] = None,
) -> Response:
    """The provider ends a session, or tells that one has ended, by HTTP-Redirect."""
    query = request.scope["query_string"]

    def believed(root: "etree._Element", certificates: tuple[Certificate, ...]) -> "etree._Element":
        must_be_signed(query, _kind(SAMLRequest), certificates)
        return root

    try:
        fields = fields_of(query)
        text = fields.get(_kind(SAMLRequest), "")
        return await _logout(request, _read(inflated(text)), believed, fields.get("RelayState"))
    except SamlRefused as error:
        raise _refused(request, error) from error


@router.post(
    "/sls", tags=["saml"], status_code=303, operation_id="post_saml_sls", **answers(None, 401)
)
async def take_posted_saml_logout(request: Request) -> Response:
    """The same by HTTP-POST, where the XML itself is signed."""
    try:
        fields = await posted(request)
        root = _read(decoded(fields.get(_kind(fields.get("SAMLRequest")), "")))
        return await _logout(request, root, signed, fields.get("RelayState"))
    except SamlRefused as error:
        raise _refused(request, error) from error


def _kind(request_text: str | None) -> str:
    return "SAMLResponse" if request_text is None else "SAMLRequest"


def _refused(request: Request, error: SamlRefused) -> AuthenticationFailed:
    log.warning("saml_logout_refused", cause=str(error), client=request.scope["ovix.client"])
    return AuthenticationFailed()


def _read(content: bytes) -> "etree._Element":
    try:
        root = parsed(content)
    except BadXml as error:
        raise SamlRefused(str(error)) from error
    must_have_unique_ids(root)
    return root


async def _logout(
    request: Request, root: "etree._Element", believed: Any, relay_state: str | None
) -> Response:
    """What a message asks for, once one of the providers of its issuer has signed it."""
    issuer = root.find("saml:Issuer", PREFIXES)
    named = "" if issuer is None else _text(issuer)
    sessions: Sessions = request.app.state.sessions
    async with sessions() as session:
        configs = (
            await session.scalars(
                select(SamlConfig).where(SamlConfig.idp_entity_id == named).limit(100)
            )
        ).all()
    cause = "of an unknown issuer"
    believing: list[tuple[SamlConfig, Provider]] = []
    message = root
    for config in configs:
        provider = provider_of(config.idp_metadata)
        try:
            message = await asyncio.to_thread(believed, root, provider.certificates)
            _must_be_now(message, sls_url(config.acs_url))
        except SamlRefused as error:
            cause = str(error)
        else:
            believing.append((config, provider))
    if not believing:
        raise SamlRefused(cause)
    if message.tag == f"{{{SAMLP}}}LogoutResponse":
        return await _ended(sessions, message)
    if message.tag == f"{{{SAMLP}}}LogoutRequest":
        return await _end(request, believing, message, relay_state)
    raise SamlRefused("neither a LogoutRequest nor a LogoutResponse")


def _must_be_now(message: "etree._Element", destination: str) -> None:
    if message.get("Destination", destination) != destination:
        raise SamlRefused("sent to another destination")
    try:
        issued = datetime.fromisoformat(message.get("IssueInstant", ""))
        issued = issued if issued.tzinfo else issued.replace(tzinfo=UTC)
        age = abs(datetime.now(UTC) - issued)
    except (ValueError, OverflowError) as error:
        raise SamlRefused("IssueInstant is no time") from error
    if age > MESSAGE_AGE_MAX:
        raise SamlRefused("too old, or of a clock that is off")


async def _ended(sessions: Sessions, message: "etree._Element") -> Response:
    """The provider's answer to our logout: the browser goes on."""
    async with sessions.begin() as session:
        redirect_url = await session.scalar(
            delete(SamlLogin)
            .where(SamlLogin.logout_id == message.get("InResponseTo", ""))
            .returning(SamlLogin.redirect_url)
        )
    if redirect_url is None:
        raise SamlRefused("an answer to no logout")
    return RedirectResponse(redirect_url, 303)


async def _end(
    request: Request,
    believing: list[tuple[SamlConfig, Provider]],
    message: "etree._Element",
    relay_state: str | None,
) -> Response:
    """The provider ends a session: all that its user got by SAML ends here."""
    name_id = message.find("saml:NameID", PREFIXES)
    if name_id is None:
        raise SamlRefused("it does not tell whose session")
    name = _text(name_id)
    guard: TokenGuard = request.app.state.guard
    async with request.app.state.sessions.begin() as session:
        gone = await session.scalars(
            delete(SamlLogin)
            .where(
                SamlLogin.config_uuid.in_([config.uuid for config, _ in believing]),
                SamlLogin.name_id["value"].astext == name,
            )
            .returning(SamlLogin.auth_id)
            .execution_options(synchronize_session=False)
        )
        ended: list[bytes] = []
        for auth_id in {each for each in gone if each is not None}:
            ended += await logins.end_tokens(session, auth_id)
    for token_hash in ended:
        guard.forget(token_hash)
    config, provider = believing[0]
    log.info("saml_session_ended", tokens=len(ended), provider=provider.entity_id)
    if provider.slo_response_url is None:
        return Response(status_code=204)
    answer = logout_response(config.sp_entity_id, provider.slo_response_url, message.get("ID", ""))
    kept = relay_state if relay_state and len(relay_state) <= RELAY_STATE_MAX else None
    location = redirect_to(
        provider.slo_response_url, "SAMLResponse", answer, request.app.state.saml_key, kept
    )
    return RedirectResponse(location, 303)


def _text(element: "etree._Element") -> str:
    try:
        return text_of(element)
    except BadXml as error:
        raise SamlRefused(str(error)) from error
