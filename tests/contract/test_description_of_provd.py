"""provd answers as its description says."""

from collections.abc import Callable
from typing import Any

from ovix_provd.app import create_provd_app
from ovix_provd.settings import ProvdSettings
from schemathesis import GenerationMode

from .conftest import Service
from .descriptions import answers_as_described, every_operation


@every_operation(create_provd_app(ProvdSettings()))
def test_an_operation_answers_as_described(
    operation: Any, mode: GenerationMode, service: Callable[[str], Service]
) -> None:
    answers_as_described(operation, mode, service("provd"))
