"""``/users/{id}/schedules/{id}``: the one schedule of a user."""

from ovix_bus.catalogue import users
from ovix_schema import Schedule, User, UserSchedule
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import LinkExample, LinkSpec, Work, associated
from ..schedules import SCHEDULES
from .resource import USERS
from .services import a_user


async def _associate(work: Work, user: User, schedule: Schedule) -> None:
    work.session.add(UserSchedule(user_id=user.id, schedule_id=schedule.id))
    work.announce(users.user_schedule_associated(user_uuid=user.uuid, schedule_id=schedule.id))


async def _dissociate(work: Work, user: User, schedule: Schedule) -> None:
    gone = await work.session.scalar(
        delete(UserSchedule)
        .where(UserSchedule.user_id == user.id, UserSchedule.schedule_id == schedule.id)
        .returning(UserSchedule.user_id)
    )
    if gone is None:
        raise USER_SCHEDULES.missing(user.id, schedule.id)
    work.announce(users.user_schedule_dissociated(user_uuid=user.uuid, schedule_id=schedule.id))


async def _example(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    user_id = await a_user(session, entity_id)
    schedule = Schedule(name="office hours", entity_id=entity_id)
    session.add(schedule)
    await session.flush()
    return user_id, schedule.id


USER_SCHEDULES = LinkSpec(
    name="user_schedule",
    title="UserSchedule",
    left=USERS,
    right=SCHEDULES,
    path="/schedules",
    associate=_associate,
    dissociate=_dissociate,
    conflicts={"pk_user_schedules": lambda: associated("User", "Schedule")},
    example=LinkExample(_example),
)
