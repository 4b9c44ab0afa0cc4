"""Tenants made, changed, moved and deleted; each change is told to confd's clients too."""

import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any
from uuid import UUID

from ovix_bus.catalogue import auth as events
from ovix_bus.catalogue import numbering
from ovix_bus.database import lock_key
from ovix_schema import Account, Entity, EntityDomain, User
from ovix_web.database_errors import constraint_of
from ovix_web.tenants import and_below
from ovix_web.work import Work
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from ..domains import another_entitys
from ..entities import under
from ..errors import Conflict, InvalidData, UnknownTenant, UnknownUser
from .bodies import TenantCreate, TenantUpdate
from .errors import (
    ForbiddenTenantDeletion,
    ForbiddenTenantMove,
    MasterTenantDuplicate,
    TenantCircle,
    TenantHasChildren,
    TenantIdentityConflict,
    TenantInUse,
)
from .reading import ADDRESS, COLUMNS, seen, shown, tenant_in_path

SLUG_MAX = 10
_KEY = lock_key("auth tenants")


async def _turn(work: Work) -> None:
    """One change at a time: names and the tree are looked at before they are written."""
    await work.session.execute(select(func.pg_advisory_xact_lock(_KEY)))


async def create_tenant(work: Work) -> Any:
    """Create one, which is an entity in confd from then on."""
    body = await work.body(TenantCreate)
    if body.uuid is not None and body.uuid == body.parent_uuid:
        raise MasterTenantDuplicate(uuid=body.uuid)
    await _turn(work)
    parent_id = await _parent_of_new(work, body.parent_uuid)
    await _must_be_free(work, body.uuid, body.slug)
    await _name_must_be_free(work, body.name)
    entity = Entity(
        name=body.slug or await _slug_for(work, body.name),
        display_name=body.name,
        parent_id=parent_id,
        default_authentication_method=body.default_authentication_method,
        **({} if body.uuid is None else {"uuid": body.uuid}),
        **await _columns(work, body, {"contact", "phone", "address"}),
    )
    work.session.add(entity)
    await work.session.flush()
    await _store_domains(work, entity, body.domain_names or [])
    made = await _again(work, entity)
    work.announce(
        events.auth_tenant_added(
            uuid=entity.uuid, name=body.name, slug=entity.name, domain_names=made["domain_names"]
        ),
        numbering.entity_created(id=entity.id),
    )
    return made


async def _parent_of_new(work: Work, parent_uuid: UUID | None) -> int | None:
    if parent_uuid is None:
        return work.entity_id
    found = await work.session.scalar(
        select(Entity.id).where(Entity.uuid == parent_uuid, *under(work, Entity.id))
    )
    if found is None:
        raise UnknownTenant(uuid=parent_uuid)
    return found


async def _must_be_free(work: Work, uuid: UUID | None, slug: str | None) -> None:
    for column, field, value in (("uuid", Entity.uuid, uuid), ("slug", Entity.name, slug)):
        if value is not None and await work.session.scalar(select(Entity.id).where(field == value)):
            raise TenantIdentityConflict(column=column, value=value)


async def _name_must_be_free(work: Work, name: str, but: int | None = None) -> None:
    if await work.session.scalar(
        select(Entity.id).where(COLUMNS["name"] == name, Entity.id.is_distinct_from(but)).limit(1)
    ):
        raise Conflict(resource="tenants", column="name", value=name)


async def _slug_for(work: Work, name: str) -> str:
    """Like the name, where that is not taken."""
    plain = re.sub(r"[^a-z0-9_.-]+", "-", name.lower())[:SLUG_MAX].strip("-.")
    taken = await work.session.scalar(select(Entity.id).where(Entity.name == plain))
    return plain if plain and taken is None else token_hex(SLUG_MAX // 2)


async def _columns(work: Work, body: TenantUpdate, given: set[str]) -> Mapping[str, Any]:
    """The columns of what is given; 404 for a contact that is nobody the request reaches."""
    columns: dict[str, Any] = {}
    if "phone" in given:
        columns["phone"] = body.phone
    if "contact" in given:
        columns["contact_uuid"] = body.contact
        if body.contact is not None:
            await _must_be_somebody(work, body.contact)
    if "address" in given:
        for name in ADDRESS:
            columns[f"address_{name}"] = body.address and getattr(body.address, name)
    return columns


async def _must_be_somebody(work: Work, uuid: UUID) -> None:
    account = select(Account.uuid).where(Account.uuid == uuid, *under(work, Account.entity_id))
    user = select(User.uuid).where(User.uuid == uuid, *under(work, User.entity_id))
    if await work.session.scalar(account.union_all(user)) is None:
        raise UnknownUser(uuid=uuid)


async def _store_domains(work: Work, entity: Entity, names: list[str]) -> None:
    """These and no others; 409 for one of another tenant, or of its SAML provider."""
    taken = await another_entitys(work.session, names, entity.id)
    if taken is not None:
        raise Conflict(resource="tenants", column="domain_names", value=taken)
    await work.session.execute(
        delete(EntityDomain)
        .where(EntityDomain.entity_id == entity.id, EntityDomain.name.not_in(names))
        .execution_options(synchronize_session=False)
    )
    found = await work.session.scalars(
        select(EntityDomain.name).where(EntityDomain.entity_id == entity.id)
    )
    known = set(found)
    new = [{"name": name, "entity_id": entity.id} for name in names if name not in known]
    if new:
        await work.session.execute(insert(EntityDomain), new)


async def _again(work: Work, entity: Entity) -> dict[str, Any]:
    row = (await work.session.execute(seen(Entity.id == entity.id))).one()
    return shown(row)


async def edit_tenant(work: Work) -> Any:
    """Change what the body names."""
    body = await work.body(TenantUpdate)
    given = body.model_fields_set
    for name in ("name", "domain_names"):
        if name in given and getattr(body, name) is None:
            raise InvalidData("tenants", f"{name}: must not be null")
    await _turn(work)
    entity: Entity = (await tenant_in_path(work, to_change=True))[0]
    if body.name is not None:
        await _name_must_be_free(work, body.name, but=entity.id)
        entity.display_name = body.name
    if "default_authentication_method" in given:
        entity.default_authentication_method = body.default_authentication_method
    for name, value in (await _columns(work, body, given)).items():
        setattr(entity, name, value)
    await work.session.flush()
    if body.domain_names is not None:
        await _store_domains(work, entity, body.domain_names)
    _announce_change(work, entity)
    return await _again(work, entity)


def _announce_change(work: Work, entity: Entity) -> None:
    work.announce(
        events.auth_tenant_updated(uuid=entity.uuid, name=entity.display_name or entity.name),
        numbering.entity_edited(id=entity.id),
    )


async def move_tenant(work: Work) -> None:
    """Put it, with all below it, below another one."""
    if work.path["tenant"] == work.path["parent"]:
        raise MasterTenantDuplicate(uuid=work.path["tenant"])
    await _turn(work)
    entity = await _to_move(work)
    parent: Entity = (await tenant_in_path(work, "parent"))[0]
    below = await work.session.scalars(and_below(Entity.id == entity.id))
    if parent.id in below.all():
        raise TenantCircle(uuid=entity.uuid, parent_uuid=parent.uuid)
    await _put_below(work, entity, parent.id)


async def release_tenant(work: Work) -> None:
    """Put it below none; for tokens of no entity."""
    work.must_reach(None)
    await _turn(work)
    await _put_below(work, await _to_move(work), None)


async def _to_move(work: Work) -> Entity:
    entity: Entity = (await tenant_in_path(work, to_change=True))[0]
    if entity.id in (work.entity_id, work.identity.entity_id if work.identity else None):
        raise ForbiddenTenantMove(uuid=entity.uuid)
    return entity


async def _put_below(work: Work, entity: Entity, parent_id: int | None) -> None:
    if entity.parent_id != parent_id:
        entity.parent_id = parent_id
        _announce_change(work, entity)
        await work.session.flush()


async def delete_tenant(work: Work) -> None:
    """Delete one that nothing belongs to any more."""
    await _turn(work)
    entity: Entity = (await tenant_in_path(work, to_change=True))[0]
    if work.identity is not None and entity.id == work.identity.entity_id:
        raise ForbiddenTenantDeletion(uuid=entity.uuid)
    if await work.session.scalar(select(Entity.id).where(Entity.parent_id == entity.id).limit(1)):
        raise TenantHasChildren(uuid=entity.uuid)
    work.announce(
        events.auth_tenant_deleted(uuid=entity.uuid), numbering.entity_deleted(id=entity.id)
    )
    uuid = entity.uuid
    try:
        await work.session.delete(entity)
        await work.session.flush()
    except IntegrityError as error:
        constraint = constraint_of(error) or ""
        by = constraint.removeprefix("fk_").removesuffix("_entity_id")
        raise TenantInUse(uuid=uuid, by=by) from error
