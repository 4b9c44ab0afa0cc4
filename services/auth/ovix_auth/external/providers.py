"""Google and Microsoft: where people consent, and where codes become tokens (RFC 6749, RFC 7636).

What is sent to them and what they answer is secret: errors have their codes alone.
"""

import asyncio
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx
import orjson
from ovix_web import authorities

from ..settings import AuthSettings

ANSWER_MAX_BYTES = 64 * 1024
TOKEN_MAX = 16 * 1024
LASTS_MAX_S = 366 * 86_400
_ERROR_CODE = re.compile(r"[a-z_]{1,64}")


class ProviderFailed(Exception):
    """The provider is away, silent, or does not take our client."""


class ConsentGone(Exception):
    """The provider does not take the code or refresh token (any more): ``invalid_grant``."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where one of them is."""

    authorization_url: str
    token_url: str
    scope: tuple[str, ...]
    """What is asked for where nobody says what."""
    more: Mapping[str, str]
    """Parameters of its own, so that it gives a refresh token."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a consent gives."""

    access_token: str
    refresh_token: str | None
    """None: the one that was used goes on being good."""
    lasts_s: int | None
    scope: tuple[str, ...] | None
    """None: what was asked for."""


class Providers:
    """``async with Providers(settings) as providers``: all that are known, asked by one client."""

    def __init__(self, settings: AuthSettings) -> None:
        self._timeout_s = settings.external_timeout_s
        self._ca_file = settings.external_ca_file
        self._http: httpx.AsyncClient | None = None
        self._known = {
            "google": Provider(
                settings.google_authorization_url,
                settings.google_token_url,
                tuple(settings.google_scope.split()),
                # Without a new consent Google gives no refresh token a second time.
                {"access_type": "offline", "prompt": "consent"},
            ),
            "microsoft": Provider(
                settings.microsoft_authorization_url,
                settings.microsoft_token_url,
                tuple(settings.microsoft_scope.split()),
                {"response_mode": "query"},
            ),
        }

    async def __aenter__(self) -> "Providers":
        if self._ca_file is not None:
            self._client()  # a file that can't be read is told at the start
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._http is not None:
            await self._http.aclose()

    def _client(self) -> httpx.AsyncClient:
        """Made when the first user asks a provider: it takes 2 MB, and many have none."""
        if self._http is None:
            trusted = authorities.trusted(self._ca_file or True)
            self._http = httpx.AsyncClient(timeout=self._timeout_s, verify=trusted)
        return self._http

    def scope_of(self, service: str) -> tuple[str, ...]:
        """What is asked for where the user names nothing."""
        return self._known[service].scope

    def authorization_url(
        self,
        service: str,
        *,
        client_id: str,
        scope: Sequence[str],
        redirect_uri: str,
        state: str,
        verifier: str,
    ) -> str:
        """Where the user consents (RFC 6749, 4.1.1; RFC 7636, 4.3)."""
        provider = self._known[service]
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        url = httpx.URL(provider.authorization_url).copy_merge_params(
            {
                "response_type": "code",
                "client_id": client_id,
                "redirect_uri": redirect_uri,
                "scope": " ".join(scope),
                "state": state,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
                **provider.more,
            }
        )
        return str(url)

    async def exchanged(
        self, service: str, config: Mapping[str, Any], code: str, verifier: str, redirect_uri: str
    ) -> Granted:
        """The tokens for a code; `ConsentGone` or `ProviderFailed`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        return await self._granted(service, config, form)

    async def refreshed(
        self, service: str, config: Mapping[str, Any], refresh_token: str
    ) -> Granted:
        """A fresh access token; `ConsentGone` or `ProviderFailed`."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._granted(service, config, form)

    async def _granted(
        self, service: str, config: Mapping[str, Any], form: Mapping[str, str]
    ) -> Granted:
        client = {key: str(config[key]) for key in ("client_id", "client_secret")}
        status, told = await self._answer(self._known[service].token_url, {**form, **client})
        if status != 200:
            code = _error_of(told)
            if code == "invalid_grant":
                raise ConsentGone(code)
            raise ProviderFailed(f"it answers {status}, {code}")
        token, refresh = told.get("access_token"), told.get("refresh_token")
        if not isinstance(token, str) or not _is_token(token):
            raise ProviderFailed("it gives no access token")
        scope = told.get("scope")
        return Granted(
            token,
            refresh if _is_token(refresh) else None,
            _seconds(told.get("expires_in")),
            tuple(scope.split()) if isinstance(scope, str) else None,
        )

    async def _answer(self, url: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """Bounded in time and size; redirects are not followed."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        content = bytearray()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client().stream("POST", url, data=dict(form), headers=headers) as answer,
            ):
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise ProviderFailed("it compresses what was asked for plainly")
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > ANSWER_MAX_BYTES:
                        raise ProviderFailed(f"it answers more than {ANSWER_MAX_BYTES} bytes")
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ProviderFailed(type(error).__name__) from error
        try:
            told = orjson.loads(content)
        except orjson.JSONDecodeError:
            told = None
        return answer.status_code, told if isinstance(told, dict) else {}


def _is_token(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= TOKEN_MAX
        and value.isascii()
        and value.isprintable()
    )


def _seconds(value: object) -> int | None:
    try:
        return min(max(int(value), 0), LASTS_MAX_S)  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError, OverflowError):
        return None


def _error_of(told: Mapping[str, Any]) -> str:
    """The code of RFC 6749, 5.2, never its text: that may repeat what we sent."""
    code = told.get("error")
    return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else "no reason given"
