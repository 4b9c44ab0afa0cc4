"""The classes that plugins derive from (reference/provd/plugins.md, 6.1 and 6.2)."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twisted.internet import defer


class Plugin:
    """A vendor's phones; what it does not override does nothing."""

    IS_PLUGIN = False
    """True on the one class of a package that is its plugin."""
    id: str | None = None
    """Set by the loader."""
    services: Mapping[str, Any] = {}
    """``install``: firmware packages; ``configure``: the plugin's own parameters."""
    http_service: Any = None
    """A Twisted web resource."""
    tftp_service: Any = None
    """What has ``handle_read_request(request, response)``."""
    http_dev_info_extractor: Any = None
    """What has ``extract(request, request_type)``, giving a Deferred of a dictionary or None."""
    tftp_dev_info_extractor: Any = None
    dhcp_dev_info_extractor: Any = None
    pg_associator: Any = None
    """What has ``associate(dev_info)``, giving an integer."""

    def __init__(
        self,
        app: Any,
        plugin_dir: str,
        gen_cfg: Mapping[str, Any],
        spec_cfg: Mapping[str, Any],
    ) -> None:
        self._app = app
        self._plugin_dir = plugin_dir

    @property
    def info(self) -> dict[str, Any]:
        """What the package tells of itself, not localised."""
        found: dict[str, Any] = json.loads(Path(self._plugin_dir, "plugin-info").read_bytes())
        return found

    def load(self) -> None:
        """Nothing calls it; packages of 2026 may override it."""

    def close(self) -> None:
        """The last call."""

    def configure_common(self, raw_config: dict[str, Any]) -> None:
        """Write the files that all phones share; called once after loading."""

    def configure(self, device: dict[str, Any], raw_config: dict[str, Any]) -> None:
        """Write the files of a phone, or raise to refuse."""

    def deconfigure(self, device: dict[str, Any]) -> None:
        """Remove the files of a phone, as many as there are."""

    def synchronize(
        self, device: dict[str, Any], raw_config: dict[str, Any]
    ) -> "defer.Deferred[None]":
        """Have the phone fetch its files."""
        return defer.fail(NotImplementedError("this plugin does not synchronize"))

    def get_remote_state_trigger_filename(self, device: dict[str, Any]) -> str | None:
        """The base name whose fetching tells that the phone runs with its configuration."""
        return None

    def is_sensitive_filename(self, filename: str) -> bool:
        """Whether a file of that base name holds secrets."""
        return False


class StandardPlugin(Plugin):
    """A plugin that serves the files below its ``var/tftpboot``."""

    def __init__(
        self,
        app: Any,
        plugin_dir: str,
        gen_cfg: Mapping[str, Any],
        spec_cfg: Mapping[str, Any],
    ) -> None:
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        # Packages join it with os.path, and format it.
        self._tftpboot_dir = os.path.join(plugin_dir, "var", "tftpboot")  # noqa: PTH118
