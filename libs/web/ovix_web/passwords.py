"""argon2id hashes, computed in a few threads so that the event loop never waits for one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from .errors import Overloaded

Result = TypeVar("Result")

# RFC 9106 leaves the costs to the host; these are OWASP's: 19 MiB and two passes per hash.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_THREADS = 2
_WAITING_MAX = 64
"""A guesser must not be able to queue minutes of work: what is beyond is refused at once."""

_NOBODYS_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$b3ZpeC1ub2JvZHktaGFz$"
    "c2FtZSBjb3N0IGFzIGEgcmVhbCBwYXNzd29yZC1oYXM"
)
"""Stands in for the hash of an account that does not exist; no password is known for it."""

_threads: ThreadPoolExecutor | None = None
_waiting = 0


async def _computed(work: Callable[[], Result]) -> Result:
    global _threads, _waiting
    if _waiting >= _WAITING_MAX:
        raise Overloaded(what="password checks")
    if _threads is None:
        _threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1


def hash_password_now(password: str) -> str:
    """The hash, computed in the calling thread (commands, imports, tests)."""
    return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


def verify_password_now(stored: str, password: str) -> bool:
    """Whether the password is the stored one, computed in the calling thread."""
    try:
        return _HASHER.verify(stored, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


async def hash_password(password: str) -> str:
    """The hash to store; it carries its own salt and costs."""
    return await _computed(lambda: hash_password_now(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; without a stored hash it costs the same time."""
    right = await _computed(lambda: verify_password_now(stored or _NOBODYS_HASH, password))
    return right and stored is not None
