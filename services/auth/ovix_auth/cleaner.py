"""Sweeps expired tokens and forgotten login failures away."""

import asyncio

import structlog
from ovix_schema import LoginFailure, Token
from ovix_web import ApiError, Sessions
from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from .settings import AuthSettings

log = structlog.get_logger(__name__)


class Cleaner:
    """Deletes some thousand rows at a time, so that no sweep holds the table for long."""

    def __init__(self, sessions: Sessions, settings: AuthSettings) -> None:
        self._sessions = sessions
        self._interval_s = settings.token_cleanup_interval_s
        self._batch = settings.token_cleanup_batch
        self._forgotten_after_s = settings.failures_forgotten_after_s

    async def run(self) -> None:
        """Sweep at each interval until cancelled; a database that is away is met again later."""
        while True:
            try:
                await self.sweep()
            except (SQLAlchemyError, ApiError, OSError) as error:
                log.warning("token_cleanup_failed", cause=str(error))
            await asyncio.sleep(self._interval_s)

    async def sweep(self) -> int:
        """Delete what is over now; the number of tokens deleted."""
        swept = 0
        while True:
            deleted = await self._sweep_tokens()
            swept += deleted
            if deleted < self._batch:
                break
        async with self._sessions.begin() as session:
            over = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, self._forgotten_after_s)
            await session.execute(delete(LoginFailure).where(LoginFailure.blocked_until < over))
        if swept:
            log.info("expired_swept", count=swept)
        return swept

    async def _sweep_tokens(self) -> int:
        # SKIP LOCKED: two replicas sweep side by side instead of waiting for each other.
        expired = (
            select(Token.token_hash)
            .where(Token.expires_at <= func.now())
            .order_by(Token.expires_at)
            .limit(self._batch)
            .with_for_update(skip_locked=True)
        )
        async with self._sessions.begin() as session:
            gone = await session.scalars(
                delete(Token)
                .where(Token.token_hash.in_(expired))
                .returning(Token.session_uuid)
                .execution_options(synchronize_session=False)
            )
            return len(gone.all())
