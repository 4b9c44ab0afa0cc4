"""calld wired together: Asterisk's calls, the REST API, the websocket, CEL and call logs."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from ovix_web import create_app as create_service
from ovix_web import object_errors
from ovix_web.caller_names import ACCESS, CallerNames
from ovix_web.own_token import OwnToken

from .background import in_background
from .cel.journalist import Journalist
from .cel.spool import Spool
from .figures import Figures
from .live.follower import Follower
from .live.registrations import keep_noting
from .live.turn import Turn
from .rest import calls, line_states, stream
from .settings import CalldSettings
from .websocket.entities import Entities
from .websocket.fanout import Fanout
from .websocket.server import WebsocketServer

DESCRIPTION = """\
Calls as they happen: list them, make them (click-to-call), hang them up, hear of them.

Events are also told by websocket on port 9502 and on the bus.
"""

CONTACT_WITHIN_S = 1.0
"""What dird may take: the ringing was told before it is asked (reference/crm.md, 3)."""


def _nothing() -> None:
    """What happens by default when a background job crashes: the log tells it."""


def create_app(settings: CalldSettings, *, on_crash: Callable[[], None] = _nothing) -> FastAPI:
    """The REST application; its lifespan also follows Asterisk and serves the websocket."""

    async def asterisk_followed() -> bool:
        follower: Follower = app.state.follower
        return follower.in_step

    async def events_heard() -> bool:
        fanout: Fanout = app.state.fanout
        return fanout.active

    async def cel_read() -> bool:
        journalist: Journalist | None = app.state.journalist
        return journalist is not None and journalist.up_to_date

    @asynccontextmanager
    async def running_parts(app: FastAPI) -> AsyncIterator[None]:
        follower: Follower = app.state.follower
        fanout: Fanout = app.state.fanout
        journalist: Journalist | None = app.state.journalist
        jobs = {
            "follower": follower.run(),
            "fanout": _follow_bus(app, fanout),
            "registrations": keep_noting(
                follower.ami, app.state.sessions, settings.registrations_every_s
            ),
        }
        if journalist is not None:
            jobs["journalist"] = journalist.run()
        async with AsyncExitStack() as parts:
            await parts.enter_async_context(in_background(on_crash, **jobs))
            await parts.enter_async_context(app.state.websocket.running())
            parts.push_async_callback(names.close)
            yield

    app = create_service(
        settings,
        name="calld",
        version="1.0",
        title="Ovix calld",
        description=DESCRIPTION,
        routers=[calls.router, line_states.router, stream.router],
        render=object_errors,
        lifespan=running_parts,
        informative_checks={
            "ami": asterisk_followed,
            "events": events_heard,
            **({"cel": cel_read} if settings.cel_spool is not None else {}),
        },
    )
    state = app.state
    figures = Figures(state.metrics)
    names = CallerNames(
        settings.dird_url,
        OwnToken(settings.database_url, "ovix-calld", [ACCESS]),
        budget_s=CONTACT_WITHIN_S,
    )
    state.follower = Follower(
        state.sessions,
        Turn(settings.database_url),
        settings.ami_account(),
        on_batch=figures.batch,
        whose=names.of,
    )
    state.fanout = Fanout(state.guard, Entities(state.sessions))
    state.websocket = WebsocketServer(settings, state.guard, state.fanout)
    state.journalist = None
    if settings.cel_spool is not None:
        state.journalist = Journalist(
            state.sessions,
            Spool(settings.cel_spool, settings.cel_rotation_bytes),
            poll_s=settings.cel_poll_s,
            sweep_s=settings.call_log_sweep_s,
            on_rows=figures.rows,
        )
    figures.live_calls.set_function(lambda: state.follower.live_calls)
    figures.clients.set_function(lambda: len(state.fanout))
    figures.ami_in_step.set_function(lambda: int(state.follower.in_step))
    return app


async def _follow_bus(app: FastAPI, fanout: Fanout) -> None:
    await fanout.run(await app.state.bus.bus())
