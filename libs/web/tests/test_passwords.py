"""Hashes of passwords: what they cost, and what they leave behind."""

import subprocess
import sys
from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from ovix_web.passwords import hash_password, verify_password

PROGRAM = """
import asyncio, pathlib
from ovix_web.passwords import hash_password

def resident_mb():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

async def main():
    before = resident_mb()
    await asyncio.gather(*(hash_password("correct horse") for _ in range(20)))
    print(resident_mb() - before)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_the_memory_of_hashes_is_given_back() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    assert float(ran.stdout) < 19


async def test_a_hash_costs_what_owasp_asks_for(hashes_in_earnest: None) -> None:
    costs = extract_parameters(await hash_password("x"))
    assert costs.type is Type.ID
    assert (costs.memory_cost, costs.time_cost, costs.parallelism) == (19 * 1024, 2, 1)


async def test_an_unknown_account_costs_as_much_as_a_known_one(
    hashes_in_earnest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []

    class Noting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            given = hash.decode() if isinstance(hash, bytes) else hash
            costs = extract_parameters(given)
            computed.append((costs.type, costs.time_cost, costs.memory_cost, costs.parallelism))
            return super().verify(hash, password)

    stored = await hash_password("x")
    monkeypatch.setattr("ovix_web.passwords._hashes.hasher", Noting())
    assert not await verify_password(stored, "wrong")
    assert not await verify_password(None, "wrong")
    known, unknown = computed
    assert unknown == known
