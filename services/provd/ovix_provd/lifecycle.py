"""What happens to devices and configs, each change with all that follows from it.

Source: reference/provd/lifecycle.md, 4, and data-model.md. The caller's transaction holds it all,
the events included.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from ovix_bus import Event, emit
from ovix_bus.catalogue import provisioning
from ovix_schema import Device, ProvdConfig, Registrar
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from . import registrars, store
from .documents import checked_config, checked_device, must_reconfigure, new_id
from .errors import NoSuchResource, NotDeletable, Refused
from .plugins import Plugin, PluginError
from .raw_configs import flattened

log = structlog.get_logger(__name__)
Document = dict[str, Any]
MOST_AT_ONCE = 8
"""Devices that are configured anew within the transaction of a config they have."""


class Lifecycle:
    """The changes of one transaction. Plugins do their part before it commits."""

    def __init__(
        self, session: AsyncSession, plugins: Mapping[str, Plugin], base_raw_config: Document
    ) -> None:
        self._session = session
        self._plugins, self._base = plugins, base_raw_config
        self.marked: list[str] = []
        """Devices whose files are written anew later (`Reconfigurations`), as they are many."""

    # ---- devices ---------------------------------------------------------------------------------

    async def add_device(self, given: Document) -> str:
        """Store a device, and configure it where its plugin and config are there."""
        document = checked_device(given)
        device_id = new_id(document)
        await store.lock_configs(self._session, shared=True)
        if await store.device(self._session, device_id) is not None:
            raise Refused(f"device id already used: {device_id}")
        made = Device(id=device_id, document={**document, "id": device_id, "configured": False})
        # The row first: what the database refuses, no plugin has written files of.
        self._session.add(made)
        await self._session.flush()
        await self._configure([made])
        await self._session.flush()
        await self._announce(provisioning.device_created(id=device_id))
        return device_id

    async def taken(self, device_id: str) -> Device:
        """A device to change, locked. Configs first: whoever writes them takes devices then."""
        await store.lock_configs(self._session, shared=True)
        device = await store.device(self._session, device_id, locked=True)
        if device is None:
            raise NoSuchResource
        return device

    async def replace_device(self, device: Device, given: Document) -> None:
        """Put another document in the place of a device's, whose row is locked."""
        before = device.document
        configured = before.get("configured", False)
        document = checked_device(given) | {"id": device.id, "configured": configured}
        if document == before:
            return
        device.document = document
        await self._session.flush()
        if must_reconfigure(before, document):
            await self._deconfigure(before)
            await self._configure([device])
            await self._session.flush()
        if before.get("config") != document.get("config"):
            await self._drop_unused(before.get("config"))
        await self._announce(provisioning.device_edited(id=device.id))

    async def delete_device(self, device: Device) -> None:
        """Delete a device whose row is locked, and its config if that was for it alone."""
        document = device.document
        await self._session.delete(device)
        await self._session.flush()
        await self._deconfigure(document)
        await self._drop_unused(document.get("config"))
        await self._announce(provisioning.device_deleted(id=device.id))

    async def reconfigure(self, devices: Iterable[Device]) -> None:
        """Write the files of devices anew; ``configured`` tells whether that went well."""
        concerned = list(devices)
        before = [device.document for device in concerned]
        for document in before:
            await self._deconfigure(document)
        await self._configure(concerned)
        await self._session.flush()
        changed = [d for d, old in zip(concerned, before, strict=True) if d.document != old]
        await self._announce(*(provisioning.device_edited(id=device.id) for device in changed))

    async def raw_config(self, config_id: str) -> Document | None:
        """What a device with that config is given."""
        known = await store.ancestry(self._session, [config_id])
        return flattened(config_id, known, self._base)

    # ---- configs ---------------------------------------------------------------------------------

    async def add_config(self, given: Document) -> str:
        """Store a config, and reconfigure whoever waited for it."""
        document = checked_config(given)
        config_id = new_id(document)
        await store.lock_configs(self._session)
        if await store.config(self._session, config_id) is not None:
            raise Refused(f"config id already used: {config_id}")
        await self._store_config(config_id, document)
        await self._reconfigure_users_of(config_id)
        return config_id

    async def replace_config(
        self, config_id: str, given: Document, check: Callable[[Document], None] = lambda _: None
    ) -> None:
        """Put another document in the place of a config's; nothing happens for the same one.

        ``check`` may refuse because of what is stored.
        """
        document = checked_config(given) | {"id": config_id}
        await store.lock_configs(self._session)
        before = await store.config(self._session, config_id)
        if before is None:
            raise NoSuchResource
        check(before)
        if document == before:
            return
        await self._store_config(config_id, document)
        await self._reconfigure_users_of(config_id)

    async def delete_config(self, config_id: str) -> None:
        """Delete a config: who has it is not configured any more, who descends from it is anew."""
        await store.lock_configs(self._session)
        before = await store.config(self._session, config_id)
        if before is None:
            raise NoSuchResource
        if before.get("deletable") is False:
            raise NotDeletable(id=config_id)
        if registrar := await self._session.get(Registrar, config_id):
            if await store.is_registrar_of_a_line(self._session, config_id):
                raise Refused(f"config {config_id} is the registrar of lines")
            await self._remove_registrar(registrar)
        await self._remove_config(config_id)

    async def autocreate(self) -> str | None:
        """A config for a phone that has none yet; None without a config of that role."""
        await store.lock_configs(self._session)
        parent = await store.autocreate_config(self._session)
        lines = parent["raw_config"].get("sip_lines") if parent else None
        line = lines.get("1") if isinstance(lines, dict) else None
        if parent is None or not isinstance(line, dict):
            return None
        # Whoever writes configs has the lock alone, so the clock gives each its own number.
        suffix = str(time.time_ns() // 1000)
        username = f"{line.get('username') or ''}{suffix}"
        config_id = f"autoprov{suffix}"
        document = {
            "id": config_id,
            "parent_ids": [parent["id"]],
            "raw_config": {"sip_lines": {"1": {"username": username}}},
            "transient": True,
        }
        self._session.add(ProvdConfig(id=config_id, document=document))
        await self._session.flush()
        return config_id

    # ---- parts -----------------------------------------------------------------------------------

    async def _configure(self, devices: list[Device]) -> None:
        """Have plugins write files; sets ``configured`` in each device's document."""
        served = [d for d in devices if d.document.get("plugin") in self._plugins]
        wanted = {d.document["config"] for d in served if d.document.get("config") is not None}
        known = await store.ancestry(self._session, wanted)
        for device in devices:
            done = device in served and await self._configure_one(device.document, known)
            if device.document.get("configured") is not done:
                device.document = {**device.document, "configured": done}

    async def _configure_one(self, document: Document, known: Mapping[str, Document]) -> bool:
        raw = flattened(document.get("config") or "", known, self._base)
        if raw is None:
            return False
        try:
            await self._plugins[document["plugin"]].configure(document, raw)
        except PluginError as error:
            log.warning("configure_failed", device=document["id"], reason=str(error))
            return False
        return True

    async def _deconfigure(self, document: Document) -> None:
        plugin = self._plugins.get(document.get("plugin") or "")
        if plugin is None or not document.get("configured"):
            return
        try:
            await plugin.deconfigure(document)
        except PluginError as error:
            log.warning("deconfigure_failed", device=document["id"], reason=str(error))

    async def _reconfigure_users_of(self, config_id: str) -> None:
        ids = await store.descendants(self._session, config_id)
        devices = await store.devices_using(self._session, ids, MOST_AT_ONCE + 1)
        if len(devices) <= MOST_AT_ONCE:
            await self.reconfigure(devices)
        else:
            self.marked += await store.mark_devices_using(self._session, ids)

    async def _drop_unused(self, config_id: str | None) -> None:
        """Delete a config that was made for devices of which none is left."""
        if config_id is None:
            return
        document = await store.config(self._session, config_id)
        if document is None or document.get("transient") is not True:
            return
        if not await store.is_used(self._session, config_id):
            await self._remove_config(config_id)

    async def _store_config(self, config_id: str, document: Document) -> None:
        document = {**document, "id": config_id}
        stored: Any = await self._session.get(ProvdConfig, config_id)
        registrar = await self._session.get(Registrar, config_id)
        if document.get("X_type") == registrars.X_TYPE:
            if stored is not None:
                await self._session.delete(stored)
            await self._store_registrar(config_id, registrar, document)
            return
        if registrar is not None:
            if await store.is_registrar_of_a_line(self._session, config_id):
                raise Refused(f"config {config_id} is the registrar of lines")
            await self._remove_registrar(registrar)
        if stored is None:
            self._session.add(ProvdConfig(id=config_id, document=document))
        else:
            stored.document = document
        await self._session.flush()

    async def _store_registrar(
        self, config_id: str, stored: Registrar | None, document: Document
    ) -> None:
        row = stored or Registrar(id=config_id)
        for column, value in registrars.columns_of(document).items():
            setattr(row, column, value)
        self._session.add(row)
        await self._session.flush()
        told = registrars.event_data(row)
        kind = provisioning.registrar_edited if stored else provisioning.registrar_created
        await self._announce(kind(**told))

    async def _remove_registrar(self, registrar: Registrar) -> None:
        await self._session.delete(registrar)
        await self._announce(provisioning.registrar_deleted(**registrars.event_data(registrar)))

    async def _remove_config(self, config_id: str) -> None:
        # By statement: another device's change may have deleted it already.
        await self._session.execute(delete(ProvdConfig).where(ProvdConfig.id == config_id))
        await self._session.flush()
        await self._reconfigure_users_of(config_id)

    async def _announce(self, *events: Event) -> None:
        await emit(self._session, *events)
