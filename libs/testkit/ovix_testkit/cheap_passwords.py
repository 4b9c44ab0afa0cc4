"""Hashes of passwords at next to no cost: tests make and check them by the thousand.

Services in processes of their own are not changed, but a stored hash carries its costs: those that
tests store are cheap there too.
"""

import pytest
from argon2 import PasswordHasher
from ovix_web import passwords

_IN_EARNEST = passwords._HASHER, passwords._NOBODYS_HASH


def use() -> None:
    """From now on, in this process; before any test hashes anything."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._HASHER, passwords._NOBODYS_HASH = cheap, cheap.hash("nobody's")


@pytest.fixture
def hashes_in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they cost outside of tests."""
    hasher, nobodys = _IN_EARNEST
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    monkeypatch.setattr(passwords, "_NOBODYS_HASH", nobodys)
