"""The application every REST service is made of: its only place that wires things together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import async_sessionmaker
from starlette.middleware.cors import CORSMiddleware

from .bus_link import BusLink
from .database import open_engine
from .database_errors import ConstraintErrors
from .documentation import add_documentation
from .failures import install_failures
from .health import Check, add_health, database_check, outbox_check
from .metrics import Metrics
from .middlewares import BodyLimit, RequestScope
from .mounting import mount
from .openapi import describe
from .renderers import Renderer
from .responses import OrjsonResponse
from .settings import ServiceSettings
from .tokens import TokenGuard

ServiceLifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

CORS_HEADERS = ("Content-Type", "X-Auth-Token", "Authorization")
CORS_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _operation_id(route: APIRoute) -> str:
    """The handler's name; two routes of one name are a mistake FastAPI warns about."""
    return route.name


def create_app(
    settings: ServiceSettings,
    *,
    name: str,
    version: str,
    title: str,
    routers: Sequence[APIRouter],
    render: Renderer,
    description: str = "",
    constraints: ConstraintErrors | None = None,
    lifespan: ServiceLifespan | None = None,
    checks: Mapping[str, Check] | None = None,
    informative_checks: Mapping[str, Check] | None = None,
    token_guard: bool = True,
) -> FastAPI:
    """Wire a service; nothing is opened before its lifespan starts.

    ``app.state`` then holds ``settings``, ``engine``, ``sessions``, ``guard``, ``bus`` (a
    `BusLink`), ``metrics`` and ``stopping``. ``lifespan`` runs inside ours: it may use all of them.
    """
    metrics = Metrics()
    engine = open_engine(
        settings.database_url,
        application=f"ovix-{name}",
        pool_size=settings.database_pool_size,
        timeout_s=settings.database_timeout_s,
    )
    guard = TokenGuard(engine, settings.database_url, f"ovix-{name}-tokens")
    bus = BusLink(settings.bus_url, settings.database_url)

    @asynccontextmanager
    async def running_parts(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as parts:
            parts.push_async_callback(engine.dispose)
            await bus.open()
            parts.push_async_callback(bus.close)
            if token_guard:
                listener = asyncio.create_task(guard.listen(), name="token listener")
                parts.push_async_callback(_stopped, listener)
            if lifespan is not None:
                await parts.enter_async_context(lifespan(app))
            yield

    app = FastAPI(
        title=title,
        description=description,
        version=version,
        lifespan=running_parts,
        default_response_class=OrjsonResponse,
        generate_unique_id_function=_operation_id,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.settings = settings
    # Set when the server is told to stop: answers without an end must come to one.
    app.state.stopping = asyncio.Event()
    app.state.engine = engine
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.state.guard = guard
    app.state.bus = bus
    app.state.metrics = metrics

    async def revocations_heard() -> bool:
        return guard.listening

    informative: dict[str, Check] = {"bus": outbox_check(engine), **(informative_checks or {})}
    if token_guard:
        informative["token_listener"] = revocations_heard
    for router in routers:
        mount(app, router)
    add_health(
        app,
        metrics,
        vital={"database": database_check(engine), **(checks or {})},
        informative=informative,
    )
    describe(app, render)
    add_documentation(app, version)
    install_failures(app, render, constraints or {})
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, settings=settings, render=render)
    if settings.cors_enabled:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=CORS_METHODS,
            allow_headers=CORS_HEADERS,
            expose_headers=("Location", "X-Request-ID"),
            max_age=3600,
        )
    app.add_middleware(RequestScope, settings=settings, render=render, metrics=metrics)
    return app


async def _stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[FastAPI]:
    """The application with its lifespan started, without a server (tests, generated clients)."""
    async with app.router.lifespan_context(app):
        yield app
