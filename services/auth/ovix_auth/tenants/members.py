"""Who belongs to a tenant: 17.17's links (reference/auth.md, B1).

There somebody was of any number of tenants, which said nothing about rights. Here an account is of
one entity or of none, which sees all: the link is that.
"""

from typing import Any

from ovix_schema import Account, Entity
from ovix_web.work import Work
from sqlalchemy import select

from ..errors import ManagedByConfd, MissmatchingTenant
from ..everybody import Somebody, everybody, list_users, user_in_path
from .reading import list_tenants, tenant_in_path


async def list_users_of_tenant(work: Work) -> Any:
    """Its accounts, and its telephony users who may log in."""
    entity: Entity = (await tenant_in_path(work))[0]
    return await list_users(work, everybody.entity_id == entity.id, below=True)


async def list_tenants_of_user(work: Work) -> Any:
    """The entity of a user, as a list."""
    somebody = await user_in_path(work)
    return await list_tenants(work, Entity.id == somebody.row.entity_id)


async def _ends(work: Work) -> tuple[Entity, Somebody]:
    entity: Entity = (await tenant_in_path(work))[0]
    return entity, await user_in_path(work, below=True)


async def _bind(work: Work, somebody: Somebody, entity_id: int | None) -> None:
    """Only from the entity that was read: another request may have been faster."""
    if not somebody.is_account:
        raise ManagedByConfd(uuid=somebody.uuid)
    account = await work.session.scalar(
        select(Account)
        .where(
            Account.id == somebody.account_id,
            Account.entity_id.is_not_distinct_from(somebody.row.entity_id),
        )
        .with_for_update()
    )
    if account is None:
        raise MissmatchingTenant(user_uuid=somebody.uuid)
    account.entity_id = entity_id
    await work.session.flush()


async def add_user_to_tenant(work: Work) -> None:
    """Bind an account of no tenant to this one; its tokens end."""
    entity, somebody = await _ends(work)
    if somebody.row.entity_id == entity.id:
        return
    if somebody.row.entity_id is not None:
        raise MissmatchingTenant(user_uuid=somebody.uuid)
    await _bind(work, somebody, entity.id)


async def remove_user_from_tenant(work: Work) -> None:
    """Unbind an account, which sees all tenants from then on: for tokens of no entity."""
    entity, somebody = await _ends(work)
    if somebody.row.entity_id != entity.id:
        return
    work.must_reach(None)
    await _bind(work, somebody, None)
