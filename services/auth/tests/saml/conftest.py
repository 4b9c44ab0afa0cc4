"""A SAML provider, an administrator who names it, and somebody whom it knows."""

from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient, Response
from ovix_testkit.builders import a_user
from ovix_testkit.saml_provider import Asked, TestSamlProvider, a_certified_key, asked_by

ACS = "https://pbx.example.org/api/auth/0.1/saml/acs"
BACK = "https://crm.example.org/back?from=saml"
KEY = a_certified_key()
Headers = dict[str, str]


@pytest.fixture
def provider() -> TestSamlProvider:
    return TestSamlProvider(keys=[KEY])


@pytest.fixture
async def admin(an_account: Any, log_in: Any) -> Headers:
    """Headers of an administrator of no entity."""
    account = await an_account(kind="admin")
    granted = await log_in("xivo_admin", account.login)
    return {"X-Auth-Token": granted.json()["data"]["token"]}


@pytest.fixture
async def ada(save: Any) -> Any:
    return await save(a_user(username="ada", email="Ada@example.org", cti_enabled=True))


@pytest.fixture
async def config(client: AsyncClient, admin: Headers, provider: TestSamlProvider) -> dict[str, Any]:
    """The provider's configuration, of no entity."""
    body = {"metadata": provider.metadata(), "acs_url": ACS, "domain_names": ["example.org"]}
    made = await client.post("/0.1/backends/saml", json=body, headers=admin)
    assert made.status_code == 201, made.text
    shown: dict[str, Any] = made.json()
    return shown


@dataclass(frozen=True)
class Begun:
    """A login that waits for the provider's response."""

    location: str
    session_id: str

    @property
    def asked(self) -> Asked:
        """What the provider was asked."""
        return asked_by(self.location)


class Browser:
    """Somebody's browser, and the application in it."""

    def __init__(self, auth: AsyncClient, provider: TestSamlProvider) -> None:
        self.auth, self.provider = auth, provider

    async def begin(self, **body: Any) -> Begun:
        wanted = {"redirect_url": BACK, "domain_name": "Example.org", **body}
        answer = await self.auth.post("/0.1/saml/sso", json=wanted)
        assert answer.status_code == 200, answer.text
        return Begun(answer.json()["location"], answer.json()["saml_session_id"])

    async def post(self, saml_response: str) -> Response:
        return await self.auth.post("/0.1/saml/acs", data={"SAMLResponse": saml_response})

    async def token(self, session_id: str, **body: Any) -> Response:
        return await self.auth.post("/0.1/token", json={"saml_session_id": session_id, **body})

    async def logged_in(self, name: str = "ada@example.org", **body: Any) -> dict[str, Any]:
        """The data of a token."""
        begun = await self.begin()
        sent_on = await self.post(self.provider.answer(begun.asked, name))
        assert (sent_on.status_code, sent_on.headers["Location"]) == (303, BACK)
        granted = await self.token(begun.session_id, **body)
        assert granted.status_code == 200, granted.text
        data: dict[str, Any] = granted.json()["data"]
        return data


@pytest.fixture
def browser(client: AsyncClient, provider: TestSamlProvider) -> Browser:
    return Browser(client, provider)
