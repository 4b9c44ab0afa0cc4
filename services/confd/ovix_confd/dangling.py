"""Destinations that lead to what is about to go: unlinked, or turned into ``none``."""

from ovix_bus.catalogue import permissions
from ovix_schema import DialAction, Schedule, SchedulePeriod
from ovix_web import Work
from ovix_web.trial import Step
from sqlalchemy import update

OWNERS = {
    "user": "user_fallback",
    "group": "group_fallback",
    "callfilter": "call_filter_fallback",
}
"""What a dial action of a category is called among the steps of a removal."""


async def unlink_destinations(
    work: Work, action: str, arg1: str, arg2: str | None = None
) -> list[Step]:
    """No fallback and no schedule leads there any more. ``arg2`` None: whatever it is."""
    leads_there = [DialAction.action == action, DialAction.arg1 == arg1]
    if arg2 is not None:
        leads_there.append(DialAction.arg2 == arg2)
    owners = await work.session.execute(
        update(DialAction)
        .where(*leads_there, DialAction.linked)
        .values(linked=False)
        .returning(DialAction.category, DialAction.category_id)
    )
    steps = [
        Step("unlinked", OWNERS.get(category, category), owner_id)
        for category, owner_id in sorted({(row[0], row[1]) for row in owners})
    ]
    return steps + await _unlink_schedules(work, action, arg1, arg2)


async def _unlink_schedules(work: Work, action: str, arg1: str, arg2: str | None) -> list[Step]:
    """A schedule says where a closed call goes, hence ``none``."""
    closed = [Schedule.closed_action == action, Schedule.closed_arg1 == arg1]
    period = [SchedulePeriod.action == action, SchedulePeriod.arg1 == arg1]
    if arg2 is not None:
        closed.append(Schedule.closed_arg2 == arg2)
        period.append(SchedulePeriod.arg2 == arg2)
    changed = await work.session.scalars(
        update(Schedule)
        .where(*closed)
        .values(closed_action="none", closed_arg1=None, closed_arg2=None)
        .returning(Schedule.id)
    )
    of_periods = await work.session.scalars(
        update(SchedulePeriod)
        .where(*period)
        .values(action="none", arg1=None, arg2=None)
        .returning(SchedulePeriod.schedule_id)
    )
    ids = sorted({*changed, *of_periods})
    work.announce(*(permissions.schedule_edited(id=each) for each in ids))
    return [Step("unlinked", "schedule", each) for each in ids]
