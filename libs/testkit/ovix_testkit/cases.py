"""API descriptions to draw cases from, so that requests meet what there is, and are drawn soon."""

import copy
from typing import Any

MOST = 4
"""Ids count from 1, and tests make a few of everything."""


def describing_cases(description: dict[str, Any]) -> dict[str, Any]:
    """A copy of an OpenAPI document for schemathesis; it takes and refuses the same values.

    But for ids: integers of paths are 1 to `MOST`, texts of paths that have an example, and the
    ``id`` of bodies that have one, are that. And nothing names a tenant: most requests would be
    about one that is not there.
    """
    described = copy.deepcopy(description)
    _make_ids_little(described)
    _keep_lengths_out_of_patterns(described)
    return described


def _make_ids_little(description: dict[str, Any]) -> None:
    for operations in description["paths"].values():
        for operation in operations.values():
            parameters = operation.get("parameters", [])
            parameters[:] = [each for each in parameters if not _is_tenant(each)]
            for parameter in parameters:
                schema = parameter["schema"]
                if parameter["in"] == "path" and schema.get("type") == "integer":
                    schema["maximum"] = MOST
                elif parameter["in"] == "path" and "pattern" in schema:
                    schema["pattern"] = f"^[1-{MOST}]$"
                elif parameter["in"] == "path" and "example" in parameter:
                    schema["enum"] = [parameter["example"]]
            for body in operation.get("requestBody", {}).get("content", {}).values():
                named = body.get("schema", {}).get("properties", {}).get("id", {})
                if named.get("type") == "string" and "id" in (body.get("example") or {}):
                    named["enum"] = [body["example"]["id"]]


def _keep_lengths_out_of_patterns(part: Any) -> None:
    """Say a text's pattern beside its length, not with it.

    Drawing cases, schemathesis would make one pattern of both, and what counts to 65,536 takes
    its engine a second each time it is negated.
    """
    if isinstance(part, list):
        for each in part:
            _keep_lengths_out_of_patterns(each)
    elif isinstance(part, dict):
        for each in part.values():
            _keep_lengths_out_of_patterns(each)
        if isinstance(part.get("pattern"), str) and {"minLength", "maxLength"} & part.keys():
            part["allOf"] = [*part.get("allOf", ()), {"pattern": part.pop("pattern")}]


def _is_tenant(parameter: dict[str, Any]) -> bool:
    reference = parameter.get("$ref") == "#/components/parameters/Tenant"
    return reference or parameter.get("name") == "wazo-tenant"
