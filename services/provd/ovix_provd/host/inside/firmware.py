"""A plugin's firmware packages (its service ``install``), handled in threads."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from ..channel import Channel

_TOLD_EVERY_S = 0.1


class Firmware:
    """Progress goes to the service, which knows who wants it."""

    def __init__(self) -> None:
        self._channel: Channel | None = None

    def connect(self, channel: Channel) -> None:
        """Where the service listens."""
        self._channel = channel

    async def listed(self, function: Callable[[], Any]) -> dict[str, Any]:
        """Packages by their id."""
        return dict(await asyncio.to_thread(function))

    async def changed(self, function: Callable[..., Any], plugin_id: str, package_id: str) -> None:
        """Install or upgrade one."""
        await asyncio.to_thread(function, package_id, self._progress(plugin_id, package_id))

    async def removed(self, function: Callable[[str], Any], package_id: str) -> None:
        """Uninstall one."""
        await asyncio.to_thread(function, package_id)

    def _progress(self, plugin_id: str, package_id: str) -> Callable[[str, int | None, int], None]:
        loop = asyncio.get_running_loop()
        channel = self._channel
        told: dict[str, float] = {}

        def tell(part: str, done: int | None, of: int) -> None:
            now = time.monotonic()
            at_end = done is None or done >= of
            if channel is None or (not at_end and now - told.get(part, 0.0) < _TOLD_EVERY_S):
                return
            told[part] = now
            about = plugin_id, package_id, part, done, of
            loop.call_soon_threadsafe(channel.notice, "progress", *about)

        return tell
