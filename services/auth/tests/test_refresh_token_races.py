"""Refresh tokens over two processes of auth on one database: one per client, and gone for both."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from ovix_auth import refresh_tokens
from ovix_auth.backends import LoginRequest
from ovix_auth.holders import Holder, telephony_user
from ovix_auth.refresh_tokens import OfferOutdated
from ovix_engines.ports import free_port
from ovix_schema import RefreshToken
from ovix_web import Sessions, hash_of
from sqlalchemy import delete, select

from .conftest import PASSWORD

PATIENCE_S = 60.0
START_WITHIN_S = 150.0
"""Two interpreters that import everything, on a machine that is busy with other tests."""
ROUNDS = 8


@pytest.fixture(scope="module")
def urls(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Where the two listen."""
    directory = tmp_path_factory.mktemp("replicas")
    processes, urls = [], []
    try:
        for number in (1, 2):
            port = free_port()
            urls.append(f"http://127.0.0.1:{port}")
            processes.append(_started(database_url, port, directory / f"{number}.log"))
        for url in urls:
            _wait_for(url, directory)
        yield urls
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(PATIENCE_S)


def _started(database_url: str, port: int, log: Path) -> "subprocess.Popen[bytes]":
    environment = {
        "OVIX_DATABASE_URL": database_url,
        "OVIX_BUS_URL": database_url,
        "OVIX_AUTH_HOST": "127.0.0.1",
        "OVIX_AUTH_PORT": str(port),
        "OVIX_AUTH_ADDRESS_FAILURES_FREE": "10000",
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "ovix_auth"],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def _wait_for(url: str, logs: Path) -> None:
    give_up_at = time.monotonic() + START_WITHIN_S
    while True:
        try:
            if httpx.get(f"{url}/health/ready", timeout=5, verify=False).is_success:
                return
        except httpx.TransportError:
            pass
        told = "\n".join(log.read_text()[-2000:] for log in sorted(logs.iterdir()))
        assert time.monotonic() < give_up_at, told
        time.sleep(0.1)


@pytest_asyncio.fixture(loop_scope="session")
async def replicas(urls: list[str]) -> Any:
    """A client of each."""
    one, other = (httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) for url in urls)
    async with one, other:
        yield one, other


async def _log_in(replica: httpx.AsyncClient, client_id: str) -> dict[str, Any]:
    answer = await replica.post(
        "/0.1/token",
        json={"backend": "xivo_user", "access_type": "offline", "client_id": client_id},
        auth=("alice", PASSWORD),
    )
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def _refresh(replica: httpx.AsyncClient, token: str, client_id: str) -> httpx.Response:
    return await replica.post("/0.1/token", json={"refresh_token": token, "client_id": client_id})


async def test_f20_two_replicas_asked_at_once_give_one_refresh_token(
    replicas: Any, alice: Any, sessions: Sessions
) -> None:
    await alice
    for number in range(ROUNDS):
        client_id = f"app{number}"
        logins = [_log_in(replica, client_id) for replica in (*replicas, *replicas)]
        given = {data["refresh_token"] for data in await asyncio.gather(*logins)}
        assert len(given) == 1
        [token] = given
        for replica in replicas:
            assert (await _refresh(replica, token, client_id)).status_code == 200
    async with sessions() as session:
        stored = (await session.scalars(select(RefreshToken.client_id))).all()
    assert sorted(stored) == [f"app{number}" for number in range(ROUNDS)]


async def test_a_revoked_refresh_token_never_comes_back(replicas: Any, alice: Any) -> None:
    """However a revocation falls between the logins of the same client."""
    user = await alice
    first, second = replicas
    for number in range(ROUNDS):
        client_id = f"app{number}"
        old = await _log_in(first, client_id)
        headers = {"X-Auth-Token": (await _log_in(first, "the one who revokes"))["token"]}
        revocation = first.delete(f"/0.1/users/{user.uuid}/tokens/{client_id}", headers=headers)
        revoked, *_ = await asyncio.gather(
            revocation, _log_in(first, client_id), _log_in(second, client_id)
        )
        assert revoked.status_code == 204
        for replica in replicas:
            assert (await _refresh(replica, old["refresh_token"], client_id)).status_code == 401
        again = await _log_in(second, client_id)
        assert again["refresh_token"] != old["refresh_token"]
        assert (await _refresh(first, again["refresh_token"], client_id)).status_code == 200


async def test_both_replicas_refuse_what_one_has_revoked(replicas: Any, alice: Any) -> None:
    user = await alice
    first, second = replicas
    given = await _log_in(first, "app")
    fresh = (await _refresh(second, given["refresh_token"], "app")).json()["data"]
    tokens = [f"/0.1/token/{each['token']}" for each in (given, fresh)]
    for replica in replicas:  # both have them in their caches now
        assert [(await replica.head(each)).status_code for each in tokens] == [204, 204]
    headers = {"X-Auth-Token": (await _log_in(first, "the one who revokes"))["token"]}
    url = f"/0.1/users/{user.uuid}/tokens/app"
    assert (await first.delete(url, headers=headers)).status_code == 204
    for replica in replicas:  # a refresh token is in no cache
        assert (await _refresh(replica, given["refresh_token"], "app")).status_code == 401
    give_up_at = time.monotonic() + PATIENCE_S
    for replica in replicas:
        for token in tokens:
            while (await replica.head(token)).status_code != 404:
                assert time.monotonic() < give_up_at, "the revocation is never heard"
                await asyncio.sleep(0.02)
    for replica in replicas:  # once heard, for ever
        assert [(await replica.head(each)).status_code for each in tokens] == [404, 404]


async def _offer(sessions: Sessions, client_id: str) -> tuple[Holder, refresh_tokens.Offered]:
    async with sessions() as session:
        holder = await telephony_user(session, "alice")
        assert holder is not None
        known = await refresh_tokens.known_to_client(session, holder, client_id)
    return holder, await refresh_tokens.offered(known, PASSWORD, mobile=False)


async def _keep(sessions: Sessions, holder: Holder, offer: refresh_tokens.Offered) -> None:
    async with sessions.begin() as session:
        await refresh_tokens.keep(
            session,
            holder,
            offer,
            client_id="app",
            backend="xivo_user",
            request=LoginRequest("192.0.2.9", None),
        )


async def test_an_offer_that_was_overtaken_is_made_again(alice: Any, sessions: Sessions) -> None:
    """What happens between the two steps of a login, one step at a time."""
    await alice
    holder, early = await _offer(sessions, "app")
    _, late = await _offer(sessions, "app")
    await _keep(sessions, holder, early)
    with pytest.raises(OfferOutdated):
        await _keep(sessions, holder, late)
    _, again = await _offer(sessions, "app")
    assert again.token == early.token
    async with sessions.begin() as session:
        await session.execute(
            delete(RefreshToken).where(RefreshToken.token_hash == hash_of(early.token))
        )
    with pytest.raises(OfferOutdated):
        await _keep(sessions, holder, again)
    _, new = await _offer(sessions, "app")
    assert new.token != early.token
    await _keep(sessions, holder, new)
