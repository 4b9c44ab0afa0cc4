"""Plugins in the process of the tests: what phones of a made-up kind need, without a plugin host.

The User-Agent is ``Vendor Model Version mac``, of which the end may be missing; a path names a MAC
where the header does not.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovix_provd.plugins import (
    DhcpRequest,
    FileBelow,
    HttpAnswer,
    HttpRequest,
    Notify,
    PackageInstaller,
    PhoneRequest,
    Plugin,
    PluginError,
    PluginParameters,
    PluginSet,
    TftpContent,
    TftpRefusal,
    TftpRequest,
)

Document = dict[str, Any]
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_IN_PATH = re.compile(r"([0-9a-fA-F]{12})\.(cfg|boot)$")


def digits(mac: str) -> str:
    return mac.replace(":", "")


@dataclass
class VendorPlugin:
    """Writes ``<mac>.cfg`` with the account of the first line."""

    root: Path
    vendor: str = ""
    models: tuple[str, ...] = ()
    version: str = ""
    info: Document = field(default_factory=lambda: {"version": "1.0"})
    packages: PackageInstaller | None = None
    parameters: PluginParameters | None = None
    answer: HttpAnswer | None = None
    """What it answers itself; None: files."""
    fails: bool = False
    extracts: bool = True
    asked: Counter[str] = field(default_factory=Counter)

    def file(self, device: Document) -> Path:
        return self.root / f"{digits(device.get('mac') or 'none')}.cfg"

    async def configure(self, device: Document, raw_config: Document) -> None:
        self.asked["configure"] += 1
        if self.fails:
            raise PluginError("no")
        line = raw_config.get("sip_lines", {}).get("1", {})
        told = [raw_config["http_base_url"], line.get("username"), line.get("password")]
        self.file(device).write_text(" ".join(str(each) for each in told))

    async def deconfigure(self, device: Document) -> None:
        self.asked["deconfigure"] += 1
        self.file(device).unlink(missing_ok=True)

    async def synchronize(self, device: Document, raw_config: Document, notify: Notify) -> None:
        await notify(device, ["Event=check-sync"])

    async def http(self, request: HttpRequest, device: Document) -> FileBelow | HttpAnswer | None:
        return self.answer or FileBelow(self.root, request.uri.removeprefix(b"/"))

    async def tftp(
        self, request: TftpRequest, device: Document
    ) -> FileBelow | TftpContent | TftpRefusal | None:
        return FileBelow(self.root, request.filename)

    async def trigger_filename(self, device: Document) -> str | None:
        return self.file(device).name

    async def is_sensitive(self, filename: str) -> bool:
        self.asked["is_sensitive"] += 1
        return filename == "secrets.cfg"

    def made_of(self, request: PhoneRequest) -> Mapping[str, str]:
        """What its extractors make of a request."""
        found: dict[str, str] = {}
        match request:
            case DhcpRequest():
                told = dict(request.options).get(60, "")
                return {"vendor": self.vendor} if told.startswith(self.vendor) else {}
            case TftpRequest():
                path, agent = request.filename.decode("latin-1"), ""
            case HttpRequest():
                path = request.uri.decode("latin-1")
                agent = dict(request.headers).get(b"User-Agent", b"").decode("ascii")
        words = agent.split()
        if words and words[0] == self.vendor:
            found |= zip(("vendor", "model", "version", "mac"), words, strict=False)
        elif (not agent or agent.startswith("curl")) and (named := _IN_PATH.search(path)):
            plain = named[1].lower()
            found["mac"] = ":".join(plain[at : at + 2] for at in range(0, 12, 2))
            found["vendor"] = self.vendor
        return found


class Vendors(PluginSet):
    """Loaded plugins; all see each request, and the most votes win."""

    def __init__(self, plugins: dict[str, VendorPlugin]) -> None:
        self.plugins: dict[str, VendorPlugin] = plugins
        self.identified = 0

    def __getitem__(self, plugin_id: str) -> Plugin:
        return self.plugins[plugin_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.plugins)

    def __len__(self) -> int:
        return len(self.plugins)

    async def identify(self, request: PhoneRequest) -> Mapping[str, str]:
        self.identified += 1
        votes: dict[str, Counter[str]] = {}
        for plugin in self.plugins.values():
            if not (plugin.extracts and plugin.vendor):
                continue
            try:
                found = plugin.made_of(request)
            except UnicodeDecodeError:
                continue
            for key, value in found.items():
                votes.setdefault(key, Counter())[value] += 1
        return {key: counted.most_common(1)[0][0] for key, counted in votes.items()}

    async def associated(self, info: Mapping[str, str]) -> str | None:
        best: tuple[int, str] = (0, "")
        for plugin_id, plugin in self.plugins.items():
            best = max(best, (_score(plugin, info), plugin_id))
        return best[1] if best[0] >= 300 else None

    async def load(self, plugin_id: str, directory: Path) -> None:
        raise PluginError("no")

    async def unload(self, plugin_id: str) -> None:
        raise PluginError("no")


def _score(plugin: VendorPlugin, info: Mapping[str, str]) -> int:
    if not plugin.vendor or "vendor" not in info:
        return 200 if plugin.vendor else 0
    if info["vendor"] != plugin.vendor:
        return 100
    if info.get("model") not in plugin.models:
        return 300
    return 600 if info.get("version") == plugin.version else 500
