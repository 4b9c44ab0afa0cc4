"""Parameters of a plugin, and where they stay (reference/provd/plugins.md, 7)."""

import json
from pathlib import Path
from typing import Any, Protocol

from . import atomic


class InvalidParameterError(Exception):
    """There is no such parameter, or it does not take that value."""


class ConfigureService(Protocol):
    """What a plugin offers as its service ``configure``; it also has a ``description``."""

    def get(self, name: str) -> Any:
        """The value of a parameter, or `InvalidParameterError`."""

    def set(self, name: str, value: Any) -> None:
        """Take a value, or raise `InvalidParameterError`."""


class JsonConfigPersister:
    """Values of parameters in a file, which nobody else reads: they can be passwords."""

    MODE = 0o600

    def __init__(self, filename: str) -> None:
        self._path = Path(filename)

    def params(self) -> dict[str, Any]:
        """What was stored, by name; nothing where there is no file yet."""
        try:
            found: dict[str, Any] = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        return found

    def update(self, name: str, value: Any) -> None:
        """Store one value."""
        content = {**self.params(), name: value}
        atomic.write(self._path, json.dumps(content).encode(), self.MODE)


class PersistentConfigureServiceDecorator:
    """A plugin's parameters that are as they were after a restart."""

    def __init__(self, cfg_service: ConfigureService, persister: JsonConfigPersister) -> None:
        self._service, self._persister = cfg_service, persister
        for name, value in persister.params().items():
            cfg_service.set(name, value)

    def get(self, name: str) -> Any:
        """The value of a parameter."""
        return self._service.get(name)

    def set(self, name: str, value: Any) -> None:
        """Take a value and, where the plugin takes it, store it."""
        self._service.set(name, value)
        self._persister.update(name, value)

    def __getattr__(self, name: str) -> Any:
        """What else the plugin's service has, such as its description."""
        return getattr(self._service, name)


# The name that wazo-provd gave it later, which no package uses.
PersistentConfigurationServiceDecorator = PersistentConfigureServiceDecorator
