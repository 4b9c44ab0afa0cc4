"""Adding a route, and what the API description says of it: path, body, answers, errors."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from .schema import INT32_MAX

_SCHEMAS = "x-ovix-schemas"
_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
_TYPES: dict[str, dict[str, Any]] = {
    "int": {"type": "integer", "minimum": 1, "maximum": INT32_MAX},
    "uuid": {"type": "string", "format": "uuid"},
    "str": {"type": "string"},
    "id_or_uuid": {
        "type": "string",
        "pattern": "^([1-9][0-9]{0,8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
    },
}


def add_route(
    router: APIRouter,
    method: str,
    path: str,
    handler: Callable[..., Awaitable[Response]],
    operation_id: str,
    *,
    status: int = 200,
    answer: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    example: Any = None,
    query: Iterable[str] = (),
    summary: str | None = None,
    deprecated: bool | None = None,
    conditional: bool = False,
    errors: Mapping[int | str, dict[str, Any]] | None = None,
) -> None:
    """Add a route whose handler reads path and body from the request, and describe it.

    Nothing of the answer is validated at run time; the contract suite compares it with ``answer``.
    ``errors`` describes those that have another shape than all the others.
    """
    told: dict[str, Any] = {"model": answer} if answer is not None else {"description": "Done"}
    responses: dict[int | str, dict[str, Any]] = {status: told}
    extra: dict[str, Any] = {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _TYPES[kind or "int"]}
            for name, kind in _PARAMETER.findall(path)
        ]
        + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in query],
    }
    if conditional:
        name, otherwise = ("If-None-Match", 304) if method == "GET" else ("If-Match", 412)
        extra["parameters"].append({"name": name, "in": "header", "schema": {"type": "string"}})
        responses[otherwise] = {"description": HTTPStatus(otherwise).phrase}
    if body is not None:
        content = {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}
        if example is not None:
            content["example"] = example
        extra["requestBody"] = {"required": True, "content": {"application/json": content}}
        extra[_SCHEMAS] = _schemas_of(body)
    router.add_api_route(
        path,
        handler,
        methods=[method],
        status_code=status,
        operation_id=operation_id,
        name=operation_id,
        summary=summary or operation_id.replace("_", " ").capitalize(),
        description="",
        responses={**responses, **(errors or {})},
        response_model=None,
        openapi_extra=extra,
        deprecated=deprecated,
    )


def _schemas_of(body: type[BaseModel]) -> dict[str, Any]:
    """The schema of a body, and of all it is made of, by name."""
    _, definitions = models_json_schema(
        [(body, "validation")], ref_template="#/components/schemas/{model}"
    )
    found: dict[str, Any] = definitions["$defs"]
    return found


def describe_bodies(app: FastAPI) -> None:
    """Put the bodies that handlers read themselves among the components of the description."""
    plain = app.openapi

    def with_bodies() -> dict[str, Any]:
        document = plain()
        components = document.setdefault("components", {}).setdefault("schemas", {})
        for operations in document["paths"].values():
            for operation in operations.values():
                for name, schema in operation.pop(_SCHEMAS, {}).items():
                    if components.setdefault(name, schema) != schema:
                        raise ValueError(f"two schemas are called {name}")
        return document

    app.openapi = with_bodies  # type: ignore[method-assign]
