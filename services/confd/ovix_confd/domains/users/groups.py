"""``PUT /users/{id}/groups``: the groups a user is rung with."""

from ovix_bus.catalogue import users
from ovix_schema import Group, GroupUser, User, UserLine
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Id,
    Schema,
    ViewExample,
    ViewSpec,
    Work,
    must_be_associated,
    not_permitted,
    param_not_found,
)
from .resource import USERS
from .services import a_user


class GroupOfUserUpdate(Schema):
    """A group, by its id."""

    id: Id


class UserGroupsUpdate(Schema):
    """All groups the user is to be a member of."""

    groups: list[GroupOfUserUpdate]


async def _replace(work: Work, user: User, body: UserGroupsUpdate) -> None:
    """Exactly these groups; where he is a member already he keeps his priority."""
    wanted = [each.id for each in body.groups]
    has_line = select(UserLine.line_id).where(UserLine.user_id == user.id).limit(1)
    known = await work.session.execute(
        select(Group.id, Group.entity_id).where(Group.id.in_(wanted), *work.owned(Group.entity_id))
    )
    entities = {row.id: row.entity_id for row in known}
    for group_id in wanted:
        if group_id not in entities:
            raise param_not_found("groups", "Group", id=group_id)
        if entities[group_id] != user.entity_id:
            raise not_permitted("User and Group are of different entities", id=group_id)
    if await work.session.scalar(has_line) is None:
        raise must_be_associated("User", "Line", user_id=user.id)
    if len(set(wanted)) < len(wanted):
        raise not_permitted("The same group is there twice", group_ids=wanted)
    mine = GroupUser.user_id == user.id
    await work.session.execute(delete(GroupUser).where(mine, GroupUser.group_id.not_in(wanted)))
    kept = set(await work.session.scalars(select(GroupUser.group_id).where(mine)))
    rows = [{"group_id": each, "user_id": user.id} for each in wanted if each not in kept]
    if rows:
        await work.session.execute(insert(GroupUser), rows)
    work.announce(users.groups_associated(user_uuid=user.uuid, group_ids=wanted))


async def _a_user_with_a_line(session: AsyncSession, entity_id: int) -> object:
    # Here, as lines know users: their links have two sides.
    from ..lines.endpoints import a_line_with_endpoint

    user_id = await a_user(session, entity_id)
    line = await a_line_with_endpoint(session, entity_id)
    session.add(UserLine(user_id=user_id, line_id=line.id, main_user=True, main_line=True))
    await session.flush()
    return user_id


USER_GROUPS = ViewSpec(
    name="user_groups",
    parent=USERS,
    path="/groups",
    write=UserGroupsUpdate,
    apply=_replace,
    conflicts={"fk_group_users_group_id": lambda: param_not_found("groups", "Group")},
    example=ViewExample(_a_user_with_a_line, {"groups": []}),
)
