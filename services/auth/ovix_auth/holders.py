"""The back ends: who a login belongs to, and what its tokens may do (reference/auth.md, A4)."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from ovix_schema import Account, AccountPolicy, Entity, Policy, User
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from . import access_lists


@dataclass(frozen=True, slots=True)
class Holder:
    """Someone a token can be issued to, once the password is proven."""

    auth_id: str
    password_hash: str
    acl: tuple[str, ...]
    account_id: int | None = None
    user_uuid: UUID | None = None
    entity_id: int | None = None
    host: str | None = None


class Backend(Protocol):
    """A way to find the holder of a login; None is a refusal."""

    async def __call__(self, session: AsyncSession, login: str) -> Holder | None: ...


async def xivo_admin(session: AsyncSession, login: str) -> Holder | None:
    """Administrators; those of one entity get tokens bound to it."""
    found = await session.execute(
        select(Account, Entity.name)
        .outerjoin(Entity, Entity.id == Account.entity_id)
        .where(Account.kind == "admin", func.lower(Account.login) == login.lower())
        .where(Account.enabled)
    )
    row = found.one_or_none()
    if row is None:
        return None
    account, entity_name = row
    return _account_holder(account, access_lists.admin(entity_name))


async def xivo_service(session: AsyncSession, login: str) -> Holder | None:
    """Programs: the account's own access list and those of its policies."""
    policies = (
        select(func.array_agg(func.array_to_string(Policy.acl, "\n")))
        .join(AccountPolicy, AccountPolicy.policy_uuid == Policy.uuid)
        .where(AccountPolicy.account_id == Account.id)
        .scalar_subquery()
    )
    found = await session.execute(
        select(Account, policies)
        .where(Account.kind == "service", func.lower(Account.login) == login.lower())
        .where(Account.enabled)
    )
    row = found.one_or_none()
    if row is None:
        return None
    account, lists = row
    shared = [each for text in lists or () for each in text.split("\n") if each]
    return _account_holder(account, tuple(dict.fromkeys([*account.acl, *shared])))


async def xivo_user(session: AsyncSession, login: str) -> Holder | None:
    """Telephony users that may log in (``cti_enabled``)."""
    found = await session.execute(
        select(User.uuid, User.password_hash, User.entity_id)
        .where(func.lower(User.username) == login.lower())
        .where(User.cti_enabled, User.enabled, User.password_hash.is_not(None))
    )
    row = found.one_or_none()
    if row is None:
        return None
    return Holder(
        auth_id=str(row.uuid),
        password_hash=row.password_hash,
        acl=access_lists.USER,
        user_uuid=row.uuid,
        entity_id=row.entity_id,
    )


def _account_holder(account: Account, acl: tuple[str, ...]) -> Holder:
    return Holder(
        # The uuid, as from 17.02 on: a row id would make `me` match a user of that id.
        auth_id=str(account.uuid),
        password_hash=account.password_hash,
        acl=acl,
        account_id=account.id,
        entity_id=account.entity_id,
        host=account.host,
    )


BACKENDS: dict[str, Backend] = {
    "xivo_admin": xivo_admin,
    "xivo_service": xivo_service,
    "xivo_user": xivo_user,
}
