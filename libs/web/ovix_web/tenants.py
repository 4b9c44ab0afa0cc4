"""``Wazo-Tenant``: the one entity that a request is about, by its uuid (reference/auth.md, C4).

What later versions call a tenant is XiVO's entity (reference/auth.md, architecture). Absent, the
request is about the token's own entity, or about all of them for a token of none.
"""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request
from ovix_schema import Entity
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from .errors import Unauthorized
from .tokens import Access, Identity

HEADER = "Wazo-Tenant"
MEANING = "The entity that the request is about, by its uuid: the token's own, or one below it"


class UnauthorizedTenant(Unauthorized):
    """The header names no entity that the token reaches, or none at all."""


def and_below(condition: ColumnElement[bool]) -> Select[Any]:
    """The ids of the entities that fulfil the condition, and of all below them.

    A UNION that leaves out what it has: no circle could keep it going.
    """
    reached = select(Entity.id).where(condition).cte("reached", recursive=True)
    below = select(Entity.id).join(reached, Entity.parent_id == reached.c.id)
    return select(reached.union(below).c.id)


async def entity_of_request(
    session: AsyncSession, own: int | None, header: str | None
) -> int | None:
    """The id of the entity; no statement where the header is absent."""
    if not header:
        return own
    try:
        uuid = UUID(header)
    except ValueError as error:
        raise UnauthorizedTenant(reason="missing_permission_or_invalid_tenant") from error
    reached = () if own is None else (Entity.id.in_(and_below(Entity.id == own)),)
    found = await session.scalar(select(Entity.id).where(Entity.uuid == uuid, *reached))
    if found is None:
        raise UnauthorizedTenant(
            reason="missing_permission_or_invalid_tenant", tenant_uuid=str(uuid)
        )
    return found


class TenantAccess(Access):
    """Demands a token that holds one of the scopes; the caller is of the entity it is about."""

    async def __call__(
        self,
        request: Request,
        wazo_tenant: Annotated[
            str | None, Header(description=MEANING, json_schema_extra={"format": "uuid"})
        ] = None,
    ) -> Identity:
        """The caller, or `Unauthorized`; a session only where the header names somebody."""
        identity = await super().__call__(request)
        if not wazo_tenant:
            return identity
        async with request.app.state.sessions() as session:
            entity_id = await entity_of_request(session, identity.entity_id, wazo_tenant)
        return replace(identity, entity_id=entity_id)


def access_in_tenant(*scopes: str, in_query: bool = False) -> Any:
    """What `access` gives, of the entity that the request is about."""
    return Depends(TenantAccess(scopes, in_query=in_query))
