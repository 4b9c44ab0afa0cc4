"""``/status``, ``/health/live``, ``/health/ready`` and ``/metrics``, answering what is true now."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from fastapi import APIRouter, FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from .errors import ApiError
from .metrics import Metrics
from .mounting import mount
from .responses import OrjsonResponse

Check = Callable[[], Awaitable[bool]]
CHECK_TIMEOUT_S = 2.0


_EVENTS_FLOW = (
    "SELECT NOT EXISTS (SELECT FROM outbox WHERE refused IS NULL"
    " AND created_at < now() - interval '10 s')"
)


def database_check(engine: AsyncEngine) -> Check:
    """Whether a statement can be run."""
    return partial(_answers_true, engine, "SELECT true")


def outbox_check(engine: AsyncEngine) -> Check:
    """Whether events go out: none has waited longer than ten seconds for the bus."""
    return partial(_answers_true, engine, _EVENTS_FLOW)


async def _answers_true(engine: AsyncEngine, question: str) -> bool:
    try:
        async with engine.connect() as connection:
            return bool(await connection.scalar(text(question)))
    except (SQLAlchemyError, ApiError, OSError):
        return False


async def _holds(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except TimeoutError:
        return False


async def _results(checks: Mapping[str, Check]) -> dict[str, bool]:
    held = await asyncio.gather(*(_holds(check) for check in checks.values()))
    return dict(zip(checks, held, strict=True))


def add_health(
    app: FastAPI,
    metrics: Metrics | None,
    *,
    vital: Mapping[str, Check],
    informative: Mapping[str, Check],
) -> None:
    """Routes without token. ``vital`` decides about readiness; ``informative`` is only shown.

    Without figures there is no ``/metrics``. A bus that is away is informative: requests go on and
    their events wait in the outbox.
    """
    router = APIRouter(include_in_schema=False)

    def shown(results: Mapping[str, bool]) -> dict[str, dict[str, str]]:
        return {name: {"status": "ok" if held else "fail"} for name, held in results.items()}

    @router.get("/health/live")
    async def live() -> Response:
        return OrjsonResponse({"status": "ok"})

    @router.get("/health/ready")
    @router.head("/health/ready")
    async def ready() -> Response:
        results = await _results(vital)
        good = all(results.values())
        body = {"status": "ok" if good else "fail", "checks": shown(results)}
        return OrjsonResponse(body, status_code=200 if good else 503)

    @router.get("/status")
    @router.head("/status")
    async def status() -> Response:
        decisive, told = await asyncio.gather(_results(vital), _results(informative))
        good = all(decisive.values())
        return OrjsonResponse(shown({**decisive, **told}), status_code=200 if good else 503)

    if metrics is not None:
        registry = metrics.registry

        @router.get("/metrics")
        async def figures() -> Response:
            # The process's own figures and the bus's are in the library's one registry.
            written = generate_latest(REGISTRY) + generate_latest(registry)
            return Response(written, media_type=CONTENT_TYPE_LATEST)

    mount(app, router)
