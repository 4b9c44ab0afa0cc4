"""The token guard: who is let in, for how many statements, and how soon no longer."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_schema import Token
from ovix_testkit.queries import QueryRecorder
from ovix_web import Sessions, TokenGuard, hash_of, open_engine, tokens
from sqlalchemy import delete, text


async def _revoke(sessions: Sessions, token: str) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(Token).where(Token.token_hash == hash_of(token)))


WITHIN_S = 60.0


@pytest.fixture
def patient_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was heard once is believed for long: what a cache forgets, it forgets for a reason."""
    monkeypatch.setattr(tokens, "SILENCE_S", 3600)


async def _until_listening(guard: TokenGuard) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not guard.listening:  # noqa: ASYNC110 - it is a question of time
            await asyncio.sleep(0.01)


async def _until_refused(client: AsyncClient, headers: dict[str, str]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while (await client.get("/1.1/users/x", headers=headers)).status_code != 401:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # an answer of the cache lets nothing else run


def test_the_cache_is_believed_for_less_than_a_second_without_a_word_of_the_database() -> None:
    assert tokens.HEARTBEAT_S < tokens.SILENCE_S < 1


async def test_no_token_is_401_with_its_reason(client: AsyncClient) -> None:
    response = await client.get("/1.1/entities/1")
    assert response.status_code == 401
    assert response.json() == [
        "Unauthorized ('reason': 'missing_token', 'required_access': 't.1.read')"
    ]


async def test_an_unknown_token_is_401(client: AsyncClient) -> None:
    response = await client.get("/1.1/entities/1", headers={"X-Auth-Token": str(uuid4())})
    assert response.status_code == 401
    assert "not_found_or_expired" in response.json()[0]


async def test_f15_a_token_without_the_access_is_401_and_not_403(
    client: AsyncClient, a_token: Any
) -> None:
    """Acceptance scenario 15 of reference/auth.md, part F."""
    token = await a_token("t.2.read")
    response = await client.get("/1.1/entities/1", headers={"X-Auth-Token": token})
    assert response.status_code == 401
    assert "missing_permission" in response.json()[0]
    assert token not in response.text
    granted = await client.get("/1.1/entities/2", headers={"X-Auth-Token": token})
    assert granted.status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_token_may_be_sent_as_bearer(
    client: AsyncClient, a_token: Any, scheme: str
) -> None:
    token = await a_token("t.2.read")
    headers = {"Authorization": f"{scheme} {token}"}
    assert (await client.get("/1.1/entities/2", headers=headers)).status_code == 200
    basic = {"Authorization": f"Basic {token}"}
    assert (await client.get("/1.1/entities/2", headers=basic)).status_code == 401
    both = {**headers, "X-Auth-Token": str(uuid4())}
    assert (await client.get("/1.1/entities/2", headers=both)).status_code == 401


async def test_f16_a_dot_in_the_url_is_an_underscore_in_the_scope(
    client: AsyncClient, a_token: Any
) -> None:
    """Acceptance scenario 16 of reference/auth.md, part F."""
    token = await a_token("t.users.my_name.read")
    headers = {"X-Auth-Token": token}
    assert (await client.get("/1.1/users/my.name", headers=headers)).status_code == 200
    assert (await client.get("/1.1/users/my.other", headers=headers)).status_code == 401


async def test_an_expired_token_is_refused_from_the_cache_too(
    app: FastAPI, client: AsyncClient, a_token: Any
) -> None:
    await _until_listening(app.state.guard)
    for lifetime_s in (1, 5, 25):
        headers = {"X-Auth-Token": await a_token("#", lifetime_s=lifetime_s)}
        if (await client.get("/1.1/users/x", headers=headers)).status_code == 200:
            break  # else it had expired before it was shown: the machine is busy
    else:
        raise AssertionError("a new token is refused")
    await _until_refused(client, headers)


@pytest.mark.usefixtures("patient_guard")
async def test_a_check_costs_one_statement_then_none_until_the_token_is_revoked(
    app: FastAPI, client: AsyncClient, a_token: Any, sessions: Sessions
) -> None:
    await _until_listening(app.state.guard)
    token = await a_token("#")
    headers = {"X-Auth-Token": token}
    for expected in (1, 0, 0):
        with QueryRecorder(app.state.engine) as recorded:
            assert (await client.get("/1.1/users/x", headers=headers)).status_code == 200
        checks = [each for each in recorded.statements if "FROM tokens" in each]
        assert len(checks) == expected
    await _revoke(sessions, token)
    await _until_refused(client, headers)


@pytest.mark.usefixtures("patient_guard")
async def test_the_cache_is_not_believed_while_the_listener_is_cut_off(
    app: FastAPI, client: AsyncClient, a_token: Any, sessions: Sessions
) -> None:
    guard: TokenGuard = app.state.guard
    await _until_listening(guard)
    token = await a_token("#")
    headers = {"X-Auth-Token": token}
    assert (await client.get("/1.1/users/x", headers=headers)).status_code == 200
    async with sessions.begin() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'ovix-small-tokens'"
            )
        )
        await session.execute(delete(Token).where(Token.token_hash == hash_of(token)))
    await _until_refused(client, headers)
    await _until_listening(guard)


async def test_a_token_deleted_while_it_is_looked_up_is_not_cached(
    database_url: str, a_token: Any
) -> None:
    engine = open_engine(database_url, application="guard test")
    guard = TokenGuard(engine, database_url)
    listener = asyncio.create_task(guard.listen())
    try:
        await _until_listening(guard)
        token = await a_token("#")
        lookup = asyncio.create_task(guard.identity(token))
        await asyncio.sleep(0)  # the look-up has begun, and waits for its row
        guard.forget(hash_of(token))
        assert await lookup is not None
        with QueryRecorder(engine) as recorded:
            await guard.identity(token)
        assert len(recorded) == 1
    finally:
        listener.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listener
        await engine.dispose()
