"""Tenants as they are listed and found."""

from typing import Any
from uuid import UUID

from ovix_schema import Account, Entity, EntityDomain, User
from ovix_web.work import Work
from sqlalchemy import ColumnElement, Row, Select, func, select, text
from sqlalchemy.orm import aliased

from ..entities import in_reach, under
from ..errors import UnknownTenant
from ..listing import listed

_parent = aliased(Entity)
_domains = (
    select(func.coalesce(func.array_agg(EntityDomain.name), text("'{}'")))
    .where(EntityDomain.entity_id == Entity.id)
    .correlate(Entity)
    .scalar_subquery()
    .label("domain_names")
)


def _same(uuid: Any) -> Any:
    of_entity = select(uuid).where(uuid == Entity.contact_uuid)
    return of_entity.correlate(Entity).scalar_subquery()


_contact = func.coalesce(_same(User.uuid), _same(Account.uuid)).label("contact")
"""None once that user is gone."""

COLUMNS: dict[str, ColumnElement[Any]] = {
    "name": func.coalesce(Entity.display_name, Entity.name),
    "uuid": Entity.uuid.expression,
    "slug": Entity.name.expression,
    "parent_uuid": _parent.uuid.expression,
    "phone": Entity.phone.expression,
}
ADDRESS = ("line_1", "line_2", "city", "state", "country", "zip_code")


def seen(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The tenants that fulfil the conditions."""
    return (
        select(Entity, _parent.uuid.label("parent_uuid"), _domains, _contact)
        .outerjoin(_parent, _parent.id == Entity.parent_id)
        .where(*conditions)
    )


def shown(row: Row[Any]) -> dict[str, Any]:
    """The JSON of a row of `seen`."""
    entity: Entity = row[0]
    return {
        "uuid": entity.uuid,
        "entity_id": entity.id,
        "parent_uuid": row.parent_uuid,
        "name": entity.display_name or entity.name,
        "slug": entity.name,
        "contact": row.contact,
        "phone": entity.phone,
        "domain_names": sorted(row.domain_names),
        "default_authentication_method": entity.default_authentication_method,
        "address": {name: getattr(entity, f"address_{name}") for name in ADDRESS},
    }


async def list_tenants(work: Work, *conditions: ColumnElement[bool]) -> Any:
    """The request's one, with those below it where it says so; all for a token of none.

    ``domain_name`` in the query string keeps the one that has that domain.
    """
    domain = work.query.get("domain_name")
    if domain is not None:
        of_domain = select(EntityDomain.entity_id).where(EntityDomain.name == domain.lower())
        conditions = (*conditions, Entity.id.in_(of_domain))
    return await listed(
        work,
        "tenants",
        seen(*conditions, *in_reach(work, Entity.id)),
        COLUMNS,
        searched=("name", "slug", "phone"),
        shown=shown,
    )


async def tenant_in_path(
    work: Work, parameter: str = "tenant", *, to_change: bool = False
) -> Row[Any]:
    """The tenant that the path names, if it is the request's or below it; 404."""
    uuid: UUID = work.path[parameter]
    statement = seen(Entity.uuid == uuid, *under(work, Entity.id))
    if to_change:
        statement = statement.with_for_update(of=Entity)
    row: Row[Any] | None = (await work.session.execute(statement)).one_or_none()
    if row is None:
        raise UnknownTenant(uuid=uuid)
    return row


async def get_tenant(work: Work) -> Any:
    """One of them."""
    return shown(await tenant_in_path(work))


async def list_domains(work: Work) -> Any:
    """The domains of a tenant."""
    entity = (await tenant_in_path(work))[0]
    return await listed(
        work,
        "tenants",
        select(EntityDomain).where(EntityDomain.entity_id == entity.id),
        {"name": EntityDomain.name.expression, "uuid": EntityDomain.uuid.expression},
        searched=("name",),
        shown=lambda row: {"uuid": row[0].uuid, "name": row[0].name},
    )
