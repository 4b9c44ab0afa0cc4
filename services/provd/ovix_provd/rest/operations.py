"""Operations in progress: looked at, followed, forgotten (reference/provd/rest-api.md, 6)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from ..access import Caller, granted
from ..errors import NoSuchResource
from ..operations import Operation, Operations
from .exchange import add, answer, done, wrapped

STREAM = "text/event-stream"
LOOKED_AT_EACH_S = 0.1
KEEP_ALIVE_S = 15.0
STATUS = wrapped("status", {"type": "string"})
FOLLOWED = f"""\
`[label|]state[;current[/end]](part)…`, where the state is waiting, progress, success or fail.
With `Accept: {STREAM}` the answer is a stream of events, each `data: {{"status": "…"}}`: the status
now, then each other one, until it is success or fail."""

CollectionOf = Callable[[Request], Operations]


def add_operations(router: APIRouter, path: str, name: str, collection: CollectionOf) -> None:
    """``{path}/{operation_id}``; ``name`` is part of the handlers' names."""

    def known(request: Request, operation_id: int) -> Operation:
        operation = collection(request).get(operation_id)
        if operation is None:
            raise NoSuchResource
        return operation

    async def get(
        request: Request, operation_id: int, _: Annotated[Caller, granted("provd.operation.read")]
    ) -> Response:
        operation = known(request, operation_id)
        if STREAM in request.headers.get("accept", ""):
            events = _events(operation, request.app.state.stopping)
            return StreamingResponse(
                events, media_type=STREAM, headers={"Cache-Control": "no-store"}
            )
        return answer(request, {"status": str(operation)})

    async def delete(
        request: Request,
        operation_id: int,
        _: Annotated[Caller, granted("provd.operation.delete")],
    ) -> Response:
        if not collection(request).forget(operation_id):
            raise NoSuchResource
        return done()

    get.__name__, delete.__name__ = f"get_{name}", f"delete_{name}"
    path = f"{path}/{{operation_id:int}}"
    add(router, "GET", path, get, "How it goes", shows=STATUS, description=FOLLOWED)
    add(router, "DELETE", path, delete, "Forget it; it goes on", status=204)


async def _events(operation: Operation, stopping: asyncio.Event) -> AsyncIterator[bytes]:
    """The status whenever it is another one; a comment now and then keeps proxies content."""
    told, silent_s = "", 0.0
    while not stopping.is_set():
        # Before the status is read: what it is at its end is told.
        ended = operation.ended.is_set()
        status = str(operation)
        if status != told:
            told, silent_s = status, 0.0
            yield b"data: " + orjson.dumps({"status": status}) + b"\n\n"
        elif silent_s >= KEEP_ALIVE_S:
            silent_s = 0.0
            yield b":\n\n"
        if ended:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOKED_AT_EACH_S):
                await operation.ended.wait()
        silent_s += LOOKED_AT_EACH_S
