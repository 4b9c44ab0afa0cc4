"""The application every REST service is made of: its only place that wires things together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import async_sessionmaker
from starlette.middleware.cors import CORSMiddleware

from .bus_link import BusLink
from .database import open_engine
from .database_errors import ConstraintErrors
from .documentation import add_documentation
from .failures import Answer, install_failures
from .health import Check, add_health, database_check, outbox_check
from .idempotency import HEADER
from .metrics import Metrics
from .middlewares import BodyLimit, RequestScope
from .mounting import mount
from .openapi import describe
from .operations import Operation, mount_operations
from .renderers import Renderer
from .responses import OrjsonResponse
from .settings import ServiceSettings
from .tenants import HEADER as TENANT
from .tokens import TokenGuard

ServiceLifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

CORS_HEADERS = (
    "Content-Type",
    "X-Auth-Token",
    "Authorization",
    "Wazo-Session-Type",
    TENANT,
    "If-Match",
    "If-None-Match",
    HEADER,
)
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
    render: Renderer,
    routers: Sequence[APIRouter] = (),
    operations: Iterable[Operation] = (),
    description: str = "",
    constraints: ConstraintErrors | None = None,
    lifespan: ServiceLifespan | None = None,
    checks: Mapping[str, Check] | None = None,
    informative_checks: Mapping[str, Check] | None = None,
    token_guard: bool = True,
    larger_bodies: Mapping[str, int] | None = None,
) -> FastAPI:
    """Wire a service; nothing is opened before its lifespan starts.

    ``larger_bodies`` gives, by path, how many bytes a body may have where that is more than usual.

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

    app = _bare_app(title, description, version, running_parts)
    app.state.settings = settings
    # Set when the server is told to stop: answers without an end must come to one.
    app.state.stopping = asyncio.Event()
    app.state.engine = engine
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    # Such a request holds a connection for its key; what it does by steps takes others.
    app.state.keyed = asyncio.Semaphore(max(1, settings.database_pool_size // 2))
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
    mount_operations(app, f"/{version}", operations)
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
    app.add_middleware(BodyLimit, settings=settings, render=render, larger=larger_bodies or {})
    if settings.cors_enabled:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=CORS_METHODS,
            allow_headers=CORS_HEADERS,
            expose_headers=("Location", "ETag", "X-Request-ID", "Wazo-Sessions-Revoked"),
            max_age=3600,
        )
    app.add_middleware(RequestScope, settings=settings, render=render, metrics=metrics)
    return app


def create_app_beside(
    main: FastAPI,
    *,
    version: str,
    title: str,
    render: Renderer,
    routers: Sequence[APIRouter],
    description: str = "",
    answer: Answer | None = None,
) -> FastAPI:
    """A second application of a service, for a port of its own: other paths, other callers.

    It shares what ``main`` has in its state, figures included, and opens nothing itself: `main`'s
    lifespan does. ``answer`` writes errors of routes, where not all are written by ``render``.
    """
    settings, metrics = main.state.settings, main.state.metrics
    app = _bare_app(title, description, version, None)
    for name in ("settings", "stopping", "engine", "sessions", "guard", "bus", "metrics"):
        setattr(app.state, name, getattr(main.state, name))
    for router in routers:
        mount(app, router)
    add_health(
        app,
        None,  # shown at the main port alone
        vital={"database": database_check(main.state.engine)},
        informative={"bus": outbox_check(main.state.engine)},
    )
    describe(app, render)
    add_documentation(app, version)
    install_failures(app, render, {}, answer)
    app.add_middleware(BodyLimit, settings=settings, render=render, larger={})
    app.add_middleware(RequestScope, settings=settings, render=render, metrics=metrics)
    return app


def _bare_app(
    title: str, description: str, version: str, lifespan: ServiceLifespan | None
) -> FastAPI:
    return FastAPI(
        title=title,
        description=description,
        version=version,
        lifespan=lifespan,
        default_response_class=OrjsonResponse,
        generate_unique_id_function=_operation_id,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False},
    )


async def _stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[FastAPI]:
    """The application with its lifespan started, without a server (tests, generated clients)."""
    async with app.router.lifespan_context(app):
        yield app
