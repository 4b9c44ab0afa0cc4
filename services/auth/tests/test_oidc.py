"""People of an OpenID Connect provider log in by a code with PKCE, or by their ID token."""

import asyncio
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import ASGITransport, AsyncClient, Response
from ovix_auth import identity_provider
from ovix_auth.app import create_auth_app
from ovix_auth.backends import oidc
from ovix_auth.keeping import Keeper
from ovix_auth.settings import AuthSettings
from ovix_auth.tally import Tally
from ovix_schema import AuditRecord, TakenProof
from ovix_testkit.builders import a_user
from ovix_testkit.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    NONCE,
    TestProvider,
    an_ec_key,
    an_rsa_key,
)
from ovix_web import Sessions, running
from pydantic import SecretStr
from sqlalchemy import func, select, update

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
        async with AsyncClient() as browser:
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


async def test_a_code_with_pkce_gives_the_token_of_the_user_it_names(
    client: Client, ada: Any, sessions: Sessions
) -> None:
    answer = await client.token(**await client.authorized("n0"), nonce="n0")
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["auth_id"] == data["xivo_user_uuid"] == str(ada.uuid)
    assert "confd.users.me.read" in data["acls"]
    async with sessions() as session:
        granted = (
            await session.scalars(select(AuditRecord).where(AuditRecord.action == "token_granted"))
        ).one()
    assert (granted.backend, granted.auth_id, granted.login) == ("oidc", str(ada.uuid), None)


async def test_a_code_works_once_and_only_with_what_it_was_asked_for_with(
    client: Client, ada: Any
) -> None:
    right = await client.authorized("n0")
    assert (await client.token(**right, nonce="n0")).status_code == 200
    assert (await client.token(**right, nonce="n0")).status_code == 401
    for changes in (
        {"code_verifier": "v" * 43},
        {"code_verifier": "short"},
        {"code_verifier": ""},
        {"redirect_uri": "https://elsewhere.example.org"},
        {"nonce": "another"},
        {"code": "guess"},
        {"code": ""},
        {"code": 5},
    ):
        body = {**await client.authorized("n0"), "nonce": "n0", **changes}
        assert (await client.token(**body)).status_code == 401, changes
    assert (await client.token()).status_code == 401


async def test_an_id_token_may_be_shown_itself(client: Client, ada: Any) -> None:
    id_token = client.provider.id_token(nonce="n1")
    assert (await client.token(id_token=id_token, nonce="n2")).status_code == 401
    assert (await client.token(id_token=id_token, nonce="n1")).status_code == 200


@pytest.mark.parametrize("nonce", [None, "", 5, ["n0"], "another"], ids=repr)
async def test_without_the_nonce_it_was_asked_for_with_an_id_token_proves_nothing(
    nonce: Any, client: Client, ada: Any
) -> None:
    assert (await client.token(id_token=client.provider.id_token(), nonce=nonce)).status_code == 401
    given = await client.authorized()
    assert (await client.token(**given, nonce=nonce)).status_code == 401


@pytest.mark.parametrize("member", ["nonce", "code", "redirect_uri", "id_token"])
async def test_half_a_character_is_refused(member: str, client: Client, ada: Any) -> None:
    code = {} if member == "id_token" else await client.authorized()
    given = {**code, "nonce": NONCE, member: "\\ud800"}
    content = json.dumps({"backend": "oidc", **given}).replace("\\\\ud800", "\\ud800")
    kind = {"Content-Type": "application/json"}
    answer = await client.auth.post("/0.1/token", content=content, headers=kind)
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize("claimed", [None, "", 5, ["n0"], "N0"], ids=repr)
async def test_an_id_token_must_have_the_nonce(claimed: Any, client: Client, ada: Any) -> None:
    id_token = client.provider.id_token(nonce=claimed)
    assert (await client.token(id_token=id_token)).status_code == 401


async def test_an_id_token_is_taken_once(
    client: Client, ada: Any, believing: AuthSettings, sessions: Sessions
) -> None:
    """By whichever replica, however its signature is written, and at the same moment too."""
    provider = client.provider
    provider.keys = [an_ec_key("curve")]
    id_token = provider.id_token()
    assert (await client.token(id_token=id_token)).status_code == 200
    assert (await client.token(id_token=id_token)).status_code == 401
    signed_part, _, signature = id_token.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    mirrored = raw[:32] + (order - int.from_bytes(raw[32:])).to_bytes(32)
    other = f"{signed_part}.{urlsafe_b64encode(mirrored).rstrip(b'=').decode()}"
    jwt.decode(other, provider.keys[0].private.public_key(), ["ES256"], audience=CLIENT_ID)
    assert (await client.token(id_token=other)).status_code == 401
    async with client_of(believing, provider) as replica:
        assert (await replica.token(id_token=id_token)).status_code == 401
        fresh = provider.id_token()
        answers = await asyncio.gather(
            *(each.token(id_token=fresh) for each in (client, replica) * 3)
        )
    assert sorted(each.status_code for each in answers) == [200] + [401] * 5


async def test_taken_id_tokens_are_kept_until_they_are_over(
    client: Client, ada: Any, believing: AuthSettings, sessions: Sessions
) -> None:
    await client.token(id_token=client.provider.id_token())
    keeper = Keeper(sessions, believing, Tally())
    for over, left in ((False, 1), (True, 0)):
        if over:
            async with sessions.begin() as session:
                await session.execute(
                    update(TakenProof).values(expires_at=func.now() - timedelta(seconds=1))
                )
        await keeper.keep()
        async with sessions() as session:
            count = select(func.count()).select_from(TakenProof)
            assert await session.scalar(count) == left


async def test_an_end_in_words_or_far_away_harms_nothing(client: Client, ada: Any) -> None:
    for end in (str(int(time.time()) + 300), 10**18, 10**400):
        id_token = client.provider.id_token(exp=end)
        assert (await client.token(id_token=id_token)).status_code in (200, 401), end


def _with_public_key_as_secret(provider: TestProvider) -> str:
    """The classic confusion: HS256 with what everybody may read. PyJWT does not even write it."""
    public = KEY.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    payload = jwt.decode(provider.id_token(), options={"verify_signature": False})
    signer = jwt.PyJWS()
    signer._algorithms["HS256"].prepare_key = lambda key: key  # type: ignore[method-assign]
    try:
        return signer.encode(
            json.dumps(payload).encode(),
            pem,
            "HS256",
            headers={"kid": "first"},
        )
    finally:
        del signer._algorithms["HS256"].prepare_key


@dataclass(frozen=True)
class Ago:
    """A moment, told when the test runs."""

    seconds: int


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another client"},
        {"aud": ["another client", "a third"]},
        {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
        {"aud": [CLIENT_ID, "another client"]},
        {"azp": "another client"},
        {"iss": "https://elsewhere.example.org"},
        {"exp": Ago(3600), "iat": Ago(7200)},
        {"nbf": Ago(-3600)},
        {"iat": Ago(-3600)},
        *({name: None} for name in ("aud", "iss", "exp", "iat", "sub")),
        {"exp": "never"},
    ],
    ids=str,
)
async def test_an_id_token_of_another_client_issuer_or_time_is_refused(
    changes: dict[str, Any], client: Client, ada: Any
) -> None:
    now = int(time.time())
    changes = {
        name: now - value.seconds if isinstance(value, Ago) else value
        for name, value in changes.items()
    }
    assert (await client.token(id_token=client.provider.id_token(**changes))).status_code == 401


async def test_a_token_that_the_provider_did_not_sign_is_refused(client: Client, ada: Any) -> None:
    provider = client.provider
    good = provider.id_token()
    assert (await client.token(id_token=good)).status_code == 200
    payload = jwt.decode(good, options={"verify_signature": False})
    unsigned = jwt.encode(payload, "", algorithm="none", headers={"kid": "first"})
    header, body, signature = provider.id_token().split(".")
    for forged in (
        unsigned,
        _with_public_key_as_secret(provider),
        provider.id_token(an_rsa_key("first")),
        provider.id_token(an_rsa_key("nobodys")),
        provider.id_token(an_ec_key("first")),
        f"{header}.{body}.",
        f"{header}.{body}.{signature[:-4]}AAAA",
        "a.b.c",
        "é" * 100,
        "x" * 20_000,
    ):
        answer = await client.token(id_token=forged)
        assert answer.status_code == 401, forged[:60]
        assert answer.json()["reason"] == ["Authentication Failed"]


async def test_new_keys_are_fetched_when_they_are_used_and_old_ones_forgotten(
    client: Client, ada: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(identity_provider, "ASK_AGAIN_AFTER_S", 0.0)
    provider = client.provider
    old = [provider.id_token() for _ in range(3)]
    for each in old[:2]:
        assert (await client.token(id_token=each)).status_code == 200
    assert provider.answers["/jwks"] == 1
    provider.keys = [an_ec_key("second")]
    assert (await client.token(id_token=provider.id_token())).status_code == 200
    assert provider.answers["/jwks"] == 2
    assert (await client.token(id_token=old[2])).status_code == 401


async def test_unknown_keys_do_not_make_the_provider_be_asked_without_end(
    client: Client, ada: Any
) -> None:
    stranger = an_rsa_key("nobodys")
    for _ in range(20):
        await client.token(id_token=client.provider.id_token(stranger))
    assert client.provider.answers["/jwks"] == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "false"},
        {"email": "nobody@example.org"},
        {"email": None},
        {"email": ["ada@example.org"]},
        {"email": "ada@example.org\x00"},
    ],
    ids=str,
)
async def test_only_a_verified_address_of_one_user_names_him(
    claims: dict[str, Any], client: Client, ada: Any
) -> None:
    assert (await client.token(id_token=client.provider.id_token(**claims))).status_code == 401


async def test_a_disabled_user_gets_no_token(client: Client, save: Any) -> None:
    await save(a_user(username="ada", email="ada@example.org", cti_enabled=False))
    assert (await client.token(id_token=client.provider.id_token())).status_code == 401


@pytest.mark.parametrize(
    ("changes", "claims"),
    [
        ({"oidc_user_claim": "preferred_username", "oidc_user_field": "username"}, {}),
        ({"oidc_email_unverified": True}, {"email_verified": None}),
    ],
    ids=["by username", "unverified taken"],
)
async def test_which_claim_names_the_user_may_be_chosen(
    changes: dict[str, Any],
    claims: dict[str, Any],
    believing: AuthSettings,
    provider: TestProvider,
    ada: Any,
) -> None:
    async with client_of(believing.model_copy(update=changes), provider) as client:
        assert (await client.token(id_token=provider.id_token(**claims))).status_code == 200


async def test_the_uuid_may_be_the_claim(
    believing: AuthSettings, provider: TestProvider, ada: Any
) -> None:
    changes = {"oidc_user_claim": "sub", "oidc_user_field": "uuid"}
    async with client_of(believing.model_copy(update=changes), provider) as client:
        named = provider.id_token(sub=str(ada.uuid))
        assert (await client.token(id_token=named)).status_code == 200
        assert (await client.token(id_token=provider.id_token())).status_code == 401


async def test_a_silent_provider_is_refused_in_time_and_holds_nobody_else_up(
    believing: AuthSettings, provider: TestProvider, ada: Any
) -> None:
    settings = believing.model_copy(update={"oidc_timeout_s": 3.0})
    async with client_of(settings, provider) as client:
        provider.silent.set()
        waiting = [
            asyncio.ensure_future(client.token(id_token=provider.id_token())) for _ in range(5)
        ]
        other = await client.auth.post(
            "/0.1/token", json={"backend": "xivo_user"}, auth=("ada", "correct horse")
        )
        assert other.status_code == 200
        assert not any(each.done() for each in waiting), "answered while the others hang"
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*waiting)
        assert [each.status_code for each in answers] == [401] * 5
        provider.silent.clear()


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/.well-known/openid-configuration", 500, b""),
        ("/.well-known/openid-configuration", 200, b"<html>"),
        ("/.well-known/openid-configuration", 200, b"[]"),
        ("/.well-known/openid-configuration", 200, b'{"issuer": "https://elsewhere"}'),
        ("/.well-known/openid-configuration", 200, b" " * 600_000),
        ("/jwks", 404, b""),
        ("/jwks", 200, b'{"keys": "none"}'),
        ("/jwks", 200, b'{"keys": [5, {"kty": "oct", "k": "AAAA", "kid": "first"}]}'),
        ("/jwks", 200, b'{"keys": [{"kty": "RSA", "n": "!", "e": "AQAB", "kid": "first"}]}'),
        ("/token", 500, b""),
        ("/token", 200, b"{}"),
        ("/token", 302, b""),
    ],
)
async def test_a_provider_out_of_order_proves_nobody(
    path: str, status: int, body: bytes, client: Client, ada: Any
) -> None:
    authorized = {"code": "x", "code_verifier": "v" * 43, "redirect_uri": BACK}
    if path == "/token":
        authorized = await client.authorized()
    client.provider.broken[path] = (status, body)
    given = authorized if path == "/token" else {"id_token": client.provider.id_token()}
    assert (await client.token(**given)).status_code == 401


async def test_clients_are_told_where_to_send_people(client: Client) -> None:
    described = (await client.auth.get("/0.1/oidc")).json()
    assert described["issuer"] == client.provider.issuer
    assert described["scope"] == "openid email profile"
    assert described["nonce_required"] is True
    assert CLIENT_SECRET not in str(described)


async def test_without_a_provider_there_is_nothing_to_tell(
    settings: AuthSettings, provider: TestProvider
) -> None:
    async with client_of(settings, provider) as client:
        answer = await client.auth.get("/0.1/oidc")
        assert answer.status_code == 404
        assert (await client.token(id_token=provider.id_token())).status_code == 401


async def test_a_provider_that_is_away_is_unavailable(client: Client) -> None:
    client.provider.broken["/.well-known/openid-configuration"] = (503, b"")
    answer = await client.auth.get("/0.1/oidc")
    assert answer.status_code == 503


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_issuer": "http://login.example.org"},
        {"oidc_issuer": "login.example.org"},
        {"oidc_client_id": None},
    ],
)
async def test_wrong_settings_leave_the_back_end_refusing(
    changes: dict[str, Any], believing: AuthSettings, provider: TestProvider, ada: Any
) -> None:
    async with client_of(believing.model_copy(update=changes), provider) as client:
        assert (await client.token(id_token=provider.id_token())).status_code == 401
        assert (await client.auth.get("/0.1/oidc")).status_code == 404


async def test_after_a_failure_the_provider_is_left_alone_for_a_while(
    client: Client, ada: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(oidc, "AWAY_FOR_S", 3600.0)
    client.provider.broken["/.well-known/openid-configuration"] = (500, b"")
    for _ in range(5):
        await client.token(id_token=client.provider.id_token())
    assert client.provider.answers["/.well-known/openid-configuration"] == 1
