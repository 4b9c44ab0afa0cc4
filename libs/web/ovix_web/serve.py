"""Running applications: uvicorn on uvloop and httptools, bounded, stopped without lost work."""

import asyncio
import ctypes
import gc
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.types import ASGIApp

from .connections import BoundedConnection
from .logs import configure_logging
from .settings import ServiceSettings

_M_MMAP_THRESHOLD = -3


@dataclass(frozen=True, slots=True)
class Listener:
    """One application on one port."""

    app: ASGIApp
    host: str
    port: int
    websockets: bool = False
    certificate: tuple[str | None, str | None] | None = None
    """PEM files of an HTTPS server's certificate and key, two None for plain HTTP.

    None: what the settings say for all the service's ports.
    """


class _Server(uvicorn.Server):
    """A server that leaves the signals to us, because several run in one loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: ServiceSettings, *listeners: Listener) -> None:
    """Serve until SIGTERM or SIGINT: stop accepting, finish what runs, close."""
    servers = [_server(settings, listener) for listener in listeners]

    def stop() -> None:
        for server in servers:
            server.should_exit = True
        for listener in listeners:
            if isinstance(listener.app, FastAPI):
                listener.app.state.stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await asyncio.gather(*(server.serve() for server in servers))


def _server(settings: ServiceSettings, listener: Listener) -> _Server:
    certificate, key = listener.certificate or (settings.tls_certificate, settings.tls_key)
    return _Server(
        uvicorn.Config(
            listener.app,
            host=listener.host,
            port=listener.port,
            http=_protocol(settings),
            ws="websockets" if listener.websockets else "none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=settings.backlog,
            limit_concurrency=settings.max_connections,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=int(settings.shutdown_timeout_s),
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
    )


def _protocol(settings: ServiceSettings) -> type[BoundedConnection]:
    return type("Connection", (BoundedConnection,), {"head_timeout_s": settings.header_timeout_s})


def _allow_many_files() -> None:
    """Every connection is an open file; many systems start processes with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _keep_memory_small() -> None:
    """Give large blocks (argon2's 19 MiB, big bodies) back to the system when they are freed.

    glibc otherwise raises its limit for that to the largest block ever freed (mallopt(3)).
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(_M_MMAP_THRESHOLD, 1024 * 1024)
    gc.collect()
    gc.freeze()  # what was wired lives as long as the process: no later collection visits it


def run(app: FastAPI, settings: ServiceSettings, *others: Listener, service: str = "") -> None:
    """Run a service in the foreground: its application on its port, and other listeners."""
    configure_logging(settings.log_format, settings.log_level, service)
    _allow_many_files()
    _keep_memory_small()
    with suppress(KeyboardInterrupt):
        uvloop.run(serve(settings, Listener(app, settings.host, settings.port), *others))
