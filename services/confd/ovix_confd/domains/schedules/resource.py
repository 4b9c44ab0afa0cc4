"""The schedule resource: what is read, stored and checked."""

from typing import Any

from ovix_bus.catalogue import permissions
from ovix_schema import (
    Group,
    GroupSchedule,
    Outcall,
    OutcallSchedule,
    Schedule,
    SchedulePeriod,
    User,
    UserSchedule,
)
from sqlalchemy import case, delete, func, insert, literal_column

from ...destinations import destination_json, destinations_exist, stored_destination
from ...kit import (
    Announces,
    Example,
    Key,
    ResourceSpec,
    Rows,
    Values,
    Work,
    constant,
    json_list,
    json_object,
    link,
    links,
    set_columns,
)
from ...relations import named_relation, user_relation
from .schemas import (
    EVERY_DAY,
    EVERY_MONTH,
    EVERY_MONTH_DAY,
    ScheduleCreate,
    ScheduleRead,
    ScheduleUpdate,
)

MODE_OF = {"open_periods": "opened", "exceptional_periods": "closed"}
NO_RELATION: Any = literal_column("'[]'::json")


def fill(schedule: Schedule, values: Values) -> None:
    """The closed destination is stored as an action with two arguments."""
    set_columns(schedule, values)
    if values.get("closed_destination") is not None:
        stored = stored_destination(values["closed_destination"])
        schedule.closed_action = stored.action
        schedule.closed_arg1, schedule.closed_arg2 = stored.arg1, stored.arg2


async def store_periods(work: Work, schedule: Schedule, values: Values) -> None:
    """Replace the periods of each mode that was given; destinations must exist."""
    given = {mode: values[field] for field, mode in MODE_OF.items() if field in values}
    exceptional = given.get("closed", [])
    closed = values.get("closed_destination")
    await destinations_exist(
        work, [*([closed] if closed else []), *(p["destination"] for p in exceptional)]
    )
    if not given:
        return
    await work.session.execute(
        delete(SchedulePeriod).where(
            SchedulePeriod.schedule_id == schedule.id, SchedulePeriod.mode.in_(given)
        )
    )
    rows = [
        _period_row(schedule.id, mode, position, period)
        for mode, periods in given.items()
        for position, period in enumerate(periods)
    ]
    if rows:
        await work.session.execute(
            insert(SchedulePeriod).execution_options(render_nulls=True), rows
        )


def _period_row(schedule_id: int, mode: str, position: int, period: Values) -> Values:
    """Days that name all of their kind are stored as an empty array, meaning any."""
    destination = period.get("destination")
    stored = stored_destination(destination) if destination else None
    return {
        "schedule_id": schedule_id,
        "mode": mode,
        "position": position,
        "hours_start": period["hours_start"],
        "hours_end": period["hours_end"],
        "week_days": _unless_all(period["week_days"], EVERY_DAY),
        "month_days": _unless_all(period["month_days"], EVERY_MONTH_DAY),
        "months": _unless_all(period["months"], EVERY_MONTH),
        "action": stored.action if stored else None,
        "arg1": stored.arg1 if stored else None,
        "arg2": stored.arg2 if stored else None,
    }


def _unless_all(days: list[int], every: list[int]) -> list[int]:
    chosen = sorted(set(days))
    return [] if chosen == every else chosen


def _periods(mode: str) -> Any:
    def days(column: Any, every: list[int]) -> Any:
        written: Any = literal_column(f"'[{','.join(map(str, every))}]'::json")
        any_day = func.cardinality(column) == literal_column("0")
        return case((any_day, written), else_=func.array_to_json(column))

    members: dict[str, Any] = {
        "hours_start": SchedulePeriod.hours_start,
        "hours_end": SchedulePeriod.hours_end,
        "week_days": days(SchedulePeriod.week_days, EVERY_DAY),
        "month_days": days(SchedulePeriod.month_days, EVERY_MONTH_DAY),
        "months": days(SchedulePeriod.months, EVERY_MONTH),
    }
    if mode == "closed":
        members["destination"] = destination_json(
            SchedulePeriod.action, SchedulePeriod.arg1, SchedulePeriod.arg2
        )
    return json_list(
        json_object(**members),
        SchedulePeriod.schedule_id == Schedule.id,
        SchedulePeriod.mode == constant(mode),
        order=(SchedulePeriod.position, SchedulePeriod.id),
    )


SCHEDULES = ResourceSpec(
    name="schedule",
    title="Schedule",
    path="/schedules",
    model=Schedule,
    read=ScheduleRead,
    create=ScheduleCreate,
    update=ScheduleUpdate,
    rows=Rows(
        item={
            "id": Schedule.id,
            "name": Schedule.name,
            "timezone": Schedule.timezone,
            "closed_destination": destination_json(
                Schedule.closed_action, Schedule.closed_arg1, Schedule.closed_arg2
            ),
            "open_periods": _periods("opened"),
            "exceptional_periods": _periods("closed"),
            "enabled": Schedule.enabled,
            "incalls": NO_RELATION,
            "users": json_list(
                user_relation(),
                UserSchedule.schedule_id == Schedule.id,
                User.id == UserSchedule.user_id,
                order=(User.lastname, User.firstname, User.id),
            ),
            "groups": json_list(
                named_relation(Group, "/groups"),
                GroupSchedule.schedule_id == Schedule.id,
                Group.id == GroupSchedule.group_id,
                order=(Group.name,),
            ),
            "outcalls": json_list(
                named_relation(Outcall, "/outcalls"),
                OutcallSchedule.schedule_id == Schedule.id,
                Outcall.id == OutcallSchedule.outcall_id,
                order=(Outcall.name,),
            ),
            "queues": NO_RELATION,
            "links": links(link("schedules", "/schedules/", Schedule.id)),
        },
        columns={"id": Schedule.id, "name": Schedule.name, "timezone": Schedule.timezone},
        order="name",
        key=Key(Schedule.id),
        source=Schedule.__table__,
        entity=Schedule.entity_id,
    ),
    fill=fill,
    parts=(store_periods,),
    announces=Announces(
        created=permissions.schedule_created,
        edited=permissions.schedule_edited,
        deleted=permissions.schedule_deleted,
    ),
    example=Example(
        body={
            "name": "Office hours",
            "timezone": "Europe/Paris",
            "closed_destination": {"type": "hangup", "cause": "busy", "timeout": 10},
            "open_periods": [
                {"hours_start": "08:30", "hours_end": "18:00", "week_days": [1, 2, 3, 4, 5]}
            ],
            "exceptional_periods": [
                {
                    "hours_start": "00:00",
                    "hours_end": "23:59",
                    "month_days": [25],
                    "months": [12],
                    "destination": {"type": "sound", "filename": "closed"},
                }
            ],
            "enabled": True,
        },
        change={"name": "Summer", "exceptional_periods": []},
        vary=lambda n: {"name": f"Office hours {n}"},
    ),
)
