"""Our vendors' packages, loaded as the plugin host loads any, each in a directory of its own."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ovix_provd import surface
from ovix_provd.surface.vendor import VendorPlugin

PACKAGES = Path(__file__).parents[2] / "plugins"
FORMS = Path(__file__).parent
IDS = sorted(path.name for path in PACKAGES.iterdir() if (path / "entry.py").is_file())

SERVER: Mapping[str, Any] = {
    "ip": "10.20.0.1",
    "http_port": 8667,
    "tftp_port": 69,
    "http_base_url": "http://10.20.0.1:8667",
}
"""What each configuration holds of the server itself (data-model.md, 2.2)."""


def copied(plugin_id: str, place: Path) -> Path:
    """The directory of a package below the place, as it is once installed."""
    directory = place / plugin_id
    shutil.copytree(PACKAGES / plugin_id, directory)
    for name in ("cache", "installed", "templates", "tftpboot"):
        (directory / "var" / name).mkdir(parents=True, exist_ok=True)
    return directory


def loaded(plugin_id: str, place: Path) -> VendorPlugin:
    """The plugin of a package, which is copied below the place; its common files are written."""
    directory = copied(plugin_id, place)
    surface.install()
    namespace: dict[str, Any] = {}
    exec(compile((directory / "entry.py").read_text(), f"{plugin_id}/entry.py", "exec"), namespace)
    plugin_class = next(
        value
        for value in namespace.values()
        if isinstance(value, type) and issubclass(value, VendorPlugin) and value.IS_PLUGIN
    )
    plugin: VendorPlugin = plugin_class(None, str(directory), {}, {})
    plugin.id = plugin_id
    plugin.configure_common(dict(SERVER))
    return plugin


def tftpboot(plugin: VendorPlugin) -> dict[str, bytes]:
    """What phones can fetch, by path."""
    root = Path(plugin._tftpboot_dir)
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def form(plugin_id: str) -> dict[str, Any]:
    """How the package is tested: ``device``, and ``formats`` by patterns of file names."""
    found: dict[str, Any] = json.loads((FORMS / plugin_id / "form.json").read_text())
    return found
