"""Groups of accounts and users, and who holds which policy (reference/auth.md, B1 and C3).

Links are made again and taken away again without an error, as long as both ends are there.
"""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from ovix_schema import (
    Account,
    AccountGroup,
    AccountGroupAccount,
    AccountGroupPolicy,
    AccountGroupUser,
    AccountPolicy,
    Policy,
    UserPolicy,
)
from ovix_web import Operation
from ovix_web.bodies import Schema, text
from ovix_web.work import Work
from pydantic import Field
from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from .entities import chosen_entity, in_reach
from .errors import Conflict, InvalidData, MissmatchingTenant, UnknownGroup
from .everybody import Somebody, UserRead, everybody, list_users, user_in_path
from .grants import granted_by, must_hold
from .listing import QUERY, list_answer, listed, uuid_of_tenant
from .policies import PolicyRead, Slug, list_policies, policy_in_path, slug_of


class GroupCreate(Schema):
    """A group."""

    name: Annotated[str, text(max_length=128, min_length=1)]
    slug: Slug | None = Field(None, description="Made of the name when absent; can't be changed")
    entity_id: int | None = Field(None, ge=1, le=2**31 - 1, description="null: of none")
    tenant_uuid: UUID | None = Field(None, description="The entity by its uuid instead")


class GroupUpdate(Schema):
    """Its new name."""

    name: Annotated[str, text(max_length=128, min_length=1)] | None = None


class GroupRead(Schema):
    """A group."""

    uuid: UUID
    name: str
    slug: str
    entity_id: int | None
    tenant_uuid: UUID | None
    read_only: bool = Field(description="Always false: none comes with Ovix")
    system_managed: bool = Field(description="The same")


_COLUMNS: dict[str, ColumnElement[Any]] = {
    "name": AccountGroup.name.expression,
    "uuid": AccountGroup.uuid.expression,
    "slug": AccountGroup.slug.expression,
}


def _seen(work: Work, *conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(AccountGroup, uuid_of_tenant(AccountGroup.entity_id.expression))
        .where(*conditions)
        .where(*in_reach(work, AccountGroup.entity_id))
    )


def _shown(row: Any) -> dict[str, Any]:
    group: AccountGroup = row[0]
    return {
        "uuid": group.uuid,
        "name": group.name,
        "slug": group.slug,
        "entity_id": group.entity_id,
        "tenant_uuid": row[1],
        "read_only": False,
        "system_managed": False,
    }


async def _list(work: Work, *conditions: ColumnElement[bool]) -> Any:
    return await listed(
        work, "groups", _seen(work, *conditions), _COLUMNS, searched=("name", "slug"), shown=_shown
    )


async def list_groups(work: Work) -> Any:
    """Those the caller sees."""
    return await _list(work)


async def _in_path(work: Work, *, to_change: bool = False) -> Any:
    """The group and the uuid of its entity."""
    statement = _seen(work, AccountGroup.uuid == work.path["group"])
    if to_change:
        statement = statement.with_for_update(of=AccountGroup)
    row = (await work.session.execute(statement)).one_or_none()
    if row is None:
        raise UnknownGroup(uuid=work.path["group"])
    return row


async def create_group(work: Work) -> Any:
    """Create one."""
    body = await work.body(GroupCreate)
    created = await work.session.scalar(
        insert(AccountGroup)
        .values(
            name=body.name,
            slug=body.slug or slug_of(body.name),
            entity_id=await chosen_entity(work, "groups", body.entity_id, body.tenant_uuid),
        )
        .on_conflict_do_nothing()
        .returning(AccountGroup.uuid)
    )
    if created is None:
        raise Conflict(resource="groups", column="name", value=body.name)
    found = await work.session.execute(_seen(work, AccountGroup.uuid == created))
    return _shown(found.one())


async def get_group(work: Work) -> Any:
    """One of them."""
    return _shown(await _in_path(work))


async def edit_group(work: Work) -> Any:
    """Rename it."""
    body = await work.body(GroupUpdate)
    row = await _in_path(work, to_change=True)
    group: AccountGroup = row[0]
    if "name" in body.model_fields_set:
        if body.name is None:
            raise InvalidData("groups", "name: must not be null")
        taken = await work.session.scalar(
            select(AccountGroup.uuid).where(
                AccountGroup.name == body.name,
                AccountGroup.entity_id.is_not_distinct_from(group.entity_id),
                AccountGroup.uuid != group.uuid,
            )
        )
        if taken is not None:
            raise Conflict(resource="groups", column="name", value=body.name)
        group.name = body.name
        await work.session.flush()
    return _shown(row)


async def delete_group(work: Work) -> None:
    """Delete it; its members lose what it gave."""
    row = await _in_path(work, to_change=True)
    await _must_hold_policies_of(work, row[0].uuid, to_give=False)
    await work.session.delete(row[0])


async def _must_hold_policies_of(work: Work, group_uuid: UUID, *, to_give: bool) -> None:
    lists = await work.session.scalars(
        select(Policy.acl)
        .join(AccountGroupPolicy, AccountGroupPolicy.policy_uuid == Policy.uuid)
        .where(AccountGroupPolicy.group_uuid == group_uuid)
    )
    for acl in lists:
        must_hold(work.identity, granted_by((), acl) if to_give else granted_by(acl, ()))


async def list_users_of_group(work: Work) -> Any:
    """Its members."""
    group = (await _in_path(work))[0]
    accounts = (
        select(Account.uuid)
        .join(AccountGroupAccount, AccountGroupAccount.account_id == Account.id)
        .where(AccountGroupAccount.group_uuid == group.uuid)
    )
    users = select(AccountGroupUser.user_uuid).where(AccountGroupUser.group_uuid == group.uuid)
    return await list_users(work, or_(everybody.uuid.in_(accounts), everybody.uuid.in_(users)))


async def list_policies_of_group(work: Work) -> Any:
    """What its members hold."""
    group = (await _in_path(work))[0]
    held = select(AccountGroupPolicy.policy_uuid).where(AccountGroupPolicy.group_uuid == group.uuid)
    return await list_policies(work, Policy.uuid.in_(held))


async def list_policies_of_user(work: Work) -> Any:
    """Its own; not those of its groups, nor what its back end gives."""
    somebody = await user_in_path(work)
    held: Select[Any]
    if somebody.is_account:
        held = select(AccountPolicy.policy_uuid).where(
            AccountPolicy.account_id == somebody.account_id
        )
    else:
        held = select(UserPolicy.policy_uuid).where(UserPolicy.user_uuid == somebody.uuid)
    return await list_policies(work, Policy.uuid.in_(held))


async def list_groups_of_user(work: Work) -> Any:
    """The groups of a user."""
    somebody = await user_in_path(work)
    of: Select[Any]
    if somebody.is_account:
        of = select(AccountGroupAccount.group_uuid).where(
            AccountGroupAccount.account_id == somebody.account_id
        )
    else:
        of = select(AccountGroupUser.group_uuid).where(AccountGroupUser.user_uuid == somebody.uuid)
    return await _list(work, AccountGroup.uuid.in_(of))


@dataclass(frozen=True, slots=True)
class _Link:
    """A row that links two things."""

    table: Any
    values: dict[str, Any]

    async def make(self, work: Work) -> None:
        await work.session.execute(
            insert(self.table).values(**self.values).on_conflict_do_nothing()
        )

    async def end(self, work: Work) -> None:
        conditions = [getattr(self.table, name) == value for name, value in self.values.items()]
        await work.session.execute(
            delete(self.table).where(*conditions).execution_options(synchronize_session=False)
        )


def _membership(group: AccountGroup, somebody: Somebody) -> _Link:
    if somebody.is_account:
        account = {"group_uuid": group.uuid, "account_id": somebody.account_id}
        return _Link(AccountGroupAccount, account)
    return _Link(AccountGroupUser, {"group_uuid": group.uuid, "user_uuid": somebody.uuid})


def _holding(somebody: Somebody, policy: Policy) -> _Link:
    if somebody.is_account:
        account = {"account_id": somebody.account_id, "policy_uuid": policy.uuid}
        return _Link(AccountPolicy, account)
    return _Link(UserPolicy, {"user_uuid": somebody.uuid, "policy_uuid": policy.uuid})


def _of_group(group: AccountGroup, policy: Policy) -> _Link:
    return _Link(AccountGroupPolicy, {"group_uuid": group.uuid, "policy_uuid": policy.uuid})


async def add_user_to_group(work: Work) -> None:
    """The caller must hold what the group gives."""
    group = (await _in_path(work))[0]
    somebody = await user_in_path(work)
    of_user = somebody.row.entity_id
    if None not in (group.entity_id, of_user) and group.entity_id != of_user:
        raise MissmatchingTenant(user_uuid=somebody.uuid)
    await _must_hold_policies_of(work, group.uuid, to_give=True)
    await _membership(group, somebody).make(work)


async def remove_user_from_group(work: Work) -> None:
    """The caller must hold what the group denies."""
    group = (await _in_path(work))[0]
    somebody = await user_in_path(work)
    await _must_hold_policies_of(work, group.uuid, to_give=False)
    await _membership(group, somebody).end(work)


async def add_policy_to_group(work: Work) -> None:
    """The caller must hold what the policy grants."""
    group = (await _in_path(work))[0]
    policy = await policy_in_path(work)
    must_hold(work.identity, granted_by((), policy.acl))
    await _of_group(group, policy).make(work)


async def remove_policy_from_group(work: Work) -> None:
    """The caller must hold what the policy denies."""
    group = (await _in_path(work))[0]
    policy = await policy_in_path(work)
    must_hold(work.identity, granted_by(policy.acl, ()))
    await _of_group(group, policy).end(work)


async def add_policy_to_user(work: Work) -> None:
    """The caller must hold what the policy grants."""
    somebody = await user_in_path(work)
    policy = await policy_in_path(work)
    must_hold(work.identity, granted_by((), policy.acl))
    await _holding(somebody, policy).make(work)


async def remove_policy_from_user(work: Work) -> None:
    """The caller must hold what the policy denies."""
    somebody = await user_in_path(work)
    policy = await policy_in_path(work)
    must_hold(work.identity, granted_by(policy.acl, ()))
    await _holding(somebody, policy).end(work)


_GROUP, _USER = "/groups/{group:uuid}", "/users/{user:uuid_or_me}"
_CONFLICT = {"responses": {"409": {"description": "Conflict"}}}


def _link_operations(
    path: str, scope: str, add: Any, remove: Any, summary: str
) -> tuple[Operation, ...]:
    # 17.17 asks for `create` to take a group's policy away too: a slip, not repeated.
    return (
        Operation(
            "PUT", path, add.__name__, add, (f"{scope}.create",), status=204, summary=summary
        ),
        Operation("DELETE", path, remove.__name__, remove, (f"{scope}.delete",), status=204),
    )


OPERATIONS = (
    Operation(
        "GET", "/groups", "list_groups", list_groups, ("auth.groups.read",),
        answer=list_answer(GroupRead), query=QUERY, summary="Groups of accounts and users",
    ),
    Operation(
        "POST", "/groups", "create_group", create_group, ("auth.groups.create",),
        body=GroupCreate, body_example={"name": "reception"}, answer=GroupRead,
        described=_CONFLICT, summary="Create a group",
    ),
    Operation(
        "GET", _GROUP, "get_group", get_group, ("auth.groups.{group}.read",), answer=GroupRead
    ),
    Operation(
        "PUT", _GROUP, "edit_group", edit_group,
        ("auth.groups.{group}.update", "auth.groups.{group}.edit"),
        body=GroupUpdate, answer=GroupRead, described=_CONFLICT, summary="Rename a group",
    ),
    Operation(
        "DELETE", _GROUP, "delete_group", delete_group, ("auth.groups.{group}.delete",),
        status=204, summary="Delete a group; its members lose what it gave",
    ),
    Operation(
        "GET", f"{_GROUP}/users", "list_users_of_group", list_users_of_group,
        ("auth.groups.{group}.users.read",), answer=list_answer(UserRead), query=QUERY,
        summary="The members of a group",
    ),
    *_link_operations(
        f"{_GROUP}/users/{{user:uuid}}", "auth.groups.{group}.users.{user}",
        add_user_to_group, remove_user_from_group,
        "Put somebody into a group; the caller must hold all that it gives",
    ),
    Operation(
        "GET", f"{_GROUP}/policies", "list_policies_of_group", list_policies_of_group,
        ("auth.groups.{group}.policies.read",), answer=list_answer(PolicyRead), query=QUERY,
        summary="What the members of a group hold",
    ),
    *_link_operations(
        f"{_GROUP}/policies/{{policy}}", "auth.groups.{group}.policies.{policy}",
        add_policy_to_group, remove_policy_from_group,
        "Give a group a policy, of which the caller must hold all",
    ),
    Operation(
        "GET", f"{_USER}/policies", "list_policies_of_user", list_policies_of_user,
        ("auth.users.{user}.policies.read",), answer=list_answer(PolicyRead), query=QUERY,
        summary="The policies of a user, without those of the groups",
    ),
    *_link_operations(
        f"{_USER}/policies/{{policy}}", "auth.users.{user}.policies.{policy}",
        add_policy_to_user, remove_policy_from_user,
        "Give somebody a policy, of which the caller must hold all",
    ),
    Operation(
        "GET", f"{_USER}/groups", "list_groups_of_user", list_groups_of_user,
        ("auth.users.{user}.groups.read",), answer=list_answer(GroupRead), query=QUERY,
        summary="The groups of a user",
    ),
)  # fmt: skip
"""What is routed."""
