"""Hashes of passwords: what they leave behind."""

import subprocess
import sys

import pytest

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
