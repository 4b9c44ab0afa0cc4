"""``/users/{id}/entities``: whose user he is, and the move to another entity."""

from typing import Any

from ovix_bus.catalogue import users
from ovix_schema import (
    CallFilter,
    CallFilterMember,
    CallPermission,
    CallPickup,
    CallPickupUser,
    Context,
    DialAction,
    FuncKey,
    FuncKeyTemplate,
    Group,
    GroupUser,
    Label,
    Schedule,
    User,
    UserCallPermission,
    UserFuncKeyTemplate,
    UserLabel,
    UserLine,
    UserSchedule,
)
from ovix_telephony.destinations import FORMS
from sqlalchemy import Select, and_, or_, select

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

_NAMING_AN_OBJECT = [form.action for form in FORMS if form.target is not None]
_NAMING_A_CONTEXT = [
    form.action for form in FORMS if any(field.name == "context" for field in form.fields)
]


class UserEntityRead(Schema):
    """A user and his entity."""

    user_id: int
    entity_id: int | None
    links: list[Link]


async def _is_free_to_go(work: Work, user: User, entity_id: int) -> None:
    """Nothing that stays behind is linked to him: line, box, agent, group or the like."""
    if user.entity_id == entity_id:
        raise associated("User", "Entity", user_id=user.id, entity_id=entity_id)
    having = _what_stays_behind(user, entity_id)
    asked = select(*(each.limit(1).scalar_subquery() for each in having.values()))
    found = (await work.session.execute(asked)).one()
    for name, linked in zip(having, found, strict=True):
        if linked is not None:
            raise associated("User", name, user_id=user.id)


def _what_stays_behind(user: User, entity_id: int) -> dict[str, Select[Any]]:
    """Selects of what would link him to the entity that he leaves, by what errors call it."""
    return {
        "Line": select(UserLine.line_id).where(UserLine.user_id == user.id),
        "Voicemail": select(User.voicemail_id).where(User.id == user.id),
        "CallPermission": select(CallPermission.id)
        .join(UserCallPermission, UserCallPermission.call_permission_id == CallPermission.id)
        .where(UserCallPermission.user_id == user.id, CallPermission.entity_id != entity_id),
        "Schedule": select(Schedule.id)
        .join(UserSchedule, UserSchedule.schedule_id == Schedule.id)
        .where(UserSchedule.user_id == user.id, Schedule.entity_id != entity_id),
        "Agent": select(User.agent_id).where(User.id == user.id),
        "Group": select(Group.id)
        .join(GroupUser, GroupUser.group_id == Group.id)
        .where(GroupUser.user_id == user.id, Group.entity_id != entity_id),
        "CallFilter": select(CallFilter.id)
        .join(CallFilterMember, CallFilterMember.call_filter_id == CallFilter.id)
        .where(CallFilterMember.user_id == user.id, CallFilter.entity_id != entity_id),
        "CallPickup": select(CallPickup.id)
        .join(CallPickupUser, CallPickupUser.call_pickup_id == CallPickup.id)
        .where(CallPickupUser.user_id == user.id, CallPickup.entity_id != entity_id),
        "Label": select(UserLabel.label_id)
        .join(Label, Label.id == UserLabel.label_id)
        .where(UserLabel.user_id == user.id, Label.entity_id != entity_id),
        "FuncKeyTemplate": select(FuncKeyTemplate.id)
        .join(UserFuncKeyTemplate, UserFuncKeyTemplate.template_id == FuncKeyTemplate.id)
        .where(UserFuncKeyTemplate.user_id == user.id, FuncKeyTemplate.entity_id != entity_id),
        "FuncKey": _keys_naming_others(user),
        "Fallback": _fallbacks_naming_others(user, entity_id),
    }


def _keys_naming_others(user: User) -> Select[Any]:
    """His own keys of users, groups, agents and filters; they show the names of these."""
    return (
        select(FuncKey.id)
        .join(FuncKeyTemplate, FuncKeyTemplate.id == FuncKey.template_id)
        .where(
            FuncKeyTemplate.user_id == user.id,
            or_(
                FuncKey.user_id != user.id,
                FuncKey.group_id.is_not(None),
                FuncKey.agent_id.is_not(None),
                FuncKey.filter_member_id.is_not(None),
            ),
        )
    )


def _fallbacks_naming_others(user: User, entity_id: int) -> Select[Any]:
    """His fallbacks that lead to an object or into a context of another entity."""
    to_himself = and_(DialAction.action == "user", DialAction.arg1 == str(user.id))
    foreign = select(Context.id).where(
        Context.name.in_([DialAction.arg1, DialAction.arg2]),
        Context.entity_id.is_distinct_from(entity_id),
    )
    return select(DialAction.category_id).where(
        DialAction.category == "user",
        DialAction.category_id == user.id,
        DialAction.linked,
        or_(
            and_(DialAction.action.in_(_NAMING_AN_OBJECT), ~to_himself),
            and_(DialAction.action.in_(_NAMING_A_CONTEXT), foreign.exists()),
        ),
    )


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
