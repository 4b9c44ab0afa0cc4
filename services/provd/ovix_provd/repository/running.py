"""The parts that install and run plugins, wired together, started and stopped."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from uuid import UUID

import structlog
from fastapi import FastAPI
from ovix_web import ApiError, Sessions
from ovix_web.errors import DatabaseUnavailable
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from ..host.client import PluginHost
from ..host.metrics import HostMetrics
from ..lifecycle import Lifecycle
from ..plugins import Document, PluginSet
from ..reconfiguring import Reconfigurations
from ..settings import ProvdSettings
from .changes import Changes
from .files import PluginFiles
from .following import Following
from .repository import Repository
from .sources import Sources

log = structlog.get_logger(__name__)


def wire_plugins(app: FastAPI, settings: ProvdSettings, plugins: PluginSet | None) -> None:
    """Give the application its ``plugins``, ``repository``, ``changes``, ``reconfigurations``."""
    state = app.state
    files = PluginFiles(settings.storage_dir)
    loaded: dict[str, UUID] = {}

    async def store_device(document: Document) -> None:
        await _store_device(state.sessions, lifecycle, document)

    if plugins is None:
        plugins = PluginHost(settings, state.notifier, store_device)
        state.metrics.registry.register(HostMetrics(plugins))
    state.plugins = plugins
    state.changes = Changes(settings.database_url)

    def lifecycle(session: AsyncSession) -> Lifecycle:
        return Lifecycle(session, state.plugins, state.base_raw_config)

    state.reconfigurations = Reconfigurations(state.sessions, lifecycle, loaded)
    sources = Sources(
        files,
        state.sessions,
        shipped=settings.shipped_plugins,
        default_server=settings.plugin_server,
        within_s=settings.download_timeout_s,
    )
    state.repository = Repository(
        files, sources, state.changes, state.sessions, state.plugins, loaded, state.reconfigurations
    )


@asynccontextmanager
async def running_plugins(app: FastAPI) -> AsyncIterator[None]:
    """Load what is installed before the first request, and follow other replicas from then on."""
    state = app.state
    async with AsyncExitStack() as parts:
        if isinstance(state.plugins, PluginHost):
            parts.push_async_callback(state.plugins.close)
            await state.plugins.start()
        try:
            await state.repository.begin()
            await state.repository.catch_up()
        except (DatabaseUnavailable, SQLAlchemyError) as error:
            log.warning("plugins_loaded_later", cause=str(error))
        following = Following(state.settings.database_url, state.repository, state.reconfigurations)
        running = asyncio.create_task(following.run(), name="plugins")
        parts.push_async_callback(_stopped, running)
        yield


async def _stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _store_device(
    sessions: Sessions, lifecycle: Callable[[AsyncSession], Lifecycle], document: Document
) -> None:
    """Store what a plugin learned of a device."""
    try:
        async with sessions.begin() as session:
            changes = lifecycle(session)
            device = await changes.taken(str(document.get("id")))
            await changes.replace_device(device, document)
    except (ApiError, DBAPIError) as error:
        log.warning("device_not_stored", device=document.get("id"), reason=str(error))
