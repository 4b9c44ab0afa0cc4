"""JSON responses written by orjson."""

from typing import Any
from uuid import UUID

import orjson
from starlette.responses import JSONResponse, Response

from .errors import Problem
from .renderers import Renderer

OPTIONS = orjson.OPT_NON_STR_KEYS


def _known(value: object) -> str:
    """asyncpg reads uuids into a subclass of its own, which orjson does not take."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


class OrjsonResponse(JSONResponse):
    """``orjson.Fragment`` (JSON made by the database) passes through untouched."""

    def render(self, content: Any) -> bytes:
        """The body's bytes."""
        return orjson.dumps(content, default=_known, option=OPTIONS)


def problem_response(problem: Problem, render: Renderer) -> Response:
    """The error in the service's shape."""
    told = render(problem)
    if render.media_type.startswith("text/"):
        body = str(told).encode("ascii", "backslashreplace")
    else:
        body = orjson.dumps(told, option=OPTIONS, default=str)
    return Response(
        body,
        status_code=problem.status,
        media_type=render.media_type,
        headers=dict(problem.headers),
    )
