"""What provd asks of plugins, and what they answer.

Plugins run in a process of their own (decision 0073); what is here crosses the border by value.
Source: reference/provd/plugins.md, 6 and 8; lifecycle.md, 1 and 2.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

Document = dict[str, Any]


class PluginError(Exception):
    """A plugin can't do what it is asked for; the reason is for the log and for operators."""


class PluginTimeout(PluginError):
    """A plugin took longer than it may, and was stopped."""


# ---- what phones ask -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to the phones' HTTP server, its parts as they came over the wire."""

    ip: str
    method: bytes
    uri: bytes
    """Path and query, not decoded."""
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class TftpRequest:
    """A read request to the TFTP server."""

    ip: str
    port: int
    filename: bytes
    mode: bytes = b"octet"
    options: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class DhcpRequest:
    """A lease that a DHCP server gave: ``options`` by their code, such as ``(60, "AB")``."""

    ip: str
    mac: str
    options: tuple[tuple[int, str], ...] = ()


PhoneRequest: TypeAlias = HttpRequest | TftpRequest | DhcpRequest


# ---- what they get -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileBelow:
    """The file of that name below the directory, if it is one and really lies there."""

    root: Path
    name: bytes
    """As asked: not decoded, not checked. Whoever opens it checks it."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a plugin's own HTTP service answers."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class TftpContent:
    """What a plugin's own TFTP service sends."""

    content: bytes


@dataclass(frozen=True, slots=True)
class TftpRefusal:
    """The error that a plugin's TFTP service answers (RFC 1350, 5)."""

    code: int
    message: bytes


# ---- plugins -------------------------------------------------------------------------------------

Notify: TypeAlias = Callable[[Document, Sequence[str]], Awaitable[None]]
"""Sends the phone of a device a SIP NOTIFY with these headers; raises `PluginError`."""

Progress: TypeAlias = Callable[[str, int | None, int], None]
"""Told while a package is installed: the part (``download``, ``install``…), done, of what."""


class PackageInstaller(Protocol):
    """The firmware packages of a plugin (its service ``install``). All may raise `PluginError`."""

    async def installable(self) -> Mapping[str, Document]:
        """By their id: version, description, dsize in bytes, ``description_*``."""

    async def installed(self) -> Mapping[str, Document]:
        """By their id: version, description, ``description_*``."""

    async def install(self, package_id: str, progress: Progress) -> None:
        """Download what is not in its cache, and lay the files into the plugin's tftpboot."""

    async def upgrade(self, package_id: str, progress: Progress) -> None:
        """Uninstall, then install."""

    async def uninstall(self, package_id: str) -> None:
        """Remove exactly the files that the package brought."""


class PluginParameters(Protocol):
    """The parameters of a plugin (its service ``configure``)."""

    async def all(self) -> Sequence[Mapping[str, Any]]:
        """Each with id, description, value, ``description_*``."""

    async def get(self, name: str) -> Any:
        """Its value; raises KeyError where there is no such parameter."""

    async def set(self, name: str, value: Any) -> None:
        """Store it; raises KeyError, and ValueError for a value that it does not take."""


class Plugin(Protocol):
    """A vendor's phones. A plugin that fails raises `PluginError`, and takes nobody with it."""

    @property
    def info(self) -> Mapping[str, Any]:
        """Version, description and capabilities, as its package tells them."""

    @property
    def packages(self) -> PackageInstaller | None:
        """Its service ``install``."""

    @property
    def parameters(self) -> PluginParameters | None:
        """Its service ``configure``."""

    async def configure(self, device: Document, raw_config: Document) -> None:
        """Write the phone's files."""

    async def deconfigure(self, device: Document) -> None:
        """Remove the phone's files."""

    async def synchronize(self, device: Document, raw_config: Document, notify: Notify) -> None:
        """Have the phone fetch its files; returns once it was told, by ``notify`` or otherwise."""

    async def http(self, request: HttpRequest, device: Document) -> FileBelow | HttpAnswer | None:
        """What its HTTP service has for that request; None: it has no such service."""

    async def tftp(
        self, request: TftpRequest, device: Document
    ) -> FileBelow | TftpContent | TftpRefusal | None:
        """What its TFTP service has for that request; None: it has no such service."""

    async def trigger_filename(self, device: Document) -> str | None:
        """The base name whose fetching tells that the phone runs with its configuration."""

    async def is_sensitive(self, filename: str) -> bool:
        """Whether a file of that base name holds secrets."""


class PluginSet(Mapping[str, Plugin]):
    """The loaded plugins by their id."""

    @abstractmethod
    async def identify(self, request: PhoneRequest) -> Mapping[str, str]:
        """What the extractors of all plugins make of it: for each key the most frequent value.

        Keys: mac, ip, sn, uuid, vendor, model, version. An extractor that raises is left out.
        """

    @abstractmethod
    async def associated(self, info: Mapping[str, str]) -> str | None:
        """The plugin that supports such a phone best, or None below the level ``PROBABLE``."""

    @abstractmethod
    async def load(self, plugin_id: str, directory: Path) -> None:
        """Load what lies in the directory, in place of one of that id; raises `PluginError`."""

    @abstractmethod
    async def unload(self, plugin_id: str) -> None:
        """Close it and forget it."""

    async def set_parameters(self, proxies: Mapping[str, str], nat: int) -> None:
        """What plugins see of provd's parameters: proxies by scheme, NAT. Raises `PluginError`."""


class NoPlugins(PluginSet):
    """None is loaded: no phone is configured and none synchronized."""

    def __getitem__(self, plugin_id: str) -> Plugin:
        raise KeyError(plugin_id)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    async def identify(self, request: PhoneRequest) -> Mapping[str, str]:
        """Nothing."""
        return {}

    async def associated(self, info: Mapping[str, str]) -> str | None:
        """None."""
        return None

    async def load(self, plugin_id: str, directory: Path) -> None:
        """Nobody can."""
        raise PluginError("there is no plugin host")

    async def unload(self, plugin_id: str) -> None:
        """Nothing is."""


NO_PLUGINS = NoPlugins()
