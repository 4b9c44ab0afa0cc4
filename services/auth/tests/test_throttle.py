"""Guessing gets slow: per account, per address, for a bounded time."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import structlog
from ovix_auth.keeping import Keeper
from ovix_auth.throttle import Attempt
from ovix_schema import AuditRecord, LoginFailure, Token
from ovix_web import Sessions
from sqlalchemy import delete, func, select, update


async def _rewind(sessions: Sessions, seconds: int) -> None:
    """Let time pass."""
    async with sessions.begin() as session:
        await session.execute(
            update(LoginFailure).values(
                blocked_until=LoginFailure.blocked_until - timedelta(seconds=seconds)
            )
        )


async def _wait_s(sessions: Sessions, prefix: str) -> float:
    async with sessions() as session:
        wait = await session.scalar(
            select(func.extract("epoch", LoginFailure.blocked_until - func.now())).where(
                LoginFailure.key.startswith(prefix)
            )
        )
        return float(wait or 0)


async def test_an_account_is_blocked_after_some_failures_and_waits_double(
    an_account: Any, log_in: Any, client_at: Any, sessions: Sessions
) -> None:
    account = await an_account()
    statuses = []
    for number in range(6):
        response = await log_in(
            "xivo_service", account.login, "wrong", through=client_at(f"198.18.0.{number}")
        )
        statuses.append(response.status_code)
    assert statuses == [401] * 6
    blocked = await log_in("xivo_service", account.login, through=client_at("198.18.0.100"))
    assert blocked.status_code == 429
    assert blocked.headers["Retry-After"] == "1"
    assert blocked.json()["reason"] == ["Too many failed logins, try again in 1 seconds"]
    for expected in (2, 4, 8, 16, 32, 60, 60):
        await _rewind(sessions, 61)
        await log_in("xivo_service", account.login, "wrong", through=client_at("198.18.0.101"))
        wait = await _wait_s(sessions, "account:")
        assert expected - 1 < wait <= expected
    await _rewind(sessions, 61)
    allowed = await log_in("xivo_service", account.login, through=client_at("198.18.0.100"))
    assert allowed.status_code == 200
    assert await _wait_s(sessions, "account:") == 0


async def test_an_unknown_account_is_throttled_like_a_real_one(
    log_in: Any, client_at: Any, clean_database: str
) -> None:
    statuses = [
        (
            await log_in("xivo_user", "ghost", "x", through=client_at(f"198.18.1.{number}"))
        ).status_code
        for number in range(7)
    ]
    assert statuses == [401] * 6 + [429]


async def test_an_address_is_blocked_whatever_accounts_it_tries(
    an_account: Any, log_in: Any, client_at: Any, settings: Any
) -> None:
    account = await an_account()
    attacker = client_at("198.18.2.1")
    for number in range(settings.address_failures_free + 1):
        response = await log_in("xivo_user", f"guess{number}", "x", through=attacker)
        assert response.status_code == 401
    assert (await log_in("xivo_service", account.login, through=attacker)).status_code == 429
    elsewhere = client_at("198.18.2.2")
    assert (await log_in("xivo_service", account.login, through=elsewhere)).status_code == 200


async def test_a_strangers_guesses_do_not_lock_a_running_program_out(
    an_account: Any, log_in: Any, client_at: Any
) -> None:
    account = await an_account()
    home = client_at("198.18.3.1")
    assert (await log_in("xivo_service", account.login, through=home)).status_code == 200
    for number in range(7):
        await log_in("xivo_service", account.login, "x", through=client_at(f"198.18.4.{number}"))
    stranger = client_at("198.18.4.99")
    assert (await log_in("xivo_service", account.login, through=stranger)).status_code == 429
    assert (await log_in("xivo_service", account.login, through=home)).status_code == 200


@pytest.mark.parametrize("addresses", [1, 250], ids=["one address", "many addresses"])
async def test_a_thousand_guesses_are_held_back_and_the_owner_gets_in(
    addresses: int, an_account: Any, log_in: Any, client_at: Any, app: Any, sessions: Sessions
) -> None:
    account = await an_account()
    home = client_at("198.18.9.1")
    assert (await log_in("xivo_service", account.login, through=home)).status_code == 200
    async with sessions.begin() as session:
        await session.execute(delete(Token))  # knowing the address does not hang on a token
    keeper = Keeper(sessions, app.state.settings, app.state.login.tally)
    await keeper.write()  # what other tests left to be written
    async with sessions.begin() as session:
        await session.execute(delete(AuditRecord))
    attackers = [client_at(f"198.18.10.{number + 1}") for number in range(addresses)]
    statuses = []
    with structlog.testing.capture_logs() as logged:
        for number in range(1000):
            through = attackers[number % addresses]
            guess = await log_in("xivo_service", account.login, f"guess{number}", through=through)
            statuses.append(guess.status_code)
    tried, held_back = statuses.count(401), statuses.count(429)
    assert tried + held_back == 1000
    assert tried < 20, "six are free, then the waits double"
    events = [each["event"] for each in logged]
    assert events.count("login_failed") == tried
    # One line for each step, of the account and, from one address, of the address.
    assert tried - 5 <= events.count("login_blocked") <= 2 * (tried - 5)
    assert len(events) < 100
    assert (await log_in("xivo_service", account.login, through=home)).status_code == 200
    await keeper.write()
    async with sessions() as session:
        counted = await session.scalar(
            select(func.sum(AuditRecord.repeats)).where(AuditRecord.action == "login_held_back")
        )
    assert counted == held_back


async def test_guesses_sent_together_are_counted_one_by_one(
    an_account: Any, log_in: Any, client_at: Any
) -> None:
    account = await an_account()
    responses = await asyncio.gather(
        *(
            log_in("xivo_service", account.login, "x", through=client_at(f"198.18.5.{number}"))
            for number in range(20)
        )
    )
    statuses = sorted(response.status_code for response in responses)
    assert statuses == [401] * 6 + [429] * 14


async def test_failures_are_forgotten_after_a_while(
    an_account: Any, log_in: Any, sessions: Sessions, settings: Any
) -> None:
    account = await an_account()
    for _ in range(5):
        await log_in("xivo_service", account.login, "x")
    await _rewind(sessions, settings.failures_forgotten_after_s + 1)
    for _ in range(5):
        assert (await log_in("xivo_service", account.login, "x")).status_code == 401
    assert (await log_in("xivo_service", account.login)).status_code == 200


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "address:192.0.2.1"),
        ("::ffff:192.0.2.1", "address:192.0.2.1"),
        ("2001:db8:1:2:3::4", "address:2001:db8:1:2::/64"),
    ],
)
def test_an_ipv6_client_counts_by_its_network(address: str, key: str) -> None:
    assert Attempt("xivo_user", "x", address).address_key == key
