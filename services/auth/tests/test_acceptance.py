"""The acceptance scenarios of reference/auth.md, part F, by their numbers."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from ovix_schema import Entity, Token
from ovix_web import Sessions
from sqlalchemy import func, update

A5 = {
    *("confd.users.me.read", "confd.users.me.update", "confd.users.me.funckeys.*"),
    *("confd.users.me.funckeys.*.*", "confd.users.me.#.read", "confd.users.me.services.*.*"),
    *("confd.users.me.forwards.*.*", "ctid-ng.users.me.#", "ctid-ng.users.*.presences.read"),
    *("ctid-ng.lines.*.presences.read", "ctid-ng.transfers.*.read"),
    *("ctid-ng.transfers.*.delete", "ctid-ng.transfers.*.complete.update", "dird.#.me.read"),
    *("dird.directories.favorites.#", "dird.directories.lookup.*.headers.read"),
    *("dird.directories.lookup.*.read", "dird.directories.personal.*.read", "dird.personal.#"),
    *("events.calls.me", "events.transfers.me", "events.chat.message.*.me", "events.statuses.*"),
    *("events.switchboards", "events.users.me.#", "events.config.users.me.#", "websocketd"),
}

BACKENDS = [
    "cas",
    "ldap_user",
    "oidc",
    "saml",
    "wazo_user",
    "xivo_admin",
    "xivo_service",
    "xivo_user",
]

BESIDE_XIVO = {
    "confd.users.me.selected_device.update",
    *("auth.users.me.password.update", "auth.users.me.sessions.read"),
    *("auth.users.me.sessions.*.delete", "auth.users.me.tokens.read"),
    *("auth.users.me.tokens.*.delete", "events.auth.users.me.sessions.my_session.expire_soon"),
    "auth.users.me.external.#",
    "events.auth.users.me.external.#",
}


async def test_f01_a_user_gets_a_token_of_two_hours(alice: Any, log_in: Any) -> None:
    """F-161."""
    user = await alice
    response = await log_in("xivo_user", "alice")
    assert response.status_code == 200
    data = response.json()["data"]
    assert UUID(data["token"]).version == 4
    assert data["auth_id"] == data["xivo_user_uuid"] == str(user.uuid)
    lifetime = datetime.fromisoformat(data["utc_expires_at"]) - datetime.fromisoformat(
        data["utc_issued_at"]
    )
    assert lifetime == timedelta(seconds=7200)
    assert set(data["acls"]) >= A5
    own = {each for each in data["acls"] if not each.startswith("calld.")}
    assert own == A5 | BESIDE_XIVO
    assert data["acl"] == data["acls"]
    assert len(data["issued_at"]) == len("2026-11-23T07:00:00.000000")


async def test_f02_an_expired_token_is_refused_though_no_cleaner_ran(
    alice: Any, log_in: Any, client: AsyncClient, sessions: Sessions
) -> None:
    await alice
    token = (await log_in("xivo_user", "alice", expiration=10)).json()["data"]["token"]
    assert (await client.head(f"/0.1/token/{token}")).status_code == 204
    short = (await log_in("xivo_user", "alice", expiration=1)).json()["data"]["token"]
    async with sessions.begin() as session:  # ten seconds pass for the first
        await session.execute(
            update(Token).values(expires_at=Token.expires_at - timedelta(seconds=11))
        )
    assert (await client.get(f"/0.1/token/{token}")).status_code == 404
    assert (await client.get(f"/0.1/token/{short}")).status_code == 404


@pytest.mark.parametrize("expiration", ["abc", 0, -1, 1.5, "10", True, [], 315_360_001])
async def test_f03_a_wrong_expiration_is_refused_after_the_password(
    alice: Any, log_in: Any, expiration: object
) -> None:
    await alice
    response = await log_in("xivo_user", "alice", expiration=expiration)
    assert response.status_code == 400
    assert response.json()["reason"] == ["Invalid expiration"]
    assert set(response.json()) == {"reason", "timestamp", "status_code"}
    wrong = await log_in("xivo_user", "alice", "wrong", expiration=expiration)
    assert wrong.status_code == 401


async def test_f03_a_null_expiration_is_the_default(alice: Any, log_in: Any) -> None:
    await alice
    assert (await log_in("xivo_user", "alice", expiration=None)).status_code == 200


async def test_f04_an_unknown_backend_is_a_failed_login(log_in: Any) -> None:
    response = await log_in("nope", "alice")
    assert response.status_code == 401
    assert response.json()["reason"] == ["Authentication Failed"]
    assert response.json()["status_code"] == 401


async def test_f05_no_authorization_header_is_a_failed_login(client: AsyncClient) -> None:
    response = await client.post("/0.1/token", json={"backend": "xivo_user"})
    assert response.status_code == 401


async def test_f06_a_scope_the_token_lacks_is_forbidden(
    alice: Any, log_in: Any, client: AsyncClient
) -> None:
    await alice
    token = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    url = f"/0.1/token/{token}?scope=confd.users.read"
    assert (await client.head(url)).status_code == 403
    response = await client.get(url)
    assert response.status_code == 403
    assert response.json()["reason"] == ["Unauthorized for confd.users.read"]
    assert response.json()["status_code"] == 403


async def test_f07_me_is_the_holder_and_nobody_else(
    alice: Any, log_in: Any, client: AsyncClient
) -> None:
    user = await alice
    token = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    scope = "/0.1/token/{}?scope=confd.users.{}.forwards.busy.update"
    assert (await client.head(scope.format(token, user.uuid))).status_code == 204
    assert (await client.head(scope.format(token, uuid4()))).status_code == 403


async def test_f08_what_is_no_uuid_is_no_token(client: AsyncClient) -> None:
    response = await client.get("/0.1/token/not-a-uuid")
    assert response.status_code == 404
    assert response.json()["reason"] == ["No such token"]
    assert (await client.delete("/0.1/token/not-a-uuid")).status_code == 404


async def test_f09_a_token_may_be_deleted_twice(
    alice: Any, log_in: Any, client: AsyncClient
) -> None:
    await alice
    token = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    for _ in range(2):
        response = await client.delete(f"/0.1/token/{token}")
        assert response.status_code == 200
        assert response.json() == {"data": {"message": "success"}}
    assert (await client.get(f"/0.1/token/{token}")).status_code == 404
    assert (await client.head(f"/0.1/token/{token}")).status_code == 404


async def test_f10_a_disabled_program_gets_no_token(an_account: Any, log_in: Any) -> None:
    account = await an_account(enabled=False)
    assert (await log_in("xivo_service", account.login)).status_code == 401


async def test_f11_an_entitys_administrator_reaches_its_phonebooks_only(
    an_account: Any, log_in: Any, save: Any, client: AsyncClient
) -> None:
    entity = await save(Entity(name="acme"))
    account = await an_account(kind="admin", entity_id=entity.id)
    acls = (await log_in("xivo_admin", account.login)).json()["data"]["acls"]
    assert "confd.#" in acls
    assert "dird.tenants.acme.#" in acls
    assert "dird.tenants.#" not in acls
    free = await an_account(kind="admin")
    assert "dird.tenants.#" in (await log_in("xivo_admin", free.login)).json()["data"]["acls"]


async def test_f11_a_name_of_an_entity_never_becomes_a_pattern(
    an_account: Any, log_in: Any, save: Any
) -> None:
    entity = await save(Entity(name="a.#b"))
    account = await an_account(kind="admin", entity_id=entity.id)
    acls = (await log_in("xivo_admin", account.login)).json()["data"]["acls"]
    assert "dird.tenants.a__b.#" in acls


async def test_f23_a_latin_1_password_is_accepted(save: Any, log_in: Any) -> None:
    from ovix_testkit.builders import a_user
    from ovix_web.passwords import hash_password_now

    await save(a_user(username="zoé", password_hash=hash_password_now("été"), cti_enabled=True))
    for encoding in ("latin-1", "utf-8"):
        response = await log_in("xivo_user", "zoé", "été", encoding=encoding)
        assert response.status_code == 200


async def test_the_backends_are_named(client: AsyncClient) -> None:
    response = await client.get("/0.1/backends")
    assert response.json() == {"data": BACKENDS}


async def test_expired_tokens_are_swept_in_batches(
    alice: Any, log_in: Any, sessions: Sessions, settings: Any
) -> None:
    from ovix_auth.cleaner import Cleaner
    from sqlalchemy import select

    await alice
    for _ in range(5):
        await log_in("xivo_user", "alice", expiration=1)
    await log_in("xivo_user", "alice")
    async with sessions.begin() as session:
        await session.execute(
            update(Token).values(expires_at=Token.expires_at - timedelta(seconds=60))
        )
    cleaner = Cleaner(sessions, settings.model_copy(update={"token_cleanup_batch": 2}))
    assert await cleaner.sweep() == 5
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Token)) == 1
