"""The group resource: what is read, stored and checked."""

from typing import Any

from ovix_bus.catalogue import groups
from ovix_schema import (
    CallPermission,
    DialAction,
    Extension,
    Group,
    GroupCallPermission,
    GroupExtension,
    GroupSchedule,
    GroupUser,
    Schedule,
    User,
)
from sqlalchemy import delete, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...fallbacks import fallbacks_json
from ...kit import (
    Announces,
    Example,
    Key,
    ResourceSpec,
    Rows,
    Values,
    Work,
    json_list,
    json_object,
    link,
    links,
    set_columns,
    taken,
)
from ...relations import extension_relation, named_relation, user_relation
from .schemas import GroupCreate, GroupRead, GroupUpdate

FALLBACK_OF_EVENT = {
    "noanswer": "noanswer_destination",
    "congestion": "congestion_destination",
}


def members_json() -> Any:
    """The members of a row of ``Group``, in the order in which they are called."""
    return json_object(
        users=json_list(
            user_relation(priority=GroupUser.priority),
            GroupUser.group_id == Group.id,
            User.id == GroupUser.user_id,
            order=(GroupUser.priority, User.id),
        ),
        extensions=json_list(
            json_object(
                exten=GroupExtension.exten,
                context=GroupExtension.context,
                priority=GroupExtension.priority,
            ),
            GroupExtension.group_id == Group.id,
            order=(GroupExtension.priority, GroupExtension.exten, GroupExtension.context),
        ),
    )


def fill(group: Group, values: Values) -> None:
    """A group that is given no label is labelled like its name."""
    given = dict(values)
    if given.get("label") is None:
        given.pop("label", None)
    set_columns(group, given)
    if not group.label:
        group.label = group.name


async def free_its_number(work: Work, group: Group) -> None:
    """Its number is free again; destinations that led to it are kept, unlinked."""
    if group.extension_id is not None:
        extension_id, group.extension_id = group.extension_id, None
        await work.session.execute(
            update(Extension).where(Extension.id == extension_id).values(type="user")
        )
    await work.session.execute(
        delete(DialAction).where(DialAction.category == "group", DialAction.category_id == group.id)
    )
    await work.session.execute(
        update(DialAction)
        .where(DialAction.action == "group", DialAction.arg1 == str(group.id))
        .values(linked=False)
    )


async def a_group(session: AsyncSession, entity_id: int) -> object:
    """A group of that entity, for examples."""
    name = f"sales{entity_id}"
    group = Group(name=name, label=name, entity_id=entity_id)
    session.add(group)
    await session.flush()
    return group.id


_EXTEN = select(Extension.exten).where(Extension.id == Group.extension_id).scalar_subquery()
_COLUMNS = (
    "preprocess_subroutine", "ring_strategy", "caller_id_mode", "caller_id_name", "timeout",
    "user_timeout", "retry_delay", "music_on_hold", "ring_in_use", "enabled",
    "dtmf_record_toggle", "mark_answered_elsewhere", "ignore_forward", "max_calls",
)  # fmt: skip

GROUPS = ResourceSpec(
    name="group",
    title="Group",
    path="/groups",
    model=Group,
    read=GroupRead,
    create=GroupCreate,
    update=GroupUpdate,
    rows=Rows(
        item={
            "id": Group.id,
            "uuid": Group.uuid,
            "name": Group.name,
            "label": Group.label,
            **{name: getattr(Group, name) for name in _COLUMNS},
            "extensions": json_list(
                extension_relation(),
                Extension.id == Group.extension_id,
                order=(Extension.id,),
            ),
            "fallbacks": fallbacks_json("group", Group.id, FALLBACK_OF_EVENT),
            "incalls": literal_column("'[]'::json"),
            "members": members_json(),
            "schedules": json_list(
                named_relation(Schedule, "/schedules"),
                GroupSchedule.group_id == Group.id,
                Schedule.id == GroupSchedule.schedule_id,
                order=(Schedule.id,),
            ),
            "call_permissions": json_list(
                named_relation(CallPermission, "/callpermissions"),
                GroupCallPermission.group_id == Group.id,
                CallPermission.id == GroupCallPermission.call_permission_id,
                order=(CallPermission.name,),
            ),
            "links": links(link("groups", "/groups/", Group.id)),
        },
        columns={
            "id": Group.id,
            "name": Group.name,
            "label": Group.label,
            "preprocess_subroutine": Group.preprocess_subroutine,
            "exten": _EXTEN,
        },
        order="id",
        key=Key(Group.id, Group.uuid),
        source=Group.__table__,
        entity=Group.entity_id,
    ),
    fill=fill,
    deletion=(free_its_number,),
    announces=Announces(
        created=groups.group_created, edited=groups.group_edited, deleted=groups.group_deleted
    ),
    conflicts={"uq_groups_name": taken("Group")},
    example=Example(
        body={
            "name": "sales",
            "label": "Sales",
            "preprocess_subroutine": "before-groups",
            "ring_strategy": "memorized_round_robin",
            "caller_id_mode": "prepend",
            "caller_id_name": "Sales ",
            "timeout": 60,
            "user_timeout": 20,
            "retry_delay": 3,
            "music_on_hold": "default",
            "ring_in_use": False,
            "enabled": True,
            "max_calls": 10,
        },
        change={"ring_strategy": "linear", "timeout": None},
        vary=lambda n: {"name": f"sales{n}"},
    ),
)
