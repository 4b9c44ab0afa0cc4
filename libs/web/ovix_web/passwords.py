"""argon2id hashes, computed in a few threads so that the event loop never waits for one."""

import asyncio
import ctypes
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw

from .errors import Overloaded

Result = TypeVar("Result")


class Costs(NamedTuple):
    """What a hash takes, and a guess at it; RFC 9106 leaves that to the host."""

    passes: int
    memory_kib: int
    lanes: int = 1


OWASP = Costs(passes=2, memory_kib=19 * 1024)
"""What OWASP's password storage cheat sheet asks for."""

_THREADS = 2
_WAITING_MAX = 256
"""Some seconds of work: 200 people who log in at once all get in. A guesser must not be able to
queue minutes of it, so what is beyond is refused at once."""
_NICENESS = 10
"""Hashes are long and requests short: where both want a processor, requests come first."""

_M_MMAP_THRESHOLD = -3  # malloc.h

_threads: ThreadPoolExecutor | None = None
_waiting = 0


def _give_memory_back() -> None:
    """Have the C library give the memory of each hash back when it is done (mallopt(3)).

    By itself glibc learns from the first one to keep the next, 19 MiB for each thread.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 1024 * 1024)


def _step_back() -> None:
    """Give the thread less of a busy processor; Linux has priorities for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


async def _computed(work: Callable[[], Result]) -> Result:
    global _threads, _waiting
    if _waiting >= _WAITING_MAX:
        raise Overloaded(what="password checks")
    if _threads is None:
        _give_memory_back()
        _threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2", initializer=_step_back)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1


class _Hashes:
    """Makes hashes at these costs, and ``nobodys``."""

    def __init__(self, costs: Costs) -> None:
        passes, memory_kib, lanes = costs
        self.hasher = PasswordHasher(passes, memory_kib, lanes)
        self.nobodys = (
            f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}$b3ZpeC1ub2JvZHktaGFz$"
            "c2FtZSBjb3N0IGFzIGEgcmVhbCBwYXNzd29yZC1oYXM"
        )
        """Stands in for the hash of an account that does not exist; no password is known for it."""


_hashes = _Hashes(OWASP)


def hash_at(costs: Costs) -> None:
    """From now on in this process; a hash that is stored carries its own costs."""
    global _hashes
    _hashes = _Hashes(costs)


def hash_password_now(password: str) -> str:
    """The hash, computed in the calling thread (commands, imports, tests)."""
    return _hashes.hasher.hash(password.encode("utf-8", "surrogatepass"))


def verify_password_now(stored: str, password: str) -> bool:
    """Whether the password is the stored one, computed in the calling thread."""
    try:
        return _hashes.hasher.verify(stored, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


async def hash_password(password: str) -> str:
    """The hash to store; it carries its own salt and costs."""
    return await _computed(lambda: hash_password_now(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; without a stored hash it costs the same time."""
    right = await _computed(lambda: verify_password_now(stored or _hashes.nobodys, password))
    return right and stored is not None


async def derived_bytes(password: str, seed: bytes, length: int) -> bytes:
    """The bytes that a password and a seed of 16 bytes make, as costly to guess as its hash."""
    secret = password.encode("utf-8", "surrogatepass")
    return await _computed(
        # The same costs always: others would make other bytes.
        lambda: hash_secret_raw(secret, seed, *OWASP, length, Type.ID)
    )
