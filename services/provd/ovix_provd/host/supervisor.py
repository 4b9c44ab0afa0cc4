"""Keeps a plugin host running: starts it, has its plugins loaded, starts the next one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from ..plugins import PluginError
from .channel import ChannelClosed, Handler, NoticeHandler
from .limits import HostLimits
from .process import Death, HostProcess

log = structlog.get_logger(__name__)
_LIVED_WELL_S = 60.0
"""Who dies after that long dies for the first time again."""


class Supervisor:
    """``restore`` puts a new host into the state of the last one, ``blame`` judges a death."""

    def __init__(
        self,
        limits: HostLimits,
        cache_dir: Path,
        on_call: Handler,
        on_notice: NoticeHandler,
        restore: Callable[[HostProcess], Awaitable[None]],
        blame: Callable[[Death], None],
    ) -> None:
        self._limits, self._cache_dir, self._on_call = limits, cache_dir, on_call
        self._on_notice = on_notice
        self._restore, self._blame = restore, blame
        self._current: HostProcess | None = None
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.deaths = 0
        """Since it was started."""

    @property
    def pid(self) -> int | None:
        """Of the host that answers now."""
        return self._current.pid if self._current is not None and self._up.is_set() else None

    async def start(self) -> None:
        """Return once the first host answers; raises `PluginError` where none does in time."""
        self._task = asyncio.create_task(self._keep_running(), name="plugin-host")
        try:
            await self.host()
        except PluginError:
            await self.close()
            raise

    async def host(self) -> HostProcess:
        """The host that has its plugins; raises `PluginError` where there is none for long."""
        if self._task is None:
            raise PluginError("the plugin host is not started")
        if self._current is not None and self._current.ended.done():
            self._up.clear()
        if not self._up.is_set():
            try:
                await asyncio.wait_for(self._up.wait(), self._limits.away_s)
            except TimeoutError as error:
                raise PluginError("the plugin host is away") from error
        assert self._current is not None
        return self._current

    async def close(self) -> None:
        """End the host, and start no other."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._up.clear()
        if self._current is not None:
            await self._current.close()
            self._current = None

    async def _keep_running(self) -> None:
        in_a_row = 0
        while True:
            began = time.monotonic()
            death = await self._one_life()
            self._up.clear()
            self.deaths += 1
            in_a_row = 1 if time.monotonic() - began > _LIVED_WELL_S else in_a_row + 1
            pauses = self._limits.restart_after_s
            pause = pauses[min(in_a_row, len(pauses)) - 1]
            log.error("plugin_host_died", reason=death.reason, restart_after_s=pause)
            self._blame(death)
            await asyncio.sleep(pause)

    async def _one_life(self) -> Death:
        try:
            host = await HostProcess.start(
                self._limits, self._cache_dir, self._on_call, self._on_notice
            )
        except OSError as error:
            return Death(f"it can't be started: {error}")
        self._current = host
        began = time.monotonic()
        try:
            await self._restore(host)
        except ChannelClosed:
            return await host.ended
        log.info("plugin_host_started", pid=host.pid, took_s=round(time.monotonic() - began, 3))
        self._up.set()
        return await asyncio.shield(host.ended)
