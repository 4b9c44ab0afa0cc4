"""Whether the time of a refusal tells if a login exists: wrong passwords and unknown ones.

``python bench/guessing.py [--pairs 300]``. Mann-Whitney's U of the two samples, as the chance that
the refusal of an unknown login is the slower one: 0.50 is no difference. That both do the same
hashing is asserted by a test; this is the figure.
"""

import argparse
import random
import sys
import time
from base64 import b64encode
from pathlib import Path
from statistics import NormalDist, median

import asyncpg
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ovix_web.passwords import hash_password_now

from bench.harness import Http, Machine, exclusive

KNOWN = 50
UNTHROTTLED = {
    "OVIX_AUTH_ACCOUNT_FAILURES_FREE": "1000000",
    "OVIX_AUTH_ADDRESS_FAILURES_FREE": "1000000",
}


def chance_of_slower(first: list[float], second: list[float]) -> tuple[float, float]:
    """P(a value of ``second`` > one of ``first``), and how likely such a one is by mere chance."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, group) in enumerate(ranked, 1) if group)
    m, n = len(first), len(second)
    u = ranks - n * (n + 1) / 2
    z = (u - m * n / 2) / (m * n * (m + n + 1) / 12) ** 0.5
    return u / (m * n), 2 * (1 - NormalDist().cdf(abs(z)))


async def _run(machine: Machine, pairs: int) -> None:
    connection = await asyncpg.connect(machine.database_url)
    stored = hash_password_now("what nobody guesses")
    await connection.executemany(
        "INSERT INTO users (firstname, caller_id, username, password_hash, cti_enabled)"
        " VALUES ('x', 'x', $1, $2, true)",
        [(f"known{number}", stored) for number in range(KNOWN)],
    )
    await connection.close()
    client = Http(machine.service("auth", **UNTHROTTLED))

    async def refusal_ms(login: str) -> float:
        basic = b64encode(f"{login}:guess".encode()).decode()
        begun = time.perf_counter()
        status, _ = await client.request(
            "POST", "/0.1/token", b'{"backend": "xivo_user"}', {"Authorization": f"Basic {basic}"}
        )
        assert status == 401, status
        return (time.perf_counter() - begun) * 1000

    known: list[float] = []
    unknown: list[float] = []
    for number in range(pairs):
        turns = [(known, f"known{number % KNOWN}"), (unknown, f"nobody{number % KNOWN}")]
        random.shuffle(turns)
        for sample, login in turns:
            sample.append(await refusal_ms(login))
    await client.close()
    chance, by_chance = chance_of_slower(known, unknown)
    print(f"\nrefusals, {pairs} of each, in turn")
    print(f"  wrong password  median {median(known):7.2f} ms")
    print(f"  unknown login   median {median(unknown):7.2f} ms")
    print(f"  chance that the unknown one is slower: {chance:.3f} (p = {by_chance:.2f})")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pairs", type=int, default=300)
    pairs = arguments.parse_args().pairs
    with exclusive(), Machine() as machine:
        uvloop.run(_run(machine, pairs))


if __name__ == "__main__":
    main()
