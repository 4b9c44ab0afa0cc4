"""The calls that the service makes, each done with the plugins that are loaded."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from ...plugins import HttpRequest, TftpRequest
from ...surface import atomic
from ...surface.devices.config import checked
from ..channel import CallFailed, Failure
from ..status import StatusPage
from ..wire import heard_request, told_answer
from . import parameters, phone_services
from .application import Application
from .firmware import Firmware
from .hidden import remember
from .identification import associated, identified
from .loaded import Loaded, Running, failed, outcome
from .loading import plugin_class
from .packages import LoadError, Package, read_package
from .python2 import Translator

log = logging.getLogger("ovix_provd.host")
Document = dict[str, Any]


class Calls:
    """By the name of the method; what one raises is a `CallFailed`."""

    def __init__(
        self,
        page: StatusPage,
        application: Application,
        firmware: Firmware,
        translator: Translator,
    ) -> None:
        self._running, self._application = Running(page), application
        self._firmware = firmware
        self._translator = translator
        self._loaded: dict[str, Loaded] = {}
        self._settings: Document = {}
        self._base_raw_config: Document = {}
        self._methods: dict[str, Callable[..., Any]] = {
            "set_settings": self._set_settings,
            "set_parameters": self._set_parameters,
            "load": self._load,
            "unload": self._unload,
            "close": self._close,
            "identify": self._identify,
            "associate": self._associate,
            "configure": self._configure,
            "deconfigure": self._deconfigure,
            "synchronize": self._synchronize,
            "http": self._http,
            "tftp": self._tftp,
            "trigger_filename": self._trigger_filename,
            "is_sensitive": self._is_sensitive,
            "all_parameters": self._all_parameters,
            "get_parameter": self._get_parameter,
            "set_parameter": self._set_parameter,
            "installable": self._installable,
            "installed": self._installed,
            "install": self._install,
            "upgrade": self._upgrade,
            "uninstall": self._uninstall,
        }

    def do(self, call: int, method: str, limit_s: float, arguments: Sequence[Any]) -> Any:
        """One call; the value, or what to await for it."""
        function = self._methods.get(method)
        if function is None:
            raise CallFailed(Failure.ERROR, f"no such method: {method}")
        return function(call, limit_s, *arguments)

    def running_plugin(self) -> str | None:
        """Whose code runs now."""
        return self._running.plugin

    # ---- loading ---------------------------------------------------------------------------------

    def _set_settings(self, call: int, limit_s: float, base: Document, settings: Document) -> None:
        self._base_raw_config, self._settings = base, settings

    def _set_parameters(self, call: int, limit_s: float, proxies: Document, nat: int) -> None:
        self._application.set_parameters(proxies, nat)

    async def _load(
        self, call: int, limit_s: float, plugin_id: str, number: int, place: str, own: Document
    ) -> Document:
        directory = Path(place)
        self._forget(call, plugin_id)
        try:
            package = await asyncio.wait_for(
                asyncio.to_thread(read_package, directory, self._translator), limit_s
            )
            await asyncio.to_thread(atomic.sweep, directory / "var" / "tftpboot")
            with self._running.code_of(call, number, plugin_id):
                loaded = self._started(package, plugin_id, number, own)
        except (LoadError, OSError) as error:
            raise CallFailed(Failure.ERROR, str(error)) from error
        except TimeoutError as error:
            raise CallFailed(Failure.TIMEOUT, f"reading it took over {limit_s:g} s") from error
        except Exception as error:
            raise failed(error, directory, plugin_id) from error
        self._loaded[plugin_id] = loaded
        self._loaded = dict(sorted(self._loaded.items(), reverse=True))
        services = loaded.instance.services
        return {
            "info": package.info,
            "python2": package.python2,
            "http": phone_services.http_form(loaded.instance.http_service),
            "tftp": phone_services.tftp_form(loaded.instance.tftp_service),
            "services": [name for name in ("install", "configure") if name in services],
        }

    def _started(self, package: Package, plugin_id: str, number: int, own: Document) -> Loaded:
        made = plugin_class(package)
        general = {**self._settings, "proxies": self._application.proxies}
        instance = made(self._application, str(package.directory), general, own)
        instance.id = plugin_id
        instance.configure_common(dict(self._base_raw_config))
        return Loaded(plugin_id, number, package.directory, instance, package.python2)

    def _unload(self, call: int, limit_s: float, plugin_id: str) -> None:
        self._forget(call, plugin_id)

    def _close(self, call: int, limit_s: float) -> None:
        for plugin_id in list(self._loaded):
            self._forget(call, plugin_id)

    def _forget(self, call: int, plugin_id: str) -> None:
        plugin = self._loaded.pop(plugin_id, None)
        if plugin is None:
            return
        try:
            with self._running.code_of(call, plugin.number, plugin.id):
                plugin.instance.close()
        except Exception as error:
            plugin.note("close", error)

    def _plugin(self, plugin_id: str) -> Loaded:
        plugin = self._loaded.get(plugin_id)
        if plugin is None:
            raise CallFailed(Failure.ERROR, f"plugin {plugin_id} is not loaded")
        return plugin

    # ---- all plugins -----------------------------------------------------------------------------

    def _identify(
        self, call: int, limit_s: float, told: Sequence[Any], without: Sequence[str]
    ) -> dict[str, str] | Awaitable[dict[str, str]]:
        plugins = self._others(without)
        return identified(heard_request(told), plugins, self._running, call, limit_s)

    def _associate(
        self, call: int, limit_s: float, info: dict[str, str], without: Sequence[str]
    ) -> str | None:
        return associated(info, self._others(without), self._running, call)

    def _others(self, without: Sequence[str]) -> list[Loaded]:
        return [plugin for plugin in self._loaded.values() if plugin.id not in without]

    # ---- one plugin ------------------------------------------------------------------------------

    def _configure(
        self, call: int, limit_s: float, plugin_id: str, device: Document, raw_config: Document
    ) -> None:
        plugin = self._plugin(plugin_id)
        remember(raw_config)

        def configure() -> None:
            plugin.instance.configure(device, checked(raw_config))

        self._running.do(call, plugin, configure)

    def _deconfigure(self, call: int, limit_s: float, plugin_id: str, device: Document) -> None:
        plugin = self._plugin(plugin_id)
        self._running.do(call, plugin, plugin.instance.deconfigure, device)

    async def _synchronize(
        self, call: int, limit_s: float, plugin_id: str, device: Document, raw_config: Document
    ) -> None:
        plugin = self._plugin(plugin_id)
        remember(raw_config)

        def synchronize() -> Any:
            return plugin.instance.synchronize(device, checked(raw_config))

        told = self._running.do(call, plugin, synchronize)
        await outcome(told, limit_s, plugin.directory, plugin_id, "synchronizing")

    async def _http(
        self, call: int, limit_s: float, plugin_id: str, told: Sequence[Any], device: Document
    ) -> Any:
        plugin, request = self._plugin(plugin_id), heard_request(told)
        service = plugin.instance.http_service
        assert isinstance(request, HttpRequest)
        form = phone_services.http_form(service)
        if form is None:
            return None
        answer = phone_services.preprocessed if form[0] == "files" else phone_services.rendered

        def answered() -> Any:
            return answer(service, request, device, texts=plugin.python2)

        answer_given = self._running.do(call, plugin, answered)
        return told_answer(
            await outcome(answer_given, limit_s, plugin.directory, plugin_id, "its HTTP service")
        )

    async def _tftp(
        self, call: int, limit_s: float, plugin_id: str, told: Sequence[Any], device: Document
    ) -> Any:
        plugin, request = self._plugin(plugin_id), heard_request(told)
        service = plugin.instance.tftp_service
        assert isinstance(request, TftpRequest)
        if service is None:
            return None

        def answered() -> Any:
            return phone_services.answered(service, request, device, texts=plugin.python2)

        answer = self._running.do(call, plugin, answered)
        return told_answer(
            await outcome(answer, limit_s, plugin.directory, plugin_id, "its TFTP service")
        )

    def _trigger_filename(
        self, call: int, limit_s: float, plugin_id: str, device: Document
    ) -> str | None:
        plugin = self._plugin(plugin_id)
        ask = getattr(plugin.instance, "get_remote_state_trigger_filename", None)
        name = self._running.do(call, plugin, ask, device) if ask is not None else None
        return None if name is None else str(name)

    def _is_sensitive(self, call: int, limit_s: float, plugin_id: str, filename: str) -> bool:
        plugin = self._plugin(plugin_id)
        ask = getattr(plugin.instance, "is_sensitive_filename", None)
        return ask is not None and bool(self._running.do(call, plugin, ask, filename))

    # ---- its parameters --------------------------------------------------------------------------

    def _all_parameters(self, call: int, limit_s: float, plugin_id: str) -> list[Document]:
        plugin = self._plugin(plugin_id)
        service = plugin.service("configure")
        found: list[Document] = self._running.do(call, plugin, parameters.described, service)
        return found

    def _get_parameter(self, call: int, limit_s: float, plugin_id: str, name: str) -> Any:
        plugin = self._plugin(plugin_id)
        service = plugin.service("configure")
        return self._running.do(call, plugin, parameters.value, service, name)

    def _set_parameter(
        self, call: int, limit_s: float, plugin_id: str, name: str, value: Any
    ) -> None:
        plugin = self._plugin(plugin_id)
        service = plugin.service("configure")
        self._running.do(call, plugin, parameters.take, service, name, value)

    # ---- its firmware packages -------------------------------------------------------------------

    def _installable(self, call: int, limit_s: float, plugin_id: str) -> Awaitable[Any]:
        plugin = self._plugin(plugin_id)
        found = self._firmware.listed(plugin.service("install").list_installable)
        return self._in_time(plugin, found, limit_s, "listing packages")

    def _installed(self, call: int, limit_s: float, plugin_id: str) -> Awaitable[Any]:
        plugin = self._plugin(plugin_id)
        found = self._firmware.listed(plugin.service("install").list_installed)
        return self._in_time(plugin, found, limit_s, "listing packages")

    def _install(
        self, call: int, limit_s: float, plugin_id: str, package_id: str
    ) -> Awaitable[Any]:
        plugin = self._plugin(plugin_id)
        done = self._firmware.changed(plugin.service("install").install, plugin_id, package_id)
        return self._in_time(plugin, done, limit_s, "installing")

    def _upgrade(
        self, call: int, limit_s: float, plugin_id: str, package_id: str
    ) -> Awaitable[Any]:
        plugin = self._plugin(plugin_id)
        done = self._firmware.changed(plugin.service("install").upgrade, plugin_id, package_id)
        return self._in_time(plugin, done, limit_s, "upgrading")

    def _uninstall(
        self, call: int, limit_s: float, plugin_id: str, package_id: str
    ) -> Awaitable[Any]:
        plugin = self._plugin(plugin_id)
        done = self._firmware.removed(plugin.service("install").uninstall, package_id)
        return self._in_time(plugin, done, limit_s, "uninstalling")

    async def _in_time(
        self, plugin: Loaded, done: Awaitable[Any], limit_s: float, what: str
    ) -> Any:
        try:
            return await asyncio.wait_for(done, limit_s)
        except TimeoutError as error:
            raise CallFailed(Failure.TIMEOUT, f"{what} took longer than {limit_s:g} s") from error
        except Exception as error:
            raise failed(error, plugin.directory, plugin.id) from error
