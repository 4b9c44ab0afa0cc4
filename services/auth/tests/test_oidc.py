"""People of an OpenID Connect provider log in by a code with PKCE, or by their ID token."""

import asyncio
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ovix_auth.keeping import Keeper
from ovix_auth.settings import AuthSettings
from ovix_auth.tally import Tally
from ovix_schema import AuditRecord, TakenProof
from ovix_testkit.identity_provider import (
    CLIENT_ID,
    NONCE,
    TestProvider,
    an_ec_key,
    an_rsa_key,
)
from ovix_web import Sessions
from sqlalchemy import func, select, update

from .oidc_client import KEY, Client, ada, believing, client, client_of, provider

__all__ = ["ada", "believing", "client", "provider"]


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
