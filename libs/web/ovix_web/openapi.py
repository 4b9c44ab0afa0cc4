"""The API description: every status an operation answers with, errors in the service's shape."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .descriptions import add_operations
from .renderers import Renderer

_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")
_ALWAYS = (400, 500, 503)
_WITH_BODY = (408, 413)
_TOKEN = {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}


def answers(model: Any, *statuses: int, **options: Any) -> dict[str, Any]:
    """Arguments of a route decorator: the answer's model, and the errors particular to the route.

    Those every route may answer (400, 401 with a token, 408 and 413 with a body, 500, 503) are
    described without being named.
    """
    return {
        "response_model": model,
        "responses": {status: {"description": HTTPStatus(status).phrase} for status in statuses},
        **options,
    }


def describe(app: FastAPI, render: Renderer) -> None:
    """Make ``app.openapi()`` tell what is really answered (FastAPI's 422 never is)."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            written = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            schemas = written.setdefault("components", {}).setdefault("schemas", {})
            for name in _FRAMEWORK_SCHEMAS:
                schemas.pop(name, None)
            schemas["Error"] = render.schema
            for operation in _operations(written):
                operation["responses"].pop("422", None)
            add_operations(written, app.routes)
            if any("security" in operation for operation in _operations(written)):
                written["components"].setdefault("securitySchemes", {})["token"] = _TOKEN
            errors = written["components"].setdefault("responses", {})
            for operation in _operations(written):
                _describe_errors(operation, errors, render)
            app.openapi_schema = written
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _operations(written: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in written.get("paths", {}).values():
        yield from (operation for operation in path.values() if isinstance(operation, dict))


def _describe_errors(operation: dict[str, Any], errors: dict[str, Any], render: Renderer) -> None:
    """Name the errors that follow from the kind of operation; each form is written down once."""
    responses: dict[str, Any] = operation["responses"]
    statuses = [*_ALWAYS]
    if "requestBody" in operation:
        statuses += _WITH_BODY
    if any("token" in scheme for scheme in operation.get("security", ())):
        statuses.append(401)
    if any(parameter.get("in") == "path" for parameter in operation.get("parameters", ())):
        statuses.append(404)
    for status in statuses:
        responses.setdefault(str(status), {"description": HTTPStatus(status).phrase})
    for code, response in responses.items():
        if code[0] in "45":
            content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Error"}}
            if (example := render.examples.get(int(code))) is not None:
                content["example"] = example
            response.setdefault("content", {render.media_type: content})
            phrase = HTTPStatus(int(code)).phrase
            name = phrase.replace(" ", "").replace("-", "")
            if response["description"] == phrase and errors.setdefault(name, response) == response:
                responses[code] = {"$ref": f"#/components/responses/{name}"}
    operation["responses"] = dict(sorted(responses.items()))
