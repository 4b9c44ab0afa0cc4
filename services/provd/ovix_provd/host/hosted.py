"""A plugin, as the service sees it: what it is asked for is done in the plugin host."""

from collections import OrderedDict, deque
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..plugins import (
    Document,
    FileBelow,
    HttpAnswer,
    HttpRequest,
    Notify,
    PackageInstaller,
    PluginError,
    PluginParameters,
    Progress,
    TftpContent,
    TftpRefusal,
    TftpRequest,
)
from .channel import CallFailed, Failure
from .frames import packed
from .wire import Answer, heard_answer, told_request

_REMEMBERED = 4096


class Asker(Protocol):
    """What a plugin needs of its host."""

    async def ask(self, method: str, plugin: "HostedPlugin", *arguments: Any) -> Any:
        """Have it done; raises `PluginError`, and `CallFailed` of kinds ``key`` and ``value``."""

    async def synchronizing(self, device: Document, notify: Notify, done: Awaitable[Any]) -> None:
        """Await it; meanwhile NOTIFY for that device goes there."""

    async def installing(
        self, package: tuple[str, str], progress: Progress, done: Awaitable[Any]
    ) -> None:
        """Await it; meanwhile progress of that package (plugin, package) is told there."""


class HostedPlugin:
    """It stays in the set when it is out of service: the files of its phones are still there."""

    def __init__(self, asker: Asker, plugin_id: str, number: int, directory: Path) -> None:
        self._asker = asker
        self.id, self.number, self.directory = plugin_id, number, directory.absolute()
        self.out_of_service: str | None = None
        """Why it is asked nothing any more, until it is loaded anew."""
        self.strikes: deque[float] = deque(maxlen=16)
        """When it took the host down (monotonic)."""
        self._info: Mapping[str, Any] = {}
        self._http: Sequence[Any] | None = None
        self._tftp: Sequence[Any] | None = None
        self._services: frozenset[str] = frozenset()
        self._remembered: OrderedDict[tuple[str, bytes], Any] = OrderedDict()

    def loaded(self, told: Mapping[str, Any]) -> None:
        """It was loaded, and the host told that of it."""
        self._info = dict(told["info"])
        self._http, self._tftp = told["http"], told["tftp"]
        self._services = frozenset(told["services"])
        self._remembered.clear()
        self.out_of_service = None

    # ---- Plugin ----------------------------------------------------------------------------------

    @property
    def info(self) -> Mapping[str, Any]:
        """As its plugin-info tells."""
        return self._info

    @property
    def packages(self) -> PackageInstaller | None:
        """Its firmware packages."""
        return _Packages(self._asker, self) if "install" in self._services else None

    @property
    def parameters(self) -> PluginParameters | None:
        """Its own parameters."""
        return _Parameters(self._asker, self) if "configure" in self._services else None

    async def configure(self, device: Document, raw_config: Document) -> None:
        """Write the phone's files."""
        await self._asker.ask("configure", self, device, raw_config)

    async def deconfigure(self, device: Document) -> None:
        """Remove the phone's files."""
        await self._asker.ask("deconfigure", self, device)

    async def synchronize(self, device: Document, raw_config: Document, notify: Notify) -> None:
        """Have the phone fetch its files."""
        done = self._asker.ask("synchronize", self, device, raw_config)
        await self._asker.synchronizing(device, notify, done)

    async def http(self, request: HttpRequest, device: Document) -> FileBelow | HttpAnswer | None:
        """The file of its file service, or what it answers itself."""
        if self._http is None:
            return None
        if self._http[0] == "files" and not self._http[2]:
            name = request.uri.partition(b"?")[0].removeprefix(b"/")
            return FileBelow(Path(self._http[1]), name)
        answer = await self._answer("http", request, device)
        if not isinstance(answer, FileBelow | HttpAnswer | None):
            raise PluginError("no answer to HTTP")
        return answer

    async def tftp(
        self, request: TftpRequest, device: Document
    ) -> FileBelow | TftpContent | TftpRefusal | None:
        """The file of its file service, or what it answers itself."""
        if self._tftp is None:
            return None
        if self._tftp[0] == "files":
            return FileBelow(Path(self._tftp[1]), request.filename)
        if self._tftp[0] == "refusal":
            return TftpRefusal(int(self._tftp[1]), bytes(self._tftp[2]))
        answer = await self._answer("tftp", request, device)
        if isinstance(answer, HttpAnswer):
            raise PluginError("no answer to TFTP")
        return answer

    async def trigger_filename(self, device: Document) -> str | None:
        """Asked once for each form of the device's document."""
        return await self._recalled("trigger_filename", device)  # type: ignore[no-any-return]

    async def is_sensitive(self, filename: str) -> bool:
        """Asked once for each name."""
        return bool(await self._recalled("is_sensitive", filename))

    # ---- parts -----------------------------------------------------------------------------------

    async def _answer(
        self, method: str, request: HttpRequest | TftpRequest, device: Document
    ) -> Answer | None:
        told = await self._asker.ask(method, self, told_request(request), device)
        try:
            return heard_answer(told)
        except (ValueError, TypeError) as error:
            raise PluginError(f"an answer that is none: {error}") from error

    async def _recalled(self, method: str, about: Any) -> Any:
        key = method, packed(about)
        if key in self._remembered:
            self._remembered.move_to_end(key)
            return self._remembered[key]
        answer = await self._asker.ask(method, self, about)
        self._remembered[key] = answer
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return answer


class _Parameters:
    def __init__(self, asker: Asker, plugin: HostedPlugin) -> None:
        self._asker, self._plugin = asker, plugin

    async def all(self) -> Sequence[Mapping[str, Any]]:
        return list(await self._asker.ask("all_parameters", self._plugin))

    async def get(self, name: str) -> Any:
        try:
            return await self._asker.ask("get_parameter", self._plugin, name)
        except CallFailed as failed:
            raise _refusal(failed, name) from failed

    async def set(self, name: str, value: Any) -> None:
        try:
            await self._asker.ask("set_parameter", self._plugin, name, value)
        except CallFailed as failed:
            raise _refusal(failed, name) from failed


def _refusal(failed: CallFailed, name: str) -> Exception:
    return KeyError(name) if failed.kind is Failure.KEY else ValueError(str(failed))


class _Packages:
    def __init__(self, asker: Asker, plugin: HostedPlugin) -> None:
        self._asker, self._plugin = asker, plugin

    async def installable(self) -> Mapping[str, Document]:
        return dict(await self._asker.ask("installable", self._plugin))

    async def installed(self) -> Mapping[str, Document]:
        return dict(await self._asker.ask("installed", self._plugin))

    async def install(self, package_id: str, progress: Progress) -> None:
        done = self._asker.ask("install", self._plugin, package_id)
        await self._asker.installing((self._plugin.id, package_id), progress, done)

    async def upgrade(self, package_id: str, progress: Progress) -> None:
        done = self._asker.ask("upgrade", self._plugin, package_id)
        await self._asker.installing((self._plugin.id, package_id), progress, done)

    async def uninstall(self, package_id: str) -> None:
        await self._asker.ask("uninstall", self._plugin, package_id)
