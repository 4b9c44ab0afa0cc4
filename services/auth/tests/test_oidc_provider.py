"""The OpenID Connect provider changes keys, names people, is slow, wrong or away."""

import asyncio
from typing import Any

import pytest
from ovix_auth import identity_provider
from ovix_auth.backends import oidc
from ovix_auth.settings import AuthSettings
from ovix_testkit.builders import a_user
from ovix_testkit.identity_provider import (
    CLIENT_SECRET,
    TestProvider,
    an_ec_key,
    an_rsa_key,
)

from .oidc_client import BACK, Client, ada, believing, client, client_of, provider

__all__ = ["ada", "believing", "client", "provider"]


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
