"""``helpers`` of the console (reference/provd/cli.md, 2)."""

from collections.abc import Callable
from typing import Any

from ovix_cli.home import CliError

from .configs import Configs
from .devices import Devices
from .exposed import Exposed, exposed
from .plugins import Plugins


class Helpers(Exposed):
    """What takes several requests. ``confirm`` asks the user something."""

    def __init__(
        self,
        devices: Devices,
        configs: Configs,
        plugins: Plugins,
        confirm: Callable[[str], bool],
    ) -> None:
        self._devices, self._configs, self._plugins = devices, configs, plugins
        self._confirm = confirm

    @exposed
    def system_info(self) -> dict[str, int]:
        """How many devices, configs and plugins there are."""
        return {
            "devices": self._devices.count(),
            "configs": self._configs.count(),
            "plugins": self._plugins.count_installed(),
        }

    @exposed
    def detailed_system_info(self) -> dict[str, Any]:
        """Which devices, configs and plugins there are."""
        return {
            "devices": sorted(each["id"] for each in self._devices.find(fields=["id"])),
            "configs": sorted(each["id"] for each in self._configs.find()),
            "plugins": self.installed_plugins(),
        }

    @exposed
    def used_plugins(self) -> list[str]:
        """Plugins that devices name."""
        found = self._devices.find(fields=["plugin"])
        return sorted({each["plugin"] for each in found if each.get("plugin")})

    @exposed
    def installed_plugins(self) -> list[str]:
        """Plugins that are installed."""
        return sorted(self._plugins.installed())

    @exposed
    def unused_plugins(self) -> list[str]:
        """Installed ones that no device names."""
        return sorted(set(self.installed_plugins()) - set(self.used_plugins()))

    @exposed
    def missing_plugins(self) -> list[str]:
        """Those that devices name and that are not installed."""
        return sorted(set(self.used_plugins()) - set(self.installed_plugins()))

    @exposed
    def mass_update_devices_plugin(self, old: str, new: str, synchronize: bool = False) -> int:
        """Give all devices of a plugin another one; how many there were."""
        if new not in self._plugins.installed() and not self._confirm(
            f"The plugin {new} is not installed. Give it to the devices anyway?"
        ):
            raise CliError(f"the plugin {new} is not installed")
        concerned = self._devices.using_plugin(old).find()
        for device in concerned:
            self._devices.update({**device, "plugin": new})
        if synchronize and concerned:
            self._devices.chosen(device["id"] for device in concerned).synchronize()
        return len(concerned)

    @exposed
    def mass_synchronize(self) -> int:
        """Have every phone fetch its files; how many they are."""
        return self._devices.matching({}).synchronize()

    @exposed
    def remove_transient_configs(self) -> int:
        """Remove transient configs that no device has; how many there were."""
        used = {each.get("config") for each in self._devices.find(fields=["config"])}
        left = [each for each in self._configs.find({"transient": True}) if each["id"] not in used]
        for config in left:
            self._configs.remove(config)
        return len(left)
