"""An OpenID Connect provider: its discovery, its keys, its token endpoint, and its ID tokens.

OpenID Connect Core 1.0 (3.1.3), Discovery 1.0, RFC 7636 (PKCE), RFC 7517 (keys). PyJWT checks the
signatures; which algorithms and keys may be used is decided here, never by the token.
"""

import asyncio
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import orjson
import structlog
from ovix_web import authorities

from .oidc_settings import OidcSettings

log = structlog.get_logger(__name__)

ANSWER_MAX_BYTES = 512 * 1024
TOKEN_MAX = 16 * 1024
"""Characters of an ID token."""
LEEWAY_S = 30
"""How far the provider's clock may be off."""
KNOWN_FOR_S = 3600.0
"""How long discovery and keys are believed without asking again."""
ASK_AGAIN_AFTER_S = 10.0
"""Unknown keys make the provider be asked again, and no oftener than so."""

_BY_KEY_TYPE = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""Signatures by private keys alone: with a secret (HS256) the public key could be the secret."""


class ProviderFailed(Exception):
    """The provider is away, or answers what it must not."""


class NotProven(Exception):
    """The ID token or the code is not good."""


class IdentityProvider:
    """One provider and its client, which we are."""

    def __init__(self, settings: OidcSettings, issuer: str, client_id: str) -> None:
        """ValueError for an issuer that would be asked in the clear."""
        if not is_protected(issuer):
            raise ValueError("the issuer's URL must begin with https://")
        self.issuer = issuer
        self.client_id = client_id
        secret = settings.oidc_client_secret
        self._secret = secret.get_secret_value() if secret else None
        self._http = httpx.AsyncClient(
            timeout=settings.oidc_timeout_s,
            verify=authorities.trusted(settings.oidc_ca_file or True),
            # A connection is closed after its answer: back ends have no end at which to close it.
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
        )
        self._discovered: Mapping[str, Any] = {}
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._discovered_at = self._keys_at = float("-inf")
        self._asking = asyncio.Lock()

    async def discovered(self) -> Mapping[str, Any]:
        """The provider's description; it must be that of our issuer."""
        async with self._asking:
            if time.monotonic() - self._discovered_at > KNOWN_FOR_S:
                url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
                described = await self._json(httpx.Request("GET", url))
                if described.get("issuer") != self.issuer:
                    raise ProviderFailed("it calls itself by another issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not is_protected(str(described.get(name, ""))):
                        raise ProviderFailed(f"its {name} is missing, or not protected")
                self._discovered, self._discovered_at = described, time.monotonic()
            return self._discovered

    async def id_token_for(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token that an authorization code is exchanged for (RFC 7636, 4.5)."""
        described = await self.discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
            "client_id": self.client_id,
        }
        auth: httpx.BasicAuth | None = None
        methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self._secret is not None and "client_secret_basic" in methods:
            auth = httpx.BasicAuth(self.client_id, self._secret)
        elif self._secret is not None:
            form["client_secret"] = self._secret
        request = self._http.build_request("POST", described["token_endpoint"], data=form)
        answer = await self._json(request, auth)
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise ProviderFailed("it gives no ID token; is 'openid' among the scopes?")
        return id_token

    async def claims(self, id_token: str, nonce: str | None) -> Mapping[str, Any]:
        """What an ID token says that is ours and good now; `NotProven` for any other."""
        if len(id_token) > TOKEN_MAX:
            raise NotProven("longer than any ID token")
        try:
            header = jwt.get_unverified_header(id_token)
            key = await self._key(header.get("kid"))
            allowed = _BY_KEY_TYPE.get(key.key_type or "", ())
            told: str | None = key._jwk_data.get("alg")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key.key,
                algorithms=[each for each in allowed if told in (None, each)],
                audience=self.client_id,
                issuer=self.issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise NotProven(str(error)) from error
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1:
            if claims.get("azp") != self.client_id:
                raise NotProven("given to another client")
        elif "azp" in claims and claims["azp"] != self.client_id:
            raise NotProven("given to another client")
        if nonce is not None and not hmac.compare_digest(
            nonce.encode(), str(claims.get("nonce", "")).encode()
        ):
            raise NotProven("another nonce")
        return claims

    async def _key(self, kid: object) -> jwt.PyJWK:
        """The key of this name; of a token without a name, the only key there is."""
        described = await self.discovered()
        async with self._asking:
            age_s = time.monotonic() - self._keys_at
            found = self._found(kid)
            if age_s > KNOWN_FOR_S or (found is None and age_s > ASK_AGAIN_AFTER_S):
                answer = await self._json(httpx.Request("GET", described["jwks_uri"]))
                self._keys, self._keys_at = _usable(answer), time.monotonic()
                found = self._found(kid)
        if found is None:
            raise NotProven("signed with an unknown key")
        return found

    def _found(self, kid: object) -> jwt.PyJWK | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid) if isinstance(kid, str) else None

    async def _json(
        self, request: httpx.Request, auth: httpx.BasicAuth | None = None
    ) -> dict[str, Any]:
        """The JSON object that is answered, bounded; redirects are not followed."""
        try:
            answer = await self._http.send(request, auth=auth, stream=True)
            try:
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > ANSWER_MAX_BYTES:
                        raise ProviderFailed(f"it answers more than {ANSWER_MAX_BYTES} bytes")
            finally:
                await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ProviderFailed(str(error) or type(error).__name__) from error
        if answer.status_code in (400, 401) and request.method == "POST":
            raise NotProven(f"the code is refused: {_error_of(bytes(content))}")
        if answer.status_code != 200:
            raise ProviderFailed(f"{request.url.path} answers {answer.status_code}")
        try:
            found = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise ProviderFailed(f"{request.url.path} answers no JSON") from error
        if not isinstance(found, dict):
            raise ProviderFailed(f"{request.url.path} answers no object")
        return found


def is_protected(url: str) -> bool:
    """Encrypted, or within this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return False
    if parts.scheme == "http":
        return parts.hostname in ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" and bool(parts.hostname)


def _usable(answer: Mapping[str, Any]) -> dict[str | None, jwt.PyJWK]:
    """Public keys for signatures by their names; others of the set are not ours to use."""
    keys: dict[str | None, jwt.PyJWK] = {}
    listed = answer.get("keys")
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        if each.get("kty") not in _BY_KEY_TYPE:
            continue
        try:
            keys[each.get("kid")] = jwt.PyJWK.from_dict(each)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            log.warning("provider_key_unusable", kid=str(each.get("kid"))[:80], cause=str(error))
    return keys


def _error_of(content: bytes) -> str:
    """The word of RFC 6749, 5.2, for the log."""
    try:
        return str(orjson.loads(content)["error"])[:80]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "no reason given"
