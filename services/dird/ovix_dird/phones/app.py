"""The phones' application, beside dird's own, and the ports that it is served on."""

import ssl
from collections.abc import Sequence

import structlog
from fastapi import FastAPI
from ovix_web import Listener, create_app_beside
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import dird_errors
from ..settings import DirdSettings
from .configuration import router as configuration_router
from .dnd import router as dnd_router
from .endpoints import router as endpoints_router
from .errors import on_screen
from .networks import AuthorizedNetworks
from .parts import PARTS
from .routes import router

log = structlog.get_logger(__name__)

DESCRIPTION = """\
The directory as desk phones read it: a menu, a search and pages of results, in each vendor's
format. Phones have no token: their addresses are authorized by `/1.1/access_features` of confd.
Programs with a token press keys of phones, below `/0.1/endpoints`.

`GET /0.1/directories/lookup/default/yealink?xivo_user_uuid=…&term=mart` finds people."""


def create_phones_app(main: FastAPI) -> FastAPI:
    """The phones' side of dird, whose application is ``main``."""
    app = create_app_beside(
        main,
        version="0.1",
        title="Ovix dird for phones",
        description=DESCRIPTION,
        render=dird_errors,
        routers=[configuration_router, endpoints_router, router, dnd_router],
        answer=on_screen,
    )
    for name in PARTS:
        setattr(app.state, name, getattr(main.state, name))
    settings: DirdSettings = main.state.settings
    app.state.networks = AuthorizedNetworks(settings.phones_networks, main.state.sessions)
    return app


class _WithoutLifespan:
    """The application on a second port, where it must not be started a second time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await self._app(scope, receive, send)
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})


def phone_listeners(app: FastAPI, settings: DirdSettings) -> Sequence[Listener]:
    """Where phones are served: by HTTP always, by HTTPS with a certificate that can be read."""
    plain = Listener(app, settings.phones_host, settings.phones_port, certificate=(None, None))
    listeners = [plain]
    certificate, key = settings.phones_certificate()
    if certificate is not None:
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            log.warning("phones_without_https", certificate=certificate, cause=str(error))
        else:
            listeners.append(
                Listener(
                    _WithoutLifespan(app),
                    settings.phones_host,
                    settings.phones_tls_port,
                    certificate=(certificate, key),
                )
            )
    return listeners
