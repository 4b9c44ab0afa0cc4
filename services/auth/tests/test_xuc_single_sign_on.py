"""XUC's logins by CAS, OpenID Connect and Kerberos, and its settings (reference/auth.md, E)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
from httpx import ASGITransport, AsyncClient, Response
from ovix_auth.app import create_auth_app
from ovix_auth.backends import cas as cas_backend
from ovix_auth.settings import AuthSettings
from ovix_testkit.builders import a_user
from ovix_testkit.cas_server import TestCas, failure_of, success_of
from ovix_testkit.identity_provider import CLIENT_ID, TestProvider, an_rsa_key
from ovix_web import running

URL = "/xuc/api/2.0/auth"
SERVICE = "https://ucassistant.example.org/login"
KEY = an_rsa_key("first")


@asynccontextmanager
async def client_of(settings: AuthSettings) -> AsyncIterator[AsyncClient]:
    async with running(create_auth_app(settings)) as app:
        transport = ASGITransport(app, client=("198.18.41.1", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth", timeout=60) as client:
            yield client


@pytest.fixture
def lenient(settings: AuthSettings) -> AuthSettings:
    """Guesses are not what is tested here."""
    free = {"account_failures_free": 1000, "address_failures_free": 1000}
    return settings.model_copy(update=free)


@pytest.fixture
def cas() -> Iterator[TestCas]:
    with TestCas() as started:
        yield started


@pytest.fixture
def believing(lenient: AuthSettings, cas: TestCas) -> AuthSettings:
    services = (SERVICE, "https://crm.example.org/")
    return lenient.model_copy(update={"cas_url": cas.url, "cas_services": services})


@pytest.fixture
async def by_cas(believing: AuthSettings) -> AsyncIterator[AsyncClient]:
    async with client_of(believing) as client:
        yield client


@pytest.fixture
async def ada(save: Any, password_hash: str) -> Any:
    return await save(
        a_user(
            username="ada", email="ada@example.org", cti_enabled=True, password_hash=password_hash
        )
    )


async def _ask(client: AsyncClient, ticket: str = "ST-1", service: str = SERVICE) -> Response:
    return await client.get(f"{URL}/cas", params={"ticket": ticket, "service": service})


async def test_a_ticket_gives_the_token_of_the_user_it_was_given_to(
    by_cas: AsyncClient, cas: TestCas, ada: Any
) -> None:
    cas.tickets["ST-1"] = ("Ada", SERVICE)
    answer = await _ask(by_cas)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["login"], told["TTL"]) == ("ada", 3600)
    claims = jwt.decode(told["token"], options={"verify_signature": False})
    assert (claims["sub"], claims["login"]) == (str(ada.uuid), "ada")
    data = (await by_cas.get(f"/0.1/token/{told['token']}")).json()["data"]
    assert data["xivo_user_uuid"] == str(ada.uuid)
    again = await _ask(by_cas)
    assert (again.status_code, again.json()["error"]) == (401, "InvalidCredentials")


async def test_a_ticket_is_a_back_end_of_post_token_too(
    by_cas: AsyncClient, cas: TestCas, ada: Any
) -> None:
    cas.tickets["ST-1"] = ("ada", "https://crm.example.org/?page=1")
    body = {"backend": "cas", "ticket": "ST-1", "service": "https://crm.example.org/?page=1"}
    answer = await by_cas.post("/0.1/token", json=body)
    assert answer.status_code == 200
    assert answer.json()["data"]["auth_id"] == str(ada.uuid)


async def test_half_a_character_is_no_service(by_cas: AsyncClient, ada: Any) -> None:
    content = r'{"backend": "cas", "ticket": "ST-1", "service": "https://crm.example.org/\ud800"}'
    kind = {"Content-Type": "application/json"}
    answer = await by_cas.post("/0.1/token", content=content, headers=kind)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("ticket", "service"),
    [
        ("ST-2", SERVICE),
        ("ST-1", "https://crm.example.org/"),
        ("ST-1", "https://another-service.example.org/"),
        ("ST-1", "https://crm.example.org.evil.example/"),
        ("ST-1", f"{SERVICE}x"),
        ("ST-1", ""),
        ("", SERVICE),
        ("ST 1", SERVICE),
        ("ST-1&service=x", SERVICE),
        ("é", SERVICE),
    ],
)
async def test_a_ticket_of_another_service_or_a_guess_is_refused(
    ticket: str, service: str, by_cas: AsyncClient, cas: TestCas, ada: Any
) -> None:
    """That of a foreign service is not even asked about: its operator could log in as everybody."""
    cas.tickets["ST-1"] = ("ada", SERVICE)
    answer = await _ask(by_cas, ticket, service)
    assert (answer.status_code, answer.json()["error"]) == (401, "InvalidCredentials")
    if "another" in service or "evil" in service:
        assert not cas.asked


async def test_a_name_that_nobody_has_here_is_told_apart(
    by_cas: AsyncClient, cas: TestCas, save: Any
) -> None:
    await save(a_user(username="gone", cti_enabled=False))
    for name in ("nobody", "gone"):
        cas.tickets["ST-1"] = (name, SERVICE)
        answer = await _ask(by_cas)
        assert (answer.status_code, answer.json()["error"]) == (401, "UserNotFound")


async def test_cas_may_name_people_by_e_mail(
    believing: AuthSettings, cas: TestCas, ada: Any
) -> None:
    async with client_of(believing.model_copy(update={"cas_user_field": "email"})) as client:
        cas.tickets["ST-1"] = ("ADA@example.org", SERVICE)
        assert (await _ask(client)).json()["login"] == "ada"


BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "ada"><!ENTITY b "&a;&a;">]>'
    b'<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess>'
    b"<cas:user>&b;</cas:user></cas:authenticationSuccess></cas:serviceResponse>"
)


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ((500, b""), "UnhandledError"),
        ((302, b""), "UnhandledError"),
        ((200, b""), "UnhandledError"),
        ((200, b"yes\nada\n"), "UnhandledError"),
        ((200, b"<a/>"), "UnhandledError"),
        ((200, BOMB), "UnhandledError"),
        ((200, b" " * 100_000), "UnhandledError"),
        ((200, success_of("ada").replace(b"yale.edu", b"evil.example")), "UnhandledError"),
        ((200, failure_of("INVALID_SERVICE")), "InvalidCredentials"),
        ((200, success_of("")), "InvalidCredentials"),
        ((200, success_of("a" * 300)), "InvalidCredentials"),
        ((200, success_of("ada").replace(b"cas:user>", b"cas:name>")), "InvalidCredentials"),
        (
            (200, success_of("x").replace(b"</cas:user>", b"</cas:user><cas:user>ada</cas:user>")),
            "InvalidCredentials",
        ),
    ],
    ids=lambda each: repr(each)[:60],
)
async def test_a_server_out_of_order_proves_nobody(
    says: tuple[int, bytes], error: str, by_cas: AsyncClient, cas: TestCas, ada: Any
) -> None:
    cas.says = says
    answer = await _ask(by_cas)
    status = 503 if error == "UnhandledError" else 401
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text


async def test_a_silent_server_holds_nobody_else_up_and_is_left_alone(
    believing: AuthSettings, cas: TestCas, ada: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(cas_backend, "AWAY_FOR_S", 3600.0)
    async with client_of(believing.model_copy(update={"cas_timeout_s": 3.0})) as client:
        cas.silent.set()
        waiting = asyncio.ensure_future(_ask(client))
        body = {"login": "ada", "password": "correct horse"}
        assert (await client.post(f"{URL}/login", json=body)).status_code == 200
        assert not waiting.done(), "answered while the other hangs"
        async with asyncio.timeout(60):
            assert (await waiting).status_code == 503
            assert (await _ask(client)).status_code == 503
        assert cas.asked == 1


async def test_xucs_own_limit_ends_a_login_at_a_slow_server(
    believing: AuthSettings, cas: TestCas, ada: Any
) -> None:
    """LOGIN_TIMEOUT_MS."""
    assert believing.xuc_login_timeout_s == 5.0
    slow = {"cas_timeout_s": 25.0, "xuc_login_timeout_s": 0.5}
    async with client_of(believing.model_copy(update=slow)) as client:
        cas.silent.set()
        answer = await _ask(client)
    assert (answer.status_code, answer.json()["error"]) == (503, "UnhandledError")
    assert answer.json()["message"].endswith("is too slow")


@pytest.mark.parametrize(
    "changes",
    [
        {"cas_url": None},
        {"cas_services": ()},
        {"cas_url": "http://cas.example.org"},
        {"cas_url": "cas.example.org"},
        {"enabled_backends": ("xivo_user",)},
    ],
    ids=str,
)
async def test_without_its_settings_cas_is_off(
    changes: dict[str, Any], believing: AuthSettings, cas: TestCas, ada: Any
) -> None:
    cas.tickets["ST-1"] = ("ada", SERVICE)
    async with client_of(believing.model_copy(update=changes)) as client:
        answer = await _ask(client)
        assert (answer.status_code, answer.json()["error"]) == (404, "UnhandledError")
        oidc = await client.get(f"{URL}/oidc")
        assert (oidc.status_code, oidc.json()["error"]) == (404, "UnhandledError")
    assert not cas.asked


async def test_kerberos_is_refused_in_its_words(client: AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Negotiate YII="}):
        answer = await client.get(f"{URL}/sso", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "SsoAuthenticationFailed")
        assert "WWW-Authenticate" not in answer.headers


@pytest.fixture
def provider() -> Iterator[TestProvider]:
    claims = {"email": "ada@example.org", "email_verified": True}
    with TestProvider(claims, [KEY]) as started:
        yield started


@pytest.fixture
async def by_oidc(lenient: AuthSettings, provider: TestProvider) -> AsyncIterator[AsyncClient]:
    of = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID}
    async with client_of(lenient.model_copy(update=of)) as client:
        yield client


async def test_an_external_id_token_gives_a_token_once(
    by_oidc: AsyncClient, provider: TestProvider, ada: Any
) -> None:
    id_token = provider.id_token()
    bearer = {"Authorization": f"Bearer {id_token}"}
    answer = await by_oidc.get(f"{URL}/oidc", headers=bearer)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["login"] == "ada"
    data = (await by_oidc.get(f"/0.1/token/{told['token']}")).json()["data"]
    assert data["auth_id"] == str(ada.uuid)
    for again in (
        await by_oidc.get(f"{URL}/oidc", headers=bearer),
        await by_oidc.get(f"{URL}/oidc", params={"token": id_token}),
        await by_oidc.post(
            "/0.1/token", json={"backend": "oidc", "id_token": id_token, "nonce": "n0"}
        ),
    ):
        assert again.status_code == 401
    fresh = {"token": provider.id_token(), "nonce": "n0"}
    assert (await by_oidc.get(f"{URL}/oidc", params=fresh)).status_code == 200


async def test_id_tokens_that_are_not_good_are_refused_in_its_words(
    by_oidc: AsyncClient, provider: TestProvider, ada: Any
) -> None:
    for params, error in (
        ({}, "InvalidCredentials"),
        ({"token": "x"}, "InvalidCredentials"),
        ({"token": provider.id_token(), "nonce": "another"}, "InvalidCredentials"),
        ({"token": provider.id_token(aud="another client")}, "InvalidCredentials"),
        ({"token": provider.id_token(an_rsa_key("first"))}, "InvalidCredentials"),
        ({"token": provider.id_token(email="nobody@example.org")}, "UserNotFound"),
    ):
        answer = await by_oidc.get(f"{URL}/oidc", params=params)
        assert (answer.status_code, answer.json()["error"]) == (401, error), params


async def test_only_xucs_clients_may_do_without_the_nonce(
    by_oidc: AsyncClient, provider: TestProvider, ada: Any
) -> None:
    body = {"backend": "oidc", "id_token": provider.id_token(), "nonce_optional": True}
    assert (await by_oidc.post("/0.1/token", json=body)).status_code == 401


async def test_a_provider_that_is_away_is_no_wrong_password(
    by_oidc: AsyncClient, provider: TestProvider, ada: Any
) -> None:
    provider.broken["/.well-known/openid-configuration"] = (500, b"")
    answer = await by_oidc.get(f"{URL}/oidc", params={"token": provider.id_token()})
    assert (answer.status_code, answer.json()["error"]) == (503, "UnhandledError")


async def test_programs_and_users_have_lifetimes_of_their_own(
    lenient: AuthSettings, ada: Any, an_account: Any
) -> None:
    """AUTH_CTI_EXPIRES and AUTH_WEBSERVICE_EXPIRES."""
    await an_account(login="crm")
    times = {"xuc_token_lifetime": 7000, "xuc_webservice_token_lifetime": 80}
    async with client_of(lenient.model_copy(update=times)) as client:
        for login, lifetime in (("ada", 7000), ("crm", 80)):
            body = {"login": login, "password": "correct horse"}
            told = (await client.post(f"{URL}/login", json=body)).json()
            assert told["TTL"] == lifetime
            bearer = {"Authorization": f"Bearer {told['token']}"}
            checked = (await client.get(f"{URL}/check", headers=bearer)).json()
            assert checked["login"] == login
            assert 0 < checked["TTL"] <= lifetime
