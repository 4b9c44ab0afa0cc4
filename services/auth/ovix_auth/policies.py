"""Policies: named lists of accesses, which accounts, users and groups hold (reference/auth.md, B).

Those that come with Ovix are read-only. A policy of an entity is seen by that entity, and one of
none by all.
"""

import re
from collections.abc import Iterable, Sequence
from secrets import token_hex
from typing import Annotated, Any
from uuid import UUID

from ovix_schema import Policy
from ovix_web import Operation, Sessions
from ovix_web.bodies import Schema, text
from ovix_web.work import Work
from pydantic import AfterValidator, Field
from sqlalchemy import ColumnElement, String, cast, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from . import acl_templates
from .builtin_policies import POLICIES
from .entities import chosen_entity, in_reach
from .errors import (
    AccessIsThere,
    InvalidPolicy,
    NoSuchPolicy,
    PolicyExists,
    ReadOnlyPolicy,
)
from .grants import granted_by, must_hold
from .listing import QUERY, list_answer, listed, uuid_of_tenant

ENTRIES_MAX = 1000


def _checked(entry: str) -> str:
    acl_templates.check_plain(entry)
    return entry


Entry = Annotated[
    str, text(max_length=acl_templates.TEMPLATE_MAX, min_length=1), AfterValidator(_checked)
]
Entries = Annotated[list[Entry], Field(max_length=ENTRIES_MAX)]
Slug = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[a-zA-Z0-9_-]+$")]


class PolicyCreate(Schema):
    """A policy. ``acl_templates`` is the older name of ``acl``; ``acl`` counts where both are."""

    name: Annotated[str, text(max_length=80, min_length=1)]
    slug: Slug | None = Field(None, description="Made of the name when absent; can't be changed")
    description: Annotated[str, text()] | None = None
    acl: Entries | None = Field(None, description="Accesses; templates are rendered at each login")
    acl_templates: Entries | None = None
    entity_id: int | None = Field(None, ge=1, le=2**31 - 1)
    tenant_uuid: UUID | None = Field(None, description="The entity by its uuid instead")

    @property
    def entries(self) -> list[str] | None:
        """The accesses under either name, each once; None when neither is there."""
        given = self.acl if self.acl is not None else self.acl_templates
        return None if given is None else list(dict.fromkeys(given))


class PolicyUpdate(PolicyCreate):
    """What is to change; what is absent stays."""

    name: Annotated[str, text(max_length=80, min_length=1)] | None = None  # type: ignore[assignment]


class PolicyRead(Schema):
    """A policy."""

    uuid: UUID
    name: str
    slug: str
    description: str | None
    acl: list[str]
    acl_templates: list[str] = Field(description="The same as acl")
    entity_id: int | None
    tenant_uuid: UUID | None
    read_only: bool
    shared: bool = Field(description="Whether entities see it: it is of none")


_COLUMNS: dict[str, ColumnElement[Any]] = {
    "name": Policy.name.expression,
    "uuid": Policy.uuid.expression,
    "slug": Policy.slug.expression,
    "description": Policy.description.expression,
    "read_only": Policy.read_only.expression,
}


def _seen(work: Work) -> ColumnElement[bool]:
    reached = in_reach(work, Policy.entity_id)
    return or_(*reached, Policy.entity_id.is_(None)) if reached else true()


def shown_policy(policy: Any, tenant_uuid: UUID | None) -> dict[str, Any]:
    """The JSON of a policy."""
    return {
        "uuid": policy.uuid,
        "name": policy.name,
        "slug": policy.slug,
        "description": policy.description,
        "acl": list(policy.acl),
        "acl_templates": list(policy.acl),
        "entity_id": policy.entity_id,
        "tenant_uuid": tenant_uuid,
        "read_only": policy.read_only,
        "shared": policy.entity_id is None,
    }


async def list_policies(work: Work, *conditions: ColumnElement[bool]) -> Any:
    """Those the caller sees, that fulfil the conditions."""
    rows = select(Policy, uuid_of_tenant(Policy.entity_id.expression)).where(
        _seen(work), *conditions
    )

    def shown(row: Any) -> dict[str, Any]:
        return shown_policy(row[0], row[1])

    return await listed(
        work, "policies", rows, _COLUMNS, searched=("name", "slug", "description"), shown=shown
    )


async def policy_in_path(work: Work, *, to_change: bool = False) -> Policy:
    """The policy that the path names by uuid or slug; to change it, locked and no read-only one."""
    named = str(work.path["policy"])
    statement = select(Policy).where(
        or_(cast(Policy.uuid, String) == named.lower(), Policy.slug == named), _seen(work)
    )
    if to_change:
        statement = statement.with_for_update()
    policy = _meant(named, (await work.session.scalars(statement)).all(), work.entity_id)
    if policy is None:
        raise NoSuchPolicy(policy=named)
    if to_change:
        if policy.read_only:
            verb = "deletion" if work.request.method == "DELETE" else "update"
            raise ReadOnlyPolicy(verb=verb, uuid=policy.uuid)
        work.must_reach(policy.entity_id)
    return policy


def _meant(named: str, found: Sequence[Policy], entity_id: int | None) -> Policy | None:
    """Of those with this uuid or slug: by the uuid, else the caller's own, else the one of none.

    None where several entities have the slug, and nothing tells which is meant.
    """
    by_uuid = [each for each in found if str(each.uuid) == named.lower()]
    own = [each for each in found if each.entity_id == entity_id]
    shared = [each for each in found if each.entity_id is None]
    return next((some[0] for some in (by_uuid, own, shared, found) if len(some) == 1), None)


async def _answer(work: Work, policy: Policy) -> dict[str, Any]:
    tenant = await work.session.scalar(
        select(uuid_of_tenant(Policy.entity_id.expression)).where(Policy.uuid == policy.uuid)
    )
    return shown_policy(policy, tenant)


async def _body(work: Work, schema: type[PolicyCreate]) -> PolicyCreate:
    body = await work.body(schema)
    await _must_be_entries(body.entries or ())
    return body


async def _must_be_entries(entries: Iterable[str]) -> None:
    try:
        await acl_templates.check(entries)
    except acl_templates.InvalidTemplate as error:
        raise InvalidPolicy(message=f"acl: {error}") from error


async def create_policy(work: Work) -> Any:
    """Create one; the caller must hold all of it."""
    body = await _body(work, PolicyCreate)
    entries = body.entries or []
    must_hold(work.identity, granted_by((), entries))
    values: dict[str, Any] = {
        "name": body.name,
        "slug": body.slug or slug_of(body.name),
        "description": body.description,
        "acl": entries,
        "entity_id": await chosen_entity(work, "policies", body.entity_id, body.tenant_uuid),
    }
    taken = or_(Policy.name == body.name, Policy.slug == values["slug"])
    await _must_be_free(work, values["entity_id"], body.name, taken)
    created = await work.session.execute(
        insert(Policy).values(**values).on_conflict_do_nothing().returning(Policy)
    )
    policy = created.scalar_one_or_none()
    if policy is None:
        raise PolicyExists(name=body.name)
    return await _answer(work, policy)


async def get_policy(work: Work) -> Any:
    """One of them."""
    return await _answer(work, await policy_in_path(work))


async def edit_policy(work: Work) -> Any:
    """Change it; tokens that exist keep what they have."""
    body = await _body(work, PolicyUpdate)
    policy = await policy_in_path(work, to_change=True)
    given = body.model_fields_set
    if "name" in given:
        if body.name is None:
            raise InvalidPolicy(message="name: must not be null")
        other = (Policy.name == body.name) & (Policy.uuid != policy.uuid)
        await _must_be_free(work, policy.entity_id, body.name, other)
        policy.name = body.name
    if "description" in given:
        policy.description = body.description
    if body.entries is not None:
        must_hold(work.identity, granted_by(policy.acl, body.entries))
        policy.acl = body.entries
    await work.session.flush()
    return await _answer(work, policy)


async def _must_be_free(
    work: Work, entity_id: int | None, name: str, taken: ColumnElement[bool]
) -> None:
    """Among those that the entity sees; what another entity has is no concern of its."""
    seen = or_(Policy.entity_id == entity_id, Policy.entity_id.is_(None))
    if await work.session.scalar(select(Policy.uuid).where(taken, seen).limit(1)) is not None:
        raise PolicyExists(name=name)


async def delete_policy(work: Work) -> None:
    """Delete it; nobody holds it then."""
    policy = await policy_in_path(work, to_change=True)
    must_hold(work.identity, granted_by(policy.acl, ()))
    await work.session.delete(policy)


async def _entry_in_path(work: Work) -> str:
    entry = str(work.path["access"])
    try:
        acl_templates.check_plain(entry)
    except acl_templates.InvalidTemplate as error:
        raise InvalidPolicy(message=f"acl: {error}") from error
    await _must_be_entries((entry,))
    return entry


async def add_access(work: Work) -> None:
    """Put one access into it."""
    entry = await _entry_in_path(work)
    policy = await policy_in_path(work, to_change=True)
    if entry in policy.acl:
        raise AccessIsThere(access=entry)
    if len(policy.acl) >= ENTRIES_MAX:
        raise InvalidPolicy(message=f"acl: more than {ENTRIES_MAX} accesses")
    must_hold(work.identity, granted_by((), (entry,)))
    policy.acl = [*policy.acl, entry]


async def remove_access(work: Work) -> None:
    """Take one access out of it; one that is not there is no error."""
    entry = str(work.path["access"])
    policy = await policy_in_path(work, to_change=True)
    must_hold(work.identity, granted_by((entry,) if entry in policy.acl else (), ()))
    policy.acl = [each for each in policy.acl if each != entry]


def slug_of(name: str) -> str:
    """A slug like the name, made unlike others by chance where little of it is left."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:60]
    return f"{plain}-{token_hex(4)}" if plain else token_hex(8)


async def bring_builtin(sessions: Sessions) -> None:
    """Store the policies that come with Ovix, as this release has them."""
    statement = insert(Policy).values(
        [
            {
                "uuid": policy.uuid,
                "name": policy.slug,
                "slug": policy.slug,
                "description": policy.description,
                "acl": list(policy.acl),
                "read_only": True,
            }
            for policy in sorted(POLICIES.values(), key=lambda each: each.uuid)
        ]
    )
    new = statement.excluded
    changed = statement.on_conflict_do_update(
        index_elements=[Policy.uuid],
        set_={"acl": new.acl, "description": new.description, "read_only": True},
        where=(Policy.acl != new.acl) | Policy.description.is_distinct_from(new.description),
    )
    async with sessions.begin() as session:
        await session.execute(changed)


_POLICY = "/policies/{policy}"


def _access_operations(member: str, name: str) -> tuple[Operation, ...]:
    """The two on one access; 17.17 calls it ``acl_templates``, later versions ``acl``."""
    path = f"{_POLICY}/{member}/{{access}}"
    scopes = ("auth.policies.{policy}.edit", "auth.policies.{policy}.update")
    return (
        Operation(
            "PUT", path, f"add_{name}_to_policy", add_access, scopes, status=204,
            summary="Put one access into a policy", described=_CONFLICT,
        ),
        Operation(
            "DELETE", path, f"remove_{name}_from_policy", remove_access, scopes, status=204,
            summary="Take one access out of a policy", described=_FORBIDDEN,
        ),
    )  # fmt: skip


_FORBIDDEN = {"responses": {"403": {"description": "Forbidden"}}}
_CONFLICT = {"responses": {"403": {"description": "Forbidden"}, "409": {"description": "Conflict"}}}
OPERATIONS = (
    Operation(
        "GET", "/policies", "list_policies", list_policies, ("auth.policies.read",),
        answer=list_answer(PolicyRead), query=QUERY, summary="Named lists of accesses",
    ),
    Operation(
        "POST", "/policies", "create_policy", create_policy, ("auth.policies.create",),
        body=PolicyCreate, answer=PolicyRead, described=_CONFLICT,
        body_example={"name": "receptionists", "acl": ["confd.users.read", "calld.calls.#"]},
        summary="Create a policy, of accesses that the caller holds",
    ),
    Operation(
        "GET", _POLICY, "get_policy", get_policy, ("auth.policies.{policy}.read",),
        answer=PolicyRead, summary="A policy, by its uuid or slug",
    ),
    Operation(
        "PUT", _POLICY, "edit_policy", edit_policy,
        ("auth.policies.{policy}.edit", "auth.policies.{policy}.update"),
        body=PolicyUpdate, answer=PolicyRead, described=_CONFLICT,
        summary="Change a policy; tokens that exist keep what they have",
    ),
    Operation(
        "DELETE", _POLICY, "delete_policy", delete_policy, ("auth.policies.{policy}.delete",),
        status=204, described=_FORBIDDEN, summary="Delete a policy; nobody holds it then",
    ),
    *_access_operations("acl_templates", "template"),
    *_access_operations("acl", "access"),
)  # fmt: skip
"""What is routed."""
