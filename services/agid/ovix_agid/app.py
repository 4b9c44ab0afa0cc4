"""The only place that wires agid: questions on one port, health and metrics on the other."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from ovix_asterisk.fastagi import FastAgiServer
from ovix_web import create_app, object_errors
from ovix_web.caller_names import ACCESS, CallerNames
from ovix_web.own_token import OwnToken

from .answering import Answering
from .database import Postgres
from .handlers import handlers
from .ring_types import read_ring_rules
from .settings import AgidSettings

_log = structlog.get_logger(__name__)


def create_agid_app(settings: AgidSettings) -> FastAPI:
    """agid with its HTTP side; while its lifespan runs it answers Asterisk.

    ``app.state.agi_port`` is then the port Asterisk asks on, also when a free one was taken.
    """
    names = CallerNames(settings.dird_url, OwnToken(settings.database_url, "ovix-agid", [ACCESS]))
    database = Postgres(
        settings.database_url,
        connections=settings.connections,
        time_limit_s=settings.database_limit_s,
    )

    async def database_answers() -> bool:
        return database.available

    @asynccontextmanager
    async def answering_asterisk(app: FastAPI) -> AsyncIterator[None]:
        answering = Answering(
            handlers(read_ring_rules(settings.ring_file)),
            database,
            registry=app.state.metrics.registry,
            say_success=settings.say_success,
            whose=names.of,
        )

        def read_again() -> None:
            answering.handlers = handlers(read_ring_rules(settings.ring_file))
            _log.info("ring_rules_read")

        await database.open()
        server = FastAgiServer(
            answering.answer,
            host=settings.host,
            port=settings.agi_port,
            session_timeout_s=settings.question_limit_s,
        )
        await server.start()
        app.state.agi_port = server.port
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, read_again)
        _log.info("listening", agi_port=server.port)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
            await server.close(settings.shutdown_timeout_s)
            await database.close()
            await names.close()

    return create_app(
        settings,
        name="agid",
        version="1.0",
        title="agid",
        description="Health and metrics; Asterisk's questions come by FastAGI on another port.",
        routers=[],
        render=object_errors,
        lifespan=answering_asterisk,
        checks={"questions": database_answers},
        token_guard=False,
    )


__all__ = ["create_agid_app"]
