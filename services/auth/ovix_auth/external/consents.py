"""Accounts at Google and Microsoft: consents that are asked for, given, and renewed.

No connection of the database is held while a provider is asked.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import structlog
from ovix_bus import emit
from ovix_bus.catalogue import auth as events
from ovix_schema import Account, ExternalAccount, ExternalAuthorization, User
from ovix_web import Sessions, hash_of
from ovix_web.bodies import Schema, text
from ovix_web.work import Work
from pydantic import Field
from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from ..errors import UnknownConfig, UnknownExternalAuth
from ..everybody import user_in_path
from ..pages import page
from ..settings import AuthSettings
from .accounts import holder_of, stored, told
from .configs import config_for, type_in_path
from .providers import ConsentGone, Granted, ProviderFailed, Providers

log = structlog.get_logger(__name__)

SCOPES_MAX = 50
PENDING_MAX = 10
"""Consents one user may have asked for within ten minutes; of more the oldest are forgotten."""


class ConsentWanted(Schema):
    """What the user is to consent to."""

    scope: list[Annotated[str, Field(max_length=256, pattern=r"^[\x21-\x7e]+$")]] | None = Field(
        None, max_length=SCOPES_MAX, description="Absent: access to contacts"
    )


class ConsentAsked(Schema):
    """Where the user's browser is sent to consent, within ten minutes."""

    authorization_url: str
    state: str


class AccessToken(Schema):
    """What reaches the user's account now."""

    access_token: Annotated[str, text()]
    scope: list[str]
    token_expiration: int | None = Field(description="Seconds since 1970; null: not known")


async def ask_for_consent(work: Work) -> Any:
    """Begin, whether there is an account already or not."""
    service = type_in_path(work)
    body = await work.body(ConsentWanted)
    somebody = await user_in_path(work)
    session, request = work.session, work.request
    if request.method == "PUT" and await stored(session, somebody, service) is None:
        raise UnknownExternalAuth(type=service)
    config = await config_for(session, service, somebody.row.entity_id)
    providers: Providers = request.app.state.providers
    scope = body.scope or list(providers.scope_of(service))
    redirect_uri = _redirect_uri(work, service)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    holder = holder_of(somebody)
    await _forget_old(session, holder)
    session.add(
        ExternalAuthorization(
            state_hash=hash_of(state),
            type=service,
            scope=scope,
            redirect_uri=redirect_uri,
            code_verifier=verifier,
            **holder,
        )
    )
    url = providers.authorization_url(
        service,
        client_id=config["client_id"],
        scope=scope,
        redirect_uri=redirect_uri,
        state=state,
        verifier=verifier,
    )
    return {"authorization_url": url, "state": state}


def _redirect_uri(work: Work, service: str) -> str:
    settings: AuthSettings = work.request.app.state.settings
    url = settings.external_redirect_url
    return (url or f"{work.base_url}/external/{{type}}/authorized").replace("{type}", service)


async def _forget_old(session: AsyncSession, holder: dict[str, Any]) -> None:
    """What is over, and of the holder all but the newest."""
    pending = ExternalAuthorization
    await session.execute(delete(pending).where(pending.expires_at < func.now()))
    [whose] = [getattr(pending, key) == value for key, value in holder.items() if value is not None]
    newest = (
        select(pending.state_hash)
        .where(whose)
        .order_by(pending.expires_at.desc())
        .limit(PENDING_MAX - 1)
    )
    await session.execute(delete(pending).where(whose, pending.state_hash.not_in(newest)))


async def consent_given(work: Work) -> HTMLResponse:
    """Where the provider sends the browser back: the code becomes the account's tokens."""
    service = type_in_path(work)
    sessions: Sessions = work.request.app.state.sessions
    providers: Providers = work.request.app.state.providers
    async with sessions.begin() as session:
        asked = await _used(session, service, work.query.get("state", ""))
        if asked is None:
            return page("Nothing was linked", "This consent was not asked for, or is over.", 400)
        whose = await _whose(session, asked)
        try:
            config = await config_for(session, service, whose.entity_id)
        except UnknownConfig:
            config = None
    code = work.query.get("code", "")
    if not code or config is None:
        return page("Nothing was linked", "The consent was not given.", 400)
    try:
        granted = await providers.exchanged(
            service, config, code, asked.code_verifier, asked.redirect_uri
        )
    except (ConsentGone, ProviderFailed) as error:
        log.warning(
            "external_auth_failed", type=service, user_uuid=str(whose.uuid), cause=str(error)
        )
        return page("Nothing was linked", "The provider did not take the consent.", 502)
    async with sessions.begin() as session:
        client = work.request.scope["ovix.client"]
        is_new = await _store(session, asked, granted)
        done = "added" if is_new else "updated"
        await emit(
            session,
            await told(session, whose, service, done, by=str(whose.uuid), client=client),
            events.auth_user_external_auth_authorized(
                user_uuid=whose.uuid, external_auth_name=service
            ),
        )
    return page("Thank you", "Your account is linked. You may close this page.")


async def _used(session: AsyncSession, service: str, state: str) -> ExternalAuthorization | None:
    """The consent that was asked for with this state, which is good once."""
    used = await session.scalars(
        delete(ExternalAuthorization)
        .where(
            ExternalAuthorization.state_hash == hash_of(state),
            ExternalAuthorization.type == service,
            ExternalAuthorization.expires_at > func.now(),
        )
        .returning(ExternalAuthorization)
    )
    return used.one_or_none()


async def _whose(session: AsyncSession, asked: ExternalAuthorization) -> Row[Any]:
    """``uuid`` and ``entity_id`` of who asked for it."""
    table: Any = User if asked.account_id is None else Account
    condition = User.uuid == asked.user_uuid if table is User else Account.id == asked.account_id
    return (await session.execute(select(table.uuid, table.entity_id).where(condition))).one()


async def _store(session: AsyncSession, asked: ExternalAuthorization, granted: Granted) -> bool:
    """Keep the tokens in the place of older ones; True where there were none."""
    values: dict[str, Any] = {
        "data": {"access_token": granted.access_token, "refresh_token": granted.refresh_token},
        "scope": list(granted.scope if granted.scope is not None else asked.scope),
        "expires_at": expiry(granted),
        "renewing_until": None,
    }
    holder = "user_uuid" if asked.account_id is None else "account_id"
    statement = insert(ExternalAccount).values(
        type=asked.type, account_id=asked.account_id, user_uuid=asked.user_uuid, **values
    )
    known = await session.scalar(
        select(ExternalAccount.uuid).where(
            getattr(ExternalAccount, holder) == getattr(asked, holder),
            ExternalAccount.type == asked.type,
        )
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=[holder, "type"], set_=values)
    )
    return known is None


def expiry(granted: Granted) -> datetime | None:
    """When its access token ends."""
    if granted.lasts_s is None:
        return None
    return datetime.now(UTC) + timedelta(seconds=granted.lasts_s)
