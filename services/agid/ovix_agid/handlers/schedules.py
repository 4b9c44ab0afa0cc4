"""``check_schedule``: is what the call has reached open now (reference/agid.md part 5)."""

from collections.abc import Sequence

from ovix_telephony.destinations import StoredAction
from ovix_telephony.schedules import (
    ExceptionalPeriod,
    Period,
    Schedule,
    clock_time,
    closed_at,
)

from ..call import Call, Row, Variables, handler
from ..dial_actions import for_dialplan, forward_variables

_SCHEDULE = """
SELECT
    s.timezone, s.closed_action, s.closed_arg1, s.closed_arg2,
    i.timezone AS default_timezone,
    p.mode, p.hours_start, p.hours_end, p.week_days, p.month_days, p.months,
    p.action, p.arg1, p.arg2
FROM {link}
JOIN schedules s ON s.id = link.schedule_id AND s.enabled
CROSS JOIN installation i
LEFT JOIN schedule_periods p ON p.schedule_id = s.id
WHERE {owner} = $1::int
ORDER BY p.position, p.id
"""

SCHEDULE_OF_PATH = {
    "user": _SCHEDULE.format(link="user_schedules link", owner="link.user_id"),
    "outcall": _SCHEDULE.format(link="outcall_schedules link", owner="link.outcall_id"),
}
"""Paths that have schedules; another one (``incall``, ``group``, ``queue``) is always open yet."""

OPENED, CLOSED = "opened", "closed"
_NOT_CLOSED = {
    "XIVO_FWD_SCHEDULE_OUT_ACTION": "",
    "XIVO_FWD_SCHEDULE_OUT_ACTIONARG1": "",
    "XIVO_FWD_SCHEDULE_OUT_ACTIONARG2": "",
    "XIVO_PATH": "",
}


@handler(
    "XIVO_PATH",
    "XIVO_PATH_ID",
    unavailable={"XIVO_SCHEDULE_STATUS": "", **_NOT_CLOSED},
)
async def check_schedule(call: Call) -> Variables:
    """``XIVO_SCHEDULE_STATUS``; empty without a path, so that no earlier answer is read again."""
    path, path_id = call.variables["XIVO_PATH"], call.id("XIVO_PATH_ID")
    if not path:
        return {"XIVO_SCHEDULE_STATUS": "", **_NOT_CLOSED}
    statement = SCHEDULE_OF_PATH.get(path)
    rows = await call.database.rows(statement, path_id) if statement and path_id else []
    if not rows:
        return {"XIVO_SCHEDULE_STATUS": OPENED, **_NOT_CLOSED}
    found = closed_at(_schedule(rows), call.now, default_timezone=rows[0]["default_timezone"])
    if found is None:
        return {"XIVO_SCHEDULE_STATUS": OPENED, **_NOT_CLOSED}
    actions = await for_dialplan(call.database, {"out": found.action})
    variables = forward_variables("SCHEDULE_OUT", actions["out"])
    return {"XIVO_SCHEDULE_STATUS": CLOSED, **variables, "XIVO_PATH": ""}


def _schedule(rows: Sequence[Row]) -> Schedule:
    first = rows[0]
    return Schedule(
        timezone=first["timezone"],
        closed_action=StoredAction(
            first["closed_action"], first["closed_arg1"], first["closed_arg2"]
        ),
        opened=[_period(row) for row in rows if row["mode"] == "opened"],
        exceptional=[
            ExceptionalPeriod(
                _period(row),
                StoredAction(row["action"] or "none", row["arg1"], row["arg2"]),
            )
            for row in rows
            if row["mode"] == "closed"
        ],
    )


def _period(row: Row) -> Period:
    return Period(
        hours_start=clock_time(row["hours_start"]),
        hours_end=clock_time(row["hours_end"]),
        week_days=frozenset(row["week_days"]),
        month_days=frozenset(row["month_days"]),
        months=frozenset(row["months"]),
    )


__all__ = ["CLOSED", "OPENED", "SCHEDULE_OF_PATH", "check_schedule"]
