"""Requests and answers: bodies read, documents answered, routes described."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request
from ovix_schema import Device
from ovix_web import preconditions, still_at_work
from sqlalchemy import Text, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from starlette.responses import Response

from ..errors import NotAcceptable, Refused, WrongMediaType
from ..lifecycle import Lifecycle
from ..media import JSON, MEDIA_TYPE, answered_as, is_readable, is_too_deep

BASE = "/provd"
Document = dict[str, Any]
Schema = dict[str, Any]
_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
PATH_EXAMPLES = {"plugin_id": "ovix-yealink", "config_id": "base", "param": "locale"}
ANY_OBJECT: Schema = {"type": "object"}
FIND_PARAMETERS = ("q", "q64", "fields", "skip", "limit", "sort", "sort_ord")


def wrapped(key: str, schema: Schema) -> Schema:
    """``{key: …}``, how bodies and answers carry a document."""
    return {"type": "object", "required": [key], "properties": {key: schema}}


async def read_body(request: Request) -> Document:
    """The JSON object of the body, in either media type."""
    if not is_readable(request.headers.get("content-type", "")):
        raise WrongMediaType
    try:
        value = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise Refused(f"Invalid JSON document: {error}") from error
    if not isinstance(value, dict):
        raise Refused("Wrong information in entity: an object is needed")
    if is_too_deep(value):
        raise Refused("Wrong information in entity: nested too deeply")
    return value


async def read_wrapped(request: Request, key: str) -> Document:
    """The document that a body carries under its key."""
    value = (await read_body(request)).get(key)
    if not isinstance(value, dict):
        raise Refused(f"Wrong information in entity: '{key}' must be an object")
    return value


async def read_id(request: Request) -> str:
    """The ``id`` of a body that names something."""
    value = (await read_body(request)).get("id")
    if not isinstance(value, str):
        raise Refused("Wrong information in entity: 'id' must be a text")
    return value


def demand_acceptable(request: Request) -> str:
    """The type to answer in; refuses before anything is done."""
    answered = answered_as(request.headers.get("accept"))
    if answered is None:
        raise NotAcceptable
    return answered


def answer(
    request: Request, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer."""
    media_type = demand_acceptable(request)
    return Response(orjson.dumps(value), status, headers, media_type)


def created(request: Request, path: str, told: Any = None) -> Response:
    """201 with ``Location``, a path without host."""
    headers = {"Location": BASE + path}
    return Response(status_code=201, headers=headers) if told is None else answer(
        request, told, 201, headers
    )  # fmt: skip


def done() -> Response:
    """204."""
    return Response(status_code=204)


def lifecycle(request: Request, session: Any) -> Lifecycle:
    """Changes in the request's transaction."""
    state = request.app.state
    return Lifecycle(session, state.plugins, state.base_raw_config)


@asynccontextmanager
async def changing(request: Request) -> AsyncIterator[Lifecycle]:
    """Changes in a transaction of their own, and then what they have to be done to many devices."""
    state = request.app.state
    async with state.sessions.begin() as session:
        changes = lifecycle(request, session)
        yield changes
    if changes.marked:
        await state.reconfigurations.finish(
            Device.id == any_(literal(changes.marked, ARRAY(Text))),
            lambda: still_at_work(request),
        )


def tag_of(document: Document) -> str:
    """The strong tag of a document."""
    return preconditions.tag_of(orjson.dumps(document, option=orjson.OPT_SORT_KEYS))


def demand_unchanged(request: Request, document: Document) -> None:
    """412 unless ``If-Match`` is absent or names the document; new beside XiVO."""
    if preconditions.demands(request):
        preconditions.check(request, tag_of(document), "The document")


def add(
    router: APIRouter,
    method: str,
    path: str,
    handler: Callable[..., Awaitable[Response]],
    summary: str,
    *,
    status: int = 200,
    shows: Schema | None = None,
    body: Schema | None = None,
    example: Any = None,
    query: tuple[str, ...] = (),
    errors: tuple[int, ...] = (),
    description: str = "",
    body_types: tuple[str, ...] = (MEDIA_TYPE, JSON),
) -> None:
    """Add a route, and describe it: what it takes and shows are JSON schemas."""
    names = _PARAMETER.findall(path)
    extra: Schema = {
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "integer"} if kind == "int" else {"type": "string"},
            }
            | ({"example": PATH_EXAMPLES[name]} if name in PATH_EXAMPLES else {})
            for name, kind in names
        ]
        + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in query]
    }
    told: Schema = {"description": "Done"}
    if shows is not None:
        told["content"] = {kind: {"schema": shows} for kind in (MEDIA_TYPE, JSON)}
    if body is not None:
        content: Schema = {"schema": body} | ({"example": example} if example is not None else {})
        extra["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(body_types, content),
        }
    also = {*errors, *([406] if shows is not None else []), *([415] if body is not None else [])}
    described = {code: {"description": HTTPStatus(code).phrase} for code in sorted(also)}
    options: dict[str, Any] = {
        "status_code": status,
        "name": handler.__name__,
        "summary": summary,
        "description": description,
        "response_model": None,
        "response_class": Response,
        "responses": {status: told, **described},
        "openapi_extra": extra,
    }
    router.add_api_route(
        BASE + path, handler, methods=[method], operation_id=handler.__name__, **options
    )
    if method == "GET":
        router.add_api_route(
            BASE + path, handler, methods=["HEAD"], include_in_schema=False, **options
        )
