"""``/users/{id}/callpermissions``: the call permissions of a user."""

from typing import Any

from ovix_bus.catalogue import users
from ovix_schema import CallPermission, User, UserCallPermission
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Link,
    LinkExample,
    LinkSpec,
    Schema,
    ViewExample,
    ViewSpec,
    Work,
    associated,
    envelope,
    json_object,
    link,
    links,
)
from ..call_permissions import CALL_PERMISSIONS
from .resource import USERS
from .services import a_user


class UserCallPermissionRead(Schema):
    """The link of a user and a call permission."""

    user_id: int
    call_permission_id: int
    links: list[Link]


class UserCallPermissionsRead(Schema):
    """The call permissions of a user."""

    total: int
    items: list[UserCallPermissionRead]


async def _associate(work: Work, user: User, permission: CallPermission) -> None:
    work.session.add(UserCallPermission(user_id=user.id, call_permission_id=permission.id))
    work.announce(
        users.call_permission_associated(user_uuid=user.uuid, call_permission_id=permission.id)
    )


async def _dissociate(work: Work, user: User, permission: CallPermission) -> None:
    gone = await work.session.scalar(
        delete(UserCallPermission)
        .where(
            UserCallPermission.user_id == user.id,
            UserCallPermission.call_permission_id == permission.id,
        )
        .returning(UserCallPermission.user_id)
    )
    if gone is None:
        raise USER_CALL_PERMISSIONS.missing(user.id, permission.id)
    work.announce(
        users.call_permission_dissociated(user_uuid=user.uuid, call_permission_id=permission.id)
    )


async def _example(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    user_id = await a_user(session, entity_id)
    permission = CallPermission(name=f"permission{entity_id}", entity_id=entity_id)
    session.add(permission)
    await session.flush()
    return user_id, permission.id


def link_json() -> Any:
    """One link, from a row of ``UserCallPermission``."""
    return json_object(
        user_id=UserCallPermission.user_id,
        call_permission_id=UserCallPermission.call_permission_id,
        links=links(
            link("users", "/users/", UserCallPermission.user_id),
            link("callpermissions", "/callpermissions/", UserCallPermission.call_permission_id),
        ),
    )


USER_CALL_PERMISSIONS = LinkSpec(
    name="user_call_permission",
    title="UserCallPermission",
    left=USERS,
    right=CALL_PERMISSIONS,
    path="/callpermissions",
    associate=_associate,
    dissociate=_dissociate,
    conflicts={"pk_user_call_permissions": lambda: associated("User", "CallPermission")},
    example=LinkExample(_example),
)

USER_CALL_PERMISSION_LIST = ViewSpec(
    name="user_call_permission_list",
    parent=USERS,
    path="/callpermissions",
    shows=envelope(
        link_json(),
        UserCallPermission.user_id == User.id,
        order=(UserCallPermission.call_permission_id,),
    ),
    read=UserCallPermissionsRead,
    example=ViewExample(a_user),
)
