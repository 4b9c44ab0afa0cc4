"""Entities, which clients of auth know as tenants: read here, kept in confd (decision 0034)."""

from typing import Any
from uuid import UUID

from ovix_schema import Entity
from ovix_web import Operation, Unauthorized
from ovix_web.bodies import Schema
from ovix_web.work import Work
from sqlalchemy import ColumnElement, Row, select

from .errors import InvalidData, UnknownTenant
from .listing import QUERY, list_answer, listed


class TenantRead(Schema):
    """An entity."""

    uuid: UUID
    entity_id: int
    name: str
    slug: str


_COLUMNS: dict[str, ColumnElement[Any]] = {
    "name": Entity.name.expression,
    "uuid": Entity.uuid.expression,
}


def _shown(row: Row[Any]) -> dict[str, Any]:
    entity: Entity = row[0]
    return {
        "uuid": entity.uuid,
        "entity_id": entity.id,
        "name": entity.display_name or entity.name,
        "slug": entity.name,
    }


async def list_tenants(work: Work, *conditions: ColumnElement[bool]) -> Any:
    """Those the caller reaches, that fulfil the conditions."""
    return await listed(
        work,
        "tenants",
        select(Entity).where(*conditions).where(*work.owned(Entity.id)),
        _COLUMNS,
        searched=("name",),
        shown=_shown,
    )


async def get_tenant(work: Work) -> Any:
    """One of them."""
    found = await work.session.execute(
        select(Entity).where(Entity.uuid == work.path["tenant"], *work.owned(Entity.id))
    )
    row = found.one_or_none()
    if row is None:
        raise UnknownTenant(uuid=work.path["tenant"])
    return _shown(row)


async def chosen_entity(
    work: Work, resource: str, entity_id: int | None, tenant_uuid: UUID | None
) -> int | None:
    """The entity of what is to be made or moved: the caller's own where the token has one.

    400 for one that does not exist; 401 for another one than the caller's.
    """
    if tenant_uuid is not None:
        condition = Entity.uuid == tenant_uuid
    elif entity_id is not None:
        condition = Entity.id == entity_id
    else:
        return work.entity_id
    found = await work.session.scalar(select(Entity.id).where(condition))
    if work.entity_id is not None and found != work.entity_id:
        raise Unauthorized(reason="missing_permission")
    if found is None:
        raise InvalidData(resource, "entity_id, tenant_uuid: no such entity")
    return found


OPERATIONS = (
    Operation(
        "GET", "/tenants", "list_tenants", list_tenants, ("auth.tenants.read",),
        answer=list_answer(TenantRead), query=QUERY, summary="Entities, as confd has them",
    ),
    Operation(
        "GET", "/tenants/{tenant:uuid}", "get_tenant", get_tenant, ("auth.tenants.{tenant}.read",),
        answer=TenantRead, summary="An entity",
    ),
)  # fmt: skip
"""What is routed; confd creates, changes and deletes entities."""
