"""Many devices told the same: worked off in little transactions, with what failed by device.

New beside XiVO, whose console tells its devices one after the other.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import structlog
from ovix_schema import Device
from ovix_web import ApiError
from sqlalchemy import select

from . import store
from .errors import NoSuchResource
from .lifecycle import Lifecycle
from .operations import Operation
from .plugins import PluginError
from .selectors import Selector
from .synchronizing import synchronize

log = structlog.get_logger(__name__)
MOST_IDS = 100_000
MOST_FAILURES_KEPT = 1000
MARKED_AT_ONCE = 1000
AT_ONCE = 64
"""Devices that progress counts by."""
PHONES_AT_ONCE = 4
"""Phones that are told to fetch their files at the same time: they all come at once then."""
NOT_DONE_S = 120.0
"""How long some devices may take before they are left to whoever has their plugin loaded."""


class Action(StrEnum):
    """What the devices are told."""

    RECONFIGURE = "reconfigure"
    SYNCHRONIZE = "synchronize"
    DELETE = "delete"


@dataclass
class Selection:
    """An action on devices, and how far it is."""

    action: Action
    operation: Operation
    failures: list[tuple[str, str]] = field(default_factory=list)
    """Id and reason, of the first thousand."""
    failed: int = 0

    def count(self, done: int) -> None:
        """So many more were tried."""
        self.operation.current = (self.operation.current or 0) + done

    def fail(self, device_id: str, reason: str) -> None:
        """A device could not be told."""
        self.failed += 1
        if len(self.failures) < MOST_FAILURES_KEPT:
            self.failures.append((device_id, reason))

    @property
    def report(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "action": self.action.value,
            "state": self.operation.state.value,
            "total": self.operation.end,
            "done": self.operation.current or 0,
            "failed": self.failed,
            "failures": [{"id": each, "reason": reason} for each, reason in self.failures],
        }


def selection(action: Action) -> Selection:
    """One that waits for its devices."""
    return Selection(action, Operation(action.value))


async def work(state: Any, chosen: Selection, wanted: Selector | Sequence[str]) -> None:
    """Do it to all devices; raises `PluginError` at the end when some could not be told.

    Devices that a selector finds and that vanish meanwhile are no failures; named ones are.
    """
    named = not isinstance(wanted, Selector)
    if isinstance(wanted, Selector):
        ids = [device_id async for device_id in _found(state, wanted)]
    else:
        ids = list(dict.fromkeys(wanted))
    chosen.operation.current, chosen.operation.end = 0, len(ids)
    if chosen.action is Action.RECONFIGURE:
        # What is marked is done even if this process dies (`Reconfigurations`).
        for slice_of in _slices(ids, MARKED_AT_ONCE):
            async with state.sessions.begin() as session:
                await store.mark_devices(session, slice_of)
        for slice_of in _slices(ids, AT_ONCE):
            await _reconfigure(state, chosen, slice_of, named=named)
    else:
        tell = _delete if chosen.action is Action.DELETE else synchronize
        width = 1 if chosen.action is Action.DELETE else PHONES_AT_ONCE
        for slice_of in _slices(ids, width):
            await asyncio.gather(
                *(_told(state, chosen, each, tell, named=named) for each in slice_of)
            )
    if chosen.failed:
        raise PluginError(f"{chosen.failed} of {len(ids)} devices failed")


async def _found(state: Any, wanted: Selector) -> AsyncIterator[str]:
    async with state.sessions() as session:
        async for device_id in store.device_ids(session, wanted):
            yield device_id


async def _told(
    state: Any,
    chosen: Selection,
    device_id: str,
    tell: Callable[[Any, str], Awaitable[None]],
    *,
    named: bool,
) -> None:
    try:
        await tell(state, device_id)
    except NoSuchResource:
        if named:
            chosen.fail(device_id, "no such device")
    except (PluginError, ApiError) as error:
        chosen.fail(device_id, str(error))
    chosen.count(1)


async def _delete(state: Any, device_id: str) -> None:
    async with state.sessions.begin() as session:
        changes = Lifecycle(session, state.plugins, state.base_raw_config)
        await changes.delete_device(await changes.taken(device_id))


async def _reconfigure(state: Any, chosen: Selection, ids: Sequence[str], *, named: bool) -> None:
    """Wait until these marked devices are done, by whomever, and see what became of them."""
    there = Device.id.in_([each for each in ids if "\0" not in each])
    late = False
    try:
        async with asyncio.timeout(NOT_DONE_S):
            await state.reconfigurations.finish(there)
    except TimeoutError:
        late = True
    async with state.sessions() as session:
        rows = await session.scalars(select(Device).where(there))
        known: Mapping[str, Device] = {device.id: device for device in rows}
    for device_id in ids:
        device = known.get(device_id)
        if device is None:
            if named:
                chosen.fail(device_id, "no such device")
        elif device.document.get("configured") is not True:
            reason = "not done yet" if late else _why_not(state.plugins, device.document)
            chosen.fail(device_id, reason)
    chosen.count(len(ids))


def _why_not(plugins: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """What is told of a device that is not configured; the plugin's own words are in the log."""
    plugin = document.get("plugin")
    if not plugin:
        return "the device has no plugin"
    if plugin not in plugins:
        return f"plugin not loaded: {plugin!r}"
    if not document.get("config"):
        return "the device has no config"
    return f"{plugin} could not write its files"


def _slices(ids: Sequence[str], width: int) -> Iterable[Sequence[str]]:
    return (ids[at : at + width] for at in range(0, len(ids), width))
