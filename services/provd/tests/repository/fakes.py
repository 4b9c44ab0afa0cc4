"""Plugins that run in the process of the test."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from ovix_provd.plugins import Document, PhoneRequest, PluginError, PluginSet, Progress


@dataclass
class FakePackages:
    """One package of firmware, of two files."""

    root: Path
    fails: bool = False
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def installable(self) -> Mapping[str, Document]:
        return {
            "fw": {"version": "7", "description": "firmware", "description_fr": "micrologiciel",
                   "dsize": 1500, "files": ["one"]},
        }  # fmt: skip

    async def installed(self) -> Mapping[str, Document]:
        there = (self.root / "fw.bin").exists()
        return {"fw": {"version": "7", "description": "firmware"}} if there else {}

    async def install(self, package_id: str, progress: Progress) -> None:
        progress("download", None, 0)
        for name, size in (("fw1.zip", 1000), ("fw2.zip", 500)):
            for done in (0, size // 2, size):
                progress(name, done, size)
                await asyncio.sleep(0)
        await self.goes_on.wait()
        progress("install", None, 0)
        if self.fails:
            raise PluginError("fw1.zip has no URL and is not in the cache")
        (self.root / "fw.bin").write_bytes(b"firmware")

    async def upgrade(self, package_id: str, progress: Progress) -> None:
        await self.uninstall(package_id)
        await self.install(package_id, progress)

    async def uninstall(self, package_id: str) -> None:
        (self.root / "fw.bin").unlink()


class FakeParameters:
    """One parameter, as Zenitel's plugins have."""

    def __init__(self) -> None:
        self.values = {"username": "admin"}

    async def all(self) -> list[Mapping[str, Any]]:
        return [
            {"id": name, "description": "The user", "description_fr": "L'utilisateur", "value": v}
            for name, v in self.values.items()
        ]

    async def get(self, name: str) -> Any:
        return self.values[name]

    async def set(self, name: str, value: Any) -> None:
        if name not in self.values:
            raise KeyError(name)
        if not isinstance(value, str):
            raise ValueError("a text is needed")
        self.values[name] = value


class LoadedPlugin:
    """Writes a file for each device: its version, and its template then."""

    def __init__(self, directory: Path) -> None:
        entry = (directory / "entry.py").read_text()
        try:
            compile(entry, "entry.py", "exec")
        except SyntaxError as error:
            raise PluginError(f"entry.py: {error}") from error
        if "IS_PLUGIN = True" not in entry:
            raise PluginError("no plugin class")
        self.directory = directory
        self.info: Document = orjson.loads((directory / "plugin-info").read_bytes())
        self.tftpboot = directory / "var" / "tftpboot"
        self.packages = FakePackages(self.tftpboot)
        self.parameters = FakeParameters()

    async def configure(self, device: Document, raw_config: Document) -> None:
        if "impossible" in raw_config:
            raise PluginError("impossible")
        for root in ("var/templates", "templates"):
            if (template := self.directory / root / "base.tpl").exists():
                text = f"{self.info['version']} {template.read_text()}"
                try:
                    (self.tftpboot / device["id"]).write_text(text)
                except FileNotFoundError as error:
                    # As the real host says, when the plugin is just being exchanged.
                    raise PluginError(str(error)) from error
                return

    async def deconfigure(self, device: Document) -> None:
        (self.tftpboot / device["id"]).unlink(missing_ok=True)


class FakePluginSet(dict[str, Any], PluginSet):
    """Loads packages into the process of the test."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []

    async def load(self, plugin_id: str, directory: Path) -> None:
        self.loads.append(plugin_id)
        self[plugin_id] = LoadedPlugin(directory)

    async def unload(self, plugin_id: str) -> None:
        del self[plugin_id]

    async def identify(self, request: PhoneRequest) -> Mapping[str, str]:
        return {}

    async def associated(self, info: Mapping[str, str]) -> str | None:
        return None
