"""Tokens in the database: issued, read and deleted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from ovix_schema import Account, Entity, Installation, Token, User
from ovix_web import hash_of
from sqlalchemy import ColumnElement, Select, case, cast, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .backends import LoginRequest
from .holders import Holder

USER_AGENT_MAX = 255
ADDRESS_MAX = 45


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token with what its bearer may know about it."""

    token: str
    auth_id: str
    user_uuid: UUID | None
    installation_uuid: UUID
    tenant_uuid: UUID | None
    session_uuid: UUID
    kind: str | None
    """Of the account, ``internal`` for the platform's programs; None for a telephony user's."""
    acl: list[str]
    issued_at: datetime
    expires_at: datetime
    mobile: bool
    remote_addr: str | None
    user_agent: str | None


_installation = select(Installation.uuid).scalar_subquery().label("installation_uuid")
_COLUMNS = (
    Token.auth_id,
    Token.user_uuid,
    Token.session_uuid,
    Token.acl,
    Token.issued_at,
    Token.expires_at,
    Token.mobile,
    Token.remote_addr,
    Token.user_agent,
    _installation,
)


def _about_holder(entity_id: Any, account_id: Any) -> tuple[ColumnElement[Any], ...]:
    """The entity's uuid and the account's kind."""
    return (
        select(Entity.uuid)
        .where(Entity.id == entity_id)
        .correlate_except(Entity)
        .scalar_subquery()
        .label("tenant_uuid"),
        select(case((Account.internal, "internal"), else_=Account.kind))
        .where(Account.id == account_id)
        .correlate_except(Account)
        .scalar_subquery()
        .label("kind"),
    )


async def issue(
    session: AsyncSession,
    holder: Holder,
    lifetime_s: int,
    *,
    login_key: str,
    request: LoginRequest,
    refresh_token_id: int | None = None,
) -> IssuedToken | None:
    """A new token; None when the holder's password changed or was disabled since it was checked.

    The holder's row is locked, because a change of the password deletes the tokens that exist:
    without the lock one could be issued for the old password just after that.
    """
    token = request.token_text(holder, lifetime_s) if request.token_text else str(uuid4())
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
        "login_key": login_key,
        "mobile": request.mobile,
        "refresh_token_id": refresh_token_id,
        **origin_of(request),
    }
    row: Select[Any] = select(
        *(
            cast(literal(value, columns[name].type), columns[name].type)
            for name, value in values.items()
        )
    )
    issued = await session.execute(
        insert(Token)
        .from_select(list(values), still_proven(row, holder))
        .returning(*_COLUMNS, *_about_holder(holder.entity_id, holder.account_id))
    )
    found = issued.one_or_none()
    return None if found is None else IssuedToken(token=token, **found._asdict())


def origin_of(request: LoginRequest) -> dict[str, object]:
    """What is stored of where a token was asked for."""
    return {
        "remote_addr": request.address[:ADDRESS_MAX] or None,
        "user_agent": request.user_agent[:USER_AGENT_MAX] if request.user_agent else None,
    }


def still_proven(row: Select[Any], holder: Holder) -> Select[Any]:
    """The row if, when it is read, the holder may still log in with what was proven."""
    of = User if holder.user_uuid is not None else Account
    if holder.user_uuid is not None:
        held = row.where(User.uuid == holder.user_uuid, User.enabled, User.cti_enabled)
    else:
        held = row.where(Account.id == holder.account_id, Account.enabled)
    if holder.password_hash is not None:
        held = held.where(of.password_hash == holder.password_hash)
    return held.with_for_update(read=True, of=of)


async def take_turn(session: AsyncSession, holder: Holder, *, alone: bool) -> None:
    """Lock the holder's row until the transaction ends; ``alone``: one login after another.

    First of all, before any refresh token is locked: a changed password locks in that order too.
    """
    row: Select[Any] = select(Account.id).where(Account.id == holder.account_id)
    if holder.user_uuid is not None:
        row = select(User.id).where(User.uuid == holder.user_uuid)
    await session.execute(row.with_for_update(read=not alone, key_share=alone))


async def find(session: AsyncSession, token: str) -> IssuedToken | None:
    """The living token of this text."""
    found = await session.execute(
        select(*_COLUMNS, *_about_holder(Token.entity_id, Token.account_id))
        .where(Token.token_hash == hash_of(token))
        .where(Token.expires_at > func.now())
    )
    row = found.one_or_none()
    return None if row is None else IssuedToken(token=token, **row._asdict())


async def revoke(session: AsyncSession, token: str) -> Any:
    """Delete it; every service hears of that and forgets it. Whose it was, or None."""
    gone = await session.execute(
        delete(Token)
        .where(Token.token_hash == hash_of(token))
        .returning(Token.auth_id, Token.entity_id, Token.session_uuid)
        .execution_options(synchronize_session=False)
    )
    return gone.one_or_none()


async def living_sessions(session: AsyncSession, auth_id: str) -> int:
    """How many tokens somebody holds that have not expired."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(Token)
            .where(Token.auth_id == auth_id, Token.expires_at > func.now())
        )
        or 0
    )
