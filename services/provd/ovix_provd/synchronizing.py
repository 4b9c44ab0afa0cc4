"""A phone is told to fetch its files (reference/provd/lifecycle.md, 5)."""

import asyncio
from typing import Any

from . import store
from .lifecycle import Lifecycle
from .plugins import PluginError


async def synchronize(state: Any, device_id: str) -> None:
    """Have a phone fetch its files; raises `PluginError` with why it can't be told to."""
    async with state.sessions() as session:
        device = await store.device(session, device_id)
        if device is None:
            raise PluginError("no such device")
        document = device.document
        plugin = state.plugins.get(document.get("plugin") or "")
        if plugin is None:
            raise PluginError(f"plugin not loaded: {document.get('plugin')!r}")
        if not document.get("configured"):
            raise PluginError("the device is not configured")
        changes = Lifecycle(session, state.plugins, state.base_raw_config)
        raw = await changes.raw_config(document.get("config") or "")
        if raw is None:
            raise PluginError("the device has no config")
    try:
        async with asyncio.timeout(state.settings.synchronize_timeout_s):
            await plugin.synchronize(document, raw, state.notifier.notify)
    except TimeoutError as error:
        raise PluginError("the phone was not told in time") from error
