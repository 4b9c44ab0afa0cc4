"""Requests in several transactions, between which another service is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ovix_web import Work


@asynccontextmanager
async def step(work: Work) -> AsyncIterator[Work]:
    """A transaction of its own for a part of the request; its events are written in it.

    The request's own transaction takes no connection as long as nobody asks it anything.
    """
    async with work.request.app.state.sessions.begin() as session:
        part = Work(work.request, session, work.identity, work.base_url, work.entity_id)
        yield part
        await part.write_events()
