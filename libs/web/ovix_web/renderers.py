"""The wire shapes of errors: confd's array, auth's token shape, and the object of the others."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import Problem


@dataclass(frozen=True, slots=True)
class Renderer:
    """How a service writes its errors, and the JSON schema of what it writes."""

    shape: Callable[[Problem], object]
    schema: dict[str, Any]

    def __call__(self, problem: Problem) -> object:
        """The JSON value of the error."""
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


confd_errors = Renderer(
    _confd_shape,
    {"title": "Error", "type": "array", "items": {"type": "string"}, "minItems": 1},
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
