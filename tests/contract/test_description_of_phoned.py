"""phoned answers as its description says."""

from collections.abc import Callable
from typing import Any

from ovix_dird.app import create_dird_app
from ovix_dird.phones.app import create_phones_app
from ovix_dird.settings import DirdSettings
from schemathesis import GenerationMode

from .conftest import Service
from .descriptions import answers_as_described, every_operation


@every_operation(create_phones_app(create_dird_app(DirdSettings())))
def test_an_operation_answers_as_described(
    operation: Any, mode: GenerationMode, service: Callable[[str], Service]
) -> None:
    answers_as_described(operation, mode, service("phoned"))
