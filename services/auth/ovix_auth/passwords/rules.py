"""Which passwords are taken: long enough, and not what guessers try first.

`zxcvbn` brings the offline list of breached and common passwords and sees through their usual
disguises (letters as digits, a year behind, keys in a row, the user's own name).
"""

import asyncio
from collections.abc import Sequence

from ..errors import ObjectError

LONGEST = 1024
JUDGED_MAX = 20
"""Characters that are judged: disguises are tried in all combinations, and the time for that grows
out of bounds with their number (0.4 s at worst for 20). What is strong so far stays strong."""

_one_at_a_time = asyncio.Lock()


class WeakPassword(ObjectError):
    """A new password that would be guessed."""

    status = 400
    resource = "users"
    template = "The new password {weakness}"


def weakness_of(
    password: str, known: Sequence[str | None], *, shortest: int, score: int
) -> str | None:
    """What is wrong with a new password; None when it may be taken.

    ``known`` are words that belong to the user. ``score`` is zxcvbn's: 2 holds against 10⁶ guesses,
    3 against 10⁸.
    """
    if len(password) < shortest:
        return f"must have at least {shortest} characters"
    if len(password) > LONGEST:
        return f"must have at most {LONGEST} characters"
    if "\x00" in password:
        return "must not contain a NUL character"
    # Its lists take 12 MB, which a service that nobody changes a password in need not have.
    from zxcvbn import zxcvbn

    judged = zxcvbn(password[:JUDGED_MAX], user_inputs=[word for word in known if word])
    if judged["score"] < score:
        return "is too easy to guess: it is, or is much like, one that guessers try early"
    return None


async def accept(password: str, known: Sequence[str | None], *, shortest: int, score: int) -> None:
    """`WeakPassword` unless it may be taken. Judged beside the event loop, one at a time."""
    async with _one_at_a_time:
        weakness = await asyncio.to_thread(
            weakness_of, password, known, shortest=shortest, score=score
        )
    if weakness is not None:
        raise WeakPassword(weakness=weakness)
