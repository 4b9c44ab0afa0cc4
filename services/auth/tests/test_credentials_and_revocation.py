"""Who gets a token, from where, and what makes it stop working."""

from base64 import b64encode
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_auth.credentials import NOBODY, credentials_of
from ovix_schema import Account, AccountPolicy, Entity, Policy, Token, User
from ovix_testkit.builders import a_user
from ovix_testkit.queries import QueryRecorder
from ovix_web import Sessions, hash_of
from sqlalchemy import delete, select, update


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer abc", "Basic é", "Digest x"],
)
def test_a_header_that_is_no_basic_one_names_nobody(header: str | None) -> None:
    assert credentials_of(header) == NOBODY


def test_a_password_may_hold_colons() -> None:
    encoded = b64encode(b"alice:a:b").decode()
    assert credentials_of(f"basic {encoded}") == ("alice", "a:b")


@pytest.mark.parametrize("login", ["a\x00b", "x" * 300, "", "%", "' OR 1=1 --"])
async def test_an_impossible_login_fails_like_any_other(log_in: Any, login: str) -> None:
    assert (await log_in("xivo_user", login)).status_code == 401


async def test_logins_are_found_in_any_letter_case(alice: Any, log_in: Any) -> None:
    await alice
    assert (await log_in("xivo_user", "ALICE")).status_code == 200


@pytest.mark.parametrize(
    "fields", [{"cti_enabled": False}, {"enabled": False}, {"password_hash": None}]
)
async def test_a_user_that_may_not_log_in_gets_no_token(
    save: Any, log_in: Any, password_hash: str, fields: dict[str, Any]
) -> None:
    stored = {"username": "bob", "password_hash": password_hash, "cti_enabled": True, **fields}
    await save(a_user(**stored))
    assert (await log_in("xivo_user", "bob")).status_code == 401


async def test_kinds_of_accounts_do_not_mix(an_account: Any, log_in: Any) -> None:
    program = await an_account()
    assert (await log_in("xivo_admin", program.login)).status_code == 401


async def test_a_program_holds_its_own_list_and_those_of_its_policies(
    an_account: Any, save: Any, log_in: Any
) -> None:
    account = await an_account(acl=["confd.users.read", "dird.#"])
    policy = await save(Policy(name="calls", acl=["calld.#", "dird.#"]))
    await save(AccountPolicy(account_id=account.id, policy_uuid=policy.uuid))
    data = (await log_in("xivo_service", account.login)).json()["data"]
    assert data["acls"] == ["confd.users.read", "dird.#", "calld.#"]
    assert data["auth_id"] == str(account.uuid)
    assert data["xivo_user_uuid"] is None


async def test_only_the_hash_of_a_token_is_stored(
    alice: Any, log_in: Any, sessions: Sessions
) -> None:
    await alice
    token = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    async with sessions() as session:
        stored = (await session.scalars(select(Token))).one()
    assert stored.token_hash == hash_of(token)
    assert token not in repr(stored.__dict__)


async def test_a_token_is_bound_to_the_entity_of_its_holder(
    an_account: Any, save: Any, log_in: Any, password_hash: str, sessions: Sessions
) -> None:
    entity = await save(Entity(name="acme"))
    program = await an_account(entity_id=entity.id)
    await save(
        a_user(username="bob", password_hash=password_hash, cti_enabled=True, entity_id=entity.id)
    )
    free = await an_account()
    for backend, login, expected in (
        ("xivo_service", program.login, entity.id),
        ("xivo_user", "bob", entity.id),
        ("xivo_service", free.login, None),
    ):
        token = (await log_in(backend, login)).json()["data"]["token"]
        async with sessions() as session:
            stored = await session.get_one(Token, hash_of(token))
        assert stored.entity_id == expected


@pytest.mark.parametrize(
    ("host", "client_address", "admitted"),
    [
        (None, "198.51.100.1", True),
        ("-", "198.51.100.1", True),
        ("198.51.100.1", "198.51.100.1", True),
        ("198.51.100.1", "198.51.100.2", False),
        ("198.51.100.0/24", "198.51.100.77", True),
        ("198.51.100.0/24", "198.51.101.77", False),
        ("2001:db8::/32", "2001:db8::5", True),
        ("2001:db8::/32", "198.51.100.1", False),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("localhost", "198.51.100.1", False),
        ("no-such-host.invalid", "198.51.100.1", False),
    ],
)
async def test_an_account_may_come_from_its_host_only(
    an_account: Any,
    log_in: Any,
    client_at: Any,
    host: str | None,
    client_address: str,
    admitted: bool,
) -> None:
    account = await an_account(host=host)
    response = await log_in("xivo_service", account.login, through=client_at(client_address))
    assert response.status_code == (200 if admitted else 401)


async def test_a_forwarded_address_of_a_stranger_is_not_believed(
    an_account: Any, client_at: Any
) -> None:
    account = await an_account(host="10.1.1.1")
    basic = b64encode(f"{account.login}:correct horse".encode()).decode()
    response = await client_at("198.51.100.9").post(
        "/0.1/token",
        json={"backend": "xivo_service"},
        headers={"Authorization": f"Basic {basic}", "X-Forwarded-For": "10.1.1.1"},
    )
    assert response.status_code == 401


@pytest.mark.parametrize(
    "change",
    [{"password_hash": "x"}, {"enabled": False}, {"host": "10.0.0.1"}],
    ids=["password", "disabled", "host"],
)
async def test_a_changed_account_loses_its_tokens(
    an_account: Any, log_in: Any, client: AsyncClient, sessions: Sessions, change: dict[str, Any]
) -> None:
    account = await an_account()
    token = (await log_in("xivo_service", account.login)).json()["data"]["token"]
    async with sessions.begin() as session:
        await session.execute(update(Account).where(Account.id == account.id).values(change))
    assert (await client.get(f"/0.1/token/{token}")).status_code == 404


async def test_a_user_who_is_renamed_but_keeps_the_password_keeps_the_tokens(
    alice: Any, log_in: Any, client: AsyncClient, sessions: Sessions
) -> None:
    user = await alice
    token = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    async with sessions.begin() as session:
        await session.execute(update(User).where(User.id == user.id).values(firstname="Alix"))
    assert (await client.get(f"/0.1/token/{token}")).status_code == 200
    async with sessions.begin() as session:
        await session.execute(update(User).where(User.id == user.id).values(cti_enabled=False))
    assert (await client.get(f"/0.1/token/{token}")).status_code == 404


async def test_a_deleted_user_loses_the_tokens(
    alice: Any, log_in: Any, client: AsyncClient, sessions: Sessions
) -> None:
    user = await alice
    token = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    async with sessions.begin() as session:
        await session.execute(delete(User).where(User.id == user.id))
    assert (await client.get(f"/0.1/token/{token}")).status_code == 404


async def test_a_check_costs_one_statement_and_then_none(
    alice: Any, log_in: Any, client: AsyncClient, app: Any
) -> None:
    await alice
    token = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    with QueryRecorder(app.state.engine) as first:
        assert (await client.head(f"/0.1/token/{token}?scope=websocketd")).status_code == 204
    assert len(first) == 1
    with QueryRecorder(app.state.engine) as second:
        assert (await client.head(f"/0.1/token/{token}?scope=websocketd")).status_code == 204
    assert len(second) == 0


async def test_a_login_costs_seven_statements(alice: Any, log_in: Any, app: Any) -> None:
    """Wait, holder, accesses, the token, its event, what is remembered of it, the record."""
    await alice
    with QueryRecorder(app.state.engine) as recorded:
        await log_in("xivo_user", "alice")
    assert len(recorded) == 7
