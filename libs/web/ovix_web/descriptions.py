"""What the API description says of operations, made when somebody asks for the description."""

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.routing import BaseRoute

from . import trial
from .bodies import INT32_MAX
from .idempotency import HEADER, LENGTH_MAX
from .operations import UUID, Operation, OperationRoute
from .tenants import HEADER as TENANT
from .tenants import MEANING

_PREFIX = "#/components/schemas/"
_TENANT = {
    "name": TENANT,
    "in": "header",
    "description": MEANING,
    "schema": {"type": "string", "format": "uuid"},
}
_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
_PATH_TYPES: Mapping[str, dict[str, Any]] = {
    "int": {"type": "integer", "minimum": 1, "maximum": INT32_MAX},
    "uuid": {"type": "string", "format": "uuid"},
    "uuid_or_me": {"type": "string", "pattern": f"^(me|{UUID})$"},
    "": {"type": "string"},
    "str": {"type": "string"},
    "path": {"type": "string"},
    "id_or_uuid": {
        "type": "string",
        "pattern": "^([1-9][0-9]{0,8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
    },
}
_PLAIN: Mapping[str, Any] = {
    "string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None, "object": {},
}  # fmt: skip
_FORMATS: Mapping[str, str] = {
    "uuid": "5f7e9a52-6f43-4e0b-9c0e-3b6b8a3f2f0d",
    "date-time": "2026-01-31T12:00:00+00:00",
}
DEEPEST = 6
"""Examples of arrays that lie deeper are empty: some schemas contain themselves."""


def add_operations(document: dict[str, Any], routes: Iterable[BaseRoute]) -> None:
    """Put every operation of the routes, and the schemas it names, into an OpenAPI document."""
    found = [
        (route, operation)
        for route in routes
        if isinstance(route, OperationRoute)
        for operation in route.operations.values()
    ]
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for _, operation in found:
        if operation.answer is not None:
            models[operation.answer, "serialization"] = None
        if operation.body is not None:
            models[operation.body, "validation"] = None
    schemas, definitions = models_json_schema(list(models), ref_template=_PREFIX + "{model}")
    named = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in definitions.get("$defs", {}).items():
        if "__" in name or named.setdefault(name, schema) != schema:
            raise ValueError(f"two schemas are called {name}")
    if any(operation.scopes is not None for _, operation in found):
        document["components"].setdefault("parameters", {})["Tenant"] = _TENANT
    for route, operation in found:
        of_path = document["paths"].setdefault(route.path_format, {})
        of_path[operation.method.lower()] = _described(route, operation, schemas, named)


def _described(
    route: OperationRoute, operation: Operation, schemas: Mapping[Any, Any], named: dict[str, Any]
) -> dict[str, Any]:
    responses: dict[str, Any] = {str(operation.status): {"description": "Done"}}
    if operation.answer is not None:
        schema = schemas[operation.answer, "serialization"]
        content = {"schema": schema, "example": sample(schema, named, operation.example)}
        responses[str(operation.status)]["content"] = {"application/json": content}
    if operation.conditional:
        responses["304" if operation.method == "GET" else "412"] = {}
    if operation.creates:
        responses["422"] = {}
    if operation.can_be_tried:
        responses["200"] = dict(trial.ANSWER)
    for status, response in responses.items():
        response.setdefault("description", HTTPStatus(int(status)).phrase)
    written: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary or operation.name.replace("_", " ").capitalize(),
        "tags": [operation.path.split("/")[1]],
        "parameters": list(_parameters(route.path, operation)),
        "responses": responses,
    }
    if operation.scopes is not None:
        written["security"] = [{"token": []}]
    if operation.deprecated:
        written["deprecated"] = True
    if operation.body is not None:
        taken = {"schema": schemas[operation.body, "validation"]}
        if operation.body_example is not None:
            taken["example"] = operation.body_example
        written["requestBody"] = {"required": True, "content": {"application/json": taken}}
    told = dict(operation.described)
    responses |= told.pop("responses", {})
    return written | told


def _parameters(path: str, operation: Operation) -> Iterator[dict[str, Any]]:
    for name, kind in _PARAMETER.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": _PATH_TYPES[kind]}
    tried = trial.QUERY if operation.can_be_tried else {}
    for name, meaning in {**operation.query, **tried}.items():
        told = {"description": meaning} if meaning else {}
        yield {"name": name, "in": "query", "schema": {"type": "string"}} | told
    if operation.scopes is not None:
        yield {"$ref": "#/components/parameters/Tenant"}
    if operation.conditional:
        name = "If-None-Match" if operation.method == "GET" else "If-Match"
        yield {"name": name, "in": "header", "schema": {"type": "string"}}
    if operation.creates:
        yield {
            "name": HEADER,
            "in": "header",
            "description": "The same key with the same request gives the first answer again",
            "schema": {
                "type": "string", "minLength": 1, "maxLength": LENGTH_MAX, "pattern": "^[!#-~]+$",
            },
        }  # fmt: skip


def sample(
    schema: Mapping[str, Any], named: Mapping[str, Any], known: Any = None, depth: int = 0
) -> Any:
    """A value that fits a JSON schema: what is known of it, and plain values for the rest."""
    while "$ref" in schema:
        schema = named[schema["$ref"].removeprefix(_PREFIX)]
    if "anyOf" in schema:
        fitting = [each for each in schema["anyOf"] if _is_like(each, named, known)]
        plainest = next((e for e in schema["anyOf"] if e.get("type") == "null"), schema["anyOf"][0])
        return sample(fitting[0] if fitting else plainest, named, known, depth)
    kind = schema.get("type", "")
    if kind == "object" and "properties" in schema:
        given = known if isinstance(known, dict) else {}
        return {
            name: sample(member, named, given.get(name), depth + 1)
            for name, member in schema["properties"].items()
        }
    if isinstance(of_any := schema.get("additionalProperties"), dict) and isinstance(known, dict):
        return {name: sample(of_any, named, each, depth + 1) for name, each in known.items()}
    if kind == "array":
        listed = known if isinstance(known, list) else [None] if depth < DEEPEST else []
        return [sample(schema["items"], named, each, depth + 1) for each in listed]
    if "const" in schema or "enum" in schema:
        allowed = schema.get("enum", [schema.get("const")])
        return known if known in allowed else allowed[0]
    if known is not None and _is_like(schema, named, known):
        return known
    least = max(schema.get("minimum", 1), 1)
    return least if kind == "integer" else _FORMATS.get(schema.get("format", ""), _PLAIN.get(kind))


_LIKE: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
    "object": dict,
}  # fmt: skip


def _is_like(schema: Mapping[str, Any], named: Mapping[str, Any], value: Any) -> bool:
    """Whether the value is of the schema's type."""
    while "$ref" in schema:
        schema = named[schema["$ref"].removeprefix(_PREFIX)]
    kind = _LIKE.get(schema.get("type", ""))
    return kind is not None and isinstance(value, kind) and (kind is bool) >= (value is True)
