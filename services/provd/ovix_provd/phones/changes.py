"""What a request writes about its device: created, completed, or noted what it runs with.

Everything is read again inside the transaction: another request of the same phone, another
process or the REST may have been there first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from ovix_schema import Device, ProvdConfig
from ovix_web import Sessions
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .. import store
from ..lifecycle import Lifecycle
from .identification import Info, Known, Named, completed, created, matched, outdated
from .known import STATEMENT, Sight, sights, told_of
from .security import SecurityLog

log = structlog.get_logger(__name__)
ATTEMPTS = 4
AT_ONCE = 4
"""Transactions for phones at once: connections are left for the REST."""
Check = Callable[[Known | None, Sight], Awaitable[bool]]


class _NeedsConfig(Exception):
    """The device is not as it was: the lock of configs is needed alone."""


class DeviceChanges:
    """Transactions of phones' requests."""

    def __init__(
        self,
        sessions: Sessions,
        lifecycle: Callable[[AsyncSession], Lifecycle],
        security: SecurityLog,
    ) -> None:
        self._sessions, self._lifecycle, self._security = sessions, lifecycle, security
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def bring(
        self,
        info: Info,
        plugin: str | None,
        *,
        creates: bool,
        check: Check | None,
        with_config: bool = True,
    ) -> Known | None:
        """The device that is told of, with what is told; created if need be.

        ``check`` decides anew, on what the transaction sees; None: whoever tells is believed.
        ``with_config``: a config will be created, which needs the lock of configs alone. Taken
        late it would wait for others who do the same, for ever.
        """
        async with self._gate:
            for attempt in range(ATTEMPTS):
                try:
                    return await self._brought(info, plugin, creates, check, with_config)
                except _NeedsConfig:
                    with_config = True
                except IntegrityError:
                    # Another process created the device of that mac: the next round finds it.
                    if attempt == ATTEMPTS - 1:
                        raise
        return None

    async def _brought(
        self,
        info: Info,
        plugin: str | None,
        creates: bool,
        check: Check | None,
        with_config: bool,
    ) -> Known | None:
        made = False
        async with self._sessions.begin() as session:
            changes = self._lifecycle(session)
            await store.lock_configs(session, shared=not with_config)
            seen = await _seen(session, info)
            device = matched(info, seen.known)
            if check is not None and not await check(device, seen):
                return None
            if not with_config and (device is None or device.document.get("config") is None):
                raise _NeedsConfig
            device_id = None if device is None else device.id
            others = [] if seen.shared_addresses else outdated(device_id, info, seen.known)
            if device_id is None:
                if not creates:
                    return None
                for row in await _locked(session, [each.id for each in others]):
                    await _without_address(changes, row)
                device_id, made = await self._create(changes, info, plugin), True
            else:
                await self._complete(session, changes, device_id, others, info, plugin)
            result = await _one(session, device_id)
        if made:
            self._security.device_created(info.get("ip", ""), device_id)
        return result

    async def _create(self, changes: Lifecycle, info: Info, plugin: str | None) -> str:
        document: dict[str, Any] = created(info)
        if plugin is not None:
            document["plugin"] = plugin
        config = await changes.autocreate()
        if config is not None:
            document["config"] = config
        return await changes.add_device(document)

    async def _complete(
        self,
        session: AsyncSession,
        changes: Lifecycle,
        device_id: str,
        others: list[Known],
        info: Info,
        plugin: str | None,
    ) -> None:
        rows = await _locked(session, [device_id, *(each.id for each in others)])
        for row in rows:
            if row.id != device_id:
                await _without_address(changes, row)
        found = next((row for row in rows if row.id == device_id), None)
        if found is None:
            return
        document = completed(found.document, info)
        if document.get("plugin") is None and plugin is not None:
            document["plugin"] = plugin
        if document.get("config") is None:
            config = await changes.autocreate()
            if config is not None:
                document["config"] = config
        await changes.replace_device(found, document)


async def _without_address(changes: Lifecycle, row: Device) -> None:
    document = {key: value for key, value in row.document.items() if key != "ip"}
    await changes.replace_device(row, document)


async def _seen(session: AsyncSession, info: Info) -> Sight:
    connection = await session.connection()
    told = orjson.dumps([told_of(0, info, Named())]).decode()
    rows = await connection.exec_driver_sql(STATEMENT, (told,))
    return sights(rows.mappings().all(), 1)[0]  # type: ignore[arg-type]


async def _locked(session: AsyncSession, ids: list[str]) -> list[Device]:
    statement = select(Device).where(Device.id.in_(ids)).order_by(Device.id).with_for_update()
    return list(await session.scalars(statement, execution_options={"populate_existing": True}))


async def _one(session: AsyncSession, device_id: str) -> Known | None:
    """A device as requests see it, with what this transaction has made of it."""
    device = await session.get(Device, device_id)
    if device is None:
        return None
    config = await session.get(ProvdConfig, device.document.get("config") or "")
    lines = config.document["raw_config"].get("sip_lines") if config else None
    line = lines.get("1") if isinstance(lines, dict) else None
    username = line.get("username") if isinstance(line, dict) else None
    return Known(device.id, device.document, username if isinstance(username, str) else None)
