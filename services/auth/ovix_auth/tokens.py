"""Tokens in the database: issued, read and deleted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from ovix_schema import Account, Installation, Token, User
from ovix_web import hash_of
from sqlalchemy import Select, cast, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .holders import Holder

USER_AGENT_MAX = 255


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token with what its bearer may know about it."""

    token: str
    auth_id: str
    user_uuid: UUID | None
    installation_uuid: UUID
    session_uuid: UUID
    acl: list[str]
    issued_at: datetime
    expires_at: datetime


_installation = select(Installation.uuid).scalar_subquery()
_COLUMNS = (
    Token.auth_id,
    Token.user_uuid,
    Token.session_uuid,
    Token.acl,
    Token.issued_at,
    Token.expires_at,
)


async def issue(
    session: AsyncSession, holder: Holder, lifetime_s: int, *, address: str, user_agent: str | None
) -> IssuedToken | None:
    """A new token; None when the holder's password changed or was disabled since it was checked.

    The holder's row is locked, because a change of the password deletes the tokens that exist:
    without the lock one could be issued for the old password just after that.
    """
    token = str(uuid4())
    now = datetime.now(UTC)
    columns = Token.__table__.c
    values: dict[str, object] = {
        "token_hash": hash_of(token),
        "auth_id": holder.auth_id,
        "account_id": holder.account_id,
        "user_uuid": holder.user_uuid,
        "entity_id": holder.entity_id,
        "acl": list(holder.acl),
        "issued_at": now,
        "expires_at": now + timedelta(seconds=lifetime_s),
        "remote_addr": address[:45] or None,
        "user_agent": user_agent[:USER_AGENT_MAX] if user_agent else None,
    }
    row: Select[Any] = select(
        *(
            cast(literal(value, columns[name].type), columns[name].type)
            for name, value in values.items()
        )
    )
    issued = await session.execute(
        insert(Token)
        .from_select(list(values), _still_proven(row, holder))
        .returning(*_COLUMNS, _installation.label("installation_uuid"))
    )
    found = issued.one_or_none()
    return None if found is None else IssuedToken(token=token, **found._asdict())


def _still_proven(row: Select[Any], holder: Holder) -> Select[Any]:
    if holder.user_uuid is not None:
        held = row.where(User.uuid == holder.user_uuid, User.enabled, User.cti_enabled).where(
            User.password_hash == holder.password_hash
        )
        return held.with_for_update(read=True, of=User)
    held = row.where(Account.id == holder.account_id, Account.enabled).where(
        Account.password_hash == holder.password_hash
    )
    return held.with_for_update(read=True, of=Account)


async def find(session: AsyncSession, token: str) -> IssuedToken | None:
    """The living token of this text."""
    found = await session.execute(
        select(*_COLUMNS, _installation.label("installation_uuid"))
        .where(Token.token_hash == hash_of(token))
        .where(Token.expires_at > func.now())
    )
    row = found.one_or_none()
    return None if row is None else IssuedToken(token=token, **row._asdict())


async def revoke(session: AsyncSession, token: str) -> None:
    """Delete it; every service hears of that and forgets it."""
    await session.execute(delete(Token).where(Token.token_hash == hash_of(token)))
