"""oidc: telephony users that an OpenID Connect provider vouches for.

`POST /token` takes, beside ``"backend": "oidc"``, either ``code``, ``code_verifier`` and
``redirect_uri`` of an authorization with PKCE, or the ``id_token`` that the client was given; with
either the ``nonce`` that it was asked for with. Each ID token is taken once.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from ovix_schema import User
from ovix_web import Sessions
from sqlalchemy import ColumnElement, func

from .. import holders, proofs
from ..holders import Holder
from ..identity_provider import LEEWAY_S, IdentityProvider, NotProven, ProviderFailed
from ..oidc_settings import OidcSettings
from ..settings import TEN_YEARS_S
from . import LoginRequest, NotConfigured, Refused, Surroundings

log = structlog.get_logger(__name__)

AWAY_FOR_S = 2.0
"""After a failure the provider is left alone for so long."""

_HALVES = re.compile("[\ud800-\udfff]")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636, 4.1


class Oidc:
    """Takes the telephony user whom the claims name."""

    def __init__(self, sessions: Sessions, settings: OidcSettings) -> None:
        """ValueError when a setting is missing or can't be."""
        if settings.oidc_issuer is None:
            raise NotConfigured("OVIX_AUTH_OIDC_ISSUER")
        if settings.oidc_client_id is None:
            raise ValueError("set OVIX_AUTH_OIDC_CLIENT_ID")
        self._sessions = sessions
        self._settings = settings
        self.provider = IdentityProvider(settings, settings.oidc_issuer, settings.oidc_client_id)
        self._away_until = float("-inf")

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        """The telephony user; login and password are not looked at."""
        claims = await self._proven(request.extras, request.nonce_optional)
        condition = self._named(claims)
        async with self._sessions() as session:
            holder = await holders.user_where(session, condition, by_password=False)
        if holder is None:
            raise Refused("no_such_user", is_guess=False)
        return holder

    async def _proven(self, given: Mapping[str, Any], nonce_optional: bool) -> Mapping[str, Any]:
        names = ("id_token", "code", "code_verifier", "redirect_uri", "nonce")
        texts = {name: given[name] for name in names if _is_text(given.get(name))}
        if not texts.get("nonce") and not nonce_optional:
            raise Refused("no_nonce", is_guess=False)
        if time.monotonic() < self._away_until:
            raise Refused("provider_away", is_guess=False)
        try:
            async with asyncio.timeout(self._settings.oidc_timeout_s):
                id_token = texts.get("id_token") or await self._exchanged(texts)
                claims = await self.provider.claims(id_token, texts.get("nonce") or None)
        except NotProven as error:
            log.warning("id_token_refused", cause=str(error))
            raise Refused("not_proven") from error
        except (ProviderFailed, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY_FOR_S
            cause = str(error) or f"silent for {self._settings.oidc_timeout_s:g} s"
            log.error("provider_failed", issuer=self.provider.issuer, cause=cause)
            raise Refused("provider_away", is_guess=False) from error
        # The signed part: of one signature there may be other spellings.
        signed_part = id_token.rpartition(".")[0]
        longest = time.time() + TEN_YEARS_S
        over = datetime.fromtimestamp(min(int(claims["exp"]), longest) + 2 * LEEWAY_S, UTC)
        if not await proofs.take(self._sessions, f"{self.provider.issuer} {signed_part}", over):
            log.warning("id_token_refused", cause="taken before")
            raise Refused("taken_before")
        return claims

    async def _exchanged(self, texts: Mapping[str, str]) -> str:
        code, redirect_uri = texts.get("code"), texts.get("redirect_uri")
        if not code or not redirect_uri:
            raise Refused("no_credentials", is_guess=False)
        verifier = texts.get("code_verifier", "")
        if not _VERIFIER.fullmatch(verifier):
            raise Refused("no_pkce", is_guess=False)
        return await self.provider.id_token_for(code, verifier, redirect_uri)

    def _named(self, claims: Mapping[str, Any]) -> ColumnElement[bool]:
        settings = self._settings
        value = claims.get(settings.oidc_user_claim)
        if not isinstance(value, str) or not value or "\x00" in value:
            raise Refused("no_user_claim", is_guess=False)
        if settings.oidc_user_claim == "email":
            verified = claims.get("email_verified")
            # Some providers write it as a text.
            is_verified = verified is True or verified == "true"
            if not is_verified and (verified is not None or not settings.oidc_email_unverified):
                raise Refused("email_unverified", is_guess=False)
        if settings.oidc_user_field == "uuid":
            try:
                return User.uuid == UUID(value)
            except ValueError as error:
                raise Refused("no_user_claim", is_guess=False) from error
        column = {"email": User.email, "username": User.username}[settings.oidc_user_field]
        return func.lower(column) == value.lower()


def _is_text(value: object) -> bool:
    """JSON can hold halves of characters, which nothing can be written with."""
    return isinstance(value, str) and not _HALVES.search(value)


def oidc(surroundings: Surroundings) -> Oidc:
    """The back end that the settings describe."""
    return Oidc(surroundings.sessions, surroundings.settings)
