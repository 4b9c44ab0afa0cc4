"""``GET /call_logs``: the call log as CSV, in XiVO's columns.

Source: reference/calls.md 8.3; the rows are built by calld.
"""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ovix_schema import CallLog, Installation, User
from ovix_web import Sessions
from sqlalchemy import or_, select
from starlette.responses import StreamingResponse

from ...kit import InputError, Operation, Work

HEADER = ("Call Date", "Caller", "Called", "Period", "user Field")
ROWS_AT_ONCE = 1000


class CsvResponse(StreamingResponse):
    """Also tells the API description what kind of answer this is."""

    media_type = "text/csv"


def _instant(name: str, given: str, zone: ZoneInfo) -> datetime:
    """A date of the query; without an offset it is the installation's own time."""
    try:
        instant = datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError:
        raise InputError(f"parameter '{name}': '{given}' is not valid") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def _logged(entity_id: int | None, between: tuple[datetime, datetime] | None) -> Any:
    """The calls, oldest first; those of one entity are the ones in which a user of it took part."""
    statement = select(
        CallLog.date,
        CallLog.date_answer,
        CallLog.date_end,
        CallLog.source_name,
        CallLog.source_exten,
        CallLog.destination_exten,
        CallLog.user_field,
    ).order_by(CallLog.date, CallLog.id)
    if between is not None:
        statement = statement.where(CallLog.date.between(*between))
    if entity_id is not None:
        ours = select(User.uuid).where(User.entity_id == entity_id)
        statement = statement.where(
            or_(CallLog.source_user_uuid.in_(ours), CallLog.destination_user_uuid.in_(ours))
        )
    return statement


def _line(call: Any, zone: ZoneInfo) -> tuple[str, str, str, int, str]:
    talked = call.date_end - call.date_answer if call.date_end and call.date_answer else None
    return (
        call.date.astimezone(zone).replace(tzinfo=None).isoformat(timespec="microseconds"),
        f"{call.source_name or ''} ({call.source_exten or ''})",
        call.destination_exten or "",
        round(talked.total_seconds()) if talked else 0,
        call.user_field or "",
    )


async def _written(sessions: Sessions, statement: Any, zone: ZoneInfo) -> AsyncIterator[bytes]:
    """The CSV in pieces: a log of years is never held in memory."""
    buffer = io.StringIO()
    lines = csv.writer(buffer)
    lines.writerow(HEADER)
    async with sessions() as session:
        rows = await session.stream(statement.execution_options(yield_per=ROWS_AT_ONCE))
        async for some in rows.partitions():
            lines.writerows(_line(call, zone) for call in some)
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


async def call_logs(work: Work) -> object:
    """The calls whose date is between the two, both included; all of them without."""
    dates = {name: work.query.get(name, "") for name in ("start_date", "end_date")}
    missing = [name for name, given in dates.items() if not given]
    if len(missing) == 1:
        raise InputError(f"missing parameters: {missing[0]}")
    zone = ZoneInfo(await work.session.scalar(select(Installation.timezone)) or "UTC")
    between = None
    if not missing:
        start, end = (_instant(name, given, zone) for name, given in dates.items())
        between = (start, end)
    return CsvResponse(
        _written(work.request.app.state.sessions, _logged(work.entity_id, between), zone),
        headers={"Content-Disposition": "attachment;filename=xivo-call-logs.csv"},
    )


SPECS = (
    Operation(
        "GET",
        "/call_logs",
        "list_call_logs",
        call_logs,
        ("confd.call_logs.read",),
        query={
            "start_date": "ISO 8601; with end_date, or not at all",
            "end_date": "ISO 8601; with start_date, or not at all",
        },
        summary="The call log as CSV",
        described={
            "responses": {
                "200": {
                    "description": "Done",
                    "content": {"text/csv": {"schema": {"type": "string"}}},
                }
            }
        },
    ),
)
