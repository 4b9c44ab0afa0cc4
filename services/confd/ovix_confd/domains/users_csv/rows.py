"""A row on its way: what it says, what became of it, and what is told of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from ovix_schema import CallPermission, EndpointSccp, EndpointSip, Extension, Line, User, Voicemail
from ovix_web.errors import ApiError

from ...kit import Values, Work
from . import uploads


@dataclass
class Row:
    """One row, with the objects that it names or creates."""

    line: uploads.Line
    work: Work
    values: Values = field(default_factory=dict)
    problem: str | None = None
    user: User | None = None
    voicemail: Voicemail | None = None
    phone: Line | None = None
    endpoint: EndpointSip | None = None
    sccp: EndpointSccp | None = None
    extension: Extension | None = None
    permissions: list[CallPermission] = field(default_factory=list)
    created: set[str] = field(default_factory=set)
    """Which of its objects were made for this row, and are linked to nothing yet."""

    def refuse(self, problem: str) -> None:
        """Say what is wrong; the first reason is told."""
        self.problem = self.problem or problem

    @contextmanager
    def tried(self) -> Iterator[None]:
        """Something that may be refused, of this row only."""
        try:
            yield
        except ApiError as error:
            if error.status >= 500:
                raise
            self.refuse(str(error))

    def ids(self) -> bytes:
        """What the answer says of a row that was taken."""
        return orjson.dumps(
            {
                "row_number": self.line.number,
                "user_id": _id(self.user),
                "user_uuid": None if self.user is None else str(self.user.uuid),
                "voicemail_id": _id(self.voicemail),
                "line_id": _id(self.phone),
                "sip_id": _id(self.endpoint),
                "sccp_id": _id(self.sccp),
                "extension_id": _id(self.extension),
                "incall_extension_id": None,
                "cti_profile_id": None if self.user is None else self.user.cti_profile_id,
                "call_permission_ids": [each.id for each in self.permissions],
            }
        )

    def error(self) -> bytes:
        """What the answer says of a row that was refused."""
        return orjson.dumps(
            {
                "message": self.problem,
                "timestamp": int(time.time()),
                "details": {"row": self.line.cells, "row_number": self.line.number},
            }
        )


def good(rows: list[Row]) -> Iterator[Row]:
    """Those that nothing was found wrong with, so far."""
    return (row for row in rows if row.problem is None)


def _id(thing: Any) -> int | None:
    return None if thing is None else int(thing.id)
