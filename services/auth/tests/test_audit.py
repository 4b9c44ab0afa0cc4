"""The audit trail tells every grant, refusal and change; lock-outs can be released."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from ovix_auth.app import create_auth_app
from ovix_auth.audit import Action
from ovix_auth.keeping import Keeper
from ovix_auth.tally import KINDS_MAX, Refusal, Tally
from ovix_schema import Account, AccountPolicy, AuditRecord, Entity, LoginFailure, Policy, User
from ovix_testkit.builders import a_user
from ovix_web import Sessions, running
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine


@pytest.fixture
async def administrator(an_account: Any, log_in: Any, client: AsyncClient) -> Any:
    """A client's headers with an administrator's token."""

    async def made(**fields: Any) -> dict[str, str]:
        account = await an_account(kind="admin", **fields)
        granted = await log_in("xivo_admin", account.login)
        return {"X-Auth-Token": granted.json()["data"]["token"]}

    return made


async def _records(sessions: Sessions) -> list[AuditRecord]:
    async with sessions() as session:
        return list((await session.scalars(select(AuditRecord).order_by(AuditRecord.id))).all())


async def test_a_login_is_told_with_who_when_and_from_where(
    alice: Any, log_in: Any, client_at: Any, sessions: Sessions
) -> None:
    user = await alice
    through = client_at("198.18.20.1")
    granted = await log_in("xivo_user", "Alice", through=through)
    await log_in("xivo_user", "alice", "Wr0ng-secret", through=through)
    token = granted.json()["data"]["token"]
    created, grant, refusal = await _records(sessions)
    assert created.action == "user_created"
    assert (grant.action, grant.backend, grant.login) == ("token_granted", "xivo_user", "Alice")
    assert (grant.auth_id, grant.address) == (str(user.uuid), "198.18.20.1")
    assert grant.user_agent is not None
    assert grant.user_agent.startswith("python-httpx")
    assert grant.details["session_uuid"] == granted.json()["data"]["session_uuid"]
    assert (refusal.action, refusal.cause) == ("login_refused", "wrong_password")
    assert refusal.at > grant.at
    written = repr([each.__dict__ for each in (created, grant, refusal)])
    for secret in (token, "Wr0ng-secret", "correct horse", user.password_hash, "argon2"):
        assert secret not in written


async def test_a_revoked_token_is_told_with_who_did_it(
    alice: Any, administrator: Any, log_in: Any, client: AsyncClient, sessions: Sessions
) -> None:
    user = await alice
    headers = await administrator()
    by_bearer = (await log_in("xivo_user", "alice")).json()["data"]
    as_session = (await log_in("xivo_user", "alice")).json()["data"]
    for _ in range(2):
        await client.delete(f"/0.1/token/{by_bearer['token']}")
    url = f"/0.1/sessions/{as_session['session_uuid']}"
    assert (await client.delete(url, headers=headers)).status_code == 204
    first, second = [each for each in await _records(sessions) if each.action == "token_revoked"]
    assert first.auth_id == first.by_auth_id == second.auth_id == str(user.uuid)
    assert second.by_auth_id not in (None, str(user.uuid))
    assert second.details == {"session_uuid": as_session["session_uuid"]}


async def test_a_block_is_told_once_per_step(
    log_in: Any, client_at: Any, clean_database: str, sessions: Sessions, prolong: Any
) -> None:
    for number in range(8):
        if number == 6:
            await prolong()
        await log_in("xivo_user", "ghost", "x", through=client_at(f"198.18.21.{number}"))
    blocks = [each for each in await _records(sessions) if each.action == "login_blocked"]
    assert [(each.cause, each.details) for each in blocks] == [
        ("account_failures", {"failures": 6, "wait_s": 1})
    ]


async def test_what_costs_nothing_is_counted_into_one_record(
    log_in: Any, app: Any, sessions: Sessions, clean_database: str
) -> None:
    await Keeper(sessions, app.state.settings, app.state.login.tally).write()
    async with sessions.begin() as session:
        await session.execute(delete(AuditRecord))
    for _ in range(30):
        await log_in("nope", "alice")
    await Keeper(sessions, app.state.settings, app.state.login.tally).write()
    [record] = await _records(sessions)
    assert (record.action, record.cause, record.repeats) == ("login_refused", "unknown_backend", 30)


async def test_what_costs_nothing_is_written_every_few_seconds_into_one_record_a_minute(
    sessions: Sessions, clean_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill loses what came since the last time; a flood does not fill the trail all the same."""
    tally = Tally()
    refusal = Refusal(Action.LOGIN_HELD_BACK, "blocked", "xivo_user", "alice", "192.0.2.1")
    other = replace(refusal, login="bob\0")
    for round_ in (1, 2, 3):
        for _ in range(10):
            tally.add(refusal)
        tally.add(other)
        await asyncio.gather(*(tally.write(sessions) for _ in range(3)))
        written = {each.login: each.repeats for each in await _records(sessions)}
        assert written == {"alice": 10 * round_, "bob\ufffd": round_}
    monkeypatch.setattr("ovix_auth.tally.RECORD_S", 0.0)
    await tally.write(sessions)
    tally.add(refusal)
    await tally.write(sessions)
    assert [each.repeats for each in await _records(sessions)] == [30, 3, 1]


async def test_what_could_not_be_written_stays_counted(
    sessions: Sessions, clean_database: str
) -> None:
    nowhere = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    tally = Tally()
    tally.add(Refusal(Action.LOGIN_REFUSED, "unknown_backend"))
    with pytest.raises(OSError, match="Connect"):
        await tally.write(async_sessionmaker(nowhere))
    await nowhere.dispose()
    tally.add(Refusal(Action.LOGIN_REFUSED, "unknown_backend"))
    await tally.write(sessions)
    assert [each.repeats for each in await _records(sessions)] == [2]


async def test_auth_writes_its_tally_by_itself(
    settings: Any, sessions: Sessions, clean_database: str
) -> None:
    async with running(create_auth_app(settings)) as app, asyncio.timeout(60):
        app.state.login.tally.add(Refusal(Action.LOGIN_REFUSED, "unknown_backend", login="mallory"))
        while not any(each.login == "mallory" for each in await _records(sessions)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def test_a_flood_of_invented_logins_becomes_one_kind() -> None:
    tally = Tally()
    for number in range(KINDS_MAX * 3):
        tally.add(Refusal(Action.LOGIN_REFUSED, "unknown_backend", login=str(number)))
    assert len(tally._counted) == KINDS_MAX + 1
    assert sum(tally._counted.values()) == KINDS_MAX * 3


async def test_changes_are_told_whoever_makes_them(
    an_account: Any, save: Any, sessions: Sessions
) -> None:
    """As another service or a command makes them: by SQL."""
    account = await an_account(name="crm", login="crm")
    policy = await save(Policy(name="calls", acl=["calld.#"]))
    await save(AccountPolicy(account_id=account.id, policy_uuid=policy.uuid))
    user = await save(a_user(username="bob", password_hash="x", cti_enabled=True))
    async with sessions.begin() as session:
        await session.execute(update(Account).values(acl=["confd.#"], password_hash="new hash"))
        await session.execute(update(User).values(firstname="Robert"))
        await session.execute(update(User).values(password_hash="other hash"))
        await session.execute(delete(AccountPolicy))
        await session.execute(delete(Account))
    told = [(each.action, each.auth_id, each.details) for each in await _records(sessions)]
    service = {"service": ""}
    told = [(action, who, {**details, **service}) for action, who, details in told]
    link = {"ids": {"account_id": account.id, "policy_uuid": str(policy.uuid)}}
    crm, bob = str(account.uuid), str(user.uuid)
    assert told == [
        ("account_created", crm, {"name": "crm", **service}),
        ("policy_created", str(policy.uuid), {"name": "calls", **service}),
        ("account_policy_created", crm, {**link, **service}),
        ("user_created", bob, service),
        ("account_updated", crm, {"name": "crm", "changed": ["acl", "password_hash"], **service}),
        ("user_updated", bob, {"changed": ["password_hash"], **service}),
        ("account_policy_deleted", crm, {**link, **service}),
        ("account_deleted", crm, {"name": "crm", **service}),
    ]
    assert "hash" not in repr([each.details for each in await _records(sessions)]).replace(
        "password_hash", ""
    )


async def test_the_list_is_paged_filtered_and_newest_first(
    administrator: Any, log_in: Any, client: AsyncClient, client_at: Any
) -> None:
    headers = await administrator()
    for number in range(5):
        await log_in("xivo_user", "Ghost", "x", through=client_at(f"198.18.22.{number}"))
    first = (await client.get("/0.1/audit?login=ghost&limit=2", headers=headers)).json()
    assert (len(first["items"]), first["total"]) == (2, 5)
    assert first["items"][0]["address"] == "198.18.22.4"
    assert first["items"][0]["id"] > first["items"][1]["id"]
    oldest = first["items"][-1]["id"]
    url = f"/0.1/audit?login=ghost&limit=10&before={oldest}"
    rest = (await client.get(url, headers=headers)).json()
    assert [each["address"] for each in rest["items"]] == [f"198.18.22.{n}" for n in (2, 1, 0)]
    page = (await client.get("/0.1/audit?login=ghost&limit=2&offset=4", headers=headers)).json()
    assert [each["address"] for each in page["items"]] == ["198.18.22.0"]
    since = first["items"][0]["at"]
    for query, number in (
        ("action=login_refused", 5),
        ("address=198.18.22.3", 1),
        ("action=token_granted&address=198.18.22.3", 0),
        (f"login=ghost&since={since.replace('+', '%2B')}", 1),
        (f"login=ghost&until={since.replace('+', '%2B')}", 4),
    ):
        found = (await client.get(f"/0.1/audit?{query}", headers=headers)).json()
        assert found["total"] == number, query


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "offset=-1", "since=yesterday", "before=0", "since=2026-01-01"],
)
async def test_a_wrong_parameter_of_the_list_is_named(
    query: str, administrator: Any, client: AsyncClient
) -> None:
    answer = await client.get(f"/0.1/audit?{query}", headers=await administrator())
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.text


async def test_an_entitys_administrator_sees_its_own_alone(
    administrator: Any, save: Any, log_in: Any, client: AsyncClient, password_hash: str
) -> None:
    acme = await save(Entity(name="acme"))
    other = await save(Entity(name="other"))
    for name, entity in (("anna", acme), ("otto", other)):
        await save(
            a_user(
                username=name, password_hash=password_hash, cti_enabled=True, entity_id=entity.id
            )
        )
        for _ in range(7):
            await log_in("xivo_user", name, "wrong")
    headers = await administrator(entity_id=acme.id)
    seen = (await client.get("/0.1/audit?limit=100", headers=headers)).json()["items"]
    assert {each["entity_id"] for each in seen} == {acme.id}
    assert "otto" not in {each["login"] for each in seen}
    held = (await client.get("/0.1/lockouts?blocked=false", headers=headers)).json()["items"]
    assert [each["login"] for each in held] == ["anna"]
    everybody = await administrator()
    named = {**everybody, "Wazo-Tenant": str(acme.uuid)}
    for path in ("/0.1/audit?limit=100&login=anna", "/0.1/lockouts?blocked=false"):
        own, seen = [(await client.get(path, headers=each)).json() for each in (headers, named)]
        for lockout in own["items"] + seen["items"]:
            lockout.pop("wait_s", None)  # runs down meanwhile
        assert own == seen
    held = (await client.get("/0.1/lockouts?blocked=false", headers=everybody)).json()["items"]
    [ottos] = [each["uuid"] for each in held if each["login"] == "otto"]
    refused = await client.delete(f"/0.1/lockouts/{ottos}", headers=headers)
    assert refused.status_code == 404


def _a_lockout(**columns: Any) -> LoginFailure:
    return LoginFailure(failures=9, blocked_until=func.now() + timedelta(hours=1), **columns)


@pytest.mark.parametrize("backend", ["xivo_admin", "wazo_user", "xivo_user", "register"])
async def test_a_lockout_is_not_seen_by_the_owner_of_a_program_of_the_same_name(
    backend: str, administrator: Any, save: Any, an_account: Any, log_in: Any, client: AsyncClient
) -> None:
    acme = await save(Entity(name="acme"))
    await an_account(kind="service", login="Boss", entity_id=acme.id)
    for key, at, login in (("x", backend, "boss"), ("y", "xivo_service", "BOSS")):
        await save(_a_lockout(key=key, backend=at, login=login))
    headers = await administrator(entity_id=acme.id)
    held = (await client.get("/0.1/lockouts?blocked=false", headers=headers)).json()["items"]
    assert [each["backend"] for each in held] == ["xivo_service"]
    everybody = await administrator()
    held = (await client.get("/0.1/lockouts?blocked=false", headers=everybody)).json()["items"]
    [others] = [each["uuid"] for each in held if each["backend"] == backend]
    assert (await client.delete(f"/0.1/lockouts/{others}", headers=headers)).status_code == 404


@pytest.mark.parametrize(
    ("backend", "kind"),
    [("xivo_admin", "admin"), ("wazo_user", "user"), ("xivo_user", None), ("ldap_user", None)],
)
async def test_an_entitys_administrator_sees_the_lockouts_of_all_its_back_ends(
    backend: str,
    kind: str | None,
    administrator: Any,
    save: Any,
    an_account: Any,
    client: AsyncClient,
) -> None:
    acme = await save(Entity(name="acme"))
    if kind is None:
        await save(a_user(username="anna", cti_enabled=True, entity_id=acme.id))
    else:
        await an_account(kind=kind, login="anna", entity_id=acme.id)
    await save(_a_lockout(key="x", backend=backend, login="Anna"))
    headers = await administrator(entity_id=acme.id)
    held = (await client.get("/0.1/lockouts?blocked=false", headers=headers)).json()["items"]
    assert [each["backend"] for each in held] == [backend]


@pytest.mark.parametrize("path", ["/0.1/audit", "/0.1/lockouts"])
async def test_programs_without_the_right_see_nothing(
    path: str, an_account: Any, log_in: Any, client: AsyncClient
) -> None:
    account = await an_account(acl=["confd.#"])
    token = (await log_in("xivo_service", account.login)).json()["data"]["token"]
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, headers={"X-Auth-Token": token})).status_code == 401


async def test_an_administrator_releases_a_lockout(
    administrator: Any,
    an_account: Any,
    log_in: Any,
    client: AsyncClient,
    client_at: Any,
    prolong: Any,
) -> None:
    account = await an_account()
    for number in range(6):
        await log_in("xivo_service", account.login, "x", through=client_at(f"198.18.23.{number}"))
    await prolong()
    stranger = client_at("198.18.23.99")
    assert (await log_in("xivo_service", account.login, through=stranger)).status_code == 429
    headers = await administrator()
    url = f"/0.1/lockouts?search={account.login}"
    listed = (await client.get(url, headers=headers)).json()
    assert listed["total"] == 1
    [lockout] = listed["items"]
    assert (lockout["of"], lockout["backend"], lockout["failures"]) == (
        "account",
        "xivo_service",
        6,
    )
    assert 3000 < lockout["wait_s"] <= 3600
    gone = await client.delete(f"/0.1/lockouts/{lockout['uuid']}", headers=headers)
    assert gone.status_code == 204
    assert (await log_in("xivo_service", account.login, through=stranger)).status_code == 200
    again = await client.delete(f"/0.1/lockouts/{lockout['uuid']}", headers=headers)
    assert again.status_code == 404
    trail = (await client.get("/0.1/audit?action=block_released", headers=headers)).json()
    assert trail["items"][0]["login"] == account.login
    assert trail["items"][0]["by_auth_id"]
    assert (await client.delete(f"/0.1/lockouts/{uuid4()}", headers=headers)).status_code == 404


async def test_a_locked_address_is_listed_and_released(
    administrator: Any,
    log_in: Any,
    client: AsyncClient,
    client_at: Any,
    settings: Any,
    prolong: Any,
) -> None:
    headers = await administrator()
    attacker = client_at("2001:db8::17")
    for number in range(settings.address_failures_free + 1):
        await log_in("xivo_user", f"guess{number}", "x", through=attacker)
    await prolong()
    listed = (await client.get("/0.1/lockouts?search=2001", headers=headers)).json()["items"]
    assert [(each["of"], each["address"]) for each in listed] == [("address", "2001:db8::/64")]
    await client.delete(f"/0.1/lockouts/{listed[0]['uuid']}", headers=headers)
    assert (await log_in("xivo_user", "guess", "x", through=attacker)).status_code == 401


async def test_records_and_known_addresses_are_kept_for_their_time_and_no_longer(
    alice: Any, log_in: Any, sessions: Sessions, settings: Any
) -> None:
    await alice
    await log_in("xivo_user", "alice")
    few = settings.model_copy(update={"token_cleanup_batch": 1})
    keeper = Keeper(sessions, few, Tally())
    assert await keeper.keep() == 0
    async with sessions.begin() as session:
        past = timedelta(days=settings.audit_retention_days, seconds=1)
        await session.execute(update(AuditRecord).values(at=func.now() - past))
    assert await keeper.keep() == 2
    assert await _records(sessions) == []


async def test_failures_that_are_listed_name_no_secret(log_in: Any, sessions: Sessions) -> None:
    await log_in("xivo_user", "ghost", "Wr0ng-secret")
    async with sessions() as session:
        rows = (await session.scalars(select(LoginFailure))).all()
    assert "Wr0ng-secret" not in repr([each.__dict__ for each in rows])
