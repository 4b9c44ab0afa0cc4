"""Every operation of an API description, asked for valid and invalid things: nothing unforeseen.

No answer of 500 or more, no status and no body shape that the description does not name. Each
service has a file of its own: the files are what test workers share out.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.errors import Unsatisfiable
from ovix_testkit.cases import describing_cases
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .conftest import Service

Test = Callable[..., None]
EXAMPLES = int(os.environ.get("OVIX_CONTRACT_EXAMPLES", "10"))
PATIENCE_S = 60.0
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def every_operation(app: FastAPI) -> Callable[[Test], Test]:
    """Decorates a test of ``operation`` and ``mode``: all that the application describes."""
    found = []
    schema = schemathesis.openapi.from_dict(describing_cases(app.openapi()))
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if "text/event-stream" in str(operation.definition.raw["responses"]):
            continue  # an answer without end can't be compared with its description
        if "application/x-yaml" in str(operation.definition.raw["responses"]):
            continue  # the description itself: libs/web/tests compare it with its JSON
        label = f"{operation.method.upper()} {operation.path}"
        found.append(pytest.param(operation, id=label))
    modes = pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    each = pytest.mark.parametrize("operation", found)
    prepared = pytest.mark.usefixtures("some_of_everything")
    return lambda test: prepared(modes(each(test)))


def answers_as_described(operation: Any, mode: GenerationMode, running: Service) -> None:
    """Ask the running service for the operation; raises what the description does not foresee."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        # Control characters in a header are no HTTP: the server refuses them before the service.
        assume(all(str(value).isprintable() for value in (case.headers or {}).values()))
        case.call_and_validate(
            base_url=running.url, headers=running.headers, checks=CHECKS, timeout=PATIENCE_S
        )

    try:
        ask()
    except Unsatisfiable:
        # Any text is a valid token, say: such an operation has no invalid request.
        assert mode is GenerationMode.NEGATIVE
    running.assert_alive()
