"""Refresh tokens: one per client, made again of the password, ended with what they gave."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response
from ovix_bus.catalogue import auth as events
from ovix_schema import RefreshToken, User
from ovix_testkit.announced import announced
from ovix_web import Sessions, hash_of
from ovix_web.passwords import hash_password_now
from sqlalchemy import select, update

from .test_sessions import _is_told

OFFLINE = {"access_type": "offline", "client_id": "my.app"}


def _data(response: Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


@pytest.fixture
def refresh(client: AsyncClient) -> Any:
    async def post(refresh_token: str, client_id: str = "my.app", **body: Any) -> Response:
        return await client.post(
            "/0.1/token",
            json={"refresh_token": refresh_token, "client_id": client_id, **body},
        )

    return post


async def test_f20_an_offline_login_of_the_same_client_gives_the_same_token(
    alice: Any, log_in: Any, sessions: Sessions
) -> None:
    await alice
    first = _data(await log_in("xivo_user", "alice", **OFFLINE))
    second = _data(await log_in("xivo_user", "alice", **OFFLINE))
    assert UUID(first["refresh_token"]).version == 4
    assert first["refresh_token"] == second["refresh_token"]
    assert first["token"] != second["token"]
    other = _data(await log_in("xivo_user", "alice", access_type="offline", client_id="other"))
    assert other["refresh_token"] != first["refresh_token"]
    async with sessions() as session:
        stored = (await session.scalars(select(RefreshToken))).all()
    assert len(stored) == 2
    assert first["refresh_token"] not in repr([each.__dict__ for each in stored])
    assert hash_of(first["refresh_token"]) in {each.token_hash for each in stored}


async def test_f20_a_mobile_client_gets_a_new_one_and_ends_the_sessions_of_the_old(
    alice: Any, log_in: Any, client: AsyncClient, sessions: Sessions
) -> None:
    user = await alice
    client.headers["Wazo-Session-Type"] = "Mobile"
    first = await log_in("xivo_user", "alice", **OFFLINE)
    assert first.headers["Wazo-Sessions-Revoked"] == "0"
    again = await log_in("xivo_user", "alice", access_type="offline", client_id="new phone")
    assert again.headers["Wazo-Sessions-Revoked"] == "1"
    assert _data(again)["refresh_token"] != _data(first)["refresh_token"]
    assert (await client.head(f"/0.1/token/{_data(first)['token']}")).status_code == 404
    assert (await client.head(f"/0.1/token/{_data(again)['token']}")).status_code == 204
    headers = {"X-Auth-Token": _data(again)["token"]}
    listed = (await client.get("/0.1/users/me/tokens", headers=headers)).json()
    assert [(each["client_id"], each["mobile"]) for each in listed["items"]] == [
        ("new phone", True)
    ]
    known: dict[str, Any] = {
        "client_id": "my.app",
        "mobile": True,
        "user_uuid": str(user.uuid),
        "tenant_uuid": _data(first)["metadata"]["tenant_uuid"],
    }
    told = await announced(sessions)
    assert _is_told(events.auth_refresh_token_created(**known), told)
    assert _is_told(events.auth_refresh_token_deleted(**known), told)


async def test_a_refresh_token_gives_a_token_without_a_password(
    alice: Any, log_in: Any, refresh: Any, client: AsyncClient
) -> None:
    user = await alice
    given = _data(await log_in("xivo_user", "alice", **OFFLINE))
    fresh = _data(await refresh(given["refresh_token"], expiration=60))
    assert fresh["auth_id"] == str(user.uuid)
    assert fresh["acls"] == given["acls"]
    assert "refresh_token" not in fresh
    assert (await refresh(given["refresh_token"].upper())).status_code == 200
    assert (await refresh(given["refresh_token"], "another")).status_code == 401
    assert (await refresh(str(uuid4()))).status_code == 401


async def test_revoking_a_refresh_token_ends_what_it_gave(
    an_account: Any, log_in: Any, refresh: Any, client: AsyncClient
) -> None:
    account = await an_account(acl=["auth.#"])
    given = _data(await log_in("xivo_service", account.login, **OFFLINE))
    fresh = _data(await refresh(given["refresh_token"]))
    admin = {"X-Auth-Token": _data(await log_in("xivo_service", account.login))["token"]}
    everybody = (await client.get("/0.1/tokens", headers=admin)).json()
    assert [each["client_id"] for each in everybody["items"]] == ["my.app"]
    url = f"/0.1/users/{account.uuid}/tokens/my.app"
    assert (await client.delete(url, headers=admin)).status_code == 204
    for token in (given, fresh):
        assert (await client.head(f"/0.1/token/{token['token']}")).status_code == 404
    assert (await refresh(given["refresh_token"])).status_code == 401
    gone = await client.delete(url, headers=admin)
    assert gone.status_code == 404
    assert gone.json()["error_id"] == "cannot-find-refresh-token-matching-client-id"


async def test_a_changed_password_ends_refresh_tokens(
    alice: Any, log_in: Any, refresh: Any, sessions: Sessions
) -> None:
    user = await alice
    given = _data(await log_in("xivo_user", "alice", **OFFLINE))
    async with sessions.begin() as session:
        await session.execute(
            update(User)
            .where(User.id == user.id)
            .values(password_hash=hash_password_now("another one"))
        )
    assert (await refresh(given["refresh_token"])).status_code == 401
    again = _data(await log_in("xivo_user", "alice", "another one", **OFFLINE))
    assert again["refresh_token"] != given["refresh_token"]


async def test_a_disabled_holder_gets_nothing_for_a_refresh_token(
    an_account: Any, log_in: Any, refresh: Any, sessions: Sessions
) -> None:
    account = await an_account(host="192.0.0.0/16")
    given = _data(await log_in("xivo_service", account.login, **OFFLINE))
    assert (await refresh(given["refresh_token"])).status_code == 200
    async with sessions.begin() as session:
        await session.execute(
            update(type(account)).where(type(account).id == account.id).values(enabled=False)
        )
    assert (await refresh(given["refresh_token"])).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"access_type": "offline", "backend": "xivo_user"},
        {"access_type": "sometimes", "backend": "xivo_user"},
        {"access_type": "offline", "backend": "xivo_user", "client_id": ""},
        {"access_type": "offline", "backend": "xivo_user", "client_id": "x" * 1025},
        {"access_type": "offline", "backend": "xivo_user", "client_id": "a\0"},
        {"refresh_token": str(uuid4())},
        {"refresh_token": "no uuid", "client_id": "x"},
        {"refresh_token": str(uuid4()), "client_id": "x", "access_type": "offline"},
        {"client_id": "x"},
    ],
)
async def test_members_that_do_not_fit_together_are_refused(
    client: AsyncClient, body: dict[str, Any]
) -> None:
    response = await client.post("/0.1/token", json=body, auth=("alice", "x"))
    assert response.status_code == 400
    assert set(response.json()) == {"reason", "timestamp", "status_code"}


async def test_a_client_id_as_long_as_allowed_is_kept_and_told(
    alice: Any, log_in: Any, client: AsyncClient
) -> None:
    await alice
    offline = {"access_type": "offline", "client_id": "€" * 1024}
    first = _data(await log_in("xivo_user", "alice", **offline))
    second = _data(await log_in("xivo_user", "alice", **offline))
    assert first["refresh_token"] == second["refresh_token"]
