"""Where ``office365`` and ``google`` get access tokens (RFC 6749): the source, or its viewers."""

import re
import time
from collections.abc import Callable
from typing import Annotated, Literal, Protocol

import httpx
from ovix_web.bodies import text
from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from ..backend import Linked, SourceFailed
from .http_source import Url, Web, json_of

EXPIRES_DEFAULT_S = 300.0
EARLY_S = 60.0
"""How long before its end a token is not used any more."""
LINKED_FOR_S = 30.0
"""How long auth is not asked again: what it gives is good for a minute at least."""

_ERROR_CODE = re.compile(r"[a-z_]{1,64}")


class OAuth2(BaseModel):
    """How access tokens are got."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    token_url: Url
    client_id: Annotated[str, text(512, 1)]
    client_secret: SecretStr = SecretStr("")
    grant: Literal["client_credentials", "refresh_token"] = "client_credentials"
    refresh_token: SecretStr | None = None
    """Of the account whose contacts are read; its consent is given once, outside of Ovix."""
    scope: Annotated[str, text(2048)] | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "OAuth2":
        if self.grant == "refresh_token" and self.refresh_token is None:
            raise ValueError("the grant refresh_token needs a refresh_token")
        return self


class AccessTokens(Protocol):
    """Where an address book gets its tokens from."""

    async def get(self) -> str | None:
        """One that is good now; None: there is no account. Raises `SourceFailed`."""
        ...

    def refused(self) -> None:
        """The provider does not take the last one."""
        ...


class LinkedAccount:
    """The account that a user linked in auth, which keeps its token fresh."""

    def __init__(
        self,
        linked: Linked,
        user_uuid: str,
        service: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._linked, self._user_uuid, self._service = linked, user_uuid, service
        self._clock = clock
        self._token: str | None = None
        self._token_until = float("-inf")

    async def get(self) -> str | None:
        """That of auth, which is asked once for the pages of a copy."""
        if self._clock() >= self._token_until:
            self._token = await self._linked.access_token(self._user_uuid, self._service)
            self._token_until = self._clock() + LINKED_FOR_S
        return self._token

    def refused(self) -> None:
        """Ask auth again."""
        self._token_until = float("-inf")


class OwnGrant:
    """The source's own account: a grant of its settings."""

    def __init__(
        self, oauth2: OAuth2, web: Web, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._oauth2, self._web, self._clock = oauth2, web, clock
        self._token, self._token_until = "", 0.0
        self._refresh_token = oauth2.refresh_token

    async def get(self) -> str:
        """The token that is known, until shortly before its end."""
        if self._clock() >= self._token_until:
            await self._get_token()
        return self._token

    def refused(self) -> None:
        """Get another one."""
        self._token_until = 0.0

    async def _get_token(self) -> None:
        oauth2 = self._oauth2
        form = {
            "grant_type": oauth2.grant,
            "client_id": oauth2.client_id,
            "client_secret": oauth2.client_secret.get_secret_value(),
        }
        if oauth2.scope:
            form["scope"] = oauth2.scope
        if oauth2.grant == "refresh_token" and self._refresh_token is not None:
            form["refresh_token"] = self._refresh_token.get_secret_value()
        answer = await self._web.send("POST", httpx.URL(oauth2.token_url), data=form)
        if answer.status_code != 200:
            raise SourceFailed(f"no access token: {_refusal(answer)}")
        told = json_of(answer, "token")
        token, lasts = told.get("access_token"), told.get("expires_in", EXPIRES_DEFAULT_S)
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise SourceFailed("no access token in the answer")
        try:
            lasts_s = float(lasts)
        except (TypeError, ValueError):
            lasts_s = EXPIRES_DEFAULT_S
        self._token, self._token_until = token, self._clock() + max(lasts_s - EARLY_S, 1.0)
        if isinstance(newer := told.get("refresh_token"), str):
            # Some providers give a new one each time, and forget the old one (RFC 6749, 6).
            self._refresh_token = SecretStr(newer)


def _refusal(answer: httpx.Response) -> str:
    """The code of the refusal (RFC 6749, 5.2), never its text: that may repeat what we sent."""
    try:
        code = answer.json().get("error")
    except (ValueError, AttributeError):
        code = None
    known = isinstance(code, str) and _ERROR_CODE.fullmatch(code)
    return f"{code}" if known else f"the server answers {answer.status_code}"
