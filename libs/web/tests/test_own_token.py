"""The token that a service makes for itself."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_schema import Token
from ovix_web import Sessions, TokenGuard, hash_of
from ovix_web.own_token import OwnToken
from sqlalchemy import func, select

LIFETIME_S = 100.0
AWAY = "postgresql://ovix:ovix@127.0.0.1:1/ovix"


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


Make = Callable[..., OwnToken]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(database_url: str, clean_database: str, clock: Clock) -> Make:
    """A token of ``ovix-test`` that may read ``t.1``."""

    def made(url: str = database_url) -> OwnToken:
        return OwnToken(url, "ovix-test", ["t.1.read"], lifetime_s=LIFETIME_S, clock=clock)

    return made


async def test_every_service_takes_it_for_what_it_may_do_and_no_more(
    app: FastAPI, client: AsyncClient, make: Make
) -> None:
    headers = {"X-Auth-Token": await make().get()}
    assert (await client.get("/1.1/entities/1", headers=headers)).status_code == 200
    assert (await client.get("/1.1/entities/2", headers=headers)).status_code == 401
    guard: TokenGuard = app.state.guard
    identity = await guard.identity(headers["X-Auth-Token"])
    assert identity is not None
    assert (identity.auth_id, identity.user_uuid, identity.entity_id) == ("ovix-test", None, None)


async def test_only_its_hash_is_stored_and_it_ends(make: Make, sessions: Sessions) -> None:
    token = await make().get()
    async with sessions() as session:
        row = (await session.scalars(select(Token))).one()
        left = await session.scalar(select(Token.expires_at - func.now()))
    assert row.token_hash == hash_of(token)
    assert token not in str(vars(row))
    assert left is not None
    assert 0 < left.total_seconds() <= LIFETIME_S


async def test_it_is_the_same_until_four_fifths_of_its_life_are_over(
    make: Make, clock: Clock
) -> None:
    own = make()
    first = await own.get()
    clock.now_s += 0.79 * LIFETIME_S
    assert await own.get() == first
    clock.now_s += 0.02 * LIFETIME_S
    assert await own.get() != first


async def test_one_that_was_refused_is_not_shown_again(make: Make) -> None:
    own = make()
    first = await own.get()
    own.refused("another's")
    assert await own.get() == first
    own.refused(first)
    assert await own.get() != first


async def test_while_the_database_is_away_it_serves_to_its_end(make: Make, clock: Clock) -> None:
    own = make()
    first = await own.get()
    own._url = AWAY
    clock.now_s += 0.9 * LIFETIME_S
    assert await own.get() == first
    clock.now_s += 0.2 * LIFETIME_S
    with pytest.raises(ConnectionRefusedError):
        await own.get()
