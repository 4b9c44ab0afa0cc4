"""Clients of XiVO's CTI server log in as they do there, and get a JWT that every service takes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from httpx import AsyncClient, Response
from ovix_auth.settings import AuthSettings
from ovix_schema import Token
from ovix_web import Sessions, TokenGuard
from sqlalchemy import select, update

LOGIN, CHECK = "/xuc/api/2.0/auth/login", "/xuc/api/2.0/auth/check"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _log_in(client: AsyncClient, login: str, password: str = "correct horse") -> Response:
    body = {"login": login, "password": password, "softwareType": "webBrowser"}
    return await client.post(LOGIN, json=body)


async def test_a_user_logs_in_and_the_jwt_says_who_he_is(
    alice: Any, client: AsyncClient, settings: AuthSettings
) -> None:
    user = await alice
    answer = await _log_in(client, "alice")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"login", "token", "TTL"}
    assert (body["login"], body["TTL"]) == ("alice", settings.xuc_token_lifetime)
    claims = jwt.decode(body["token"], options={"verify_signature": False})
    assert (claims["sub"], claims["login"]) == (str(user.uuid), "alice")
    assert claims["exp"] - claims["iat"] == settings.xuc_token_lifetime


async def test_the_jwt_is_a_token_like_any_other(
    alice: Any, client: AsyncClient, app: Any, sessions: Sessions
) -> None:
    user = await alice
    token = (await _log_in(client, "alice")).json()["token"]
    guard: TokenGuard = app.state.guard
    identity = await guard.identity(token)
    assert identity is not None
    assert identity.user_uuid == user.uuid
    assert identity.allows("ctid-ng.users.me.calls.create")
    url = f"/0.1/token/{token}"
    assert (await client.head(f"{url}?scope=websocketd")).status_code == 204
    assert (await client.get(url)).json()["data"]["auth_id"] == str(user.uuid)
    seen = await client.get("/0.1/users/me/password", headers=_bearer(token))
    assert seen.status_code == 405, "known, and only PUT there"
    assert (await client.delete(url)).status_code == 200
    assert (await client.get(CHECK, headers=_bearer(token))).json()["error"] == "InvalidToken"


async def test_a_program_logs_in_where_no_user_has_that_name(
    an_account: Any, alice: Any, client: AsyncClient, sessions: Sessions
) -> None:
    await alice
    await an_account(login="crm", acl=["xuc.rest.#"])
    await an_account(login="ALICE", acl=["confd.#"])
    token = (await _log_in(client, "CRM")).json()["token"]
    data = (await client.get(f"/0.1/token/{token}")).json()["data"]
    assert data["acls"] == ["xuc.rest.#"]
    token = (await _log_in(client, "alice")).json()["token"]
    assert UUID((await client.get(f"/0.1/token/{token}")).json()["data"]["xivo_user_uuid"])


@pytest.mark.parametrize(
    ("login", "password"),
    [("alice", "wrong"), ("nobody", "x"), ("", ""), ("a\x00", "x"), ("alice", "")],
)
async def test_wrong_credentials_are_told_in_its_words(
    login: str, password: str, alice: Any, client: AsyncClient
) -> None:
    await alice
    answer = await _log_in(client, login, password)
    assert answer.status_code == 401
    assert answer.json() == {"error": "InvalidCredentials", "message": "Authentication Failed"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"login": "alice"}', b'{"login": 1, "password": 2}', b"\xff"]
)
async def test_what_is_no_login_is_invalid_json(content: bytes, client: AsyncClient) -> None:
    answer = await client.post(LOGIN, content=content)
    assert answer.status_code == 400
    assert answer.json()["error"] == "InvalidJson"


async def test_guesses_are_held_back_here_too(
    alice: Any, client: AsyncClient, prolong: Any
) -> None:
    await alice
    statuses = [(await _log_in(client, "alice", "wrong")).status_code for _ in range(6)]
    assert statuses == [401] * 6
    await prolong()
    held_back = await _log_in(client, "alice")
    assert held_back.status_code == 429
    assert held_back.headers["Retry-After"]
    assert held_back.json()["error"] == "UnhandledError"


@pytest.fixture
def age(sessions: Sessions) -> Callable[[int], Any]:
    async def aged(seconds: int) -> None:
        async with sessions.begin() as session:
            await session.execute(
                update(Token).values(expires_at=Token.expires_at - timedelta(seconds=seconds))
            )

    return aged


async def test_a_check_gives_a_new_token_once_half_of_its_time_is_over(
    alice: Any, client: AsyncClient, app: Any, sessions: Sessions, age: Any
) -> None:
    user = await alice
    token = (await _log_in(client, "alice")).json()["token"]
    for _ in range(3):
        young = await client.get(CHECK, headers=_bearer(token))
        assert young.status_code == 200
        assert (young.json()["login"], young.json()["token"]) == ("alice", token)
    await age(app.state.settings.xuc_token_lifetime // 2 + 60)
    app.state.guard._cache.clear()
    renewed = (await client.get(CHECK, headers=_bearer(token))).json()
    assert renewed["login"] == "alice"
    assert renewed["token"] != token
    for each in (token, renewed["token"]):
        assert (await client.get(CHECK, headers=_bearer(each))).status_code == 200
    async with sessions() as session:
        held = (await session.scalars(select(Token.auth_id))).all()
    assert held == [str(user.uuid)] * 3, "the old one, and one for each check with it"


async def test_a_new_token_has_the_policy_of_its_back_end_also_where_the_login_named_a_tenant(
    alice: Any, client: AsyncClient, app: Any, sessions: Sessions, age: Any, monkeypatch: Any
) -> None:
    await alice
    monkeypatch.setattr(app.state.login, "_default_policies", {"ldap_user": "no_such_policy"})
    token = (await _log_in(client, "alice")).json()["token"]
    async with sessions.begin() as session:
        key = "account:ldap_user/0123456789abcdef:alice"
        await session.execute(update(Token).values(login_key=key))
    await age(app.state.settings.xuc_token_lifetime // 2 + 60)
    app.state.guard._cache.clear()
    renewed = (await client.get(CHECK, headers=_bearer(token))).json()["token"]
    assert renewed != token
    identity = await app.state.guard.identity(renewed)
    assert not identity.allows("ctid-ng.users.me.calls.create")


@pytest.mark.parametrize("ends_by", ["revocation", "a changed password"])
async def test_a_token_that_ends_while_it_is_checked_gives_no_new_one(
    ends_by: str,
    alice: Any,
    client: AsyncClient,
    app: Any,
    age: Any,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await alice
    token = (await _log_in(client, "alice")).json()["token"]
    await age(app.state.settings.xuc_token_lifetime // 2 + 60)
    app.state.guard._cache.clear()

    async def slow_lookup(host: str | None, address: str) -> bool:
        if ends_by == "revocation":
            assert (await client.delete(f"/0.1/token/{token}")).status_code == 200
        else:
            body = {"old_password": "correct horse", "new_password": "vier blaue Tassen"}
            url = "/0.1/users/me/password"
            changed = await client.put(url, json=body, headers=_bearer(token))
            assert changed.status_code == 204, changed.text
        return True

    monkeypatch.setattr(app.state.login._hosts, "admits", slow_lookup)
    answer = await client.get(CHECK, headers=_bearer(token))
    assert (answer.status_code, answer.json()["error"]) == (401, "InvalidToken")
    async with sessions() as session:
        assert (await session.scalars(select(Token))).all() == []


async def test_an_expired_token_is_told_from_one_that_never_was(
    alice: Any, client: AsyncClient, age: Any, app: Any
) -> None:
    await alice
    forged = jwt.encode({"sub": "x", "login": "root", "exp": 4102444800}, "k" * 32)
    none = jwt.encode({"sub": "x", "login": "root", "exp": 4102444800}, "", algorithm="none")
    old = jwt.encode({"sub": "x", "login": "root", "exp": 1}, "k" * 32)
    for token, error in ((forged, "InvalidToken"), (none, "InvalidToken"), (old, "TokenExpired")):
        answer = await client.get(CHECK, headers=_bearer(token))
        assert answer.status_code == 401
        assert answer.json()["error"] == error
    odd = jwt.encode({"login": ["x"], "exp": "never"}, "k" * 32)
    for headers in (
        _bearer(odd),
        {},
        _bearer(""),
        _bearer("not-a-jwt"),
        {"Authorization": "Basic eDp5"},
    ):
        answer = await client.get(CHECK, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "InvalidToken")


async def test_a_changed_jwt_is_unknown(alice: Any, client: AsyncClient) -> None:
    await alice
    token = (await _log_in(client, "alice")).json()["token"]
    header, _, signature = token.split(".")
    claims = jwt.encode({"sub": "x", "login": "root", "exp": 4102444800}, "k" * 32).split(".")[1]
    for changed in (f"{header}.{claims}.{signature}", token[:-2] + "AA", f"{token}A"):
        assert (await client.head(f"/0.1/token/{changed}")).status_code == 404


async def test_whoever_was_disabled_gets_no_new_token(
    alice: Any, save: Any, client: AsyncClient, age: Any, app: Any, sessions: Sessions
) -> None:
    user = await alice
    token = (await _log_in(client, "alice")).json()["token"]
    await age(app.state.settings.xuc_token_lifetime // 2 + 60)
    async with sessions.begin() as session:
        await session.execute(
            update(type(user)).where(type(user).uuid == user.uuid).values(cti_enabled=False)
        )
    answer = await client.get(CHECK, headers=_bearer(token))
    assert answer.status_code == 401
