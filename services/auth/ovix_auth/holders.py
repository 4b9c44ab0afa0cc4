"""Whom a login belongs to, and what its tokens may do (reference/auth.md, A4)."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from ovix_schema import Account, AccountEmail, Entity, User
from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from .builtin_policies import WAZO_USER, XIVO_ADMIN, XIVO_USER

_other = aliased(Account)
_other_user = aliased(User)


@dataclass(frozen=True, slots=True)
class Holder:
    """Someone a token can be issued to, once the password is proven."""

    auth_id: str
    password_hash: str | None
    """The stored hash that was proven right; None when something else than it proved the login."""
    acl: tuple[str, ...] = ()
    """What is granted beside policies; entries may be templates."""
    account_id: int | None = None
    user_uuid: UUID | None = None
    entity_id: int | None = None
    host: str | None = None
    password_expired: bool = False
    """Its tokens grant nothing but a change of the password."""
    policy: str | None = None
    """The slug of the policy that such holders have unless the settings say otherwise."""
    authentication_method: str | None = None
    """By which kind of back end the login must be proven; None: by any."""
    login: str | None = None
    """What the holder is called at a login, if anything."""


async def administrator(session: AsyncSession, login: str) -> Holder | None:
    """Administrators; those of one entity get tokens bound to it. Type root has every right."""
    return await _account_where(
        session, Account.kind == "admin", func.lower(Account.login) == login.lower()
    )


async def program(session: AsyncSession, login: str) -> Holder | None:
    """Programs."""
    return await _account_where(
        session, Account.kind == "service", func.lower(Account.login) == login.lower()
    )


async def own_user(session: AsyncSession, login: str) -> Holder | None:
    """Users of auth's own, by username or confirmed e-mail (reference/auth.md, C2)."""
    return await _account_where(
        session,
        Account.kind == "user",
        # Where one has another's address as username, the username is meant.
        or_(
            func.lower(Account.login) == login.lower(),
            and_(has_confirmed(login), ~is_login_of_own_user(login)),
        ),
    )


def has_confirmed(address: str) -> ColumnElement[bool]:
    """Whether an account has this address, and it is confirmed."""
    return exists().where(
        AccountEmail.account_id == Account.id,
        func.lower(AccountEmail.address) == address.lower(),
        AccountEmail.confirmed,
    )


def is_login_of_own_user(login: str) -> ColumnElement[bool]:
    """Whether some user of auth's own has this username."""
    return exists().where(_other.kind == "user", func.lower(_other.login) == login.lower())


async def again(
    session: AsyncSession, *, account_id: int | None, user_uuid: UUID | None
) -> Holder | None:
    """Who proved a login before, if still allowed to log in: nothing is proven now."""
    if user_uuid is not None:
        holder = await user_where(session, User.uuid == user_uuid)
    else:
        holder = await _account_where(session, Account.id == account_id, needs_password=False)
    return None if holder is None else replace(holder, password_hash=None)


# Nothing but a password proves administrators and programs: no tenant's word locks them out.
method_of_account: ColumnElement[str] = case(
    (Account.kind == "user", Account.authentication_method.expression),
    else_=func.replace(Account.authentication_method, "default", "native"),
)
"""The method of an account itself."""


def method_of(own: ColumnElement[str], entity_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """Its own method, where that is ``default`` the entity's; null where that has none."""
    of_entity = (
        select(Entity.default_authentication_method).where(Entity.id == entity_id).scalar_subquery()
    )
    return func.coalesce(func.nullif(own, "default"), of_entity).label("method")


async def own_user_where(
    session: AsyncSession, *conditions: ColumnElement[bool], by_password: bool = True
) -> Holder | None:
    """The one of auth's own users that fulfils the conditions, as `user_where` does."""
    return await _account_where(
        session,
        Account.kind == "user",
        *conditions,
        by_password=by_password,
        needs_password=by_password,
    )


async def _account_where(
    session: AsyncSession,
    *conditions: ColumnElement[bool],
    by_password: bool = True,
    needs_password: bool = True,
) -> Holder | None:
    found = await session.execute(
        select(Account, method_of(method_of_account, Account.entity_id.expression))
        .where(*conditions)
        .where(Account.enabled)
    )
    row = found.one_or_none()
    if row is None or (needs_password and row[0].password_hash is None):
        return None
    account: Account = row[0]
    return Holder(
        # The uuid, as from 17.02 on: a row id would make `me` match a user of that id.
        auth_id=str(account.uuid),
        password_hash=account.password_hash if by_password else None,
        acl=tuple(account.acl),
        account_id=account.id,
        entity_id=account.entity_id,
        host=account.host,
        policy=_policy_of(account),
        authentication_method=row.method,
        password_expired=by_password and account.password_expired,
        login=account.login,
    )


def _policy_of(account: Account) -> str | None:
    if account.kind == "user":
        return WAZO_USER
    return XIVO_ADMIN if account.kind == "admin" and account.is_root else None


async def telephony_user(session: AsyncSession, login: str) -> Holder | None:
    """A telephony user that may log in (``cti_enabled``) and has a password.

    By username, or else by the e-mail that confd keeps (reference/auth.md, C2).
    """
    named = exists().where(func.lower(_other_user.username) == login.lower())
    return await user_where(
        session,
        or_(
            func.lower(User.username) == login.lower(),
            and_(func.lower(User.email) == login.lower(), ~named),
        ),
        User.password_hash.is_not(None),
    )


async def user_where(
    session: AsyncSession, *conditions: ColumnElement[bool], by_password: bool = True
) -> Holder | None:
    """The one telephony user that may log in and fulfils the conditions; None for several.

    ``by_password`` False: something else proves the login (a directory, an identity provider).
    """
    found = await session.execute(
        select(
            User.uuid,
            User.username,
            User.password_hash,
            User.password_expired,
            User.entity_id,
            method_of(User.authentication_method.expression, User.entity_id.expression),
        )
        .where(*conditions)
        .where(User.cti_enabled, User.enabled)
        .limit(2)
    )
    rows = found.all()
    if len(rows) != 1:
        return None
    row = rows[0]
    return Holder(
        auth_id=str(row.uuid),
        password_hash=row.password_hash if by_password else None,
        user_uuid=row.uuid,
        entity_id=row.entity_id,
        policy=XIVO_USER,
        password_expired=by_password and row.password_expired,
        authentication_method=row.method,
        login=row.username,
    )
