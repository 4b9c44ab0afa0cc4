"""``POST`` and ``PUT /users/import``: all rows are tried, and all or none are kept.

The status comes first in HTTP, and is known when the last row is done: until then nothing is sent,
neither a 201 that may turn out wrong nor a 202 for work that has not been accepted.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from ovix_bus import emit
from ovix_web import still_at_work
from starlette.responses import Response, StreamingResponse

from ...kit import Operation, Work
from .changes import change
from .columns import values_of
from .creation import create
from .rows import Row, good
from .uploads import Answer, charset_of, lines_of, uploaded

log = structlog.get_logger(__name__)
Step = Callable[[Work, list[Row]], Awaitable[None]]


class ImportAnswer(StreamingResponse):
    """Written while it is sent."""

    media_type = "application/json"


async def _imported(work: Work, step: Step, name: str) -> Response:
    request = work.request
    charset = charset_of(request)
    taken, refused = Answer(name), Answer("errors")
    try:
        with await uploaded(request) as upload:
            for lines in lines_of(upload, charset):
                rows = [Row(line, work.part(), problem=line.problem) for line in lines]
                await _tried(work, rows, step)
                for row in rows:
                    if row.problem is None:
                        taken.add(row.ids())
                    else:
                        refused.add(row.error())
                if not refused.count:
                    await emit(work.session, *(each for row in rows for each in row.work.events))
                work.session.expunge_all()
                still_at_work(request)
                log.info("rows_tried", good=taken.count, refused=refused.count)
        if refused.count:
            await work.session.rollback()
    except BaseException:
        taken.close()
        refused.close()
        raise
    told, other, status = (refused, taken, 400) if refused.count else (taken, refused, 201)
    other.close()
    return ImportAnswer(told.written(), status, {"Content-Length": str(told.finish())})


async def _tried(work: Work, rows: list[Row], step: Step) -> None:
    for row in good(rows):
        with row.tried():
            row.values = values_of(row.line.cells)
    await step(work, rows)


async def import_users(work: Work) -> Response:
    return await _imported(work, create, "created")


async def update_users(work: Work) -> Response:
    constraints = work.request.app.state.registry.constraints

    async def changed(whole: Work, rows: list[Row]) -> None:
        await change(whole, rows, constraints)

    return await _imported(work, changed, "updated")


_REFUSED: dict[str, Any] = {
    "description": "Rows that can't be taken, each with its number; or what is wrong with the body",
    "content": {
        "application/json": {
            "schema": {
                "anyOf": [
                    {"type": "object", "required": ["errors"]},
                    {"$ref": "#/components/schemas/Error"},
                ]
            }
        }
    },
}


def _import(method: str, name: str, verb: str, does: Any, done: str, example: str) -> Operation:
    items = {"type": "array", "items": {"type": "object"}}
    schema = {"type": "object", "required": [done], "properties": {done: items}}
    return Operation(
        method,
        "/users/import",
        name,
        does,
        (f"confd.users.import.{verb}",),
        status=201,
        described={
            "requestBody": {
                "required": True,
                "content": {"text/csv": {"schema": {"type": "string"}, "example": example}},
            },
            "responses": {
                "201": {
                    "description": "The ids of what each row made or changed",
                    "content": {"application/json": {"schema": schema, "example": {done: []}}},
                },
                "400": _REFUSED,
                "415": {"description": "Unsupported Media Type"},
            },
        },
    )


IMPORTS = (
    _import(
        "POST", "import_users", "create", import_users, "created",
        "firstname,lastname,line_protocol,exten,context\nZoé,Martin,sip,1500,default\n",
    ),
    _import(
        "PUT", "update_users", "update", update_users, "updated",
        "uuid,lastname\n5f7e9a52-6f43-4e0b-9c0e-3b6b8a3f2f0d,Durand\n",
    ),
)  # fmt: skip
