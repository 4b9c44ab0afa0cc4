"""The service on a port of this machine, for clients that are programs."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[int]:
    """Its port; the application's lifespan is not started."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Served below `Server.serve`, which would take the signals of the tests.
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listener]))
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await serving
