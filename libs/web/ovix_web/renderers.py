"""The wire shapes of errors: confd's array, auth's token shape, provd's text, others' object."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import Problem


@dataclass(frozen=True, slots=True)
class Renderer:
    """How a service writes its errors, and the JSON schema of what it writes."""

    shape: Callable[[Problem], object]
    schema: dict[str, Any]
    examples: Mapping[int, object] = field(default_factory=dict)
    """By status, for the API description."""
    media_type: str = "application/json"

    def __call__(self, problem: Problem) -> object:
        """The JSON value of the error; a text where the media type is that of a text."""
        return self.shape(problem)


def _metadata(details: Mapping[str, object]) -> str:
    """``'key': value`` pairs in the language's own representation (reference/confd, Errors)."""
    return ", ".join(f"{key!r}: {value!r}" for key, value in details.items())


def _confd_shape(problem: Problem) -> object:
    """One string per offending field (reference/confd/README.md, Errors)."""
    if problem.fields:
        grouped: dict[str, list[str]] = {}
        for each in problem.fields:
            grouped.setdefault(each.name, []).append(each.message)
        return [f"Input Error - {name}: {messages}" for name, messages in grouped.items()]
    if problem.status == 401:
        shown = {key: value for key, value in problem.details.items() if key != "invalid_token"}
        return [f"{problem.message} ({_metadata(shown)})"]
    return [problem.message]


def _token_shape(problem: Problem) -> object:
    """Arrays of one element, as /token answers in every version (reference/auth.md, A3)."""
    return {
        "reason": [problem.message],
        "timestamp": [time.time()],
        "status_code": problem.status,
    }


def _object_shape(problem: Problem) -> object:
    """The object of the newer services (reference/auth.md, A9 and B5)."""
    return {
        "message": problem.message,
        "error_id": problem.error_id,
        "details": dict(problem.details),
        "timestamp": time.time(),
    }


def _text_shape(problem: Problem) -> object:
    """The reason alone (reference/provd/rest-api.md, 1)."""
    return problem.message


confd_errors = Renderer(
    _confd_shape,
    {"title": "Error", "type": "array", "items": {"type": "string"}, "minItems": 1},
    {
        400: ["Input Error - name: ['Field required']"],
        401: ["Unauthorized ('reason': 'missing_token', 'required_access': 'confd.users.read')"],
        404: ["Resource Not Found - User was not found ('id': 42)"],
        408: ["Input Error - the request body did not arrive within 30 seconds"],
        412: ["Precondition Failed - User has changed since it was read"],
        413: ["Input Error - the request body is larger than 1000000 bytes"],
        422: ["Input Error - Idempotency-Key: was given with another request before"],
        500: ["Unexpected error: see request 7f3c5b1e in the log"],
        503: ["Service unavailable - the database can't be reached, try again"],
    },
)
token_errors = Renderer(
    _token_shape,
    {
        "title": "Error",
        "type": "object",
        "required": ["reason", "timestamp", "status_code"],
        "properties": {
            "reason": {"type": "array", "items": {"type": "string"}},
            "timestamp": {"type": "array", "items": {"type": "number"}},
            "status_code": {"type": "integer"},
        },
    },
)
object_errors = Renderer(
    _object_shape,
    {
        "title": "Error",
        "type": "object",
        "required": ["message", "error_id", "details", "timestamp"],
        "properties": {
            "message": {"type": "string"},
            "error_id": {"type": "string"},
            "details": {"type": "object"},
            "timestamp": {"type": "number"},
        },
    },
)
text_errors = Renderer(
    _text_shape, {"title": "Error", "type": "string"}, media_type="text/plain; charset=ascii"
)
