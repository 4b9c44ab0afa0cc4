"""From an exception to the problem a client is told about, in the service's shape."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from .database_errors import ConstraintErrors, translated
from .errors import ApiError, FieldError, InvalidRequest, Overloaded, Problem
from .renderers import Renderer
from .responses import problem_response

log = structlog.get_logger(__name__)

Answer = Callable[[Request, Problem], Response]
"""Writes an error for whoever asked."""


def framework_problem(error: HTTPException) -> Problem:
    """405, 404 of an unknown URL, 415 …: the code with its standard phrase."""
    if error.status_code == 400 and isinstance(error.__cause__, ValueError | RecursionError):
        # Not UTF-8, a number of thousands of digits, brackets without end.
        return InvalidRequest("body: not acceptable as JSON").problem()
    phrase = HTTPStatus(error.status_code).phrase
    return Problem(
        error.status_code,
        error.detail or phrase,
        phrase.lower().replace(" ", "-"),
        headers=error.headers or {},
    )


def validation_problem(error: RequestValidationError) -> Problem:
    """400 (XiVO has no 422); a path value of the wrong type is an unknown URL."""
    found = error.errors()
    if any(each["loc"][:1] == ("path",) for each in found):
        return framework_problem(HTTPException(404))
    if isinstance(error.body, bytes):  # read, and not taken for JSON
        return InvalidRequest("body: send JSON, with Content-Type: application/json").problem()
    return InvalidRequest("", *(_field_error(each) for each in found)).problem()


def _field_error(error: dict[str, Any]) -> FieldError:
    if error["type"] == "json_invalid":
        return FieldError("body", f"not valid JSON ({error['ctx']['error']})")
    location = [str(part) for part in error["loc"][1:]] or [str(error["loc"][0])]
    return FieldError(".".join(location), error["msg"].removeprefix("Value error, "))


def unexpected_problem(request_id: str) -> Problem:
    """What is told about our own faults: nothing but where to find them in the log."""
    return Problem(
        500,
        f"Unexpected error: see request {request_id} in the log",
        "unexpected-error",
        {"request_id": request_id},
    )


def install_failures(
    app: FastAPI, render: Renderer, constraints: ConstraintErrors, answer: Answer | None = None
) -> None:
    """Answer every foreseen exception in the service's shape, or as ``answer`` writes it."""

    def in_shape(_request: Request, problem: Problem) -> Response:
        return problem_response(problem, render)

    answer = answer or in_shape

    async def api_error(request: Request, error: ApiError) -> Response:
        if error.status >= 500:
            log.warning("request_failed", error=error.error_id(), cause=str(error.__cause__ or ""))
        return answer(request, error.problem())

    async def http_error(request: Request, error: HTTPException) -> Response:
        return answer(request, framework_problem(error))

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(request, validation_problem(error))

    async def database_error(request: Request, error: DBAPIError) -> Response:
        told = translated(error, constraints)
        if told is None:
            raise error
        if told.status >= 500 or isinstance(told, InvalidRequest):
            log.warning("database_refused", error=told.error_id(), cause=str(error.orig))
        return answer(request, told.problem())

    async def pool_exhausted(request: Request, _error: PoolTimeoutError) -> Response:
        return answer(request, Overloaded(what="the database").problem())

    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        ApiError: api_error,
        HTTPException: http_error,
        RequestValidationError: invalid,
        DBAPIError: database_error,
        PoolTimeoutError: pool_exhausted,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
