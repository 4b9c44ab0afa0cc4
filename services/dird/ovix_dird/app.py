"""dird wired together: sources, the engine that asks them, and the REST API."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from ovix_web import create_app
from ovix_web.own_token import OwnToken

from .backend import Backend, Resources
from .engine import Directory, Timeouts
from .engine.breaker import Breaker, State
from .engine.changes import Changes
from .engine.favorites import Favorites
from .engine.figures import Figures
from .engine.live import LiveConfiguration
from .engine.sources import Sources, installed_backends
from .errors import CONSTRAINTS, dird_errors
from .files import PollingWatcher
from .linked_accounts import ACCESS, LinkedAccounts
from .phones.parts import add_phones_parts
from .phones.remote_keys import RemoteKeys
from .phones.token_routes import router as phones_by_token
from .reach import EVERYWHERE, Reach, ReachingClient
from .rest import operations
from .settings import DirdSettings
from .statements import Statements

DESCRIPTION = """\
Directories: who is behind a name or a number, from every source at once.

`GET /0.1/directories/lookup/default?term=mart` finds people in the sources of the profile
`default`; `reverse` finds whom a number belongs to. Each user has favorites and contacts of their
own; phonebooks are shared. Sources, displays and profiles are changed here and apply at once."""


def create_dird_app(
    settings: DirdSettings,
    backends: Mapping[str, Backend] | None = None,
    keys: RemoteKeys | None = None,
) -> FastAPI:
    """Wire dird; ``backends`` by type, those of the installed packages by default.

    ``keys`` presses keys of phones, through Asterisk by default.
    """
    backends = installed_backends() if backends is None else backends

    async def every_source_answers() -> bool:
        return all(source.state is not State.DOWN for source in sources)

    async def changes_heard() -> bool:
        return changes.listening and live.is_current

    @asynccontextmanager
    async def running_parts(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as parts:
            parts.push_async_callback(http.aclose)
            parts.push_async_callback(http_anywhere.aclose)
            await statements.open()
            parts.push_async_callback(statements.close)
            parts.push_async_callback(files.close)
            parts.push_async_callback(sources.close)
            await live.read_files()
            live.watch_files(files)
            for job in (changes.listen(), live.follow()):
                task = asyncio.create_task(job)
                parts.push_async_callback(_stopped, task)
            parts.push_async_callback(app.state.remote_keys.close)
            await parts.enter_async_context(app.state.dnd_on_phones.followed(app.state.bus))
            yield

    app = create_app(
        settings,
        name="dird",
        version="0.1",
        title="Ovix dird",
        description=DESCRIPTION,
        operations=operations(backends),
        routers=[phones_by_token],
        render=dird_errors,
        constraints=CONSTRAINTS,
        lifespan=running_parts,
        informative_checks={"sources": every_source_answers, "configuration": changes_heard},
    )
    reach = Reach(settings.source_networks)
    http, http_anywhere = ReachingClient(reach), ReachingClient(EVERYWHERE)
    statements = Statements(
        settings.database_url,
        size=settings.database_pool_size,
        timeout_s=settings.database_timeout_s,
    )
    files = PollingWatcher(settings.file_poll_s)
    resources = Resources(
        sessions=app.state.sessions,
        engine=app.state.engine,
        http=http,
        files=files,
        reach=reach,
        statements=statements,
        results_max=settings.source_results_max,
        linked=LinkedAccounts(
            settings.auth_url,
            OwnToken(settings.database_url, "ovix-dird", ACCESS),
            http_anywhere,  # where auth is, the operator says, and nobody who makes sources
        ),
    )
    sources = Sources(
        backends,
        resources,
        lambda: Breaker(
            settings.breaker_failures, settings.breaker_pause_s, settings.breaker_pause_max_s
        ),
        Figures(app.state.metrics),
        of_files=replace(resources, http=http_anywhere, reach=EVERYWHERE),
    )
    live = LiveConfiguration(app.state.sessions, sources, settings.config_dir)
    changes = Changes(settings.database_url, live.changed)
    app.state.live = live
    app.state.sources = sources
    app.state.reach = reach
    app.state.backends = backends
    app.state.statements = statements
    app.state.directory = Directory(
        live.current,
        sources,
        Favorites(statements),
        Timeouts(settings.lookup_timeout_s, settings.reverse_timeout_s),
    )
    add_phones_parts(app, settings, keys)
    return app


async def _stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
