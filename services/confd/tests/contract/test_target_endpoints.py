"""Every endpoint of XiVO that Ovix serves: its path, its access string, its description.

``target_endpoints.csv`` lists them: method, path (names of parameters as access strings use them),
access string (empty: no token is needed).
"""

import csv
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
from ovix_confd.app import create_confd_app
from ovix_confd.settings import ConfdSettings
from ovix_web.operations import OperationRoute

HERE = Path(__file__).parent
DESCRIPTION = json.loads((HERE.parents[3] / "openapi" / "confd.json").read_text())


class Endpoint(NamedTuple):
    """A line of the list."""

    method: str
    path: str
    access: str

    @property
    def shape(self) -> str:
        """Method and path whatever the parameters are called."""
        return f"{self.method} {shape_of(self.path)}"


def shape_of(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)


def _targets() -> Iterator[Endpoint]:
    with (HERE / "target_endpoints.csv").open() as lines:
        for line in csv.DictReader(lines):
            yield Endpoint(line["method"], line["path"], line["access"])


def _served() -> dict[str, set[str]]:
    """Access strings by method and shape of the path, as the application checks them."""
    found: dict[str, set[str]] = {}
    for route in create_confd_app(ConfdSettings()).routes:
        path = shape_of(getattr(route, "path", "").removeprefix("/1.1"))
        if isinstance(route, OperationRoute):
            for method, operation in route.operations.items():
                found[f"{method} {path}"] = set(operation.scopes or ())
        else:
            found |= {f"{method} {path}": set() for method in getattr(route, "methods", ())}
    return found


TARGETS = tuple(_targets())
SERVED = _served()
DESCRIBED = {
    f"{method.upper()} {shape_of(path.removeprefix('/1.1'))}": operation
    for path, operations in DESCRIPTION["paths"].items()
    for method, operation in operations.items()
}
THERE = [each for each in TARGETS if each.shape in SERVED]


def test_every_endpoint_of_the_list_is_served_and_described() -> None:
    assert len({each.shape for each in TARGETS}) == len(TARGETS) == 253
    missing = [each for each in TARGETS if each.shape not in SERVED]
    assert missing == []
    assert [each for each in THERE if each.shape not in DESCRIBED] == []


@pytest.mark.parametrize("endpoint", THERE, ids=lambda each: f"{each.method} {each.path}")
def test_access_strings_are_those_of_the_list(endpoint: Endpoint) -> None:
    accepted = {shape_of(each) for each in SERVED[endpoint.shape]}
    assert (shape_of(endpoint.access) in accepted) if endpoint.access else not accepted
    # The routes of incallfilter take XiVO's mistaken access string beside the right one.
    assert len(accepted) <= (2 if endpoint.path.endswith("/incallfilter") else 1)


def test_odd_access_strings_are_kept() -> None:
    """Where XiVO does not follow its own rule, scripts' tokens still fit."""
    assert SERVED["GET /asterisk/queues/general"] == {"confd.asterisk.queue.general.get"}
    assert SERVED["PUT /asterisk/queues/general"] == {"confd.asterisk.queue.general.update"}
    assert SERVED["GET /timezones"] == {"confd.timezones.get"}
    assert SERVED["GET /asterisk/pjsip/global"] == {"confd.asterisk.pjsip.global.read"}
    for verb, method in (("read", "GET"), ("update", "PUT")):
        accepted = SERVED[f"{method} /users/{{}}/services/incallfilter"]
        assert {shape_of(each) for each in accepted} == {
            f"confd.users.{{}}.services.{service}.{verb}" for service in ("dnd", "incallfilter")
        }
    for shape in ("GET /lines_sip", "POST /lines/{}/extension", "GET /extensions/{}/line"):
        assert SERVED[shape] == {"confd.#"}


def _resolved(response: dict[str, Any]) -> dict[str, Any]:
    """The response itself, where it is named among the components."""
    name = response.get("$ref", "").removeprefix("#/components/responses/")
    found: dict[str, Any] = DESCRIPTION["components"]["responses"][name] if name else response
    return found


def _fits(content: dict[str, Any]) -> None:
    """The example is what its schema promises."""
    _validator(json.dumps(content["schema"])).validate(content["example"])


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    """Kept: most answers have the same, and each one reads all components."""
    return jsonschema_rs.validator_for(
        {**json.loads(schema), "components": DESCRIPTION["components"]}
    )


@pytest.mark.parametrize("endpoint", THERE, ids=lambda each: f"{each.method} {each.path}")
def test_an_endpoint_is_described_with_schemas_examples_and_errors(endpoint: Endpoint) -> None:
    operation = DESCRIBED[endpoint.shape]
    answers = {status: _resolved(each) for status, each in operation["responses"].items()}
    if endpoint.method == "DELETE":
        dry_run = answers.pop("200", None)
        assert (dry_run is not None) == any(
            each.get("name") == "dry_run" for each in operation["parameters"]
        )
        if dry_run is not None:
            _fits(dry_run["content"]["application/json"])
    [success] = [status for status in answers if status.startswith("2")]
    if success != "204" and endpoint.method != "HEAD":
        [(kind, content)] = answers[success]["content"].items()
        assert content["schema"]
        if kind == "application/json":
            _fits(content)
    expected = {"500", "503"}
    if endpoint.access:
        expected |= {"400", "401"}
    if "{" in endpoint.path:
        expected |= {"404"}
    parameters = {each.get("name") for each in operation.get("parameters", ())}
    if "If-Match" in parameters:
        expected |= {"412"}
    if (endpoint.method, success) == ("POST", "201"):
        assert "Idempotency-Key" in parameters
        expected |= {"422"}
    assert expected <= answers.keys()
    for status in expected:
        content = answers[status]["content"]["application/json"]
        assert content["schema"]
        if content["schema"] == {"$ref": "#/components/schemas/Error"}:
            _fits(content)
    for kind, content in operation.get("requestBody", {"content": {}})["content"].items():
        assert content["schema"]
        if kind == "application/json":
            _fits(content)
        else:
            assert content["example"]
