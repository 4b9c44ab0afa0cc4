"""What a group is linked to: its number, its schedule, the call permissions of its members."""

from ovix_bus.catalogue import groups
from ovix_schema import (
    CallPermission,
    Context,
    Extension,
    Group,
    GroupCallPermission,
    GroupSchedule,
    LineExtension,
    Schedule,
)
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import LinkExample, LinkSpec, Work, associated
from ..call_permissions import CALL_PERMISSIONS
from ..extensions import EXTENSIONS
from ..extensions.resource import context_type_refused
from ..schedules import SCHEDULES
from .resource import GROUPS, a_group


async def _give_number(work: Work, group: Group, extension: Extension) -> None:
    """One number for a group and one group for a number, which leads nowhere else."""
    if group.extension_id is not None:
        raise associated("Group", "Extension", group_id=group.id, extension_id=group.extension_id)
    if extension.type != "user":
        raise associated("Extension", extension.type.title(), extension_id=extension.id)
    line = select(LineExtension.line_id).where(LineExtension.extension_id == extension.id).limit(1)
    kind = select(Context.type).where(Context.name == extension.context)
    asked = select(line.scalar_subquery(), kind.scalar_subquery())
    line_id, context_type = (await work.session.execute(asked)).one()
    if line_id is not None:
        raise associated("Extension", "Line", extension_id=extension.id, line_id=line_id)
    if context_type != "internal":
        raise context_type_refused(context_type, extension)
    group.extension_id, extension.type = extension.id, "group"
    work.announce(groups.group_extension_associated(group_id=group.id, extension_id=extension.id))


async def _take_number(work: Work, group: Group, extension: Extension) -> None:
    if group.extension_id != extension.id:
        raise GROUP_EXTENSIONS.missing(group.id, extension.id)
    group.extension_id, extension.type = None, "user"
    work.announce(groups.group_extension_dissociated(group_id=group.id, extension_id=extension.id))


async def _give_schedule(work: Work, group: Group, schedule: Schedule) -> None:
    work.session.add(GroupSchedule(group_id=group.id, schedule_id=schedule.id))
    work.announce(groups.group_schedule_associated(group_id=group.id, schedule_id=schedule.id))


async def _take_schedule(work: Work, group: Group, schedule: Schedule) -> None:
    gone = await work.session.scalar(
        delete(GroupSchedule)
        .where(GroupSchedule.group_id == group.id, GroupSchedule.schedule_id == schedule.id)
        .returning(GroupSchedule.group_id)
    )
    if gone is None:
        raise GROUP_SCHEDULES.missing(group.id, schedule.id)
    work.announce(groups.group_schedule_dissociated(group_id=group.id, schedule_id=schedule.id))


async def _give_permission(work: Work, group: Group, permission: CallPermission) -> None:
    await work.session.execute(
        insert(GroupCallPermission)
        .values(group_id=group.id, call_permission_id=permission.id)
        .on_conflict_do_nothing()
    )
    work.announce(
        groups.call_permission_associated(group_id=group.id, call_permission_id=permission.id)
    )


async def _take_permission(work: Work, group: Group, permission: CallPermission) -> None:
    await work.session.execute(
        delete(GroupCallPermission).where(
            GroupCallPermission.group_id == group.id,
            GroupCallPermission.call_permission_id == permission.id,
        )
    )
    work.announce(
        groups.call_permission_dissociated(group_id=group.id, call_permission_id=permission.id)
    )


async def _with_number(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    context = Context(name=f"groups{entity_id}", type="internal", entity_id=entity_id)
    session.add(context)
    await session.flush()
    extension = Extension(exten="2000", context=context.name)
    session.add(extension)
    return await a_group(session, entity_id), extension.id


async def _with_schedule(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    schedule = Schedule(name="office hours", entity_id=entity_id)
    session.add(schedule)
    return await a_group(session, entity_id), schedule.id


async def _with_permission(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    permission = CallPermission(name=f"of-groups{entity_id}", entity_id=entity_id)
    session.add(permission)
    return await a_group(session, entity_id), permission.id


GROUP_EXTENSIONS = LinkSpec(
    name="group_extension",
    title="GroupExtension",
    left=GROUPS,
    right=EXTENSIONS,
    path="/extensions",
    associate=_give_number,
    dissociate=_take_number,
    conflicts={
        "uq_groups_extension_id": lambda: associated("Extension", "Group"),
        "fk_groups_extension_id": lambda: associated("Extension", "Group"),
    },
    example=LinkExample(_with_number),
)
GROUP_SCHEDULES = LinkSpec(
    name="group_schedule",
    title="GroupSchedule",
    left=GROUPS,
    right=SCHEDULES,
    path="/schedules",
    associate=_give_schedule,
    dissociate=_take_schedule,
    conflicts={"pk_group_schedules": lambda: associated("Group", "Schedule")},
    example=LinkExample(_with_schedule),
)
GROUP_CALL_PERMISSIONS = LinkSpec(
    name="group_call_permission",
    title="GroupCallPermission",
    left=GROUPS,
    right=CALL_PERMISSIONS,
    path="/callpermissions",
    associate=_give_permission,
    dissociate=_take_permission,
    example=LinkExample(_with_permission, repeatable=True),
)
