"""How a holder's access list is put together when a token is made (reference/auth.md, B3)."""

from collections.abc import Mapping
from typing import Any

from ovix_schema import (
    Account,
    AccountGroup,
    AccountGroupAccount,
    AccountGroupPolicy,
    AccountGroupUser,
    AccountPolicy,
    Agent,
    Entity,
    Line,
    LineExtension,
    Policy,
    User,
    UserLine,
    UserPolicy,
)
from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from .acl_templates import rendered, variables_of
from .builtin_policies import POLICIES
from .holders import Holder

PASSWORD_EXPIRED: tuple[str, ...] = ("auth.users.me.password.update",)
"""Of whoever has to change the password first."""


async def access_list(session: AsyncSession, holder: Holder) -> tuple[str, ...]:
    """Everything the holder is granted: by the back end's policy, itself, its policies and groups.

    One statement, and another when templates name things of the holder. Raises `TooManyEntries`.
    """
    policies = await _policies(session, holder)
    entries = [*holder.acl]
    builtin = POLICIES.get(holder.policy or "")
    if builtin is not None:
        entries[:0] = builtin.acl
    for acl in policies:
        entries += acl
    named = await variables_of(entries)
    return await rendered(entries, await _variables(session, holder) if named else {})


async def _policies(session: AsyncSession, holder: Holder) -> list[list[str]]:
    """The lists of the default policy where it is none of ours, of own policies and of groups'."""
    own: Select[Any]
    groups: Select[Any]
    if holder.user_uuid is not None:
        own = select(UserPolicy.policy_uuid).where(UserPolicy.user_uuid == holder.user_uuid)
        groups = select(AccountGroupUser.group_uuid).where(
            AccountGroupUser.user_uuid == holder.user_uuid
        )
    else:
        own = select(AccountPolicy.policy_uuid).where(AccountPolicy.account_id == holder.account_id)
        groups = select(AccountGroupAccount.group_uuid).where(
            AccountGroupAccount.account_id == holder.account_id
        )
    of_groups = select(AccountGroupPolicy.policy_uuid).where(
        AccountGroupPolicy.group_uuid.in_(groups)
    )
    chosen = Policy.uuid.in_(own) | Policy.uuid.in_(of_groups)
    if holder.policy is not None and holder.policy not in POLICIES:
        # Another entity may have a policy of that slug too.
        reached = or_(Policy.entity_id == holder.entity_id, Policy.entity_id.is_(None))
        chosen |= (Policy.slug == holder.policy) & reached
    found = await session.scalars(select(Policy.acl).where(chosen).order_by(Policy.name))
    return [list(acl) for acl in found]


async def _variables(session: AsyncSession, holder: Holder) -> Mapping[str, Any]:
    """What templates may name; what there is not is left out, so that it is undefined."""
    if holder.user_uuid is None:
        return _told(await _of_account(session, holder))
    return _told(await _of_user(session, holder))


def _told(values: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {name: value for name, value in values.items() if value is not None}
    if "entity" in told:
        told["tenants"] = [told["entity"]]
    if told.pop("agent_id", None) is not None:
        told["agent"] = {"id": values["agent_id"], "number": told.pop("agent_number")}
    return told


async def _of_account(session: AsyncSession, holder: Holder) -> Mapping[str, Any]:
    groups = (
        select(_listed(AccountGroup.name))
        .join(AccountGroupAccount, AccountGroupAccount.group_uuid == AccountGroup.uuid)
        .where(AccountGroupAccount.account_id == Account.id)
        .scalar_subquery()
    )
    found = await session.execute(
        select(
            Account.id,
            Account.uuid,
            Account.login.label("username"),
            Entity.name.label("entity"),
            groups.label("groups"),
        )
        .outerjoin(Entity, Entity.id == Account.entity_id)
        .where(Account.id == holder.account_id)
    )
    row = found.one_or_none()
    return {} if row is None else row._asdict()


async def _of_user(session: AsyncSession, holder: Holder) -> Mapping[str, Any]:
    def of_lines(column: Any) -> Any:
        return (
            select(_listed(column))
            .select_from(UserLine)
            .join(Line, Line.id == UserLine.line_id)
            .where(UserLine.user_id == User.id, column.is_not(None))
            .scalar_subquery()
        )

    extensions = (
        select(_listed(LineExtension.extension_id))
        .join(UserLine, UserLine.line_id == LineExtension.line_id)
        .where(UserLine.user_id == User.id)
        .scalar_subquery()
    )
    groups = (
        select(_listed(AccountGroup.name))
        .join(AccountGroupUser, AccountGroupUser.group_uuid == AccountGroup.uuid)
        .where(AccountGroupUser.user_uuid == User.uuid)
        .scalar_subquery()
    )
    found = await session.execute(
        select(
            User.id,
            User.uuid,
            User.username,
            Entity.name.label("entity"),
            groups.label("groups"),
            User.voicemail_id,
            of_lines(Line.id).label("lines"),
            of_lines(Line.endpoint_sip_id).label("endpoint_sip"),
            of_lines(Line.endpoint_sccp_id).label("endpoint_sccp"),
            of_lines(Line.endpoint_custom_id).label("endpoint_custom"),
            extensions.label("extensions"),
            User.agent_id,
            Agent.number.label("agent_number"),
        )
        .outerjoin(Entity, Entity.id == User.entity_id)
        .outerjoin(Agent, Agent.id == User.agent_id)
        .where(User.uuid == holder.user_uuid)
    )
    row = found.one_or_none()
    if row is None:
        return {}
    values = row._asdict()
    voicemail = values.pop("voicemail_id")
    values["voicemails"] = [] if voicemail is None else [voicemail]
    return values


def _listed(column: Any) -> Any:
    """All values of a column, none being an empty list."""
    return func.coalesce(func.array_agg(column.distinct()), text("'{}'"))
