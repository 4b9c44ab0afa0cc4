"""Telling a message that can't be handled from a moment when nothing can."""

import asyncpg
from sqlalchemy.exc import DBAPIError

from .message import BusUnavailable


class TryLater(Exception):
    """A handler raises it when what it needs is away (Asterisk, say): the message is not at fault.

    Such an attempt is not counted, and the next one follows within seconds.
    """


_OUTAGES = (
    TryLater,
    BusUnavailable,
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
)


def is_outage(error: BaseException) -> bool:
    """Whether trying again is right however often it failed."""
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return error.connection_invalidated or (cause is not None and is_outage(cause))
    # asyncpg's complaints about arguments are interface errors too, and will not pass.
    return isinstance(error, _OUTAGES) and not isinstance(error, ValueError)
