"""`PluginHost`: the loaded plugins, wherever they run (decision 0073)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import structlog

from ..plugins import (
    Document,
    Notify,
    PhoneRequest,
    PluginError,
    PluginSet,
    PluginTimeout,
    Progress,
)
from ..settings import ProvdSettings
from .channel import CallFailed, ChannelClosed, Failure
from .frames import FrameError
from .hosted import HostedPlugin
from .limits import HostLimits
from .process import Death, HostProcess
from .supervisor import Supervisor
from .wire import KEYS, told_request

log = structlog.get_logger(__name__)
DeviceUpdate = Callable[[Document], Awaitable[None]]
_OWN_KINDS = (Failure.KEY, Failure.VALUE)
_ATTEMPTS = 2
_MOST_AT_ONCE = 512
"""Calls in flight; further ones wait here, where they take no buffers."""


class Notifier(Protocol):
    """What is used of `SipNotifier`."""

    async def notify(self, device: Document, variables: Sequence[str]) -> None:
        """Send a NOTIFY, or raise `PluginError`."""


class PluginHost(PluginSet):
    """Start it, load plugins into it, close it.

    ``notifier`` sends what plugins want sent while nobody synchronizes; ``dev_update`` stores
    devices of which plugins know more.
    """

    def __init__(
        self,
        settings: ProvdSettings,
        notifier: Notifier | None = None,
        dev_update: DeviceUpdate | None = None,
        limits: HostLimits | None = None,
    ) -> None:
        self._settings, self._notifier, self._dev_update = settings, notifier, dev_update
        self._limits = limits or HostLimits(memory_bytes=settings.plugin_host_memory_mb << 20)
        self._plugins: dict[str, HostedPlugin] = {}
        self._last_number = 0
        self._proxies: dict[str, str] = {}
        self._nat = 0
        self._notifies: dict[str, list[Notify]] = {}
        self._progresses: dict[tuple[str, str], Progress] = {}
        self._changing = asyncio.Lock()
        self._in_flight = asyncio.Semaphore(_MOST_AT_ONCE)
        cache_dir = settings.storage_dir.absolute() / "cache" / "python2"
        self._supervisor = Supervisor(
            self._limits, cache_dir, self._do, self._hear, self._restore, self._blame
        )

    async def start(self) -> None:
        """Return once it answers; raises `PluginError`."""
        await self._supervisor.start()

    async def close(self) -> None:
        """Close the plugins, and end it."""
        if self._supervisor.pid is not None:
            try:
                await asyncio.wait_for(self._ask("close"), self._limits.of("close").call_s)
            except (PluginError, TimeoutError) as error:
                log.warning("plugins_not_closed", reason=str(error))
        await self._supervisor.close()

    @property
    def pid(self) -> int | None:
        """Of the process, while it answers."""
        return self._supervisor.pid

    @property
    def deaths(self) -> int:
        """How often the process had to be started again."""
        return self._supervisor.deaths

    async def set_parameters(self, proxies: Mapping[str, str], nat: int) -> None:
        """What plugins see of provd's parameters: proxies by scheme, NAT."""
        self._proxies, self._nat = dict(proxies), nat
        await self._ask("set_parameters", self._proxies, nat)

    # ---- PluginSet -------------------------------------------------------------------------------

    def __getitem__(self, plugin_id: str) -> HostedPlugin:
        return self._plugins[plugin_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._plugins)

    def __len__(self) -> int:
        return len(self._plugins)

    async def identify(self, request: PhoneRequest) -> Mapping[str, str]:
        """For each key the value that most plugins see."""
        if not self._plugins:
            return {}
        found = await self._ask_all("identify", told_request(request))
        return {key: str(found[key]) for key in KEYS if key in found}

    async def associated(self, info: Mapping[str, str]) -> str | None:
        """The plugin that supports such a phone best; of equals the greatest id."""
        if not self._plugins:
            return None
        found = await self._ask_all("associate", dict(info))
        return found if found in self._plugins else None

    async def load(self, plugin_id: str, directory: Path) -> None:
        """Load what lies there; where that fails, none of that id is loaded any more."""
        async with self._changing:
            self._plugins.pop(plugin_id, None)
            self._last_number += 1
            plugin = HostedPlugin(self, plugin_id, self._last_number, directory)
            plugin.loaded(await self._ask("load", *self._to_load(plugin)))
            self._plugins = dict(sorted([*self._plugins.items(), (plugin_id, plugin)]))

    async def unload(self, plugin_id: str) -> None:
        """Close it and forget it."""
        async with self._changing:
            if self._plugins.pop(plugin_id, None) is not None:
                await self._ask("unload", plugin_id)

    # ---- asking ----------------------------------------------------------------------------------

    async def ask(self, method: str, plugin: HostedPlugin, *arguments: Any) -> Any:
        """Ask one plugin."""
        if plugin.out_of_service is not None:
            raise PluginError(f"plugin {plugin.id} is out of service: {plugin.out_of_service}")
        return await self._ask(method, plugin.id, *arguments)

    async def _ask_all(self, method: str, subject: Any) -> Any:
        """Ask about something that concerns all; who took the host down meanwhile is left out."""
        without: list[str] = []

        def leave_out(death: Death) -> None:
            culprit = self._numbered(death.running.plugin) if death.running else None
            if culprit is not None:
                without.append(culprit.id)

        return await self._ask(method, subject, without, learn=leave_out)

    async def _ask(
        self,
        method: str,
        *arguments: Any,
        learn: Callable[[Death], None] | None = None,
    ) -> Any:
        """Ask, and ask once more when the host died over something else meanwhile.

        With ``learn`` also when it died over this: the arguments are others then.
        """
        number = 0

        def begun(given: int) -> None:
            nonlocal number
            number = given

        death, guilty = Death("it is away"), False
        for _ in range(_ATTEMPTS):
            async with self._in_flight:
                host = await self._supervisor.host()
                try:
                    return await host.call(method, *arguments, begun=begun)
                except CallFailed as failed:
                    raise _failure(failed) from failed
                except FrameError as error:
                    raise PluginError(str(error)) from error
                except ChannelClosed:
                    death = await asyncio.shield(host.ended)
            guilty = death.running is not None and death.running.call == number
            if learn is not None:
                learn(death)
            elif guilty:
                break
        if guilty and death.timed_out:
            raise PluginTimeout(death.reason)
        raise PluginError(f"the plugin host died: {death.reason}")

    # ---- the process -----------------------------------------------------------------------------

    def _to_load(self, plugin: HostedPlugin) -> tuple[Any, ...]:
        own = self._settings.plugin_settings.get(plugin.id, {})
        return plugin.id, plugin.number, str(plugin.directory), own

    async def _restore(self, host: HostProcess) -> None:
        """Bring a new host to where the last one was; raises `ChannelClosed` when it dies."""

        def unwatched(_: int) -> None:
            """Nobody waits for one of these in particular."""

        base = self._settings.base_raw_config()
        general = {name: base[name] for name in ("ip", "http_port", "tftp_port")}
        await host.call("set_settings", base, general, begun=unwatched)
        await host.call("set_parameters", self._proxies, self._nat, begun=unwatched)
        for plugin in list(self._plugins.values()):
            if plugin.out_of_service is not None:
                continue
            try:
                plugin.loaded(await host.call("load", *self._to_load(plugin), begun=unwatched))
            except CallFailed as failed:
                plugin.out_of_service = str(failed)
                log.error("plugin_not_loaded_again", plugin=plugin.id, reason=str(failed))

    def _blame(self, death: Death) -> None:
        if death.running is not None and (culprit := self._numbered(death.running.plugin)):
            self._strike(culprit, death.reason)

    def _strike(self, plugin: HostedPlugin, reason: str) -> None:
        now = time.monotonic()
        plugin.strikes.append(now)
        recent = sum(now - each <= self._limits.strikes_within_s for each in plugin.strikes)
        log.error("plugin_took_host_down", plugin=plugin.id, reason=reason, times=recent)
        if recent >= self._limits.strikes:
            plugin.out_of_service = f"it took the plugin host down {recent} times ({reason})"
            log.error("plugin_out_of_service", plugin=plugin.id, reason=reason)

    def _numbered(self, number: int) -> HostedPlugin | None:
        return next((each for each in self._plugins.values() if each.number == number), None)

    # ---- what plugins ask of the service ---------------------------------------------------------

    async def synchronizing(self, device: Document, notify: Notify, done: Awaitable[Any]) -> None:
        """Await it; meanwhile NOTIFY for that device goes there."""
        keys = _names_of(device)
        for key in keys:
            self._notifies.setdefault(key, []).append(notify)
        try:
            await done
        finally:
            for key in keys:
                self._notifies[key].remove(notify)
                if not self._notifies[key]:
                    del self._notifies[key]

    async def installing(
        self, package: tuple[str, str], progress: Progress, done: Awaitable[Any]
    ) -> None:
        """Await it; meanwhile progress of that package (plugin, package) is told there."""
        self._progresses[package] = progress
        try:
            await done
        finally:
            self._progresses.pop(package, None)

    def _hear(self, method: str, given: Sequence[Any]) -> None:
        plugin_id, package_id, part, done, of = given
        if (tell := self._progresses.get((plugin_id, package_id))) is not None:
            tell(str(part), None if done is None else int(done), int(of))

    async def _do(self, number: int, method: str, limit_s: float, given: Sequence[Any]) -> None:
        try:
            if method == "notify":
                device, variables = given
                await self._notify(dict(device), [str(each) for each in variables])
            elif method == "dev_update" and self._dev_update is not None:
                await self._dev_update(dict(given[0]))
            else:
                raise CallFailed(Failure.ERROR, f"the service does not do that: {method}")
        except (PluginError, ValueError, TypeError) as error:
            raise CallFailed(Failure.ERROR, str(error)) from error

    async def _notify(self, device: Document, variables: Sequence[str]) -> None:
        for name in _names_of(device):
            if waiting := self._notifies.get(name):
                await waiting[-1](device, variables)
                return
        if self._notifier is None:
            raise PluginError("there is nothing that sends SIP NOTIFY")
        await self._notifier.notify(device, variables)


def _names_of(device: Document) -> list[str]:
    """By what a plugin may name a phone, the surest first."""
    return [
        f"{key}={device[key]}"
        for key in ("id", "remote_state_sip_username", "ip")
        if device.get(key)
    ]


def _failure(failed: CallFailed) -> Exception:
    if failed.kind in _OWN_KINDS:
        return failed
    told = str(failed)
    return PluginTimeout(told) if failed.kind is Failure.TIMEOUT else PluginError(told)
