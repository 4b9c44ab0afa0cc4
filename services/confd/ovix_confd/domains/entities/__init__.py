"""Entities: companies or sites that never see each other's objects.

Source: reference/confd/contexts-entities.md, "Entity fields".
"""

from typing import Annotated, Any

from ovix_bus.catalogue import auth, numbering
from ovix_schema import CallFilter, CallPickup, Context, Entity, Schedule, User
from pydantic import Field

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Values,
    Work,
    in_use,
    link,
    links,
    not_permitted,
    taken,
)
from ...uses import Use, kept_by


class EntityCreate(Schema):
    """An entity to create; it can't be changed afterwards."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_\.-]{1,64}$")]
    display_name: (
        Annotated[str, Field(min_length=3, max_length=128, pattern=r"^[^\x00]*$")] | None
    ) = None


class EntityRead(Schema):
    """An entity."""

    id: int
    name: str
    display_name: str | None
    links: list[Link]


async def caller_has_no_entity(work: Work, _row: Entity) -> None:
    """Whoever is bound to an entity would not see the one he makes."""
    if work.entity_id is not None:
        raise not_permitted("The token is bound to an entity", entity_id=work.entity_id)


async def tell_of_new_tenant(work: Work, row: Entity, _values: Values) -> None:
    """auth's clients know it as a tenant."""
    name = row.display_name or row.name
    work.announce(auth.auth_tenant_added(uuid=row.uuid, name=name, slug=row.name, domain_names=[]))


async def tell_of_gone_tenant(work: Work, row: Entity) -> None:
    """The same."""
    work.announce(auth.auth_tenant_deleted(uuid=row.uuid))


def _owned(model: Any) -> Use:
    return Use(model.__name__, model.id, lambda entity: model.entity_id == entity.id)


ENTITIES = ResourceSpec(
    name="entity",
    title="Entity",
    path="/entities",
    model=Entity,
    read=EntityRead,
    create=EntityCreate,
    rows=Rows(
        item={
            "id": Entity.id,
            "name": Entity.name,
            "display_name": Entity.display_name,
            "links": links(link("entities", "/entities/", Entity.id)),
        },
        columns={"id": Entity.id, "name": Entity.name, "display_name": Entity.display_name},
        order="name",
        key=Key(Entity.id),
        source=Entity.__table__,
        entity=Entity.id,
    ),
    rules=(caller_has_no_entity,),
    parts=(tell_of_new_tenant,),
    deletion=(
        caller_has_no_entity,
        kept_by("Entity", *map(_owned, (User, CallPickup, CallFilter, Schedule, Context))),
        tell_of_gone_tenant,
    ),
    announces=Announces(created=numbering.entity_created, deleted=numbering.entity_deleted),
    conflicts={
        "uq_entities_name": taken("Entity"),
        **{
            f"fk_{table}_entity_id": in_use("Entity", title)
            for table, title in (
                ("users", "User"),
                ("schedules", "Schedule"),
                ("contexts", "Context"),
                ("call_pickups", "CallPickup"),
                ("call_filters", "CallFilter"),
                ("call_permissions", "CallPermission"),
                ("outcalls", "Outcall"),
                ("func_key_templates", "FuncKeyTemplate"),
                ("endpoints_sip", "SIPEndpoint"),
                ("endpoints_custom", "CustomEndpoint"),
                ("endpoints_sccp", "SCCPEndpoint"),
                ("endpoints_iax", "IAXEndpoint"),
                ("sip_templates", "SIPEndpointTemplate"),
                ("sip_transports", "Transport"),
                ("registrars", "Registrar"),
                ("accounts", "Account"),
                ("agents", "Agent"),
                ("groups", "Group"),
                ("labels", "Label"),
            )
        },
        "fk_entities_parent_id": in_use("Entity", "Entity"),
    },
    example=Example(
        body={"name": "acme", "display_name": "Acme France"},
        change={},
        vary=lambda n: {"name": f"acme{n}", "display_name": f"Acme {n}"},
    ),
)
SPECS = (ENTITIES,)
