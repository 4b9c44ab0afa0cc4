"""``/users/{id}/entities``: whose user he is, and the move to another entity."""

from typing import Annotated

from fastapi import APIRouter, Request
from ovix_bus.catalogue import users
from ovix_schema import CallPermission, Schedule, User, UserCallPermission, UserLine, UserSchedule
from sqlalchemy import select
from starlette.responses import Response

from ...kit import (
    Link,
    Schema,
    ViewExample,
    ViewSpec,
    Work,
    add_route,
    associated,
    json_object,
    link,
    links,
    working,
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
    """Nothing that stays behind is linked to him: no line, box, permission or schedule."""
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
    )
    asked = select(*(each.limit(1).scalar_subquery() for each in has))
    line_id, permission_id, schedule_id = (await work.session.execute(asked)).one()
    for name, linked in (
        ("Line", line_id),
        ("Voicemail", user.voicemail_id),
        ("CallPermission", permission_id),
        ("Schedule", schedule_id),
    ):
        if linked is not None:
            raise associated("User", name, user_id=user.id)


async def _move(
    request: Request,
    work: Annotated[Work, working("confd.users.{user_id}.entities.{entity_id}.update")],
) -> Response:
    user = await USERS.find(work, request.path_params["user_id"])
    await move_to_entity(work, user, request.path_params["entity_id"])
    return Response(status_code=204)


async def move_to_entity(work: Work, user: User, entity_id: int) -> None:
    """Make him a user of another entity."""
    entity = await ENTITIES.find(work, entity_id)
    await _is_free_to_go(work, user, entity.id)
    user.entity_id = entity.id
    work.announce(users.entity_associated(user_uuid=user.uuid, entity_id=entity.id))
    await work.session.flush()


ROUTER = APIRouter(tags=["users"])
add_route(
    ROUTER,
    "PUT",
    f"{USERS.below('user_id')}/entities/{{entity_id:int}}",
    _move,
    "associate_user_entity",
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
