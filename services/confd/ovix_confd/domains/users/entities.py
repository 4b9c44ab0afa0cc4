"""``/users/{id}/entities``: whose user he is, and the move to another entity."""

from ovix_bus.catalogue import users
from ovix_schema import (
    CallFilter,
    CallFilterMember,
    CallPermission,
    CallPickup,
    CallPickupUser,
    Group,
    GroupUser,
    Label,
    Schedule,
    User,
    UserCallPermission,
    UserLabel,
    UserLine,
    UserSchedule,
)
from sqlalchemy import select

from ...kit import (
    Link,
    Operation,
    Schema,
    ViewExample,
    ViewSpec,
    Work,
    associated,
    json_object,
    link,
    links,
)
from ..entities import ENTITIES
from .resource import USERS
from .services import a_user


class UserEntityRead(Schema):
    """A user and his entity."""

    user_id: int
    entity_id: int | None
    links: list[Link]


async def _is_free_to_go(work: Work, user: User, entity_id: int) -> None:
    """Nothing that stays behind is linked to him: line, box, agent, group or the like."""
    if user.entity_id == entity_id:
        raise associated("User", "Entity", user_id=user.id, entity_id=entity_id)
    has = (
        select(UserLine.line_id).where(UserLine.user_id == user.id),
        select(CallPermission.id)
        .join(UserCallPermission, UserCallPermission.call_permission_id == CallPermission.id)
        .where(UserCallPermission.user_id == user.id, CallPermission.entity_id != entity_id),
        select(Schedule.id)
        .join(UserSchedule, UserSchedule.schedule_id == Schedule.id)
        .where(UserSchedule.user_id == user.id, Schedule.entity_id != entity_id),
        select(Group.id)
        .join(GroupUser, GroupUser.group_id == Group.id)
        .where(GroupUser.user_id == user.id, Group.entity_id != entity_id),
        select(CallFilter.id)
        .join(CallFilterMember, CallFilterMember.call_filter_id == CallFilter.id)
        .where(CallFilterMember.user_id == user.id, CallFilter.entity_id != entity_id),
        select(CallPickup.id)
        .join(CallPickupUser, CallPickupUser.call_pickup_id == CallPickup.id)
        .where(CallPickupUser.user_id == user.id, CallPickup.entity_id != entity_id),
        select(UserLabel.label_id)
        .join(Label, Label.id == UserLabel.label_id)
        .where(UserLabel.user_id == user.id, Label.entity_id != entity_id),
    )
    asked = select(*(each.limit(1).scalar_subquery() for each in has))
    found = (await work.session.execute(asked)).one()
    line_id, permission_id, schedule_id, group_id, filter_id, pickup_id, label_id = found
    for name, linked in (
        ("Line", line_id),
        ("Voicemail", user.voicemail_id),
        ("CallPermission", permission_id),
        ("Schedule", schedule_id),
        ("Agent", user.agent_id),
        ("Group", group_id),
        ("CallFilter", filter_id),
        ("CallPickup", pickup_id),
        ("Label", label_id),
    ):
        if linked is not None:
            raise associated("User", name, user_id=user.id)


async def _move(work: Work) -> None:
    user = await USERS.find(work, work.path["user_id"])
    await move_to_entity(work, user, work.path["entity_id"])


async def move_to_entity(work: Work, user: User, entity_id: int) -> None:
    """Make him a user of another entity."""
    entity = await ENTITIES.find(work, entity_id)
    await _is_free_to_go(work, user, entity.id)
    user.entity_id = entity.id
    work.announce(users.entity_associated(user_uuid=user.uuid, entity_id=entity.id))
    await work.session.flush()


USER_MOVE = Operation(
    "PUT",
    f"{USERS.below('user_id')}/entities/{{entity_id:int}}",
    "associate_user_entity",
    _move,
    ("confd.users.{user_id}.entities.{entity_id}.update",),
    status=204,
)

USER_ENTITY = ViewSpec(
    name="user_entity",
    parent=USERS,
    path="/entities",
    shows=json_object(
        user_id=User.id,
        entity_id=User.entity_id,
        links=links(
            link("entities", "/entities/", User.entity_id), link("users", "/users/", User.id)
        ),
    ),
    read=UserEntityRead,
    example=ViewExample(a_user),
)
