"""Links that confirm an address once (reference/auth.md, C5)."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

import structlog
from ovix_schema import Account, AccountEmail, EmailConfirmation
from ovix_web import hash_of
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .. import audit
from ..audit import Action
from ..errors import TooManyMails
from ..mail_queue import MailQueue
from ..mails import Mails
from ..settings import AuthSettings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """What a mail that confirms an address tells."""

    to: str
    email_uuid: UUID
    token: str
    firstname: str
    username: str
    expires_at: datetime


class Confirmations:
    """Makes links and mails them."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._mails = Mails(settings)
        self.queue: MailQueue[Link] = MailQueue("email_confirmation", self._send)

    async def ask(
        self, session: AsyncSession, account: Account, email: AccountEmail, address: str
    ) -> None:
        """Have a link mailed once the transaction is through; `TooManyMails` beyond the bounds.

        ``address`` is where the request comes from.
        """
        await self._must_be_few(session, account, address)
        token = secrets.token_urlsafe(32)
        lasts = timedelta(seconds=self._settings.email_confirmation_expiration)
        expires_at = datetime.now(UTC) + lasts
        session.add(
            EmailConfirmation(
                token_hash=hash_of(token),
                email_uuid=email.uuid,
                account_id=account.id,
                address=address[: audit.ADDRESS_MAX],
                expires_at=expires_at,
            )
        )
        await session.flush()
        link = Link(
            email.address,
            email.uuid,
            token,
            account.firstname or account.name,
            account.login,
            expires_at,
        )
        self.queue.put_after_commit(session, link, address)

    async def _must_be_few(self, session: AsyncSession, account: Account, address: str) -> None:
        """The account's row is locked, so that wishes are counted one by one."""
        await session.execute(
            select(Account.id).where(Account.id == account.id).with_for_update(key_share=True)
        )
        of_account, of_address = (
            await session.execute(
                select(
                    func.count().filter(EmailConfirmation.account_id == account.id),
                    func.count().filter(EmailConfirmation.address == address[: audit.ADDRESS_MAX]),
                ).where(EmailConfirmation.created_at > func.now() - timedelta(hours=1))
            )
        ).one()
        settings = self._settings
        if (
            of_account >= settings.email_confirmations_per_hour
            or of_address >= settings.email_confirmations_per_address
        ):
            log.warning("email_confirmation_held_back", client=address)
            raise TooManyMails

    async def _send(self, link: Link) -> None:
        mail = self._mails.written(
            "email_confirmation",
            None,
            link.to,
            firstname=link.firstname,
            username=link.username,
            address=link.to,
            url=self._url(link),
            token=link.token,
            email_uuid=str(link.email_uuid),
            until=link.expires_at.strftime("%Y-%m-%d %H:%M"),
        )
        await self._mails.send(mail)
        log.info("email_confirmation_sent", email_uuid=str(link.email_uuid))

    def _url(self, link: Link) -> str:
        url = self._settings.email_confirmation_url
        if url is None:
            return ""
        filled = url.replace("{token}", quote(link.token, safe=""))
        return filled.replace("{email_uuid}", str(link.email_uuid))


async def use(session: AsyncSession, email_uuid: UUID, token: str) -> bool:
    """Use a link up, and all others of its address; False for one that is none of it, or over."""
    used = await session.execute(
        update(EmailConfirmation)
        .where(
            EmailConfirmation.token_hash == hash_of(token),
            EmailConfirmation.email_uuid == email_uuid,
            EmailConfirmation.expires_at > func.now(),
            EmailConfirmation.used_at.is_(None),
        )
        .values(used_at=func.now())
        .returning(EmailConfirmation.email_uuid)
    )
    if used.scalar_one_or_none() is None:
        return False
    await session.execute(
        update(EmailConfirmation)
        .where(EmailConfirmation.email_uuid == email_uuid, EmailConfirmation.used_at.is_(None))
        .values(used_at=func.now())
    )
    return True


async def confirm(session: AsyncSession, email_uuid: UUID, by: str | None, client: str) -> None:
    """Call an address that exists confirmed; ``by`` is the auth_id of whoever says so."""
    account_id = await session.scalar(
        update(AccountEmail)
        .where(AccountEmail.uuid == email_uuid)
        .values(confirmed=True)
        .returning(AccountEmail.account_id)
    )
    account = await session.get_one(Account, account_id)
    await audit.record(
        session,
        Action.EMAIL_CONFIRMED,
        login=account.login,
        auth_id=str(account.uuid),
        by_auth_id=by,
        address=client,
        entity_id=account.entity_id,
        details={"email_uuid": str(email_uuid)},
    )


async def forget_old(session: AsyncSession) -> None:
    """Delete links that are over and count no more."""
    await session.execute(
        delete(EmailConfirmation).where(
            EmailConfirmation.expires_at < func.now(),
            EmailConfirmation.created_at < func.now() - timedelta(hours=1),
        )
    )
