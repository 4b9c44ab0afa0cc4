"""What a client is told when PostgreSQL refuses, or is away."""

from collections.abc import Callable, Mapping

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .errors import ApiError, DatabaseUnavailable, StoredConflict, Unavailable, UnstorableValue

ConstraintErrors = Mapping[str, Callable[[], ApiError]]
"""Constraint name → the domain error it stands for; each service supplies one table."""

_AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, crashed, starting up
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
)
_REPEATABLE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)


class Repeat(Unavailable):
    """Another request changed the same rows at the same time."""

    template = "Service unavailable - the same data is being changed, try again"


def constraint_of(error: DBAPIError) -> str | None:
    """The name of the violated constraint, as PostgreSQL reports it."""
    cause = error.orig.__cause__ if error.orig is not None else None
    name = getattr(cause, "constraint_name", None)
    return str(name) if name else None


def is_away(error: BaseException) -> bool:
    """Whether the database can't be reached, or refuses for now: the same may work later."""
    if isinstance(error, DBAPIError):
        return isinstance(translated(error, {}), Unavailable)
    return isinstance(error, (Unavailable, PoolTimeout, *_AWAY))


def translated(error: DBAPIError, constraints: ConstraintErrors) -> ApiError | None:
    """The error to answer with; none when the statement itself was wrong, which is our fault."""
    cause = error.orig.__cause__ if error.orig is not None else None
    if isinstance(error, IntegrityError):
        name = constraint_of(error)
        known = constraints.get(name or "")
        return known() if known is not None else StoredConflict(constraint=name or "unknown")
    if error.connection_invalidated or isinstance(cause, _AWAY):
        return DatabaseUnavailable()
    if isinstance(cause, _REPEATABLE):
        return Repeat()
    if isinstance(cause, asyncpg.DataError | UnicodeError):
        return UnstorableValue(message=str(cause).splitlines()[0][:200])
    return None
