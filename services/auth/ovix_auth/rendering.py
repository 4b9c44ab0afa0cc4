"""The two shapes of auth's errors: that of /token, and that of the newer resources (B5)."""

import time
from collections.abc import Mapping
from typing import Any

from ovix_web import Problem, object_errors, token_errors
from ovix_web.renderers import Renderer


def _shape(problem: Problem) -> object:
    details = dict(problem.details)
    if problem.error_id in ("unauthorized", "unauthorized-tenant"):
        return _object(problem, details, None)
    if "resource" in details:
        details.pop("message", None)
        return _object(problem, details, details.pop("resource"))
    return token_errors(problem)


def _object(problem: Problem, details: Mapping[str, Any], resource: object) -> object:
    told = {
        "message": problem.message,
        "error_id": problem.error_id,
        "details": details,
        "timestamp": time.time(),
    }
    return told if resource is None else {**told, "resource": resource}


auth_errors = Renderer(
    _shape, {"title": "Error", "anyOf": [token_errors.schema, object_errors.schema]}
)
