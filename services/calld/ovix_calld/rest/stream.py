"""``GET /1.0/events``: the websocket's events as lines of JSON, for curl and simple scripts.

Ours, beside XiVO's API. The same rules as on the websocket: the token needs ``websocketd``, and
each event the access it names. An empty line each 20 s keeps proxies from closing the connection.
It is not in the API description: generated clients and checkers wait for the end of an answer.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from ovix_web import Identity, Unavailable, token_of
from ovix_web.tenants import access_in_tenant

from ovix_calld.websocket.fanout import Client, Fanout
from ovix_calld.websocket.protocol import EVERYTHING, CloseCode, Session
from ovix_calld.websocket.server import CONNECT_SCOPE

router = APIRouter(prefix="/1.0", tags=["events"])

KEEP_ALIVE_S = 20.0

EVENTS_WAITING = 5000
"""Events a client may lag behind."""


class EventsUnavailable(Unavailable):
    template = "The bus can't be reached, try again"


@router.get("/events", response_class=StreamingResponse, include_in_schema=False)
async def follow_events(
    request: Request,
    identity: Annotated[Identity, access_in_tenant(CONNECT_SCOPE, in_query=True)],
    name: Annotated[list[str] | None, Query(description="Only events of these names")] = None,
) -> StreamingResponse:
    """Events from now on, until one side closes, the token ends, or the client is too slow."""
    fanout: Fanout = request.app.state.fanout
    if not fanout.active:
        raise EventsUnavailable()
    session = Session()
    session.subscriptions.update(name or [EVERYTHING])
    session.started = True
    closed = asyncio.Event()

    def close(_code: CloseCode, _reason: str) -> None:
        closed.set()

    token = token_of(request.headers) or request.query_params["token"]
    outgoing: asyncio.Queue[str] = asyncio.Queue(EVENTS_WAITING)

    def offer(event: str) -> bool:
        if outgoing.full():
            return False
        outgoing.put_nowait(event)
        return True

    client = Client(token, identity, session, offer, close)
    return StreamingResponse(
        _lines(fanout, client, outgoing, closed, request.app.state.stopping),
        media_type="application/x-ndjson; charset=utf-8",
    )


async def _lines(
    fanout: Fanout,
    client: Client,
    outgoing: asyncio.Queue[str],
    closed: asyncio.Event,
    stopping: asyncio.Event,
) -> AsyncIterator[str]:
    fanout.add(client)
    ends = {asyncio.create_task(closed.wait()), asyncio.create_task(stopping.wait())}
    try:
        yield "\n"  # the head goes out at once
        while not any(end.done() for end in ends):
            event = asyncio.create_task(outgoing.get())
            await asyncio.wait(
                {event, *ends}, timeout=KEEP_ALIVE_S, return_when=asyncio.FIRST_COMPLETED
            )
            if event.done():
                lines = [event.result()]
                while not outgoing.empty():
                    lines.append(outgoing.get_nowait())
                yield "\n".join(lines) + "\n"
            else:
                event.cancel()
                yield "\n"
    finally:
        for end in ends:
            end.cancel()
        fanout.remove(client)
