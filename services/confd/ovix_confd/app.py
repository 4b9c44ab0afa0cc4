"""The configuration API: the domains' operations, mounted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from ovix_web import confd_errors, create_app

from . import domains
from .kit import Registry
from .phones import Following
from .phones.following import QUEUE
from .provd import Provd, open_client
from .settings import ConfdSettings


def create_confd_app(
    settings: ConfdSettings,
    registry: Registry | None = None,
    provd_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The service; ``registry`` is what the domain packages export unless another is given.

    Its lifespan also keeps phones' configurations in step, where it has a key for provd.
    """
    found = registry or Registry.discovered(domains)
    client = open_client(settings, provd_transport)

    @asynccontextmanager
    async def phones_followed(app: FastAPI) -> AsyncIterator[None]:
        try:
            if settings.provd_key is None:
                yield
                return
            bus = await app.state.bus.bus()
            following = Following(app.state.sessions, app.state.provd)
            subscription = await bus.subscribe(QUEUE, following.on_event)
            try:
                yield
            finally:
                await subscription.close()
        finally:
            await client.aclose()

    app = create_app(
        settings,
        name="confd",
        version="1.1",
        title="Ovix configuration",
        description="The configuration API of XiVO: users, lines, extensions, contexts …",
        operations=found.operations,
        render=confd_errors,
        constraints=found.constraints,
        lifespan=phones_followed,
    )
    app.state.provd = Provd(client)
    app.state.registry = found
    return app
