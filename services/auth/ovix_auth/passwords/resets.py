"""Forgotten passwords: a link by e-mail that works once (reference/auth.md, C5).

Whoever asks is answered at once and always the same, so that nobody learns which users there are;
what follows is done by few workers behind a bounded queue.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import structlog
from ovix_schema import Account, PasswordReset, User
from ovix_web import Sessions, hash_of
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .. import audit
from ..audit import Action
from ..holders import has_confirmed, is_login_of_own_user
from ..mail_queue import MailQueue
from ..mails import Mails
from ..settings import AuthSettings
from .owners import Owner, own_user_where, user_where

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants a link for the user of this name."""

    by: Literal["username", "email", "login"]
    value: str
    address: str
    user_agent: str | None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Which telephony user is meant; ``login`` is the one name or the other."""
        value = self.value.lower()
        username, email = func.lower(User.username) == value, func.lower(User.email) == value
        return {"username": username, "email": email, "login": or_(username, email)}[self.by]

    @property
    def own_user_condition(self) -> ColumnElement[bool]:
        """Which user of auth's own is meant; only a confirmed address names anybody."""
        value = self.value.lower()
        username = func.lower(Account.login) == value
        email = has_confirmed(value)
        by_login = or_(username, and_(email, ~is_login_of_own_user(value)))
        return {"username": username, "email": email, "login": by_login}[self.by]


class Resets:
    """Takes wishes and sends links."""

    def __init__(self, sessions: Sessions, settings: AuthSettings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._mails = Mails(settings)
        self._queue: MailQueue[Asked] = MailQueue("password_reset", self.send_link)

    def ask(self, asked: Asked) -> None:
        """Note a wish; never tells what becomes of it."""
        self._queue.put(asked, asked.address)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Workers, while auth runs."""
        async with self._queue.working():
            yield

    async def settled(self) -> None:
        """Return once all that was asked for is done."""
        await self._queue.settled()

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
            ) or await own_user_where(session, asked.own_user_condition)
            if owner is None or owner.email is None or owner.is_external:
                return
            cause = await self._too_many(session, owner, asked.address)
            expires_at = datetime.now(UTC) + timedelta(
                seconds=self._settings.password_reset_expiration
            )
            if cause is None:
                session.add(
                    PasswordReset(
                        token_hash=hash_of(token),
                        **_of(owner),
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
        table: Any = owner.table
        await session.execute(
            select(table.id).where(table.uuid == owner.uuid).with_for_update(key_share=True)
        )
        lately = PasswordReset.created_at > func.now() - timedelta(hours=1)
        of_user, of_address = (
            await session.execute(
                select(
                    func.count().filter(_whose == owner.uuid),
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


_whose = func.coalesce(PasswordReset.user_uuid, PasswordReset.account_uuid)


def _of(owner: Owner) -> dict[str, UUID]:
    return {"user_uuid" if owner.table is User else "account_uuid": owner.uuid}


async def owner_by_token(session: AsyncSession, token: str, user_uuid: UUID) -> Owner | None:
    """Whose password this unused link may set."""
    wanted = select(_whose).where(
        PasswordReset.token_hash == hash_of(token),
        PasswordReset.expires_at > func.now(),
        PasswordReset.used_at.is_(None),
    )
    return await user_where(
        session, User.uuid == user_uuid, User.uuid.in_(wanted), User.enabled.is_(True)
    ) or await own_user_where(session, Account.uuid == user_uuid, Account.uuid.in_(wanted))


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
        .returning(_whose)
    )
    owner_uuid = used.scalar_one_or_none()
    if owner_uuid is None:
        return False
    await session.execute(
        update(PasswordReset)
        .where(_whose == owner_uuid, PasswordReset.used_at.is_(None))
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
