"""``/groups/{id}/members/users`` and ``/members/extensions``: who is rung with a group."""

from collections.abc import Sequence

from ovix_bus.catalogue import groups
from ovix_schema import Context, Group, GroupExtension, GroupUser, User, UserLine
from sqlalchemy import and_, delete, insert, select

from ...kit import (
    ViewExample,
    ViewSpec,
    Work,
    associated,
    must_be_associated,
    not_permitted,
    param_not_found,
)
from ..lines.main_lines import lock_users
from .resource import GROUPS, a_group
from .schemas import MemberExtensions, MemberUser, MemberUsers


async def _replace_users(work: Work, group: Group, body: MemberUsers) -> None:
    ids = await _users_who_can_ring(work, group, body.users)
    await work.session.execute(delete(GroupUser).where(GroupUser.group_id == group.id))
    rows = [
        {
            "group_id": group.id,
            "user_id": user_id,
            "priority": place if member.priority is None else member.priority,
        }
        for place, (member, user_id) in enumerate(zip(body.users, ids, strict=True))
    ]
    if rows:
        await work.session.execute(insert(GroupUser), rows)
    uuids = [member.uuid for member in body.users]
    work.announce(groups.users_associated(group_id=group.id, user_uuids=uuids))


async def _users_who_can_ring(work: Work, group: Group, members: Sequence[MemberUser]) -> list[int]:
    """Their ids, in order: they exist, each once, each with a main line of his own."""
    wanted = [member.uuid for member in members]
    if not wanted:
        return []
    # In a statement before: who is losing his line just now has lost it when this goes on.
    await lock_users(work, User.uuid.in_(wanted))
    main_line = and_(UserLine.user_id == User.id, UserLine.main_line)
    found = await work.session.execute(
        select(User.uuid, User.id, User.entity_id, UserLine.line_id)
        .outerjoin(UserLine, main_line)
        .where(User.uuid.in_(wanted), *work.owned(User.entity_id))
    )
    known = {row.uuid: row for row in found}
    for uuid in wanted:
        if uuid not in known:
            raise param_not_found("users", "User", uuid=str(uuid))
        if known[uuid].entity_id != group.entity_id:
            raise not_permitted("Group and User are of different entities", uuid=str(uuid))
        if known[uuid].line_id is None:
            raise must_be_associated("User", "Line", user_uuid=str(uuid))
    if len(set(wanted)) < len(wanted):
        raise not_permitted("The same user is there twice", uuids=[str(each) for each in wanted])
    if len({row.line_id for row in known.values()}) < len(known):
        raise not_permitted("Two of the users have the same main line")
    return [known[uuid].id for uuid in wanted]


async def _replace_extensions(work: Work, group: Group, body: MemberExtensions) -> None:
    numbers = [(each.exten, each.context) for each in body.extensions]
    if len(set(numbers)) < len(numbers):
        raise not_permitted("The same extension is there twice", extensions=numbers)
    await _contexts_are_not_foreign(work, group, {context for _, context in numbers})
    await work.session.execute(delete(GroupExtension).where(GroupExtension.group_id == group.id))
    rows = [
        {
            "group_id": group.id,
            "exten": each.exten,
            "context": each.context,
            "priority": place if each.priority is None else each.priority,
        }
        for place, each in enumerate(body.extensions)
    ]
    if rows:
        await work.session.execute(insert(GroupExtension), rows)
    told = [{"exten": exten, "context": context} for exten, context in numbers]
    work.announce(groups.extensions_associated(group_id=group.id, extensions=told))


async def _contexts_are_not_foreign(work: Work, group: Group, contexts: set[str]) -> None:
    """A number need not exist, but no group rings in the context of another entity."""
    foreign = select(Context.name).where(
        Context.name.in_(contexts), Context.entity_id.is_distinct_from(group.entity_id)
    )
    if contexts and (name := await work.session.scalar(foreign.limit(1))) is not None:
        raise not_permitted("Group and Context are of different entities", context=name)


GROUP_MEMBER_USERS = ViewSpec(
    name="group_member_users",
    parent=GROUPS,
    path="/members/users",
    write=MemberUsers,
    apply=_replace_users,
    conflicts={
        "pk_group_users": lambda: associated("Group", "User"),
        "fk_group_users_user_id": lambda: param_not_found("users", "User"),
    },
    example=ViewExample(a_group, {"users": []}),
)
GROUP_MEMBER_EXTENSIONS = ViewSpec(
    name="group_member_extensions",
    parent=GROUPS,
    path="/members/extensions",
    write=MemberExtensions,
    apply=_replace_extensions,
    example=ViewExample(
        a_group, {"extensions": [{"exten": "0612345678", "context": "to-outside", "priority": 2}]}
    ),
)
