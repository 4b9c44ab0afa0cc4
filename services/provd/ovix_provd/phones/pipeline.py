"""From a phone's request to its device, and to what its plugin has for it.

Source: reference/provd/lifecycle.md, 1. Extraction and matching are pure rules
(``identification``); here is what they are asked in which order, and what is written.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ..errors import PluginsComing
from ..plugins import (
    DhcpRequest,
    FileBelow,
    HttpAnswer,
    HttpRequest,
    Plugin,
    PluginSet,
    TftpContent,
    TftpRefusal,
    TftpRequest,
)
from .changes import DeviceChanges
from .extraction import Extraction
from .identification import (
    Info,
    Known,
    Named,
    Refusal,
    completed,
    matched,
    outdated,
    refusal,
    told,
)
from .known import KnownDevices, Sight
from .quotas import Creations
from .registrations import Registrations
from .security import SecurityLog

log = structlog.get_logger(__name__)
NOWHERE = TftpRefusal(1, b"Nowhere to route this request")
MOST_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation chose."""

    creates: bool = True
    """False: XiVO's ``secure`` pipeline. Who is unknown stays so, and nothing is completed."""
    strict: bool = True
    """Whether a device with an account is served at its own address only."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request leads."""

    device: Known
    plugin_id: str
    plugin: Plugin
    named: Named
    """Devices after which what is asked for is named: its own, or none."""


class Pipeline:
    """Identifies requests, and asks the plugins of their devices.

    ``coming`` tells whether a plugin is being put in: whom none of those that are there knows is
    asked to come again then, by `PluginsComing`.
    """

    def __init__(
        self,
        plugins: PluginSet,
        known: KnownDevices,
        changes: DeviceChanges,
        *,
        rules: Rules,
        creations: Creations,
        security: SecurityLog,
        registrations: Registrations,
        coming: Callable[[], bool] = lambda: False,
    ) -> None:
        self._plugins, self._known, self._changes = plugins, known, changes
        self._coming = coming
        self._rules, self._creations = rules, creations
        self._security, self._registrations = security, registrations
        self._extraction = Extraction(plugins)
        self._sensitive: dict[tuple[str, str], bool] = {}
        self._running: dict[object, asyncio.Task[Known | None]] = {}

    async def route(self, request: HttpRequest | TftpRequest, vouched: str = "") -> Route | None:
        """The device and plugin of a request; None leads nowhere. ``vouched``: a proven MAC.

        Raises `PluginsComing`, and what the database raises.
        """
        info, named = await self._extraction.of(request)
        device = await self._device(request, info, named, vouched)
        if device is None:
            return None
        plugin_id = device.document.get("plugin") or ""
        plugin = self._plugins.get(plugin_id)
        if plugin is None and self._coming():
            raise PluginsComing
        return None if plugin is None else Route(device, plugin_id, plugin, named)

    async def http(self, request: HttpRequest, route: Route) -> FileBelow | HttpAnswer | None:
        """What the device's plugin has for it."""
        found = await route.plugin.http(request, dict(route.device.document))
        if found is not None:
            await self._watch(request, route, request.uri.partition(b"?")[0])
        return found

    async def tftp(self, request: TftpRequest) -> FileBelow | TftpContent | TftpRefusal:
        """What a phone gets by TFTP."""
        route = await self.route(request)
        if route is None:
            return NOWHERE
        found = await route.plugin.tftp(request, dict(route.device.document))
        if found is None:
            return NOWHERE
        if not isinstance(found, TftpRefusal):
            await self._watch(request, route, request.filename)
            await self.note_fetched(route, request.filename)
        return found

    async def lease(self, request: DhcpRequest) -> None:
        """A DHCP server gave a phone an address. It vouches for the two; quotas are not its own."""
        info = {**told(await self._plugins.identify(request), request.ip), "mac": request.mac}
        await self._changes.bring(
            info, await self._plugins.associated(info), creates=self._rules.creates, check=None
        )

    async def note_fetched(self, route: Route, name: bytes) -> None:
        """Note the account that a phone runs with, now that it has fetched its configuration."""
        document, username = route.device.document, route.device.own_username
        if (
            not document.get("configured")
            or username is None
            or username == document.get("remote_state_sip_username")
        ):
            return
        if _base(name) == await route.plugin.trigger_filename(dict(document)):
            await self._known.note_account(route.device.id, username)

    # ---- parts -----------------------------------------------------------------------------------

    async def _device(
        self, request: HttpRequest | TftpRequest, info: Info, named: Named, vouched: str
    ) -> Known | None:
        if vouched:
            info = {**info, "mac": vouched}
        if not self._rules.creates:
            info = {key: value for key, value in info.items() if key != "uuid"}
        sight = await self._known.of(info, named)
        device = matched(info, sight.known)
        why = await self._refusal(device, info, sight, named, vouched)
        if why is not None:
            name = request.uri if isinstance(request, HttpRequest) else request.filename
            self._security.refused(
                request.ip, why, device.id if device else None, name.partition(b"?")[0]
            )
            return None
        if not self._rules.creates:
            return device
        if device is not None and self._is_current(device, info, sight):
            plugin = device.document.get("plugin")
            if plugin or await self._plugins.associated(info) is None:
                return device
        elif device is None:
            if self._coming() and await self._plugins.associated(info) is None:
                raise PluginsComing  # a device of which nothing can be told yet is no use
            if not self._creations.take(request.ip, nameless=_is_nameless(info)):
                self._security.too_many_devices(request.ip)
                return None
        with_config = device is None or device.document.get("config") is None
        return await self._brought(info, named, vouched, with_config)

    async def _refusal(
        self, device: Known | None, info: Info, sight: Sight, named: Named, vouched: str
    ) -> Refusal | None:
        why = refusal(
            device, info, sight.known, named,
            strict=self._rules.strict and not vouched,
            shared_addresses=sight.shared_addresses,
        )  # fmt: skip
        moved = why in (Refusal.ELSEWHERE, Refusal.ADDRESS_OF_ANOTHER)
        if moved and device is not None and await self._registrations.is_at(device, info):
            return None
        return why

    def _is_current(self, device: Known, info: Info, sight: Sight) -> bool:
        """Whether nothing is to be written about the device."""
        document = device.document
        return (
            document.get("config") is not None
            and completed(document, info) == document
            and (sight.shared_addresses or not outdated(device.id, info, sight.known))
        )

    async def _brought(
        self, info: Info, named: Named, vouched: str, with_config: bool
    ) -> Known | None:
        """Have the device created or completed, once for all who ask for the same meanwhile."""
        key = (tuple(sorted(info.items())), named, vouched)
        running = self._running.get(key)
        if running is None:

            async def checked(device: Known | None, sight: Sight) -> bool:
                return await self._refusal(device, info, sight, named, vouched) is None

            async def bring() -> Known | None:
                plugin = await self._plugins.associated(info)
                return await self._changes.bring(
                    info, plugin, creates=True, check=checked, with_config=with_config
                )

            running = asyncio.create_task(bring(), name="phone's device")
            self._running[key] = running
            running.add_done_callback(lambda _: self._running.pop(key, None))
        # Whoever asks may go away; the others still wait for it.
        return await asyncio.shield(running)

    async def _watch(self, request: HttpRequest | TftpRequest, route: Route, name: bytes) -> None:
        """Write the line of a file with secrets: a device's own, or one its plugin calls so."""
        document, named = route.device.document, route.named
        own = document.get("mac") in named.macs or document.get("uuid") in named.uuids
        base = _base(name)
        if own or await self._is_sensitive(route, base):
            self._security.sensitive_file(request.ip, name, route.device.id)

    async def _is_sensitive(self, route: Route, base: str) -> bool:
        key = (route.plugin_id, base)
        known = self._sensitive.get(key)
        if known is None:
            known = await route.plugin.is_sensitive(base)
            if len(self._sensitive) >= MOST_REMEMBERED:
                self._sensitive.clear()
            self._sensitive[key] = known
        return known


def _base(name: bytes) -> str:
    return name.rpartition(b"/")[2].decode("utf-8", "replace")


def _is_nameless(info: Info) -> bool:
    return not any(key in info for key in ("mac", "sn", "uuid", "vendor", "model"))
