"""Every operation of every API description, asked for valid and invalid things: nothing unforeseen.

No answer of 500 or more, no status and no body shape that the description does not name.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.errors import Unsatisfiable
from ovix_testkit.little_ids import with_little_ids
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = int(os.environ.get("OVIX_CONTRACT_EXAMPLES", "10"))
PATIENCE_S = 60.0
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _applications() -> Iterator[tuple[str, Any]]:
    from ovix_auth.app import create_auth_app
    from ovix_auth.settings import AuthSettings
    from ovix_calld.app import create_app as create_calld_app
    from ovix_calld.settings import CalldSettings
    from ovix_confd.app import create_confd_app
    from ovix_confd.settings import ConfdSettings
    from ovix_dird.app import create_dird_app
    from ovix_dird.phones.app import create_phones_app
    from ovix_dird.settings import DirdSettings
    from ovix_provd.app import create_provd_app
    from ovix_provd.settings import ProvdSettings

    yield "auth", create_auth_app(AuthSettings())
    yield "calld", create_calld_app(CalldSettings())
    yield "confd", create_confd_app(ConfdSettings())
    dird = create_dird_app(DirdSettings())
    yield "dird", dird
    yield "phoned", create_phones_app(dird)
    yield "provd", create_provd_app(ProvdSettings())


def _operations() -> Iterator[Any]:
    for name, app in _applications():
        schema = schemathesis.openapi.from_dict(with_little_ids(app.openapi()))
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result
            operation = result.ok()
            if "text/event-stream" in str(operation.definition.raw["responses"]):
                continue  # an answer without end can't be compared with its description
            if "application/x-yaml" in str(operation.definition.raw["responses"]):
                continue  # the description itself: libs/web/tests compare it with its JSON
            label = f"{name} {operation.method.upper()} {operation.path}"
            yield pytest.param(name, operation, id=label)


@pytest.mark.usefixtures("some_of_everything")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("name", "operation"), list(_operations()))
def test_an_operation_answers_as_described(
    name: str, operation: Any, mode: GenerationMode, service: Callable[[str], Any]
) -> None:
    running = service(name)

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
