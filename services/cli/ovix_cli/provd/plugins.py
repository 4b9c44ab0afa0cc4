"""``plugins`` of the console, with their firmware packages (reference/provd/cli.md, 1)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .client import Document, Options, Provd
from .devices import id_of
from .exposed import Exposed, exposed
from .parameters import Parameters

Packages = dict[str, Document]


class Installed(Exposed):
    """Packages below a path of provd: plugins, or the firmware of one."""

    def __init__(self, provd: Provd, path: str, of: str = "") -> None:
        self._provd, self._path, self._of = provd, path, of

    @exposed
    def update(self) -> None:
        """Get the index of what can be installed."""
        self._provd.operate(f"{self._of}update", f"{self._path}/update", {})

    @exposed
    def install(self, package_id: str) -> None:
        """Install what the index has."""
        self._operate("install", package_id)

    @exposed
    def upgrade(self, package_id: str) -> None:
        """Install what the index has now in the place of what is installed."""
        self._operate("upgrade", package_id)

    @exposed
    def uninstall(self, package_id: str) -> None:
        """Remove one with its files."""
        self._provd.post(f"{self._path}/uninstall", {"id": package_id})

    @exposed
    def uninstall_all(self) -> int:
        """Remove all that are installed; how many there were."""
        installed = self.installed()
        for package_id in installed:
            self.uninstall(package_id)
        return len(installed)

    @exposed
    def installed(self, search: str | None = None) -> Packages:
        """Installed ones by their id."""
        return self._found("installed", search)

    @exposed
    def installable(self, search: str | None = None) -> Packages:
        """Those that the index has."""
        return self._found("installable", search)

    def _operate(self, action: str, package_id: str) -> None:
        label = f"{self._of}{action} {package_id}"
        self._provd.operate(label, f"{self._path}/{action}", {"id": package_id})

    def _found(self, which: str, search: str | None) -> Packages:
        known = self._provd.get(f"{self._path}/{which}", "pkgs")
        return searched(known, search, self._provd.options)


class Plugins(Installed):
    """All plugins of a provd."""

    def __init__(self, provd: Provd) -> None:
        super().__init__(provd, "/pg_mgr/install")

    def __getitem__(self, plugin: Any) -> "Plugin":
        return Plugin(self._provd, id_of(plugin))

    @exposed
    def reload(self, plugin_id: str) -> None:
        """Load anew what lies in a plugin's directory."""
        self._provd.post("/pg_mgr/reload", {"id": plugin_id})

    @exposed
    def count_installed(self) -> int:
        """How many are installed."""
        return len(self.installed())

    @exposed
    def outdated(self) -> Packages:
        """Installed ones of which the index has a newer version."""
        offered = self.installable()
        return {
            plugin_id: {"installed": info.get("version"), "installable": offer.get("version")}
            for plugin_id, info in self.installed().items()
            if (offer := offered.get(plugin_id)) is not None
            and _rank(offer.get("version")) > _rank(info.get("version"))
        }


class Plugin(Installed):
    """One plugin, and the firmware packages it offers."""

    def __init__(self, provd: Provd, plugin_id: str) -> None:
        self._plugin = f"/pg_mgr/plugins/{plugin_id}"
        super().__init__(provd, f"{self._plugin}/install", f"{plugin_id}: ")

    @exposed
    def info(self) -> Document:
        """What its package tells of it."""
        found: Document = self._provd.get(f"{self._plugin}/info", "plugin_info")
        return found

    @exposed
    def install_all(self) -> int:
        """Install every firmware package that is not there yet; how many those were."""
        missing = sorted(self.installable().keys() - self.installed().keys())
        for package_id in missing:
            self.install(package_id)
        return len(missing)

    @exposed
    def parameters(self) -> Parameters:
        """Its parameters, where it has some."""
        return Parameters(self._provd, f"{self._plugin}/configure")


def searched(known: Mapping[str, Document], text: str | None, options: Options) -> Packages:
    """Those whose id, or description, contains a text; by their id, in order."""

    def folded(value: str) -> str:
        return value if options.search_case_sensitive else value.casefold()

    def places(package_id: str) -> Iterator[str]:
        yield package_id
        if options.search_description:
            yield str(known[package_id].get("description") or "")

    wanted = folded(text or "")
    return {
        each: known[each]
        for each in sorted(known)
        if any(wanted in folded(place) for place in places(each))
    }


def _rank(version: Any) -> list[tuple[int, int, str]]:
    """Numbers of a version as numbers: 1.10 comes after 1.9."""
    parts = re.findall(r"\d+|[^\d.]+", str(version))
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
