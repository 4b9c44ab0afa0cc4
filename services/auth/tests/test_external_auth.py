"""Accounts at external services: configured, linked by consent, renewed, listed, announced."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from ovix_auth.app import create_auth_app
from ovix_auth.settings import AuthSettings
from ovix_schema import AuditRecord, ExternalAccount
from ovix_testkit.builders import a_user
from ovix_testkit.identity_provider import CLIENT_ID, CLIENT_SECRET, TestProvider
from ovix_web import Sessions, running
from sqlalchemy import func, select, text, update

from .test_policies import Headers

PASSWORD = "correct horse"
CONFIG = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
PUSH = {"token": "fcm-token", "apns_voip_token": "voip-token"}
OAUTH = pytest.mark.parametrize("service", ["google", "microsoft"])


@pytest.fixture
def provider() -> Iterator[TestProvider]:
    with TestProvider() as started:
        yield started


class Desk:
    """auth, a provider, an administrator and a telephony user with a browser."""

    def __init__(self, app: FastAPI, client: AsyncClient, provider: TestProvider) -> None:
        self.app, self.client, self.provider = app, client, provider
        self.root: Headers = {}
        self.own: Headers = {}
        self.user = ""

    async def token(self, backend: str, login: str) -> Headers:
        granted = await self.client.post(
            "/0.1/token", json={"backend": backend}, auth=(login, PASSWORD)
        )
        assert granted.status_code == 200, granted.text
        return {"X-Auth-Token": granted.json()["data"]["token"]}

    async def configure(self, service: str) -> None:
        answer = await self.client.post(
            f"/0.1/external/{service}/config", json=CONFIG, headers=self.root
        )
        assert answer.status_code == 201, answer.text

    async def ask(self, service: str, method: str = "POST", **body: Any) -> Response:
        url = f"/0.1/users/me/external/{service}"
        return await self.client.request(method, url, json=body, headers=self.own)

    async def consent(self, asked: dict[str, str]) -> str:
        """What the browser is sent back to by the provider."""
        async with AsyncClient(verify=False) as browser:  # by plain HTTP
            sent = await browser.get(asked["authorization_url"])
        return sent.headers["Location"]

    async def link(self, service: str) -> Response:
        asked = await self.ask(service)
        assert asked.status_code == 201, asked.text
        return await self.client.get(await self.consent(asked.json()))

    async def get(self, service: str, headers: Headers | None = None) -> Response:
        url = f"/0.1/users/{self.user}/external/{service}"
        return await self.client.get(url, headers=headers or self.own)


@pytest.fixture
async def desk(
    settings: AuthSettings, provider: TestProvider, an_account: Any, save: Any, password_hash: str
) -> AsyncIterator[Desk]:
    urls = {
        f"{service}_{which}": f"{provider.issuer}/{path}"
        for service in ("google", "microsoft")
        for which, path in (("authorization_url", "authorize"), ("token_url", "token"))
    }
    boss = await an_account(kind="admin", acl=["#"])
    ada = await save(a_user(username="ada", password_hash=password_hash, cti_enabled=True))
    changed = settings.model_copy(update={**urls, "external_timeout_s": 20.0})
    async with running(create_auth_app(changed)) as app:
        transport = ASGITransport(app, client=("198.18.70.1", 40000), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://auth", timeout=60) as client:
            made = Desk(app, client, provider)
            made.root = await made.token("xivo_admin", boss.login)
            made.own = await made.token("xivo_user", "ada")
            made.user = str(ada.uuid)
            yield made


async def _told(sessions: Sessions) -> list[dict[str, Any]]:
    """What was announced of external accounts, once all of it is published."""
    waiting = text("SELECT count(*) FROM outbox WHERE name LIKE 'auth_user_external%'")
    async with asyncio.timeout(60), sessions() as session:
        while await session.scalar(waiting):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # the relay publishes beside
        found = await session.execute(
            text(
                "SELECT name, routing_key, body FROM bus_messages"
                " WHERE name LIKE 'auth_user_external%' ORDER BY id"
            )
        )
        return [{**row.body, "name": row.name, "routing_key": row.routing_key} for row in found]


async def _over(sessions: Sessions) -> None:
    """The access tokens that are stored have ended."""
    async with sessions.begin() as session:
        await session.execute(
            update(ExternalAccount).values(expires_at=func.now() - timedelta(seconds=1))
        )


@OAUTH
async def test_an_account_is_linked_by_a_consent_with_state_and_pkce(
    service: str, desk: Desk, sessions: Sessions
) -> None:
    unset = await desk.ask(service)
    assert (unset.status_code, unset.json()["error_id"]) == (404, "unknown-config")
    await desk.configure(service)
    absent = await desk.get(service)
    assert (absent.status_code, absent.json()["error_id"]) == (404, "unknown-external-auth")
    asked = (await desk.ask(service, scope=["contacts", "mail"])).json()
    query = {
        name: values[0]
        for name, values in parse_qs(urlsplit(asked["authorization_url"]).query).items()
    }
    assert query["state"] == asked["state"]
    assert query["code_challenge_method"] == "S256"
    assert (query["response_type"], query["client_id"]) == ("code", CLIENT_ID)
    assert query["scope"] == "contacts mail"
    assert query["redirect_uri"] == f"http://auth/0.1/external/{service}/authorized"
    back = await desk.consent(asked)
    with structlog.testing.capture_logs() as logged:
        linked = await desk.client.get(back)
    assert (linked.status_code, linked.headers["content-type"][:9]) == (200, "text/html")
    assert (await desk.client.get(back)).status_code == 400, "a state is good once"
    shown = (await desk.get(service)).json()
    assert shown["access_token"] == "access-1"
    assert shown["scope"] == ["contacts", "mail"]
    assert isinstance(shown["token_expiration"], int)
    async with sessions() as session:
        trail = (await session.scalars(select(AuditRecord))).all()
    told = repr([logged, [each.__dict__ for each in trail], await _told(sessions)])
    for secret in ("access-1", "refresh-1", CLIENT_SECRET, asked["state"]):
        assert secret not in told
    listed = (await desk.client.get("/0.1/users/me/external", headers=desk.own)).json()
    assert listed == {
        "items": [
            {
                "type": each,
                "enabled": each == service,
                "data": {"scope": ["contacts", "mail"]} if each == service else {},
                "plugin_info": {},
            }
            for each in ("google", "microsoft", "mobile")
        ],
        "total": 3,
        "filtered": 3,
    }


async def test_links_are_announced_with_their_names_alone(desk: Desk, sessions: Sessions) -> None:
    await desk.configure("google")
    await desk.link("google")
    again = await desk.ask("google", "PUT")
    assert again.status_code == 200
    await desk.client.get(await desk.consent(again.json()))
    deleted = await desk.client.delete("/0.1/users/me/external/google", headers=desk.own)
    assert deleted.status_code == 204
    told = await _told(sessions)
    assert [(each["name"], each["routing_key"]) for each in told] == [
        (
            f"auth_user_external_auth_{name}",
            f"auth.users.{desk.user}.external.google.{verb}",
        )
        for name, verb in (
            ("added", "created"),
            ("authorized", "authorized"),
            ("updated", "updated"),
            ("authorized", "authorized"),
            ("deleted", "deleted"),
        )
    ]
    for each in told:
        assert each["data"] == {"user_uuid": desk.user, "external_auth_name": "google"}
        assert each["required_acl"] == f"events.{each['routing_key']}"


async def test_a_consent_needs_its_state_its_type_and_its_code(desk: Desk) -> None:
    await desk.configure("google")
    await desk.configure("microsoft")
    callback = "/0.1/external/google/authorized"
    for query in ({}, {"state": "guess", "code": "c"}):
        assert (await desk.client.get(callback, params=query)).status_code == 400
    asked = (await desk.ask("microsoft")).json()
    elsewhere = await desk.client.get(callback, params={"state": asked["state"], "code": "c"})
    assert elsewhere.status_code == 400
    refused = (await desk.ask("google")).json()
    query = {"state": refused["state"], "error": "access_denied"}
    assert (await desk.client.get(callback, params=query)).status_code == 400
    guessed = (await desk.ask("google")).json()
    query = {"state": guessed["state"], "code": "guess"}
    assert (await desk.client.get(callback, params=query)).status_code == 502
    assert (await desk.get("google")).status_code == 404


async def test_of_many_consents_that_are_asked_for_the_oldest_are_forgotten(desk: Desk) -> None:
    await desk.configure("google")
    asked = [(await desk.ask("google")).json() for _ in range(12)]
    first, last = await desk.consent(asked[0]), await desk.consent(asked[-1])
    assert (await desk.client.get(first)).status_code == 400
    assert (await desk.client.get(last)).status_code == 200


async def test_only_what_is_linked_is_consented_to_again(desk: Desk) -> None:
    await desk.configure("google")
    answer = await desk.ask("google", "PUT")
    assert (answer.status_code, answer.json()["error_id"]) == (404, "unknown-external-auth")


@pytest.mark.parametrize("scope", [["a b"], [""], ["x" * 257], "contacts", ["a"] * 51, [1]])
async def test_a_wrong_scope_is_refused(scope: Any, desk: Desk) -> None:
    await desk.configure("google")
    assert (await desk.ask("google", scope=scope)).status_code == 400


async def test_an_access_token_that_is_over_is_renewed_once_for_all_who_ask(
    desk: Desk, sessions: Sessions
) -> None:
    await desk.configure("google")
    await desk.link("google")
    await _over(sessions)
    answers = await asyncio.gather(*(desk.get("google") for _ in range(6)))
    assert {each.json()["access_token"] for each in answers} == {"access-2"}
    assert [each["grant_type"] for each in desk.provider.grants] == [
        "authorization_code",
        "refresh_token",
    ]
    await _over(sessions)  # the refresh token was used up: there must be the next one
    assert (await desk.get("google")).json()["access_token"] == "access-3"


async def test_a_renewal_that_was_cut_off_is_done_by_somebody_else(
    desk: Desk, sessions: Sessions
) -> None:
    await desk.configure("google")
    await desk.link("google")
    await _over(sessions)
    async with sessions.begin() as session:
        await session.execute(
            update(ExternalAccount).values(renewing_until=func.now() - timedelta(seconds=1))
        )
    assert (await desk.get("google")).status_code == 200


async def test_a_consent_that_was_withdrawn_is_gone(desk: Desk, sessions: Sessions) -> None:
    await desk.configure("google")
    await desk.link("google")
    await _over(sessions)
    desk.provider.consents.clear()
    for _ in range(2):
        answer = await desk.get("google")
        assert (answer.status_code, answer.json()["error_id"]) == (404, "unknown-external-auth")
    assert desk.provider.answers["/token"] == 2, "nobody asks again"
    await desk.link("google")
    assert (await desk.get("google")).status_code == 200


@pytest.mark.parametrize(
    "broken",
    [
        (500, b"oops"),
        (200, b"[]"),
        (200, b"{"),
        (200, b'{"access_token": "line\\nfeed"}'),
        (200, b'{"access_token": 1}'),
        (401, b'{"error": "invalid_client"}'),
        (200, b" " * 100_000),
    ],
)
async def test_a_provider_out_of_order_is_503_and_the_consent_stays(
    broken: tuple[int, bytes], desk: Desk, sessions: Sessions
) -> None:
    await desk.configure("google")
    await desk.link("google")
    await _over(sessions)
    desk.provider.broken["/token"] = broken
    answer = await desk.get("google")
    assert (answer.status_code, answer.json()["error_id"]) == (503, "external-provider-failed")
    desk.provider.broken.clear()
    assert (await desk.get("google")).status_code == 200


@pytest.mark.parametrize("lasts_s", [None, "soon", -1, 1e300, "3600"])
async def test_whatever_is_said_of_its_end_a_token_is_given(lasts_s: Any, desk: Desk) -> None:
    desk.provider.lasts_s = lasts_s
    await desk.configure("google")
    assert (await desk.link("google")).status_code == 200
    assert (await desk.get("google")).status_code == 200


async def test_unknown_types_are_unknown(desk: Desk, settings: AuthSettings) -> None:
    for method, path in (
        ("GET", "users/me/external/zoho"),
        ("POST", "users/me/external/zoho"),
        ("GET", "external/zoho/config"),
        ("POST", "external/zoho/config"),
        ("GET", "external/zoho/users"),
        ("GET", "external/zoho/authorized"),
    ):
        answer = await desk.client.request(method, f"/0.1/{path}", json={}, headers=desk.root)
        assert answer.status_code == 404
        assert answer.json()["error_id"] == "unknown-external-auth-type"


async def test_types_may_be_taken_out(settings: AuthSettings, desk: Desk) -> None:
    fewer = settings.model_copy(update={"external_auth_types": ("mobile",)})
    async with running(create_auth_app(fewer)) as app:
        transport = ASGITransport(app, client=("198.18.70.2", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth") as client:
            listed = (await client.get("/0.1/users/me/external", headers=desk.own)).json()
            gone = await client.get("/0.1/users/me/external/google", headers=desk.own)
    assert [each["type"] for each in listed["items"]] == ["mobile"]
    assert gone.status_code == 404


ROUTES = (
    ("GET", "users/{u}/external", "users.{u}.external.read"),
    ("GET", "users/{u}/external/google", "users.{u}.external.google.read"),
    ("POST", "users/{u}/external/microsoft", "users.{u}.external.microsoft.create"),
    ("PUT", "users/{u}/external/mobile", "users.{u}.external.mobile.update"),
    ("DELETE", "users/{u}/external/mobile", "users.{u}.external.mobile.delete"),
    (
        "GET",
        "users/{u}/external/mobile/sender_id",
        "users.{u}.external.mobile.sender_id.read",
    ),
    ("GET", "external/google/config", "google.external.config.read"),
    ("POST", "external/google/config", "google.external.config.create"),
    ("PUT", "external/google/config", "google.external.config.update"),
    ("DELETE", "external/google/config", "google.external.config.delete"),
    ("GET", "external/mobile/users", "mobile.external.users.read"),
)


async def test_each_route_asks_for_its_access(desk: Desk, an_account: Any) -> None:
    poor = await an_account(acl=["auth.users.me.external.#"])
    wanted = [f"auth.{access}".format(u=desk.user) for _, _, access in ROUTES]
    rich = await an_account(acl=wanted)
    without = await desk.token("xivo_service", poor.login)
    holding = await desk.token("xivo_service", rich.login)
    for (method, path, _), access in zip(ROUTES, wanted, strict=True):
        url = "/0.1/" + path.format(u=desk.user)
        assert (await desk.client.request(method, url, json={})).status_code == 401
        refused = await desk.client.request(method, url, json={}, headers=without)
        assert refused.status_code == 401
        assert access in refused.json()["details"]["required_access"].split(" or ")
        answer = await desk.client.request(method, url, json={}, headers=holding)
        assert answer.status_code in (200, 400, 404), answer.text
