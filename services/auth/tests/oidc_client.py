"""An application that logs people in at an OpenID Connect provider."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import ASGITransport, AsyncClient, Response
from ovix_auth.app import create_auth_app
from ovix_auth.settings import AuthSettings
from ovix_testkit.builders import a_user
from ovix_testkit.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    NONCE,
    TestProvider,
    an_rsa_key,
)
from ovix_web import running
from pydantic import SecretStr

BACK = "https://crm.example.org/back"
KEY = an_rsa_key("first")


@pytest.fixture
def provider() -> Iterator[TestProvider]:
    claims = {"email": "Ada@Example.org", "email_verified": True, "preferred_username": "ada"}
    with TestProvider(claims, [KEY]) as started:
        yield started


@pytest.fixture
def believing(provider: TestProvider, settings: AuthSettings) -> AuthSettings:
    return settings.model_copy(
        update={
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": SecretStr(CLIENT_SECRET),
            "account_failures_free": 1000,
            "address_failures_free": 1000,
        }
    )


@pytest.fixture
async def ada(save: Any, password_hash: str) -> Any:
    return await save(
        a_user(
            username="ada", email="ada@example.org", password_hash=password_hash, cti_enabled=True
        )
    )


class Client:
    """An application that logs somebody in at the provider, then at auth."""

    def __init__(self, auth: AsyncClient, provider: TestProvider) -> None:
        self.auth, self.provider = auth, provider

    async def token(self, **body: Any) -> Response:
        asked = {"backend": "oidc", "nonce": NONCE, **body}
        return await self.auth.post("/0.1/token", json=asked)

    async def authorized(self, nonce: str | None = NONCE) -> dict[str, str]:
        """What the provider's redirection and the application know: for the body."""
        described = (await self.auth.get("/0.1/oidc")).json()
        verifier = secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": described["client_id"],
            "scope": described["scope"],
            "redirect_uri": BACK,
            "state": "s",
            "code_challenge": challenge,
            "code_challenge_method": described["code_challenge_method"],
            **({"nonce": nonce} if nonce else {}),
        }
        async with AsyncClient(verify=False) as browser:  # by plain HTTP
            sent = await browser.get(described["authorization_endpoint"], params=asked)
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
        return {"code": code, "code_verifier": verifier, "redirect_uri": BACK}


@asynccontextmanager
async def client_of(settings: AuthSettings, provider: TestProvider) -> AsyncIterator[Client]:
    async with running(create_auth_app(settings)) as app:
        transport = ASGITransport(app, client=("198.18.40.1", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth", timeout=60) as auth:
            yield Client(auth, provider)


@pytest.fixture
async def client(believing: AuthSettings, provider: TestProvider) -> AsyncIterator[Client]:
    async with client_of(believing, provider) as made:
        yield made
