"""The auth application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from ovix_web import create_app, token_errors

from .cleaner import Cleaner
from .endpoints import router
from .login import Login
from .settings import AuthSettings

DESCRIPTION = """Tokens for all services of Ovix.

`POST /0.1/token` with `Authorization: Basic` and `{"backend": "xivo_user"}` gives a token; send it
as `X-Auth-Token` to every service."""


def create_auth_app(settings: AuthSettings) -> FastAPI:
    """Wire auth."""

    @asynccontextmanager
    async def sweeping(app: FastAPI) -> AsyncIterator[None]:
        cleaner = asyncio.create_task(
            Cleaner(app.state.sessions, settings).run(), name="token cleaner"
        )
        try:
            yield
        finally:
            cleaner.cancel()
            with suppress(asyncio.CancelledError):
                await cleaner

    app = create_app(
        settings,
        name="auth",
        version="0.1",
        title="Ovix auth",
        description=DESCRIPTION,
        routers=[router],
        render=token_errors,
        lifespan=sweeping,
    )
    app.state.login = Login(app.state.sessions, settings)
    return app
