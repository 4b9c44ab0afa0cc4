"""Token checks and logins per second, against the floor of one query through the same server.

``python bench/tokens.py [--seconds 5]``. The peer's current release does 130 to 230 checks and
3 logins a second on two cores.
"""

import argparse
import asyncio
import secrets
import sys
import time
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ovix_web import hash_of
from ovix_web.acl import AccessList
from ovix_web.passwords import hash_password_now

from bench.harness import Figure, Http, Machine, exclusive, measure, show, statements_per

CHECKERS = 16
LOGGERS_IN = 4
PASSWORD = secrets.token_urlsafe(12)
UNCACHED_TOKENS = 60_000
LOGINS_AT_ONCE = 200
STALLED_MS = 30.0
"""Above this p99 the checks would have stalled for the logins."""
LONG_PATTERNS = ("#a*" * 3400, ".".join(["ab"] * 3400), "*" * 10_000, "#" * 10_000)


async def _prepare(machine: Machine) -> list[str]:
    """Programs that may log in, and enough tokens that none need be asked for twice."""
    connection = await asyncpg.connect(machine.database_url)
    password_hash = hash_password_now(PASSWORD)
    await connection.executemany(
        "INSERT INTO accounts (kind, name, login, password_hash, acl)"
        " VALUES ('service', $1, $1, $2, '{confd.#}')",
        [(f"program{number}", password_hash) for number in range(LOGINS_AT_ONCE)],
    )
    tokens = [
        str(each["token"])
        for each in await connection.fetch(
            "SELECT gen_random_uuid() AS token FROM generate_series(1, $1)", UNCACHED_TOKENS
        )
    ]
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    await connection.copy_records_to_table(
        "tokens",
        columns=["token_hash", "auth_id", "acl", "expires_at"],
        records=[(hash_of(token), "bench", ["confd.#"], expires_at) for token in tokens],
    )
    await connection.execute("ANALYZE tokens")
    await connection.close()
    return tokens


async def _run(machine: Machine, seconds: float) -> list[Figure]:
    tokens = await _prepare(machine)
    auth = machine.service("auth")
    clients = [Http(auth) for _ in range(CHECKERS)]
    basic = [
        b64encode(f"program{number}:{PASSWORD}".encode()).decode()
        for number in range(LOGINS_AT_ONCE)
    ]
    unused = iter(tokens)

    async def ready(worker: int) -> None:
        status, _ = await clients[worker].request("GET", "/health/ready")
        assert status == 200, status

    async def cached(worker: int) -> None:
        path = f"/0.1/token/{tokens[-1]}?scope=confd.users.read"
        status, _ = await clients[worker].request("HEAD", path)
        assert status == 204, status

    async def uncached(worker: int) -> None:
        path = f"/0.1/token/{next(unused)}?scope=confd.users.read"
        status, _ = await clients[worker].request("HEAD", path)
        assert status == 204, status

    async def login(worker: int) -> None:
        status, _ = await clients[worker].request(
            "POST",
            "/0.1/token",
            b'{"backend": "xivo_service", "expiration": 600}',
            {"Authorization": f"Basic {basic[worker]}"},
        )
        assert status == 200, status

    async def rush() -> None:
        """So many logins that come within one second, each of another connection."""

        async def one(number: int) -> None:
            await asyncio.sleep(number / LOGINS_AT_ONCE)
            client = Http(auth)
            status, _ = await client.request(
                "POST",
                "/0.1/token",
                b'{"backend": "xivo_service", "expiration": 600}',
                {"Authorization": f"Basic {basic[number]}"},
            )
            await client.close()
            assert status == 200, status

        await asyncio.gather(*(one(number) for number in range(LOGINS_AT_ONCE)))

    async def checks_meanwhile() -> Figure:
        """How long checks take while those logins are at work; checks come 5 ms apart."""
        taken: list[float] = []
        logins = asyncio.create_task(rush())
        while not logins.done():
            started_at = time.perf_counter()
            await cached(0)
            taken.append((time.perf_counter() - started_at) * 1000)
            await asyncio.sleep(0.005)
        await logins
        taken.sort()
        return Figure(
            f"token check during {LOGINS_AT_ONCE} logins in a second",
            per_second=len(taken) / (sum(taken) / 1000 + len(taken) * 0.005),
            median_ms=taken[len(taken) // 2],
            p99_ms=taken[int(len(taken) * 0.99)],
        )

    figures: list[Figure] = []
    floor = 0.0
    for name, operation, concurrency in (
        ("floor: GET /health/ready, one SELECT", ready, CHECKERS),
        ("token check, cached", cached, CHECKERS),
        ("token check, not cached", uncached, CHECKERS),
        ("login (argon2id, 19 MiB, 2 passes)", login, LOGGERS_IN),
    ):
        figure = await measure(operation, concurrency=concurrency, seconds=seconds)
        floor = floor or figure.per_second
        statements = await statements_per(machine, operation)
        figures.append(
            replace(figure, name=name, ratio=figure.per_second / floor, statements=statements)
        )
    figures.append(await checks_meanwhile())
    for client in clients:
        await client.close()
    return figures


def _pattern_ms() -> float:
    """The longest that a list of one pattern of 10 kB takes to be read and to answer."""
    slowest = 0.0
    for pattern in LONG_PATTERNS:
        best = min(_answered_ms(pattern) for _ in range(5))
        slowest = max(slowest, best)
    return slowest


def _answered_ms(pattern: str) -> float:
    started_at = time.perf_counter()
    AccessList([pattern]).allows("a." * 120 + "b")
    return (time.perf_counter() - started_at) * 1000


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=5.0)
    seconds = arguments.parse_args().seconds
    with exclusive(), Machine() as machine:
        figures = uvloop.run(_run(machine, seconds))
        show("auth", figures)
        verdict = "held" if figures[-1].p99_ms < STALLED_MS else "NOT held"
        print(f"  checks during logins under {STALLED_MS:.0f} ms (p99): {verdict}")
        print(f"  a pattern of 10 kB, read and matched: {_pattern_ms():.1f} ms at most")
        print(f"  resting memory of auth: {machine.resting_memory_mb()[0]:.0f} MB")


if __name__ == "__main__":
    main()
