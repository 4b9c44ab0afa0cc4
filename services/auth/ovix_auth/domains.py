"""Domains: those by which logins name an entity, or its SAML provider, name no other entity."""

from collections.abc import Collection

from ovix_bus.database import lock_key
from ovix_schema import EntityDomain, SamlConfig, SamlDomain
from sqlalchemy import func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

_KEY = lock_key("auth domains")


async def another_entitys(
    session: AsyncSession, names: Collection[str], entity_id: int | None
) -> str | None:
    """One of these names that is another entity's, if any.

    Its people would else be sent to this one's provider. The provider of no entity may be named by
    all of them: it is there for everybody. Until the transaction ends, nobody else asks.
    """
    if entity_id is None:
        return None
    await session.execute(select(func.pg_advisory_xact_lock(_KEY)))
    of_entities = select(EntityDomain.name).where(
        EntityDomain.name.in_(names), EntityDomain.entity_id != entity_id
    )
    of_providers = (
        select(SamlDomain.name)
        .join(SamlConfig, SamlConfig.uuid == SamlDomain.config_uuid)
        .where(SamlDomain.name.in_(names), SamlConfig.entity_id != entity_id)
    )
    taken = union_all(of_entities, of_providers).subquery()
    found: str | None = await session.scalar(select(func.min(taken.c.name)))
    return found
