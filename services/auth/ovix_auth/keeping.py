"""Keeps the audit trail: writes what was tallied, and deletes what is older than it has to be."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from ovix_schema import AuditRecord, KnownLogin
from ovix_web import ApiError, Sessions
from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from . import proofs
from .emails import confirmations
from .passwords import resets
from .saml import logins
from .settings import AuthSettings
from .tally import WRITE_EVERY_S, Tally

log = structlog.get_logger(__name__)


class Keeper:
    """Deletes at the interval of the token clean-up, some thousand rows at a time."""

    def __init__(self, sessions: Sessions, settings: AuthSettings, tally: Tally) -> None:
        self._sessions = sessions
        self._tally = tally
        self._interval_s = settings.token_cleanup_interval_s
        self._batch = settings.token_cleanup_batch
        self._retention = timedelta(days=settings.audit_retention_days)
        self._known = timedelta(days=settings.address_known_days)

    async def run(self) -> None:
        """Keep until cancelled, and write once more then."""
        try:
            await asyncio.gather(
                self._again_and_again(self.keep, self._interval_s),
                self._again_and_again(self.write, WRITE_EVERY_S),
            )
        finally:
            await self._try(self.write)

    async def write(self) -> None:
        """Write the tally."""
        await self._tally.write(self._sessions)

    async def keep(self) -> int:
        """Delete what is over; the number of records deleted."""
        async with self._sessions.begin() as session:
            await session.execute(
                delete(KnownLogin).where(KnownLogin.seen_at < func.now() - self._known)
            )
            await resets.forget_old(session)
            await confirmations.forget_old(session)
            await proofs.forget_old(session)
            await logins.forget_old(session)
        deleted, batch = 0, self._batch
        while batch == self._batch:
            async with self._sessions.begin() as session:
                old = (
                    select(AuditRecord.id)
                    .where(AuditRecord.at < func.now() - self._retention)
                    .order_by(AuditRecord.at)
                    .limit(self._batch)
                    .with_for_update(skip_locked=True)
                )
                gone = await session.scalars(
                    delete(AuditRecord)
                    .where(AuditRecord.id.in_(old))
                    .returning(AuditRecord.id)
                    .execution_options(synchronize_session=False)
                )
                batch = len(gone.all())
                deleted += batch
        return deleted

    async def _again_and_again(self, does: Callable[[], Awaitable[object]], every_s: float) -> None:
        while True:
            await self._try(does)
            await asyncio.sleep(every_s)

    async def _try(self, does: Callable[[], Awaitable[object]]) -> None:
        try:
            await does()
        except (SQLAlchemyError, ApiError, OSError) as error:
            log.warning("audit_keeping_failed", cause=str(error))  # it is met again later
