"""provd wired together: documents, plugins, operations, and the REST in front of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from ovix_web import ApiError, create_app, text_errors

from .errors import Refused
from .notification import SipNotifier, asterisk
from .operations import OperationCollections
from .phones.servers import Phones
from .plugins import PluginSet
from .repository.index import LARGEST_ARCHIVE
from .repository.running import running_plugins, wire_plugins
from .rest import ROUTERS
from .rest.exchange import BASE
from .rest.installing import UPLOAD
from .settings import ProvdSettings

DESCRIPTION = """\
Phones, what they are configured from, and the plugins that know them, as in xivo-provd 16.16.

Bodies are `application/vnd.proformatique.provd+json` or `application/json`, in both directions.
Errors are plain text."""


def _mac_taken() -> ApiError:
    return Refused("mac already used by another device")


def create_provd_app(
    settings: ProvdSettings,
    plugins: PluginSet | None = None,
    notifier: SipNotifier | None = None,
) -> FastAPI:
    """The service; ``plugins`` run the installed ones, ``notifier`` tells phones.

    By default these are a plugin host of its own, and Asterisk.
    """

    @asynccontextmanager
    async def running_parts(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as parts:
            parts.push_async_callback(app.state.notifier.close)
            await parts.enter_async_context(app.state.phones.waiting())
            await parts.enter_async_context(running_plugins(app))
            parts.push_async_callback(app.state.operations.close)
            await parts.enter_async_context(app.state.phones.serving())
            yield

    app = create_app(
        settings,
        name="provd",
        version="provd",
        title="Ovix provd",
        description=DESCRIPTION,
        routers=ROUTERS,
        render=text_errors,
        constraints={"uq_devices_mac": _mac_taken},
        lifespan=running_parts,
        larger_bodies={BASE + UPLOAD: LARGEST_ARCHIVE},
    )
    app.state.notifier = notifier or asterisk(*settings.ami_accounts())
    app.state.base_raw_config = settings.base_raw_config()
    app.state.operations = OperationCollections(settings.operation_lifetime_s)
    app.state.selections = {}
    app.state.synchronizations = app.state.operations["/dev_mgr/synchronize"]
    wire_plugins(app, settings, plugins)
    app.state.phones = Phones(
        settings,
        app.state.sessions,
        app.state.plugins,
        app.state.base_raw_config,
        app.state.notifier,
        app.state.metrics.registry,
        app.state.repository.is_at_work,
    )
    return app
