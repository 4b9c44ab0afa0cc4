"""Bodies that are not of a fixed form: contacts as JSON objects, and CSV files."""

import asyncio
from typing import Any

import orjson
from ovix_web import ApiError, InvalidRequest, Problem, Work

from ..contacts import DuplicateColumns, Line, UnreadableCsv, read_csv

ANY_OBJECT: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object", "additionalProperties": True},
            "example": {"firstname": "Marie", "lastname": "Dupont", "number": "0142000001"},
        }
    },
}
CSV_FILE: dict[str, Any] = {
    "required": True,
    "content": {
        "text/csv": {
            "schema": {"type": "string"},
            "example": "firstname,lastname,number\r\nMarie,Dupont,0142000001\r\n",
        }
    },
}
"""What the API description says of such bodies."""


class InvalidContact(ApiError):
    """``reason`` lists what is wrong, one text or (of files) one object for each fault."""

    status = 400
    template = "Invalid contact"

    def __init__(self, faults: list[Any]) -> None:
        self.faults = faults
        super().__init__()

    def problem(self) -> Problem:
        """The faults take the place of the message."""
        told = "; ".join(each for each in self.faults if isinstance(each, str)) or str(self)
        return Problem(400, told, self.error_id(), {"reason": self.faults})


async def an_object(work: Work) -> dict[str, Any]:
    """The body, a JSON object; raises `InvalidRequest`."""
    try:
        given = orjson.loads(await work.request.body())
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("body: not valid JSON") from error
    if not isinstance(given, dict):
        raise InvalidRequest("body: send a JSON object")
    return given


async def csv_lines(work: Work) -> list[Line]:
    """The contacts of a CSV body, in the charset of its Content-Type (UTF-8 by default)."""
    content = await work.request.body()
    charset = "utf-8"
    for part in work.request.headers.get("Content-Type", "").split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "charset" and value:
            charset = value.strip("\"' ")
    try:
        # Megabytes take a while: other requests go on meanwhile.
        return await asyncio.to_thread(read_csv, content, charset)
    except UnreadableCsv as error:
        raise InvalidContact([str(error)]) from error
    except DuplicateColumns as error:
        raise InvalidContact([str(error)]) from error
