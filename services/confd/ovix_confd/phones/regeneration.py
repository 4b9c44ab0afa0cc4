"""Having provd store what a phone's configuration should be; doing it again changes nothing.

Each step leaves a state that the next attempt finishes: the configuration is there before the
device refers to it, and goes after the device has another one.
"""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from ovix_web import Sessions

from ..provd import ChangedMeanwhile, Provd, ProvdRefused, Versioned
from .rows import PhoneState, batches, phone_states

log = structlog.get_logger(__name__)
ATTEMPTS = 5
"""Whoever writes a device at the same time (its phone, say) does so a few times at most."""
Change = Callable[[dict[str, Any]], dict[str, Any]]


async def up_to_date(sessions: Sessions, provd: Provd, device_ids: Iterable[str]) -> None:
    """Bring the configurations of devices to what their lines say, where they differ.

    A device that provd refuses to change is logged and passed over.
    """
    for ids in batches(device_ids):
        async with sessions() as session:
            states = await phone_states(session, ids)
        for state in states:
            try:
                await _bring(provd, state)
            except ProvdRefused as error:
                log.error("device_not_regenerated", device=state.device_id, reason=str(error))


async def _bring(provd: Provd, state: PhoneState) -> None:
    device_id = state.device_id
    if state.device is None:
        if state.own is not None:
            await provd.remove_config(device_id)
        return
    if state.has_lines:
        if state.own != state.wanted:
            await provd.put_config(state.wanted)
        if state.device.get("config") != device_id:
            await change_device(provd, device_id, lambda device: device | {"config": device_id})
    elif state.device.get("config") == device_id:
        await reset_to_autoprov(provd, device_id)
    elif state.own is not None:
        await provd.remove_config(device_id)


async def reset_to_autoprov(provd: Provd, device_id: str) -> None:
    """Give a device a configuration in which it waits for a line; what was its own is deleted."""
    waiting = await provd.autocreate_config()

    def reset(device: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in device.items() if key not in ("options", "config")}
        return kept if waiting is None else kept | {"config": waiting}

    before = await change_device(provd, device_id, reset)
    if before is None:
        if waiting is not None:
            await provd.remove_config(waiting)
        return
    await provd.remove_config(device_id)


async def change_device(provd: Provd, device_id: str, change: Change) -> Versioned | None:
    """Replace a device's document by what ``change`` makes of it; None when there is none."""
    for _ in range(ATTEMPTS):
        found = await provd.device(device_id)
        if found is None:
            return None
        wanted = change(found.document)
        if wanted == found.document:
            return found
        try:
            await provd.replace_device(device_id, wanted, found.tag)
        except ChangedMeanwhile:
            continue
        return found
    raise ProvdRefused(f"the device changes all the time: {device_id}")
