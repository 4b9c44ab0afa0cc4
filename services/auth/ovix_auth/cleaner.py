"""Tells which tokens end soon; sweeps expired tokens and forgotten login failures away."""

import asyncio
from datetime import timedelta

import structlog
from ovix_bus import emit
from ovix_bus.catalogue.auth import auth_session_expire_soon
from ovix_schema import LoginFailure, Token
from ovix_web import ApiError, Sessions
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from .listing import uuid_of_tenant
from .policies import bring_builtin
from .settings import AuthSettings

log = structlog.get_logger(__name__)


class Cleaner:
    """Deletes some thousand rows at a time, so that no sweep holds the table for long."""

    def __init__(self, sessions: Sessions, settings: AuthSettings) -> None:
        self._sessions = sessions
        self._interval_s = settings.token_cleanup_interval_s
        self._batch = settings.token_cleanup_batch
        self._notice_s = settings.expiry_notice_s
        self._forgotten_after_s = settings.failures_forgotten_after_s

    async def run(self) -> None:
        """Sweep at each interval until cancelled; a database that is away is met again later."""
        policies_stored = False
        while True:
            try:
                if not policies_stored:
                    await bring_builtin(self._sessions)
                    policies_stored = True
                await self.announce_ends()
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

    async def announce_ends(self) -> int:
        """Tell, once for each, which tokens end within the notice; how many."""
        told = 0
        while self._notice_s:
            announced = await self._announce_some_ends()
            told += announced
            if announced < self._batch:
                break
        return told

    async def _announce_some_ends(self) -> int:
        ending = (
            select(Token.token_hash)
            .where(Token.expires_at > func.now(), ~Token.expiry_announced)
            .where(Token.expires_at <= func.now() + timedelta(seconds=self._notice_s))
            .limit(self._batch)
            .with_for_update(skip_locked=True)
        )
        async with self._sessions.begin() as session:
            rows = await session.execute(
                update(Token)
                .where(Token.token_hash.in_(ending))
                .values(expiry_announced=True)
                .returning(
                    Token.session_uuid, Token.auth_id, uuid_of_tenant(Token.entity_id.expression)
                )
                .execution_options(synchronize_session=False)
            )
            ends = [
                auth_session_expire_soon(uuid=uuid, user_uuid=auth_id, tenant_uuid=tenant_uuid)
                for uuid, auth_id, tenant_uuid in rows
            ]
            await emit(session, *ends)
        return len(ends)

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
