"""Entities: whose objects a request of auth sees, and where a new object goes."""

from typing import Any
from uuid import UUID

from ovix_schema import Entity
from ovix_web import Unauthorized
from ovix_web.tenants import and_below
from ovix_web.work import Work
from sqlalchemy import ColumnElement, select

from .errors import InvalidData


def in_reach(work: Work, entity: Any) -> tuple[ColumnElement[bool], ...]:
    """The condition that hides rows of other entities than the request's.

    With ``?recurse=true`` rows of those below it are seen too.
    """
    if work.entity_id is None or work.query.get("recurse", "").lower() != "true":
        return work.owned(entity)
    return (entity.in_(and_below(Entity.id == work.entity_id)),)


def under(work: Work, entity: Any) -> tuple[ColumnElement[bool], ...]:
    """The same, with all below it whatever the query string says."""
    return () if work.entity_id is None else (entity.in_(and_below(Entity.id == work.entity_id)),)


async def chosen_entity(
    work: Work, resource: str, entity_id: int | None, tenant_uuid: UUID | None
) -> int | None:
    """The entity of what is to be made or moved: the request's own where the body names none.

    400 for one that does not exist; 401 for one that the request does not reach.
    """
    if tenant_uuid is not None:
        condition = Entity.uuid == tenant_uuid
    elif entity_id is not None:
        condition = Entity.id == entity_id
    else:
        return work.entity_id
    found = await work.session.scalar(select(Entity.id).where(condition, *under(work, Entity.id)))
    if found is None and work.entity_id is not None:
        raise Unauthorized(reason="missing_permission")
    if found is None:
        raise InvalidData(resource, "entity_id, tenant_uuid: no such entity")
    return found
