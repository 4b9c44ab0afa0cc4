"""Single statements of lookups, straight by asyncpg.

They are asked while a call rings, and SQLAlchemy would cost as much as all the rest of a lookup.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What is raised while the database is away; `ovix_web.is_away` tells it from faults of ours."""


class Values(list[Any]):
    """The values of a statement; calling it with one gives its placeholder."""

    def __call__(self, value: object) -> str:
        """``$1`` and so on."""
        self.append(value)
        return f"${len(self)}"


class Statements:
    """A pool of connections; each statement is a transaction of its own."""

    def __init__(self, database_url: str, *, size: int, timeout_s: float) -> None:
        self._database_url, self._size, self._timeout_s = database_url, size, timeout_s
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Make the pool; connections are opened when they are needed, so nothing has to be up."""
        self._pool = await asyncpg.create_pool(
            self._database_url,
            min_size=0,
            max_size=self._size,
            timeout=self._timeout_s,
            reset=_leave_as_it_is,
            server_settings={
                "application_name": "ovix-dird-lookups",
                "jit": "off",
                # A plan for any term reads the whole table, which few terms deserve.
                "plan_cache_mode": "force_custom_plan",
            },
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            self._pool.terminate()

    async def rows(self, statement: str, *values: object) -> Sequence[Any]:
        """The rows of one statement. Raises one of `AWAY`."""
        assert self._pool is not None, "the application's lifespan opens the pool"
        async with self._pool.acquire() as connection:
            found: Sequence[Any] = await connection.fetch(statement, *values)
            return found


async def _leave_as_it_is(_connection: Any) -> None:
    """Nothing is left behind that asyncpg's own reset would clear with another round trip."""
