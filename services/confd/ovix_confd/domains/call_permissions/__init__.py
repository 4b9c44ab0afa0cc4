"""Call permissions: numbers that are allowed or denied, perhaps behind a password.

Source: reference/confd/call-permissions-filters-pickups.md, "Call permission fields".
"""

from typing import Annotated, Literal

from ovix_bus.catalogue import permissions
from ovix_schema import (
    CallPermission,
    Group,
    GroupCallPermission,
    Outcall,
    OutcallCallPermission,
    User,
    UserCallPermission,
)
from pydantic import AfterValidator, Field

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Strict,
    Text,
    json_list,
    link,
    links,
    partial_of,
    taken,
)
from ...relations import NamedRelation, UserRelation, named_relation, user_relation

Pattern = Annotated[
    str, Field(pattern=r"^(?:_?\+?[0-9NXZ\*#\-\[\]]+[\.\!]?){1,40}$", max_length=40)
]


def _once_each(patterns: list[str]) -> list[str]:
    return list(dict.fromkeys(patterns))


class CallPermissionCreate(Schema):
    """A call permission to create."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,128}$")]
    password: Annotated[str, Field(pattern=r"^[0-9#\*]{1,40}$")] | None = None
    mode: Literal["allow", "deny"] = "deny"
    extensions: Annotated[list[Pattern], AfterValidator(_once_each)] = Field(default_factory=list)
    enabled: Strict = True
    description: Text | None = None


class CallPermissionRead(Schema):
    """A call permission."""

    id: int
    name: str
    password: str | None
    mode: Literal["allow", "deny"]
    extensions: list[str]
    enabled: bool
    description: str | None
    outcalls: list[NamedRelation]
    groups: list[NamedRelation]
    users: list[UserRelation]
    links: list[Link]


CALL_PERMISSIONS = ResourceSpec(
    name="call_permission",
    title="CallPermission",
    path="/callpermissions",
    model=CallPermission,
    read=CallPermissionRead,
    create=CallPermissionCreate,
    update=partial_of(CallPermissionCreate),
    rows=Rows(
        item={
            "id": CallPermission.id,
            "name": CallPermission.name,
            "password": CallPermission.password,
            "mode": CallPermission.mode,
            "extensions": CallPermission.extensions,
            "enabled": CallPermission.enabled,
            "description": CallPermission.description,
            "outcalls": json_list(
                named_relation(Outcall, "/outcalls"),
                OutcallCallPermission.call_permission_id == CallPermission.id,
                Outcall.id == OutcallCallPermission.outcall_id,
                order=(Outcall.name,),
            ),
            "groups": json_list(
                named_relation(Group, "/groups"),
                GroupCallPermission.call_permission_id == CallPermission.id,
                Group.id == GroupCallPermission.group_id,
                order=(Group.name,),
            ),
            "users": json_list(
                user_relation(),
                UserCallPermission.call_permission_id == CallPermission.id,
                User.id == UserCallPermission.user_id,
                order=(User.lastname, User.firstname, User.id),
            ),
            "links": links(link("callpermissions", "/callpermissions/", CallPermission.id)),
        },
        columns={
            "id": CallPermission.id,
            "name": CallPermission.name,
            "description": CallPermission.description,
            "enabled": CallPermission.enabled,
            "mode": CallPermission.mode,
        },
        order="name",
        key=Key(CallPermission.id),
        source=CallPermission.__table__,
        entity=CallPermission.entity_id,
    ),
    announces=Announces(
        created=permissions.call_permission_created,
        edited=permissions.call_permission_edited,
        deleted=permissions.call_permission_deleted,
    ),
    conflicts={"uq_call_permissions_name": taken("CallPermission")},
    example=Example(
        body={
            "name": "no-mobiles",
            "password": "1234",
            "mode": "deny",
            "extensions": ["_06.", "_07."],
            "enabled": True,
            "description": "Mobile numbers only with the code",
        },
        change={"mode": "allow", "extensions": ["18"]},
        vary=lambda n: {"name": f"no-mobiles-{n}"},
    ),
)
SPECS = (CALL_PERMISSIONS,)
