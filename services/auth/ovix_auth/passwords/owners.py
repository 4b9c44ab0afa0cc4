"""Whose password it is: a telephony user's or an account's."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from ovix_schema import Account, AccountEmail, User
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..holders import method_of, method_of_account
from ..throttle import Attempt


@dataclass(frozen=True, slots=True)
class Owner:
    """Who logs in with a password."""

    table: type[User] | type[Account]
    uuid: UUID
    backend: str
    login: str | None
    password_hash: str | None
    entity_id: int | None
    names: tuple[str | None, ...]
    """What a password should not be made of."""
    email: str | None = None
    firstname: str = ""
    language: str | None = None
    method: str | None = None
    """What proves their logins (`holders.method_of`); None: anything."""

    @property
    def is_external(self) -> bool:
        """Whether the password that lets them in is kept elsewhere."""
        return self.method not in (None, "native")

    def attempt(self, address: str) -> Attempt:
        """The login that a proof of the password is counted as."""
        return Attempt(self.backend, self.login or str(self.uuid), address)


async def owner_of(session: AsyncSession, uuid: UUID, entity_id: int | None) -> Owner | None:
    """The user or account of this uuid that a caller of the entity may see."""
    user = await user_where(session, User.uuid == uuid, *_within(User, entity_id))
    if user is not None:
        return user
    return await _account_where(session, Account.uuid == uuid, *_within(Account, entity_id))


async def own_user_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> Owner | None:
    """The user of auth's own that may log in and fulfils the conditions, with where mail goes.

    That is the main address if it is confirmed, else any other confirmed one.
    """
    owner = await _account_where(
        session, Account.kind == "user", Account.enabled.is_(True), *conditions
    )
    if owner is None:
        return None
    address = await session.scalar(
        select(AccountEmail.address)
        .join(Account, Account.id == AccountEmail.account_id)
        .where(Account.uuid == owner.uuid, AccountEmail.confirmed)
        .order_by(AccountEmail.main.desc(), func.lower(AccountEmail.address))
        .limit(1)
    )
    return replace(owner, email=address)


async def _account_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> Owner | None:
    method = method_of(method_of_account, Account.entity_id.expression)
    found = await session.execute(select(Account, method).where(*conditions))
    row = found.one_or_none()
    if row is None:
        return None
    account: Account = row[0]
    return Owner(
        table=Account,
        uuid=account.uuid,
        backend="wazo_user" if account.kind == "user" else f"xivo_{account.kind}",
        login=account.login,
        password_hash=account.password_hash,
        entity_id=account.entity_id,
        names=(account.login, account.name),
        firstname=account.firstname or account.name,
        method=row.method,
    )


async def user_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> Owner | None:
    """The telephony user that fulfils the conditions."""
    found = await session.execute(
        select(
            User.uuid,
            User.username,
            User.password_hash,
            User.entity_id,
            User.email,
            User.firstname,
            User.lastname,
            User.language,
            method_of(User.authentication_method.expression, User.entity_id.expression),
        ).where(*conditions)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return Owner(
        table=User,
        uuid=row.uuid,
        backend="xivo_user",
        login=row.username,
        password_hash=row.password_hash,
        entity_id=row.entity_id,
        names=(row.username, row.firstname, row.lastname, *(row.email or "").split("@")),
        email=row.email,
        firstname=row.firstname,
        language=row.language,
        method=row.method,
    )


async def store(session: AsyncSession, owner: Owner, password_hash: str | None) -> bool:
    """Replace the password; False when somebody else has done so meanwhile.

    Triggers end the sessions and refresh tokens of the old one, and write the audit record.
    """
    table = owner.table
    done = await session.execute(
        update(table)
        .where(table.uuid == owner.uuid)
        .where(table.password_hash.is_not_distinct_from(owner.password_hash))
        .values(password_hash=password_hash, password_expired=False)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    )
    return done.scalar_one_or_none() is not None


def _within(table: Any, entity_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if entity_id is None else (table.entity_id == entity_id,)
