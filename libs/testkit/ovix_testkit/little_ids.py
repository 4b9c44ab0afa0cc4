"""API descriptions whose ids are little, so that requests made from them meet what there is."""

import copy
from typing import Any

MOST = 4
"""Ids count from 1, and tests make a few of everything."""


def with_little_ids(description: dict[str, Any]) -> dict[str, Any]:
    """A copy of an OpenAPI document in which the integer ids of paths are 1 to `MOST`.

    Texts of paths that have an example, and the ``id`` of bodies that have one, are that.
    Nothing names a tenant: most requests would be about one that is not there.
    """
    little = copy.deepcopy(description)
    for operations in little["paths"].values():
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
    _keep_lengths_out_of_patterns(little)
    return little


def _keep_lengths_out_of_patterns(part: Any) -> None:
    """Say a text's pattern beside its length, not with it.

    Drawing cases, schemathesis would make one pattern of both, and what counts to 65,536 takes
    its engine half a second each time it is negated.
    """
    if isinstance(part, list):
        for each in part:
            _keep_lengths_out_of_patterns(each)
    elif isinstance(part, dict):
        for each in part.values():
            _keep_lengths_out_of_patterns(each)
        if isinstance(part.get("pattern"), str) and {"minLength", "maxLength"} & part.keys():
            part["allOf"] = [{"pattern": part.pop("pattern")}]


def _is_tenant(parameter: dict[str, Any]) -> bool:
    reference = parameter.get("$ref") == "#/components/parameters/Tenant"
    return reference or parameter.get("name") == "wazo-tenant"
