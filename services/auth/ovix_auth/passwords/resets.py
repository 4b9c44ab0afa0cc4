"""Forgotten passwords: a link by e-mail that works once (reference/auth.md, C5).

Whoever asks is answered at once and always the same, so that nobody learns which users there are;
what follows is done by few workers behind a bounded queue.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote
from uuid import UUID

import jinja2
import structlog
from ovix_schema import PasswordReset, User
from ovix_web import ApiError, Sessions, hash_of
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from .. import audit
from ..audit import Action
from ..mails import MailFailed, Mails
from ..settings import AuthSettings
from .owners import Owner, user_where

log = structlog.get_logger(__name__)

WORKERS = 4
WAITING_MAX = 500
"""Requests that wait for a worker; more are dropped: a flood is not worth mails."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants a link for the user of this name."""

    by: Literal["username", "email", "login"]
    value: str
    address: str
    user_agent: str | None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Which user is meant; ``login`` is the one name or the other."""
        value = self.value.lower()
        username, email = func.lower(User.username) == value, func.lower(User.email) == value
        return {"username": username, "email": email, "login": or_(username, email)}[self.by]


class Resets:
    """Takes wishes and sends links."""

    def __init__(self, sessions: Sessions, settings: AuthSettings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._mails = Mails(settings)
        self._asked: asyncio.Queue[Asked] = asyncio.Queue(WAITING_MAX)

    def ask(self, asked: Asked) -> None:
        """Note a wish; never tells what becomes of it."""
        try:
            self._asked.put_nowait(asked)
        except asyncio.QueueFull:
            log.warning("password_reset_dropped", client=asked.address)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Workers, while auth runs."""
        workers = [
            asyncio.create_task(self._work(), name="password resets") for _ in range(WORKERS)
        ]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
                with suppress(asyncio.CancelledError):
                    await worker

    async def settled(self) -> None:
        """Return once all that was asked for is done."""
        await self._asked.join()

    async def _work(self) -> None:
        while True:
            asked = await self._asked.get()
            try:
                await self.send_link(asked)
            except (MailFailed, jinja2.TemplateError, SQLAlchemyError, ApiError, OSError) as error:
                log.error("password_reset_failed", cause=str(error), client=asked.address)
            finally:
                self._asked.task_done()

    async def send_link(self, asked: Asked) -> None:
        """Mail a link to the user that is meant, if there is one and not too many were sent."""
        token = secrets.token_urlsafe(32)
        async with self._sessions.begin() as session:
            owner = await user_where(
                session,
                asked.condition,
                User.enabled.is_(True),
                User.cti_enabled.is_(True),
                User.email.is_not(None),
            )
            if owner is None:
                return
            cause = await self._too_many(session, owner, asked.address)
            expires_at = datetime.now(UTC) + timedelta(
                seconds=self._settings.password_reset_expiration
            )
            if cause is None:
                session.add(
                    PasswordReset(
                        token_hash=hash_of(token),
                        user_uuid=owner.uuid,
                        expires_at=expires_at,
                        address=asked.address[:45],
                    )
                )
            await audit.record(
                session,
                Action.PASSWORD_RESET_ASKED,
                cause=cause,
                backend=owner.backend,
                login=owner.login,
                auth_id=str(owner.uuid),
                address=asked.address,
                user_agent=asked.user_agent,
                entity_id=owner.entity_id,
            )
        if cause is not None:
            log.warning("password_reset_held_back", cause=cause, client=asked.address)
            return
        assert owner.email is not None, "asked for above"
        mail = self._mails.written(
            "password_reset",
            owner.language,
            owner.email,
            firstname=owner.firstname,
            username=owner.login or "",
            url=self._link(token, owner),
            token=token,
            until=expires_at.strftime("%Y-%m-%d %H:%M"),
        )
        await self._mails.send(mail)
        log.info("password_reset_sent", user_uuid=str(owner.uuid), client=asked.address)

    async def _too_many(self, session: AsyncSession, owner: Owner, address: str) -> str | None:
        """Why no further mail is sent; the user's row is locked, so that wishes are counted."""
        await session.execute(
            select(User.id).where(User.uuid == owner.uuid).with_for_update(key_share=True)
        )
        lately = PasswordReset.created_at > func.now() - timedelta(hours=1)
        of_user, of_address = (
            await session.execute(
                select(
                    func.count().filter(PasswordReset.user_uuid == owner.uuid),
                    func.count().filter(PasswordReset.address == address[:45]),
                ).where(lately)
            )
        ).one()
        if of_user >= self._settings.password_resets_per_hour:
            return "too_many_for_user"
        if of_address >= self._settings.password_resets_per_address:
            return "too_many_from_address"
        return None

    def _link(self, token: str, owner: Owner) -> str:
        url = self._settings.password_reset_url
        if url is None:
            return ""
        return url.replace("{token}", quote(token, safe="")).replace("{user_uuid}", str(owner.uuid))


async def owner_by_token(session: AsyncSession, token: str, user_uuid: UUID) -> Owner | None:
    """Whose password this unused link may set."""
    wanted = select(PasswordReset.user_uuid).where(
        PasswordReset.token_hash == hash_of(token),
        PasswordReset.expires_at > func.now(),
        PasswordReset.used_at.is_(None),
    )
    return await user_where(
        session, User.uuid == user_uuid, User.uuid.in_(wanted), User.enabled.is_(True)
    )


async def use(session: AsyncSession, token: str) -> bool:
    """Use the link up, and all others of its user; False when somebody else has done so."""
    used = await session.execute(
        update(PasswordReset)
        .where(
            PasswordReset.token_hash == hash_of(token),
            PasswordReset.expires_at > func.now(),
            PasswordReset.used_at.is_(None),
        )
        .values(used_at=func.now())
        .returning(PasswordReset.user_uuid)
    )
    user_uuid = used.scalar_one_or_none()
    if user_uuid is None:
        return False
    await session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_uuid == user_uuid, PasswordReset.used_at.is_(None))
        .values(used_at=func.now())
    )
    return True


async def forget_old(session: AsyncSession) -> None:
    """Delete links that are over and count no more."""
    await session.execute(
        delete(PasswordReset).where(
            PasswordReset.expires_at < func.now(),
            PasswordReset.created_at < func.now() - timedelta(hours=1),
        )
    )
